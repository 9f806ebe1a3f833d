"""The subcommands `chip build`, `chip run` and `chip check`: a network in the Verilog of a whole chip."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from bicall.emulator.commands.given import DataOption, LabelOption, given_data
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress
from bicall.emulator.support.terminal import Json, print_result, table

if TYPE_CHECKING:
    from bicall.chip.check import Checked
    from bicall.chip.plan import Planned
    from bicall.emulator.network.spikes import Spikes
    from bicall.mapping.workloads import Workload

app = typer.Typer(help="The chip in Verilog: built from its file, loaded by packets, run.", no_args_is_help=True)

DEFAULT = "eight-tiles"  # which says what is too much for it

Name = Annotated[
    str,
    typer.Argument(
        metavar="NETWORK", help="A configuration's name, a .toml or .npz file, or a folder of `bicall fit`."
    ),
]
ChipOption = Annotated[
    str | None, typer.Option(help="A chip's name, or a TOML file; the smallest shipped one that holds it if not given.")
]
Images = Annotated[int, typer.Option(min=1, max=60_000, help="Training images that the chip learns.")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of weights, spikes and rounding.")]
Effort = Annotated[float, typer.Option(min=0.001, help="Work of the mapper, in parts of the usual.")]
Waves = Annotated[Path | None, typer.Option(help="A .vcd file, the first image's signals for GTKWave or Surfer.")]
OWN_MODULES = ("bicall_router", "bicall_pending", "bicall_routes", "bicall_network_interface", "bicall_tile")


@app.command()
def build(
    name: Name,
    output: Annotated[Path, typer.Option(help="Folder for the Verilog and the chip's configuration.")],
    data: DataOption = None,
    label: LabelOption = None,
    chip: ChipOption = None,
    seed: Seed = 1,
    effort: Effort = 1.0,
    as_json: Json = False,
) -> None:
    """Map a network and write the Verilog of its chip, bicall_chip.v on top, with the configuration beside it."""
    from bicall.chip.build import build_chip

    planned, _ = _planned(name, (data, label), chip, 1, seed, effort)
    files = build_chip(planned, output)
    result = {"network": planned.network.name, "chip": planned.chip.name, "seed": seed, "files": files}
    view = [_title(planned), _tiles(planned), f"{output}: {len(files)} Verilog files and configuration/"]
    print_result(result | {"tiles": _tile_rows(planned)}, view, as_json)


@app.command()
def run(
    name: Name,
    data: DataOption = None,
    label: LabelOption = None,
    chip: ChipOption = None,
    images: Images = 2,
    seed: Seed = 1,
    effort: Effort = 1.0,
    waves: Waves = None,
    as_json: Json = False,
) -> None:
    """Let the chip learn images, and show its cycles beside the mesh model's; exit code 1 if it lost anything."""
    from bicall.chip.check import run_chip

    planned, workload = _planned(name, (data, label), chip, images, seed, effort)
    start = time.perf_counter()
    done = run_chip(planned, progress(_spikes(workload), "chip in Verilog"), compare=False, waves=waves)
    result = {"seed": seed, "seconds": round(time.perf_counter() - start, 1)}
    _show(planned, done, [], result, as_json)


@app.command()
def check(
    name: Name,
    data: DataOption = None,
    label: LabelOption = None,
    chip: ChipOption = None,
    images: Images = 2,
    seed: Seed = 1,
    effort: Effort = 1.0,
    waves: Waves = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Count what of the chip's own Verilog is covered.")
    ] = False,
    as_json: Json = False,
) -> None:
    """As `run`, beside the unmapped emulator: spikes at the port, all state at the end; exit code 1 if one differs."""
    from bicall.chip.check import run_chip

    planned, workload = _planned(name, (data, label), chip, images, seed, effort)
    start = time.perf_counter()
    done = run_chip(planned, progress(_spikes(workload), "chip in Verilog"), waves=waves, coverage=coverage)
    agreement = done.agreement
    view: list[Any] = [
        f"chip and unmapped emulator: {agreement.compared:,} values compared, {agreement.differences:,} differ"
    ]
    if agreement.first:
        view.append("first difference: " + agreement.first.replace("[", "\\["))
    result: dict = {"seed": seed, "seconds": round(time.perf_counter() - start, 1), "agreement": agreement.__dict__}
    if coverage:
        from bicall.rtl.verify.coverage import KINDS, read_points, summarise

        found = summarise(read_points(done.coverage))
        own = {module: kinds for module, kinds in found.items() if module in OWN_MODULES}
        rows = [(module, *(f"{kinds[kind][0]} of {kinds[kind][1]}" for kind in KINDS)) for module, kinds in own.items()]
        view.append(table("Coverage of the chip's own modules", ("module", "lines", "branches", "toggles"), rows))
        result["coverage"] = {module: {kind: kinds[kind][:2] for kind in KINDS} for module, kinds in own.items()}
    _show(planned, done, view, result, as_json)


