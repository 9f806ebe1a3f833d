"""The folder that a fit leaves: network, splits, figures, all numbers, and a page that says what to do next."""

import json
import os
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration import description
from bicall.emulator.data.load import load as load_data
from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.figures import confusion_figure, save_figure
from bicall.emulator.encoders.encoder import Fitted
from bicall.emulator.fit.fit import Fit
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside, write_text

NETWORK, CONFIGURATION, RESULT, SPLITS = "network.npz", "network.toml", "fit.json", "splits.npz"
CONFUSION, FIELDS, PAGE = "confusion.png", "fields.png", "README.md"


def write(folder: str | os.PathLike, fit: Fit, name: str, label: str | None) -> None:
    """Write all of a fit.

    Args:
        name: of the data, a path or a named set; with it and the label column the data are found again.

    Raises:
        BadInput: the folder cannot be written to.
    """
    folder = Path(folder)
    source = str(Path(name).resolve()) if Path(name).exists() else name
    result = fit.result | {"load": {"name": source, "label": label, "seed": fit.result["seed"]}}
    fit.network.save(folder / NETWORK)
    write_text(folder / CONFIGURATION, description.as_toml(fit.network.description))
    with write_aside(folder / SPLITS) as aside, open(aside, "wb") as file:
        rows = {f"{part}_{what}": getattr(split, what) for part, split in fit.data.splits().items() for what in
                ("rows", "part")}  # fmt: skip
        np.savez_compressed(file, **rows)
    title = f"{name}: {result['accuracy']:.2f} % of {result['samples']['test']:,} test samples"
    save_figure(confusion_figure(np.array(result["confusion"]), title, fit.data.classes), folder / CONFUSION)
    save_figure(fields_figure(fit.network), folder / FIELDS)
    write_text(folder / RESULT, json.dumps(result, indent=2) + "\n")
    write_text(folder / PAGE, page(result, folder))


def is_one(path: str | os.PathLike) -> bool:
    """Whether a path is a folder that a fit left."""
    return (Path(path) / RESULT).is_file()


def read(folder: str | os.PathLike) -> tuple[Classifier, Data]:
    """The network, and the data in the splits that it was trained and tested with.

    Raises:
        BadInput: it is no such folder, or the data are not there any more or are others.
    """
    where = Path(folder) / RESULT
    try:
        result = json.loads(where.read_text(encoding="utf-8"))
        found = result["load"]
        data = load_data(found["name"], found["label"], found["seed"])
        expected = result["samples"]
    except (KeyError, TypeError, json.JSONDecodeError, UnicodeDecodeError):
        raise BadInput(f"fit {where}: is damaged, must be as `bicall fit` wrote it") from None
    except OSError as error:
        raise BadInput(f"fit {where}: {error.strerror}") from None
    there = {part: len(split.labels) for part, split in data.splits().items()}
    if there != expected or list(data.classes) != result["classes"]:
        raise BadInput(f"fit {where}: {found['name']} has {there} samples, must have {expected} as when it was fitted")
    return Classifier.load(Path(folder) / NETWORK), data


def fields_figure(network: Classifier) -> Figure:
    """What the outputs of each class have learned: the share of a pool's synapses that transmit, where they look."""
    classes, per_class = network.classes, network.description.decoder.outputs_per_class
    shares = network.weights.reshape(network.encoder.inputs, len(classes), per_class).mean(axis=2)
    columns = min(len(classes), 5)
    rows = -(-len(classes) // columns)
    figure = Figure(figsize=(2.2 * columns, 2.3 * rows + 0.4), dpi=130, layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for k, each in enumerate(axes):
        each.axis("off")
        if k < len(classes):
            each.imshow(field(network.encoder, shares[:, k]), cmap="RdBu_r", aspect="equal")
            each.set_title(classes[k], fontsize=9)
    figure.suptitle("learned fields: where the synapses of a class transmit (red) and where not (blue)", fontsize=9)
    return figure


def field(encoder: Fitted, values: np.ndarray) -> np.ndarray:
    """A picture [rows, columns] of a value for each input, where the inputs look; of a table a row for each column."""
    return encoder.encoder.picture(values, encoder.sample)


def page(result: dict, folder: Path) -> str:
    """The text of the folder's README.md."""
    low, high = result["interval"]
    readout = result["readout"]
    lines = [
        f"# {result['data']}",
        "",
        f"- accuracy {result['accuracy']:.2f} % of {result['samples']['test']:,} test samples "
        f"(95 % interval {low:.2f} to {high:.2f}), in fixed point with one-bit weights",
        f"- a linear readout of the {readout['of']}, of {readout['samples']:,} training samples: "
        f"{readout['accuracy']:.2f} %; the largest class alone: {result['majority']:.2f} %",
        f"- {result['inputs']:,} inputs, {result['outputs']:,} outputs, {result['presentations']:,} presentations in "
        f"{result['seconds']:.0f} s; seed {result['seed']}",
    ]
    if "cost" in result:
        lines.append(f"- {result['cost']['text']}")
    lines += [
        "",
        f"![confusion matrix]({CONFUSION})",
        f"![learned fields]({FIELDS})",
        "",
        "Go on with:",
        "",
        *(f"    {command}" for command in commands(folder)),
        "",
        f"`{NETWORK}` is the trained network, `{CONFIGURATION}` its configuration, `{SPLITS}` the rows of each split, "
        f"`{RESULT}` all numbers.",
    ]
    return "\n".join(lines) + "\n"


def commands(folder: Path) -> list[str]:
    """What can be done with the folder."""
    return [
        f"bicall evaluate {folder}",
        f"bicall compare {folder}",
        f"bicall view {folder}",
        f"bicall lava check {folder}",
        f"bicall cosim {folder}",
        f"bicall map {folder} --output {folder / 'map'}",
    ]
