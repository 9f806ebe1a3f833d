"""Subcommand `bicall fit`."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.commands.data import DataName, Label
from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer()


@app.command()
def fit(
    name: DataName,
    minutes: Annotated[float, typer.Option(help="Time for search and training.")] = 2.5,
    label: Label = None,
    seed: Annotated[int, typer.Option(help="Seed of splits, initial weights, spikes, rounding and order.")] = 1,
    output: Annotated[Path | None, typer.Option(help="Folder of the results; out/fit-DATA if not given.")] = None,
    json: Json = False,
) -> None:
    """From data to a trained network: encoder and weights chosen from the data, a little search, one test, a folder."""
    from bicall.emulator.data.load import load
    from bicall.emulator.fit import folder as folders
    from bicall.emulator.fit.fit import fit as fit_data
    from bicall.emulator.support.files import ensure_writable
    from bicall.emulator.support.reporting import working
    from bicall.fitting.cost import cost

    stem = Path(name).stem or "data"
    folder = output or Path("out") / f"fit-{stem}"
    ensure_writable(folder / folders.RESULT)
    found = fit_data(load(name, label, seed), seed, minutes, stem)
    with working("placing it on a chip"):
        found.result["cost"] = cost(found.network, found.data)
    folders.write(folder, found, name, label)
    result = found.result | {"folder": str(folder), "commands": folders.commands(folder)}
    low, high = result["interval"]
    readout = result["readout"]
    rows = [
        ("this network, fixed point, one-bit weights", f"{result['accuracy']:.2f} ({low:.2f} to {high:.2f})"),
        (f"linear readout of the {readout['of']}, {readout['samples']:,} samples", f"{readout['accuracy']:.2f}"),
        ("the largest class", f"{result['majority']:.2f}"),
    ]
    view = [
        f"{result['data']}: {result['kind']}, {len(result['classes'])} classes; {result['inputs']:,} inputs, "
        f"{result['outputs']:,} outputs, {result['presentations']:,} presentations in {result['seconds']:.0f} s",
        table(f"accuracy in % of {result['samples']['test']:,} test samples (95 % interval)", ("", "accuracy"), rows),
        result["cost"]["text"],
        f"{folder}: {folders.PAGE}, {folders.NETWORK}, {folders.CONFUSION}, {folders.FIELDS}, {folders.RESULT}; go on:",
        *(f"    {command}" for command in result["commands"]),
    ]
    print_result(result, view, json)
