"""Float against fixed point: the same network, images and spikes in both arithmetics."""

import os
from statistics import mean
from typing import Any

import numpy as np
from rich.table import Table

from bicall.emulator.configuration.description import Description
from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.features import encoder_of
from bicall.emulator.digits.figures import comparison_figure, save_figure
from bicall.emulator.digits.training import compile_loops, evaluate, train
from bicall.emulator.support.terminal import table
from bicall.emulator.support.workers import shared_out

ARITHMETICS = ("float", "fixed")


def compare(
    description: Description,
    digits: Data,
    images: int,
    seeds: list[int],
    figure: str | os.PathLike[str] | None = None,
    passes: int = 1,
    workers: int | None = 1,
) -> dict[str, Any]:
    """Train and test in float and in fixed point on the same spikes, for each seed.

    Args:
        passes: how often each image is presented.
        figure: where to write a figure (PNG) of the first seed's pair.
        workers: networks that learn at a time, a core each; None: as many as there are cores.

    Returns:
        `runs`: seed, arithmetic, training and test figures each; `summary`: means over the seeds for each arithmetic;
        `gap` in points (float minus fixed) and `agreement` in % of equal predictions, means over the seeds.
    """
    encoder = encoder_of(description, digits)

    def learn(which: tuple[int, str]) -> tuple[Classifier, dict[str, Any]]:
        seed, arithmetic = which
        network = Classifier.fresh(description, arithmetic, seed, encoder, digits.classes)
        compile_loops(network)
        training = train(network, digits, images, passes=passes)
        test = evaluate(network, digits)
        return network, {"seed": seed, "arithmetic": arithmetic, "training": training, "test": test}

    every = [(seed, arithmetic) for seed in seeds for arithmetic in ARITHMETICS]
    learned = shared_out(learn, every, workers, f"learning, {len(every)} networks")
    runs = [run for _, run in learned]
    pairs = [[(network, run["test"]) for network, run in learned[k : k + 2]] for k in range(0, len(learned), 2)]
    summary = {}
    for arithmetic in ARITHMETICS:
        chosen = [run for run in runs if run["arithmetic"] == arithmetic]
        summary[arithmetic] = {
            "accuracy": mean(run["test"]["accuracy"] for run in chosen),
            "training_spikes": mean(run["training"]["post_spikes"] for run in chosen),
            "training_updates": mean(
                run["training"]["depressions"] + run["training"]["potentiations"] for run in chosen
            ),
            "training_ms_per_image": mean(run["training"]["ms_per_image"] for run in chosen),
            "test_ms_per_image": mean(run["test"]["ms_per_image"] for run in chosen),
        }
    agreement = [
        100 * float(np.mean(np.array(pair[0][1]["predictions"]) == np.array(pair[1][1]["predictions"])))
        for pair in pairs
    ]
    result = {
        "network": description.name,
        "data": digits.source,
        "training_images": images,
        "passes": passes,
        "test_images": runs[0]["test"]["images"],
        "seeds": seeds,
        "summary": summary,
        "gap": summary["float"]["accuracy"] - summary["fixed"]["accuracy"],
        "agreement": mean(agreement),
        "runs": runs,
    }
    if figure is not None:
        save_figure(comparison_figure(result, *(network for network, _ in pairs[0])), figure)
    return result


def comparison_table(result: dict[str, Any]) -> Table:
    """What `compare` found, float and fixed point side by side."""
    rows = [("test accuracy (%)", "accuracy", ".2f"), ("training: output spikes", "training_spikes", ",.0f")]
    rows += [
        ("training: steps of h", "training_updates", ",.0f"),
        ("training: ms an image", "training_ms_per_image", ".3f"),
    ]
    rows += [("test: ms an image", "test_ms_per_image", ".3f")]
    seeds = ", ".join(map(str, result["seeds"]))
    times = f" x {result['passes']}" if result["passes"] > 1 else ""
    images = f"{result['training_images']:,}{times} training and {result['test_images']:,} test images"
    made = table(
        f"{result['network']}: {images}, mean of seeds {seeds}",
        ("", *ARITHMETICS),
        [(label, *(format(result["summary"][kind][key], form) for kind in ARITHMETICS)) for label, key, form in rows],
    )
    made.add_row("gap, float minus fixed (points)", "", f"{result['gap']:.2f}")
    made.add_row("equal predictions (%)", "", f"{result['agreement']:.2f}")
    for run in result["runs"]:
        if run["arithmetic"] == "fixed":
            twin = next(r for r in result["runs"] if r["seed"] == run["seed"] and r["arithmetic"] == "float")
            made.add_row(f"accuracy, seed {run['seed']} (%)", *(f"{r['test']['accuracy']:.2f}" for r in (twin, run)))
    return made