def _spikes(workload: "Workload") -> "list[Spikes]":
    """Its samples, which the chip's host knows beforehand."""
    samples = [sample for sample in workload.samples if not callable(sample)]
    if len(samples) < len(workload.samples):
        raise BadInput(
            f"network {workload.network.name}: presentation.learn_from_ms lets answers decide what is shown, must be 0 "
            "on a chip in Verilog"
        )
    return samples


def _planned(
    name: str, data: tuple[str | None, str | None], chip: str | None, images: int, seed: int, effort: float
) -> tuple["Planned", "Workload"]:
    from bicall.chip.plan import check_network, plan
    from bicall.mapping import workloads
    from bicall.mapping.chips import chip as chips
    from bicall.mapping.mapper.mapper import smallest_chip

    named = None if chip is None else chips.load(chip)
    workload = workloads.load(name, given_data(*data), images, seed)
    check_network(workload.network)
    mesh = named or smallest_chip(workload.network) or chips.load(DEFAULT)
    return plan(workload.network, mesh, effort), workload


def _show(planned: "Planned", done: "Checked", view: list, result: dict, as_json: bool) -> None:
    agreement, cycles = done.agreement, np.array(done.cycles)
    lost = {name: count for name, count in done.counters.items() if count}
    ticks = max(len(cycles), 1)
    view = [
        _title(planned),
        *view,
        f"{agreement.samples:,} images, {agreement.ticks:,} ticks: {cycles.sum() / ticks:,.1f} cycles a tick in the "
        f"Verilog, {cycles.max(initial=0):,} at most, {done.model_cycles / ticks:,.1f} in the mesh model; "
        f"{done.load_cycles:,} cycles to load",
        "lost, refused or doubled: " + (", ".join(f"{count:,} {name}" for name, count in lost.items()) or "nothing"),
    ]
    about = {"network": planned.network.name, "chip": planned.chip.name}
    cores = {"cores": len(planned.cores), "tiles": sum(tile is not None for tile in planned.chip.tiles)}
    measured = {
        "images": agreement.samples, "ticks": agreement.ticks, "cycles": int(cycles.sum()),
        "longest_tick": int(cycles.max(initial=0)), "model_cycles": done.model_cycles, "load_cycles": done.load_cycles,
        "counters": done.counters,
    }  # fmt: skip
    print_result(about | cores | measured | result, view, as_json)
    if lost or agreement.differences:
        raise typer.Exit(1)


def _title(planned: "Planned") -> str:
    network, tiles = planned.network, sum(tile is not None for tile in planned.chip.tiles)
    where = f"{len(planned.cores)} of {tiles} tiles in Verilog"
    return f"{network.name} on {planned.chip.name}: {network.neurons:,} neurons on {where}"


def _tile_rows(planned: "Planned") -> list[dict]:
    held = {core.core: core for core in planned.cores}
    rows = []
    for number, tile in enumerate(planned.chip.tiles):
        if tile and number in held:
            x, y = planned.chip.place(number)
            axons, neurons = held[number].state.h.shape
            names = sorted({each.population for each in held[number].held})
            rows.append(
                {"tile": [x, y], "populations": names, "axons": axons, "neurons": neurons, "sparse": tile.size.sparse}
            )
    return rows


def _tiles(planned: "Planned"):
    rows = [
        (
            f"{row['tile'][0]}, {row['tile'][1]}",
            ", ".join(row["populations"]),
            f"{row['axons']:,}",
            f"{row['neurons']:,}",
        )
        for row in _tile_rows(planned)
    ]
    return table("tiles that hold neurons", ("column, row", "populations", "axons", "neurons"), rows)
