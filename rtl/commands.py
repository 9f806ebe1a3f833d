"""Subcommands of this room."""

from pathlib import Path
from typing import Annotated

import typer

from emulator.terminal import Json, print_result, table
from rtl.cycle_commands import cycles
from rtl.synth_commands import synth

app = typer.Typer(no_args_is_help=True)
app.command()(synth)
app.command()(cycles)


@app.command()
def cosim(
    name: Annotated[str, typer.Argument(help="A configuration, or a .toml file of your own.")] = "digits-256",
    updates: Annotated[int, typer.Option(min=0, help="Synapse updates on random events, at least.")] = 100_000,
    images: Annotated[int, typer.Option(min=0, max=1000, help="MNIST training images to replay.")] = 10,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all that is random.")] = 1,
    save: Annotated[
        Path | None, typer.Option(help="Folder for emulator.npz and rtl.npz, which `bicall diff` compares.")
    ] = None,
    core: Annotated[
        bool, typer.Option("--core", help="The whole core: it learns --images, then classifies as many.")
    ] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="With --core: which lines, branches and toggles the run covers.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare the Verilog with the emulator; exit code 1 if they differ."""
    import time

    from emulator.description import load
    from emulator.errors import BadInput

    description = load(name)
    start = time.perf_counter()
    if core and save is not None:
        raise BadInput("option --save: is of the synapse's co-simulation, must not come with --core")
    if coverage and not core:
        raise BadInput("option --coverage: is of the core, must come with --core")
    if core:
        result, view, different = _core(description, images, seed, coverage)
    else:
        result, view, different = _synapse(description, updates, images, seed, save)
    result = {
        "configuration": description.name,
        "seed": seed,
        "seconds": round(time.perf_counter() - start, 1),
        **result,
    }
    print_result(result, view, as_json)
    if different:
        raise typer.Exit(1)


def _synapse(description, updates: int, images: int, seed: int, save: Path | None) -> tuple[dict, list, bool]:
    from rtl.cosim import check_synapse

    checked = check_synapse(description, updates, images, seed, save)
    rows = [
        (workload, *(f"{r[key]:,}" for key in ("updates", "steps", "compared", "different")))
        for workload, r in checked.items()
    ]
    columns = ("workload", "updates", "learning steps", "values compared", "different")
    view = [table(f"bicall_synapse in Verilog and the emulator, {description.name}, seed {seed}", columns, rows)]
    for workload, r in checked.items():
        if r["first"]:
            view.append(f"{workload}: first difference: {_in_words(r['first'])}")
    return {"workloads": checked}, view, any(r["different"] for r in checked.values())


def _core(description, images: int, seed: int, coverage: bool) -> tuple[dict, list, bool]:
    from rtl.lockstep import check_core

    checked = check_core(description, images, images, seed, coverage=coverage)
    both = checked["lock-step"]
    title = f"bicall_core in Verilog and the emulator, {description.name}, seed {seed}"
    rows = [(kind, f"{both[kind]:,}") for kind in ("spikes", "h", "state", "different")]
    view = [table(title, ("compared in lock-step", "values"), rows)]
    phases = [(phase, *(f"{value:,}" for value in checked[phase].values())) for phase in ("training", "test")]
    view.append(table("Cycles of the core", ("phase", "images", "ticks", "cycles", "cycles a tick"), phases))
    memory = ("sweeps", "words_read", "words_written")
    view.append(", ".join(f"{name.replace('_', ' ')}: {checked[name]:,}" for name in memory) + " (training)")
    if coverage:
        rows = [
            (module, *(f"{covered} of {points}" for covered, points in kinds.values()))
            for module, kinds in checked["coverage"].items()
        ]
        view.append(table("Coverage", ("module", *next(iter(checked["coverage"].values()))), rows))
    if both["first"]:
        view.append("first difference: " + both["first"].replace("[", "\\["))
    return checked, view, both["different"] > 0


def _in_words(difference: dict) -> str:
    place = f"{difference['variable']}{difference['index']}".replace("[", "\\[")
    return f"tick {difference['tick']}: {place} is {difference['emulator']} and in Verilog {difference['rtl']}"
