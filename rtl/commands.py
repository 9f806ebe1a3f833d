"""Subcommands of this room."""

from pathlib import Path
from typing import Annotated

import typer

from emulator.terminal import Json, print_result, table

app = typer.Typer(no_args_is_help=True)


@app.command()
def cosim(
    name: Annotated[str, typer.Argument(help="A configuration, or a .toml file of your own.")] = "digits-256",
    updates: Annotated[int, typer.Option(min=0, help="Synapse updates on random events, at least.")] = 100_000,
    images: Annotated[int, typer.Option(min=0, max=1000, help="MNIST training images to replay.")] = 10,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all that is random.")] = 1,
    save: Annotated[
        Path | None, typer.Option(help="Folder for emulator.npz and rtl.npz, which `bicall diff` compares.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the synapse circuit in Verilog with the emulator; exit code 1 if they differ."""
    import time

    from emulator.description import load
    from rtl.cosim import check_synapse

    description = load(name)
    start = time.perf_counter()
    checked = check_synapse(description, updates, images, seed, save)
    result = {"configuration": description.name, "seed": seed, "seconds": round(time.perf_counter() - start, 1)}
    result["workloads"] = checked
    rows = [
        (workload, *(f"{r[key]:,}" for key in ("updates", "steps", "compared", "different")))
        for workload, r in checked.items()
    ]
    columns = ("workload", "updates", "learning steps", "values compared", "different")
    view = [table(f"bicall_synapse in Verilog and the emulator, {description.name}, seed {seed}", columns, rows)]
    view += [f"{workload}: first difference: {_in_words(r['first'])}" for workload, r in checked.items() if r["first"]]
    print_result(result, view, as_json)
    if any(r["different"] for r in checked.values()):
        raise typer.Exit(1)


def _in_words(difference: dict) -> str:
    place = f"{difference['variable']}{difference['index']}".replace("[", "\\[")
    return f"tick {difference['tick']}: {place} is {difference['emulator']} and in Verilog {difference['rtl']}"
