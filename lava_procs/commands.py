"""Subcommands of this room: `bicall lava ...`."""

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bicall.emulator.commands.given import DataOption, LabelOption, NetworkName, given_data
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer(no_args_is_help=True, help="The network as Lava processes, on Lava's CPU backend.")

Images = Annotated[int, typer.Option(min=1, help="How many training images to present.")]
Seed = Annotated[int, typer.Option(help="Seed of the initial weights, spikes and rounding.")]


LAVA_ENVIRONMENT = ".venv-lava"  # beside the environment that runs


@app.callback()
def in_lavas_environment() -> None:
    """Go on in the environment that has Lava, where this one has not: Lava needs Python 3.10."""
    if importlib.util.find_spec("lava") is None:
        os.execv(lavas_command(), ["bicall", *sys.argv[1:]])


def lavas_command() -> Path:
    """The command `bicall` of the environment that has Lava, beside this one.

    Raises:
        BadInput: there is none.
    """
    environment = Path(sys.prefix).parent / LAVA_ENVIRONMENT
    command = environment / "bin" / "bicall"
    if not command.exists():
        raise BadInput(
            f"extra [lava]: Lava is missing here and in {environment}, an environment of Python 3.10 with "
            "'bicall[lava]' (`make setup` makes it)"
        )
    return command


@app.command()
def check(
    name: NetworkName = None,
    data: DataOption = None,
    label: LabelOption = None,
    images: Images = 5,
    test: Annotated[int, typer.Option(min=0, help="How many test images to classify, too.")] = 0,
    seed: Seed = 1,
    arithmetic: Annotated[str, typer.Option(help="fixed, float or both; a saved network has its own.")] = "both",
    save: Annotated[Path | None, typer.Option(help="Folder for both sides' recordings, for `bicall diff`.")] = None,
    json: Json = False,
) -> None:
    """Run a network in Lava and in the emulator, and compare every value of every tick. Exit code 1 at a difference."""
    from bicall.emulator.digits.classifier import Classifier
    from bicall.emulator.digits.samples import test_samples, training_samples
    from bicall.emulator.fit.given import classifier_and_data, is_saved
    from bicall.lava_procs.compare.check import compare_classifier

    begun, samples_of = classifier_and_data(
        name, given_data(data, label), "fixed" if arithmetic == "both" else arithmetic, seed
    )
    networks = [begun]
    if arithmetic == "both" and not is_saved(name):
        networks.append(Classifier.fresh(begun.description, "float", seed, begun.encoder, begun.classes))
    results, source = [], ""
    for network in (each.held(images) for each in networks):
        samples, source = training_samples(network, images, samples_of)
        results.append(compare_classifier(network, samples, folder=save))
        if test:
            samples, _ = test_samples(network, test, samples_of)
            results.append(compare_classifier(network, samples, learning=False))
    columns = ("arithmetic", "", "images", "ticks", "spikes in", "spikes out", "changes of h", "compared", "difference")
    rows = [
        (r["arithmetic"], "learning" if r["learning"] else "classifying", r["samples"], r["ticks"], r["pre_spikes"],
         r["post_spikes"], r["h_changes"], r["compared"], r["difference"] or "none")
        for r in results
    ]  # fmt: skip
    view: list[Any] = [
        f"{source}; Lava's value comes first",
        table(f"Lava and emulator, {begun.description.name}", columns, rows),
    ]
    if save is not None:
        first = networks[0].arithmetic
        view.append(f"recordings in {save}; compare them with: bicall diff {save}/lava-{first}.npz "
                    f"{save}/emulator-{first}.npz")  # fmt: skip
    print_result({"data": source, "results": results}, view, json)
    if any(r["difference"] for r in results):
        raise typer.Exit(1)


@app.command()
def run(
    name: NetworkName = None,
    data: DataOption = None,
    label: LabelOption = None,
    images: Images = 5,
    seed: Seed = 1,
    arithmetic: Annotated[str, typer.Option(help="fixed or float; a saved network has its own.")] = "fixed",
    record: Annotated[Path | None, typer.Option(help="Where to write a recording of every tick (.npz).")] = None,
    save: Annotated[Path | None, typer.Option(help="Where to write the network that has learned (.npz).")] = None,
    json: Json = False,
) -> None:
    """Learn training images in Lava."""
    from bicall.emulator.fit.given import classifier_and_data
    from bicall.lava_procs.compare.learn import learn

    network, samples_of = classifier_and_data(name, given_data(data, label), arithmetic, seed)
    result = learn(network, images, record, save, samples_of)
    rows = [(key, result[key]) for key in ("images", "presented", "ticks")]
    rows += [(key, f"{result[key]:,.1f}") for key in ("start_s", "run_s", "ticks_per_s")]
    view: list[Any] = [f"{result['network']} in Lava, {result['arithmetic']}, seed {result['seed']}; {result['data']}"]
    view.append(table("learning", ("", "value"), rows))
    view += [f"{key}: {result[key]}" for key in ("recording", "saved") if key in result]
    print_result(result, view, json)


