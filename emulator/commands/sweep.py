"""Subcommand `bicall sweep`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bicall.emulator.commands.given import DataOption, LabelOption, NetworkName, given_data
from bicall.emulator.commands.search import Validation, confirming, shares
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.terminal import Json, print_result

app = typer.Typer()

IMAGES = 6000


@app.command()
def sweep(
    name: NetworkName = None,
    data: DataOption = None,
    label: LabelOption = None,
    trace_bits: Annotated[str, typer.Option(help="Widths of the three traces.")] = "6,8,10,12",
    trace_rounding: Annotated[str, typer.Option(help="Roundings of the traces.")] = "truncate,nearest,stochastic",
    h_bits: Annotated[str, typer.Option(help="Widths of the hidden weight.")] = "4,6,8",
    h_rounding: Annotated[str, typer.Option(help="Roundings of learning steps.")] = "truncate,nearest,stochastic",
    drift_period: Annotated[
        str | None, typer.Option(help="Ticks from one drift step to the next. If not given, it follows h's width.")
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(min=1, help="How many training images to present; 6,000 or all there are if not given."),
    ] = None,
    validation: Validation = None,
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas.")] = "1,2,3",
    max_loss: Annotated[
        float | None,
        typer.Option(min=0, max=100, help="Find the smallest widths whose loss plus standard error is at most this."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler (tcp://host:8786); else processes here.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder of the results; out/sweep-NETWORK if not given.")] = None,
    json: Json = False,
) -> None:
    """Accuracy in fixed point against widths and roundings, beside float on the same spikes.

    Lists are separated by commas; all combinations are run. Ctrl-C keeps what is done, and the same command goes on.
    Exit code 1: a point failed, or none stays within --max-loss.
    """
    from bicall.emulator.configuration import description
    from bicall.emulator.digits.figures import save_figure
    from bicall.emulator.fit.given import configuration_and_data
    from bicall.emulator.search.sweep import grid
    from bicall.emulator.search.sweep import sweep as run_sweep
    from bicall.emulator.search.sweep_report import sweep_figure, sweep_table
    from bicall.emulator.support.files import ensure_writable, write_text

    described, digits = configuration_and_data(name, given_data(data, label))
    images, validation = shares(len(digits.train.labels), images, validation, IMAGES)
    folder = output or Path("out") / f"sweep-{described.name}"
    ensure_writable(folder / "sweep.png")
    runs = folder / "runs.jsonl"
    points = grid(
        described,
        _numbers("trace-bits", trace_bits),
        _roundings("trace-rounding", trace_rounding),
        _numbers("h-bits", h_bits),
        _roundings("h-rounding", h_rounding),
        None if drift_period is None else _numbers("drift-period", drift_period),
    )
    swept = run_sweep(
        described,
        digits,
        points,
        _numbers("seeds", seeds),
        images,
        validation,
        folder / "runs.jsonl",
        scheduler,
    )
    smallest = None if max_loss is None else swept.smallest(max_loss)
    save_figure(sweep_figure(swept, max_loss), folder / "sweep.png")
    result = swept.as_json()
    view = [sweep_table(swept, smallest), swept.data]
    if max_loss is not None:
        result |= {"max_loss": max_loss, "smallest": smallest and smallest.as_json()}
        if smallest is None:
            view.append(f"no point stays within {max_loss:g} points of float")
        else:
            file = folder / f"{described.name}-smallest.toml"
            write_text(file, description.as_toml(smallest.point.of(described)))
            view.append(f"smallest within {max_loss:g} points of float (bold): {file}")
            view.append(f"confirm it on test images: {confirming(file, digits)}")
    view.append(f"figure in {folder / 'sweep.png'}, runs in {runs}")
    if swept.failed:
        view.append(f"{swept.failed} of {len(swept.outcomes)} points failed; the same command tries them again")
    print_result(result, view, json)
    if swept.failed or (max_loss is not None and smallest is None):
        raise typer.Exit(1)


def _numbers(option: str, text: str) -> list[int]:
    """Different whole numbers from a list like 8,10,12."""
    try:
        return list(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        raise BadInput(f"{option} is {text!r}, must be whole numbers separated by commas") from None


def _roundings(option: str, text: str) -> list[Any]:
    from bicall.emulator.rule.constants import ROUNDINGS

    chosen = list(dict.fromkeys(part.strip() for part in text.split(",")))
    for rounding in chosen:
        if rounding not in ROUNDINGS:
            raise BadInput(f"{option} is {rounding!r}, must be one of {', '.join(ROUNDINGS)}")
    return chosen
