"""`bicall schemes`: the update schemes on recordings."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer(no_args_is_help=True, help="Update schemes: time-driven, event-driven, compressed.")


@app.callback()
def schemes() -> None:
    """Update schemes: time-driven, event-driven, compressed."""


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="a recording (.npz); docs/schemes.md lists its keys")],
    sample_every: Annotated[int, typer.Option(min=1, help="archive the potential of every n-th step only")] = 1,
    json: Json = False,
) -> None:
    """Play a recording under every scheme; show the largest deviations of the weights and the counters."""
    from bicall.emulator.schemes import replay as replaying
    from bicall.emulator.schemes.run import SCHEMES

    result = replaying.replay(file, sample_every)
    numbers = list(next(iter(result["schemes"].values())))
    rows = [
        (
            f"{scheme} ({SCHEMES[scheme]})",
            *(f"{found[key]:.3g}" if isinstance(found[key], float) else f"{found[key]:,}" for key in numbers),
        )
        for scheme, found in result["schemes"].items()
    ]
    title = f"{file.name}: {result['rule']}, {result['synapses']} synapses, {result['spikes']} spikes"
    print_result(result, [table(title, ("scheme", *(key.replace("_", " ") for key in numbers)), rows)], json)
