"""The subcommand `cosim`: the Verilog beside the emulator."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bicall.emulator.commands.given import DataOption, LabelOption, NetworkName, given_data
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.terminal import Json, print_result, table

if TYPE_CHECKING:
    from bicall.emulator.data.samples import Data
    from bicall.emulator.digits.classifier import Classifier

SEEDS_OF_COVERAGE = 2


def cosim(
    name: NetworkName = None,
    data: DataOption = None,
    label: LabelOption = None,
    updates: Annotated[int, typer.Option(min=0, help="Synapse updates on random events, at least.")] = 100_000,
    images: Annotated[int, typer.Option(min=0, max=1000, help="Training samples to replay.")] = 10,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all that is random.")] = 1,
    save: Annotated[
        Path | None, typer.Option(help="Folder for emulator.npz and rtl.npz, which `bicall diff` compares.")
    ] = None,
    core: Annotated[
        bool, typer.Option("--core", help="The whole core: it learns --images, then classifies as many.")
    ] = False,
    coverage: Annotated[
        bool,
        typer.Option("--coverage", help="Small random cores: how much of the Verilog and of the rule is covered."),
    ] = False,
    waves: Annotated[
        Path | None, typer.Option(help="With --core: a .vcd file, the first image's signals for GTKWave or Surfer.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the Verilog with the emulator; exit code 1 if they differ."""
    import time

    from bicall.emulator.fit.given import classifier_and_data
    from bicall.rtl.verify.samples import size_of, taught_throughout

    start = time.perf_counter()
    if save is not None and (core or coverage):
        raise BadInput("option --save: is of the synapse's co-simulation, must not come with --core or --coverage")
    if core and coverage:
        raise BadInput("option --coverage: is of small random cores, must not come with --core")
    if waves is not None and not core:
        raise BadInput("option --waves: is of the core, must come with --core")
    if core and images == 0:
        raise BadInput("option --images: is 0, must be at least 1 with --core")
    about: dict[str, Any] = {"seed": seed}
    if coverage:
        result, view, different = _coverage(seed)
    else:
        given, samples = classifier_and_data(name, given_data(data, label), "fixed", seed)
        size_of(given)  # which refuses what is not in fixed point
        changed = False
        if core:
            network = given.held(images)
            result, view, different = _core(network, samples, images, waves)
        else:
            network, changed = taught_throughout(given, max(images, 1))
            result, view, different = _synapse(network, samples, updates, images, save)
        about = {"configuration": network.description.name, "seed": network.seed, "data": samples.source}
        view = [*view, samples.source]
        if changed:
            view.append("its margin is left out here: each sample is taught, and all neurons learn throughout")
    result = about | {"seconds": round(time.perf_counter() - start, 1)} | result
    print_result(result, view, as_json)
    if different:
        raise typer.Exit(1)


def _synapse(
    network: "Classifier", data: "Data", updates: int, images: int, save: Path | None
) -> tuple[dict, list, bool]:
    from bicall.rtl.verify.cosim import check_synapse

    checked = check_synapse(network, updates, images, save, data=data)
    rows = [
        (workload, *(f"{r[key]:,}" for key in ("updates", "steps", "compared", "different")))
        for workload, r in checked.items()
    ]
    columns = ("workload", "updates", "learning steps", "values compared", "different")
    view: list[Any] = [table(f"bicall_synapse in Verilog and the emulator, {_of(network)}", columns, rows)]
    for workload, r in checked.items():
        if r["first"]:
            view.append(f"{workload}: first difference: {_in_words(r['first'])}")
    return {"workloads": checked}, view, any(r["different"] for r in checked.values())


def _core(network: "Classifier", data: "Data", images: int, waves: Path | None) -> tuple[dict, list, bool]:
    from bicall.rtl.verify.lockstep import check_core

    checked = check_core(network, images, min(images, len(data.test.labels)), waves=waves, data=data)
    both = checked["lock-step"]
    title = f"bicall_core in Verilog and the emulator, {_of(network)}"
    rows = [(kind, f"{both[kind]:,}") for kind in ("spikes", "h", "state", "different")]
    view: list[Any] = [table(title, ("compared in lock-step", "values"), rows)]
    phases = [(phase, *(f"{value:,}" for value in checked[phase].values())) for phase in ("training", "test")]
    view.append(table("Cycles of the core", ("phase", "images", "ticks", "cycles", "cycles a tick"), phases))
    memory = ("sweeps", "words_read", "words_written")
    view.append(", ".join(f"{name.replace('_', ' ')}: {checked[name]:,}" for name in memory) + " (training)")
    if both["first"]:
        view.append("first difference: " + both["first"].replace("[", "\\["))
    return checked, view, both["different"] > 0


def _coverage(seed: int) -> tuple[dict, list, bool]:
    from bicall.rtl.verify.coverage import KINDS, left, summarise
    from bicall.rtl.verify.coverage_exclusions import EXCLUSIONS
    from bicall.rtl.verify.exercise import exercise_shapes

    done = exercise_shapes(range(seed, seed + SEEDS_OF_COVERAGE), coverage=True)
    shapes, cases, points = done["shapes"], done["cases"], done["points"]
    modules, missed = summarise(points, EXCLUSIONS), left(points, EXCLUSIONS)
    columns = ("spikes", "h", "state", "different", "sweeps", "ports")
    rows = [(name, *(f"{run[column]:,}" for column in columns)) for name, run in shapes.items()]
    titles = ("core", "spikes", "h", "state", "different", "sweeps", "wrong answers")
    view: list[Any] = [
        table(f"Small random cores beside the emulator, values compared, seeds from {seed}", titles, rows)
    ]
    rows = [
        (name, *(f"{kinds[kind][0]} of {kinds[kind][1]}" for kind in KINDS), sum(kinds[kind][2] for kind in KINDS))
        for name, kinds in modules.items()
    ]
    view.append(table("Coverage of the Verilog", ("module", "lines", "branches", "toggles", "cannot be covered"), rows))
    view += [f"not covered: {point}".replace("[", "\\[") for point in missed]
    view.append(table("Cases of the rule", ("case", "times"), [(case, f"{n:,}") for case, n in cases.items()]))
    view += [
        f"first difference, {name}: {run['first']}".replace("[", "\\[") for name, run in shapes.items() if run["first"]
    ]
    fields = ("covered", "points", "excluded")
    result = {
        "shapes": shapes,
        "coverage": {
            name: {kind: dict(zip(fields, numbers, strict=True)) for kind, numbers in kinds.items()}
            for name, kinds in modules.items()
        },
        "not_covered": [str(point) for point in missed],
        "cases": cases,
    }  # fmt: skip
    return result, view, any(run["different"] or run["ports"] or run["dropped"] for run in shapes.values())


def _of(network: "Classifier") -> str:
    return f"{network.description.name}, seed {network.seed}"


def _in_words(difference: dict) -> str:
    place = f"{difference['variable']}{difference['index']}".replace("[", "\\[")
    return f"tick {difference['tick']}: {place} is {difference['emulator']} and in Verilog {difference['rtl']}"
