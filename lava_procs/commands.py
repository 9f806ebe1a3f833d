"""Subcommands of this room: `bicall lava ...`."""

import importlib.util
import sys
from pathlib import Path
from typing import Annotated

import typer

from emulator.errors import BadInput
from emulator.terminal import Json, print_result, table

app = typer.Typer(no_args_is_help=True, help="The network as Lava processes, on Lava's CPU backend.")

Name = Annotated[str, typer.Argument(metavar="NETWORK", help="A configuration's name, or a TOML file.")]
Images = Annotated[int, typer.Option(min=1, help="How many training images to present.")]
Seed = Annotated[int, typer.Option(help="Seed of the initial weights, spikes and rounding.")]


@app.command()
def check(
    name: Name = "digits-256",
    images: Images = 5,
    seed: Seed = 1,
    arithmetic: Annotated[str, typer.Option(help="fixed, float or both.")] = "both",
    save: Annotated[Path | None, typer.Option(help="Folder for both sides' recordings, for `bicall diff`.")] = None,
    json: Json = False,
) -> None:
    """Learn in Lava and in the emulator, and compare every value of every tick. Exit code 1 at a difference."""
    require_lava()
    from emulator import description
    from lava_procs.check import compare_with_emulator
    from lava_procs.samples import training_samples

    chosen = description.load(name)
    samples, source = training_samples(chosen, images, seed)
    arithmetics = ("fixed", "float") if arithmetic == "both" else (arithmetic,)
    results = [compare_with_emulator(chosen, samples, seed, each, folder=save) for each in arithmetics]
    rows = [
        (r["arithmetic"], r["samples"], r["ticks"], r["pre_spikes"], r["post_spikes"], r["h_changes"], r["compared"],
         r["difference"] or "none")
        for r in results
    ]  # fmt: skip
    columns = ("arithmetic", "images", "ticks", "spikes in", "spikes out", "changes of h", "compared", "difference")
    view = [f"{source}; Lava's value comes first", table(f"Lava and emulator, {name}, seed {seed}", columns, rows)]
    if save is not None:
        view.append(f"recordings in {save}; compare them with: bicall diff {save}/lava-{arithmetics[0]}.npz "
                    f"{save}/emulator-{arithmetics[0]}.npz")  # fmt: skip
    print_result({"data": source, "results": results}, view, json)
    if any(r["difference"] for r in results):
        raise typer.Exit(1)


@app.command()
def run(
    name: Name = "digits-256",
    images: Images = 5,
    seed: Seed = 1,
    arithmetic: Annotated[str, typer.Option(help="fixed or float.")] = "fixed",
    save: Annotated[Path | None, typer.Option(help="Where to write the recording (.npz).")] = None,
    json: Json = False,
) -> None:
    """Learn training images in Lava, and record every tick."""
    require_lava()
    from emulator import description
    from lava_procs.learn import learn
    from lava_procs.samples import training_samples

    chosen = description.load(name)
    samples, source = training_samples(chosen, images, seed)
    result = {"data": source} | learn(chosen, samples, seed, arithmetic, save)
    rows = [(key, result[key]) for key in ("images", "ticks", "pre_spikes", "post_spikes")]
    rows += [(key, f"{result[key]:.1f}") for key in ("start_s", "run_s", "ticks_per_s")]
    view = [source, f"{name} in Lava, {arithmetic}, seed {seed}", table("learning", ("", "value"), rows)]
    if save is not None:
        view.append(f"recording in {save}")
    print_result(result, view, json)


def require_lava() -> None:
    """Say so where Lava cannot run.

    Raises:
        BadInput: Lava is not installed, or Python is newer than Lava supports.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if sys.version_info >= (3, 11):
        raise BadInput(f"Lava: Python is {version}, must be 3.10 (lava-nc supports no newer one)")
    if importlib.util.find_spec("lava") is None:
        raise BadInput("Lava: the package lava-nc is not installed, `make setup` installs it")
