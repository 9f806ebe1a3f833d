"""Subcommands that learn digits: train, evaluate, compare."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bicall.emulator.commands.given import DataOption, LabelOption, NetworkName, given_data
from bicall.emulator.support.errors import BadInput, Interrupted
from bicall.emulator.support.terminal import Json, interruption, print_result, table

app = typer.Typer()

Images = Annotated[int, typer.Option(min=1, help="How many training images to present.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Networks at a time, a core each; all cores if not given.")]
Passes = Annotated[int, typer.Option(min=1, max=1000, help="How often to present each of them.")]


@app.command()
def train(
    name: NetworkName = None,
    data: DataOption = None,
    label: LabelOption = None,
    arithmetic: Annotated[str, typer.Option(help="float or fixed.")] = "fixed",
    images: Images = 6000,
    passes: Passes = 1,
    seed: Annotated[str, typer.Option(help="Of the initial weights, spikes and rounding; several with commas.")] = "1",
    save: Annotated[
        Path | None, typer.Option(help="Where to write the trained network (.npz); of several seeds, one file each.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with a saved network, up to --images and --passes.")
    ] = None,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Train a network, on MNIST or other data; one for each seed, as many at a time as there are cores.

    Ctrl-C saves what has been learned, to be gone on with by --resume.
    """
    from bicall.emulator.digits.classifier import Classifier
    from bicall.emulator.digits.training import compile_loops
    from bicall.emulator.digits.training import train as train_network
    from bicall.emulator.fit.given import configuration_and_data, network_and_data
    from bicall.emulator.support.files import ensure_writable
    from bicall.emulator.support.workers import shared_out

    if resume is not None:
        network, digits = network_and_data(resume, given_data(data, label))
        networks, save = [network], save or resume
    else:
        described, digits = configuration_and_data(name, given_data(data, label), images * passes)
        networks = [Classifier.for_data(described, arithmetic, each, digits) for each in parse_seeds(seed)]
    places = _places(save or Path(f"{networks[0].description.name}-checkpoint.npz"), networks)
    for place in places:
        ensure_writable(place)
    compile_loops(networks[0])
    with interruption() as stopped:
        results = shared_out(
            lambda each: train_network(each, digits, images, passes, stopped), networks, workers, "training"
        )
    again = f"--images {images}" + (f" --passes {passes}" if passes > 1 else "")
    unfinished = []
    for network, place in zip(networks, places, strict=True):
        if network.presented < images * passes:
            unfinished.append(f"after {network.presented} images; go on with --resume {place} {again}")
        elif save is None:
            continue
        network.save(place)
    if unfinished:
        raise Interrupted("interrupted " + ", ".join(unfinished))
    found: list[dict[str, Any]] = []
    view: list[Any] = []
    for network, place, result in zip(networks, places, results, strict=True):
        found.append({
            "network": network.description.name,
            "arithmetic": network.arithmetic,
            "seed": network.seed,
            "data": digits.source,
            "presented": network.presented,
            **result,
        })  # fmt: skip
        view.append(f"{network.description.name}, {network.arithmetic}, seed {network.seed}; {digits.source}")
        view.append(table("training", ("", "value"), [(key, _text(found[-1][key])) for key in (
            "images", "presented", "ticks", "seconds", "ms_per_image", "pre_spikes", "post_spikes", "transmissions",
            "depressions", "potentiations",
        )]))  # fmt: skip
        if save is not None:
            found[-1]["saved"] = str(place)
            view.append(f"saved to {place}; test it with: bicall evaluate {place}")
    print_result(found[0] if len(found) == 1 else {"runs": found}, view, json)


