"""Figures of networks and results, drawn with matplotlib without a screen."""

import os
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.digits.classifier import CLASSES, Classifier
from bicall.emulator.support.files import write_aside

FLOAT_COLOUR, FIXED_COLOUR = "#4477aa", "#ee6677"


def comparison_figure(result: dict, float_network: Classifier, fixed_network: Classifier) -> Figure:
    """Accuracy of both arithmetics by digit, and the hidden weights of one against those of the other.

    Args:
        result: of `emulator.digits.comparison.compare`.
    """
    figure = Figure(figsize=(11, 4.2), dpi=150, layout="constrained")
    by_digit, hidden = figure.subplots(1, 2)
    for offset, arithmetic, colour in ((-0.2, "float", FLOAT_COLOUR), (0.2, "fixed", FIXED_COLOUR)):
        confusions = [np.array(run["test"]["confusion"]) for run in result["runs"] if run["arithmetic"] == arithmetic]
        confusion = np.sum(confusions, axis=0)
        recall = 100 * np.diag(confusion) / np.maximum(confusion.sum(axis=1), 1)
        label = f"{arithmetic}: {result['summary'][arithmetic]['accuracy']:.2f} %"
        by_digit.bar(np.arange(len(recall)) + offset, recall, 0.4, color=colour, label=label)
    by_digit.set(xlabel="class", ylabel="correct (%)", xticks=range(len(float_network.classes)), ylim=(0, 100))
    seeds = ", ".join(map(str, result["seeds"]))
    by_digit.set_title(f"{result['network']}, {result['training_images']:,} training images, seeds {seeds}")
    by_digit.legend(loc="lower right")
    h_fixed = fixed_network.state.h.ravel() / fixed_network.constants.h_full
    hidden.hist2d(float_network.state.h.ravel(), h_fixed, bins=64, range=[[0, 1], [0, 1]], cmap="Greys", norm="log")
    hidden.axhline(0.5, color=FIXED_COLOUR, lw=0.8)
    hidden.axvline(0.5, color=FLOAT_COLOUR, lw=0.8)
    hidden.set(xlabel="h in float", ylabel="h in fixed point, over full scale", title="hidden weights after training")
    hidden.set_aspect("equal")
    return figure


def confusion_figure(confusion: np.ndarray, title: str, classes: Sequence[str] = CLASSES) -> Figure:
    """A confusion matrix int[classes, classes], true by predicted, each row coloured by its shares."""
    confusion = np.asarray(confusion)
    figure = Figure(figsize=(5.2, 4.8), dpi=150, layout="constrained")
    axes = figure.subplots()
    axes.imshow(confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    for true in range(len(confusion)):
        for predicted in range(len(confusion)):
            colour = "white" if true == predicted else "black"
            axes.text(predicted, true, confusion[true, predicted], ha="center", va="center", fontsize=7, color=colour)
    axes.set(xlabel="predicted", ylabel="true", title=title)
    axes.set_xticks(range(len(classes)), classes, rotation=90 if max(map(len, classes)) > 2 else 0)
    axes.set_yticks(range(len(classes)), classes)
    return figure


def weight_maps_figure(network: Classifier, side: int) -> Figure:
    """Hidden weights of the first output of each class as images of side x side; red where the transmitted bit is 1."""
    figure = Figure(figsize=(11, 4.6), dpi=150, layout="constrained")
    per_class = network.description.decoder.outputs_per_class
    for digit, axes in enumerate(figure.subplots(2, 5).ravel()):
        h = network.state.h[:, digit * per_class].reshape(side, side) / network.constants.h_full
        axes.imshow(h, cmap="RdBu_r", vmin=0, vmax=1)
        axes.set(title=str(digit), xticks=[], yticks=[])
    figure.suptitle("hidden weight h of each output, from 0 (blue) to 1 (red); it transmits a 1 where it is red")
    return figure


def save_figure(figure: Figure, path: str | os.PathLike) -> None:
    """Write a figure to `path`, whole or not at all, in the format of its ending."""
    with write_aside(path) as aside:
        figure.savefig(aside)