@app.command()
def bench(
    sizes: Annotated[str, typer.Option(help="Layers as inputs x outputs, separated by commas.")] = "256x10,1568x100",
    ticks: Annotated[int, typer.Option(min=10, help="Ticks of each run.")] = 300,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds; the best of each way is reported.")] = 3,
    name: Annotated[str, typer.Option("--network", help="Whose constants to use.")] = "digits-256",
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Time our plastic connection, Lava's own learning Dense (STDPLoihi) and the emulator on the same spikes."""
    from bicall.emulator.configuration import description
    from bicall.lava_procs.compare.benchmark import bench as measure

    try:
        layers = [(int(inputs), int(outputs)) for inputs, outputs in (size.split("x") for size in sizes.split(","))]
        if any(min(layer) < 1 for layer in layers):
            raise ValueError
    except ValueError:
        raise BadInput(f"sizes is {sizes!r}, must be like 256x10,1568x100, at least 1x1") from None
    results = [measure(description.load(name), *layer, ticks, repeats, seed) for layer in layers]
    ways = list(results[0]["ticks_per_s"])
    rows = [
        (f"{r['inputs']} x {r['outputs']}", *(f"{r['ticks_per_s'][way]:,.0f}" for way in ways), f"{r['ratio']:.1f}")
        for r in results
    ]
    columns = ("ticks a second", *ways, "bicall / lava")
    print_result(
        {"results": results}, [table(f"{name}, {ticks} ticks, best of {repeats}, seed {seed}", columns, rows)], json
    )


@app.command()
def loihi(
    name: NetworkName = None,
    data: DataOption = None,
    label: LabelOption = None,
    images: Annotated[int, typer.Option(min=1, help="How many training images both forms learn.")] = 100,
    test: Annotated[int | None, typer.Option(min=1, help="How many test images; all if not given.")] = None,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Compare the rule in Lava's own learning engine, as a chip could run it, with the exact rule."""
    from bicall.emulator.fit.given import configuration_and_data
    from bicall.lava_procs.compare.loihi_comparison import RATE_TICKS, compare_digits, compare_pairings, compare_rates

    chosen, samples_of = configuration_and_data(name, given_data(data, label))
    pairings, rates = compare_pairings(chosen, seed), compare_rates(chosen, seed)
    digits = compare_digits(chosen, images, test or len(samples_of.test.labels), seed, samples_of)
    window = table(
        "change of h by one pair of spikes, in 1/1000 of full scale",
        ("pre - post, ticks", *(str(delay) for delay in pairings["delay"][::2])),
        [(form, *(f"{1e3 * change:.1f}" for change in pairings[form][::2])) for form in ("exact", "native")],
    )
    by_rate = table(
        f"change of h in {RATE_TICKS} ticks, exact / native, in 1/1000 of full scale",
        ("pre, Hz", *(f"post {rate} Hz" for rate in rates["post_hz"])),
        [
            (hz, *(f"{1e3 * a:.0f} / {1e3 * b:.0f}" for a, b in zip(exact, native, strict=True)))
            for hz, exact, native in zip(rates["pre_hz"], rates["exact"], rates["native"], strict=True)
        ],
    )
    rows = [
        ("accuracy, exact rule, %", f"{digits['exact']:.2f}"),
        ("accuracy, learning engine, %", f"{digits['native']:.2f}"),
        ("synapses with the same bit, %", f"{100 * digits['same_bits']:.2f}"),
        ("synapses whose bit was learned, %", f"{100 * digits['changed_bits']:.2f}"),
        ("correlation of the changes of h", f"{digits['correlation']:.3f}"),
        ("learning engine, ticks/s", f"{digits['native_ticks_per_s']:,.0f}"),
    ]
    title = f"{images} training and {digits['test_images']:,} test images, seed {seed}; {digits['data']}"
    view: list[Any] = [window, by_rate, title, table(chosen.name, ("", "value"), rows)]
    print_result({"pairings": pairings, "rates": rates, "digits": digits}, view, json)
