"""`bicall schemes`: the update schemes on recordings."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from emulator.schemes import replay as replaying
from emulator.schemes.run import SCHEMES

app = typer.Typer(no_args_is_help=True, help="Update schemes: time-driven, event-driven, compressed.")


@app.callback()
def schemes() -> None:
    """Update schemes: time-driven, event-driven, compressed."""


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="a recording (.npz); docs/schemes.md lists its keys")],
    sample_every: Annotated[int, typer.Option(min=1, help="archive the potential of every n-th step only")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Play a recording under every scheme; show the largest deviations of the weights and the counters."""
    result = replaying.replay(file, sample_every)
    if as_json:
        typer.echo(json.dumps(result, indent=2))
        return
    table = Table(title=f"{file.name}: {result['rule']}, {result['synapses']} synapses, {result['spikes']} spikes")
    table.add_column("scheme")
    rows = list(next(iter(result["schemes"].values())))
    for row in rows:
        table.add_column(row.replace("_", " "), justify="right")
    for scheme, numbers in result["schemes"].items():
        shown = (f"{numbers[row]:.3g}" if isinstance(numbers[row], float) else f"{numbers[row]:,}" for row in rows)
        table.add_row(f"{scheme} ({SCHEMES[scheme]})", *shown)
    Console().print(table)
