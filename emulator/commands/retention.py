"""`bicall retention`: a trained network left to itself."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.commands.given import DataOption, LabelOption, given_data
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer()


@app.command()
def retention(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A network saved by `bicall train --save`, or a folder of `bicall fit`."),
    ],
    data: DataOption = None,
    label: LabelOption = None,
    rates: Annotated[str, typer.Option(help="Background, in Hz, separated by commas.")] = "1,2,5,10",
    drifts: Annotated[
        str, typer.Option(help="Drifts in parts of full scale a second, or own, separated by commas.")
    ] = "0,own,0.05",
    hours: Annotated[float, typer.Option(help="Simulated hours.")] = 1.0,
    test_images: Annotated[int | None, typer.Option("--test-images", min=1, help="Test images; all if none.")] = None,
    inputs_only: Annotated[bool, typer.Option("--inputs-only", help="No background on the output neurons.")] = False,
    figure: Annotated[Path | None, typer.Option(help="Where to draw accuracy over time (.png).")] = None,
    json: Json = False,
) -> None:
    """Leave a trained network to background activity for hours: what it forgets, with and without drift."""
    from bicall.emulator.digits import retention as at_rest
    from bicall.emulator.digits.figures import save_figure
    from bicall.emulator.fit.given import network_and_data
    from bicall.emulator.support.files import ensure_writable

    if figure is not None:
        ensure_writable(figure)
    given = [part.strip() for part in drifts.split(",")]
    chosen = [part if part == at_rest.OWN else _number("drifts", part, 0.0) for part in given]
    network, samples = network_and_data(file, given_data(data, label))
    result = at_rest.measure(
        network, samples, [_number("rates", part, 1e-3) for part in rates.split(",")], chosen, hours, test_images,
        not inputs_only,
    )  # fmt: skip
    if figure is not None:
        save_figure(at_rest.draw(result), figure)
    columns = ("background", "drift", *(f"after {hours * part:g} h (%)" for part in at_rest.PARTS), "changed bits (%)",
               "outputs (Hz)")  # fmt: skip
    title = f"{result['network']}, {result['arithmetic']}, seed {result['seed']}, {result['test_images']:,} test images"
    print_result(result, [table(title, columns, at_rest.rows(result)), samples.source], json)


def _number(name: str, text: str, least: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadInput(f"{name} is {text!r}, must be numbers separated by commas") from None
    if not least <= value <= 1000:
        raise BadInput(f"{name} is {text}, must be from {least:g} to 1000")
    return value
