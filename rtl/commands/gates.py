"""The subcommand `gate-level`: small random cores as netlists of standard cells, beside the emulator."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.support.terminal import Json, messages, print_result, table


def gate_level(
    shape: Annotated[
        str | None,
        typer.Option(help="Of the random cores of `bicall cosim --coverage`; the smallest, if missing."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all that is random.")] = 1,
    liberty: Annotated[
        Path | None, typer.Option(help="Standard cells, if osu018's are not where Debian has them.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put a core's netlist of standard cells through the Verilog's exercise; exit code 1 if they differ."""
    from bicall.emulator.support.errors import BadInput
    from bicall.rtl.synth.synthesis import OSU018
    from bicall.rtl.verify.gate_level import SMALLEST, check
    from bicall.rtl.verify.random_networks import SHAPES

    chosen = shape or SMALLEST
    if chosen not in SHAPES:
        raise BadInput(f"option --shape: is {chosen!r}, must be one of {', '.join(SHAPES)}")
    with messages.status("synthesising, building and exercising the netlist"):
        result = check(SHAPES[chosen], seed, liberty or OSU018)
    rows = [(name, f"{count:,}") for name, count in result["values"].items()]
    kinds = [(kind, f"{count:,}") for kind, count in sorted(result["cells"].items())]
    view = [
        table(f"Values compared with the emulator: {chosen}, seed {seed}", ("what", "values"), rows),
        table("Cells", ("kind", "number"), kinds),
        f"{result['different']} different, {result['dropped']} events dropped, {result['ports']} wrong answers",
    ]
    print_result({"shape": chosen, "seed": seed} | result, view, as_json)
    if result["different"] or result["dropped"] or result["ports"]:
        raise typer.Exit(1)