@app.command()
def evaluate(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A network saved by `bicall train --save`, or a folder of `bicall fit`."),
    ],
    data: DataOption = None,
    label: LabelOption = None,
    images: Annotated[int | None, typer.Option(min=1, help="How many test images; all if not given.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Where to draw the confusion matrix (.png).")] = None,
    json: Json = False,
) -> None:
    """Test a trained network on test samples, MNIST's or others."""
    from bicall.emulator.digits.figures import confusion_figure, save_figure
    from bicall.emulator.digits.training import compile_loops
    from bicall.emulator.digits.training import evaluate as evaluate_network
    from bicall.emulator.fit.given import network_and_data
    from bicall.emulator.support.files import ensure_writable

    network, digits = network_and_data(file, given_data(data, label))
    if figure is not None:
        ensure_writable(figure)
    compile_loops(network)
    result = evaluate_network(network, digits, images)
    title = f"{network.description.name}, {network.arithmetic}, {network.presented:,} training images"
    if figure is not None:
        save_figure(
            confusion_figure(result["confusion"], f"{title}: {result['accuracy']:.2f} %", network.classes), figure
        )
    result = {
        "network": network.description.name,
        "arithmetic": network.arithmetic,
        "seed": network.seed,
        "presented": network.presented,
        "data": digits.source,
        **result,
    }
    rows = [(true, *row) for true, row in zip(network.classes, result["confusion"], strict=True)]
    view: list[Any] = [
        f"{title}, seed {network.seed}; {digits.source}",
        f"accuracy {result['accuracy']:.2f} % of {result['images']:,} test images",
        f"{result['ms_per_image']:.3f} ms an image",
        table("class (rows) taken for (columns)", ("", *network.classes), rows),
    ]
    print_result(result, view, json)


@app.command()
def compare(
    name: NetworkName = None,
    data: DataOption = None,
    label: LabelOption = None,
    images: Images = 6000,
    passes: Passes = 1,
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas.")] = "1,2,3",
    figure: Annotated[Path, typer.Option(help="Where to draw the comparison (.png).")] = Path("comparison.png"),
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Compare float and fixed point: both arithmetics learn the same images from the same spikes."""
    from bicall.emulator.digits.comparison import compare as compare_arithmetics
    from bicall.emulator.digits.comparison import comparison_table
    from bicall.emulator.fit.given import configuration_and_data
    from bicall.emulator.support.files import ensure_writable

    ensure_writable(figure)
    described, digits = configuration_and_data(name, given_data(data, label), images * passes)
    result = compare_arithmetics(described, digits, images, parse_seeds(seeds), figure, passes, workers)
    result["figure"] = str(figure)
    print_result(result, [comparison_table(result), f"{result['data']}; figure in {figure}"], json)


@app.command()
def readout(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NETWORK...", help="Configurations or folders of `bicall fit`.")
    ] = None,
    data: DataOption = None,
    label: LabelOption = None,
    images: Annotated[int, typer.Option(min=1, help="How many training images to learn from, at most.")] = 60_000,
    json: Json = False,
) -> None:
    """Measure what a linear readout with real weights reaches on a network's inputs: the ceiling for its one layer."""
    from bicall.emulator.digits.features import encoder_of
    from bicall.emulator.digits.readout import linear_readout
    from bicall.emulator.fit.given import configuration_and_data
    from bicall.emulator.support.reporting import progress

    given = [configuration_and_data(name, given_data(data, label)) for name in names or (None,)]
    results = [
        {
            "network": each.name,
            "data": digits.source,
            **linear_readout(encoder_of(each, digits), digits, min(images, len(digits.train.labels))),
        }
        for each, digits in progress(given, "linear readouts")
    ]
    columns = ("logistic regression on", "inputs", "training images", "test images", "accuracy (%)")
    rows = [
        (each["network"], *(f"{each[key]:,}" for key in ("inputs", "images", "test_images")), f"{each['accuracy']:.2f}")
        for each in results
    ]
    print_result({"readouts": results}, [table("linear readouts", columns, rows)], json)


def parse_seeds(text: str) -> list[int]:
    """Numbers from a list like 1,2,3."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise BadInput(f"seeds is {text!r}, must be whole numbers separated by commas") from None


def _places(path: Path, networks: list) -> list[Path]:
    """A file for each network: `path`, or if there are several, one with each seed in its name."""
    if len(networks) == 1:
        return [path]
    return [path.with_name(f"{path.stem}-seed-{each.seed}{path.suffix}") for each in networks]


def _text(value) -> str:
    return f"{value:,.3f}" if isinstance(value, float) else f"{value:,}"
