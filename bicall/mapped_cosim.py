"""Mapped co-simulation: a mapped network in whose mesh the cores that learn are the Verilog core.

Each of them starts from the chip's own files: h by $readmemh, registers from the other file. What it fires goes onto
the mesh, so the whole network depends on it; after each sample all of it is compared with the unmapped network. Cores
for which `bicall map` writes no h.hex (they hold fixed weights, or numbers too far apart) stay the model's.
"""

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from bicall.emulator.commands.given import DataOption, LabelOption, given_data
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress
from bicall.emulator.support.terminal import Json, print_result, table

if TYPE_CHECKING:
    from bicall.mapping.chips.chip import Chip
    from bicall.mapping.configuration.configuration import Configuration
    from bicall.mapping.machine.parts import Host, PlasticPart
    from bicall.mapping.workloads import Workload
    from bicall.rtl.driver.core import Core

app = typer.Typer()
BASES = ("row_base", "column_base", "column_turn", "seed", "tick", "phase")


@dataclass
class VerilogPart:
    """A bicall_core in the place of a `mapping.machine.parts.PlasticPart`, which runs beside it.

    Attributes:
        rows, columns: int[], where the part's axons and neurons lie in the core.
        compared, different: spikes and values of state of the core and of the part that it stands for.
        cycles: of each tick.
    """

    part: "PlasticPart"
    verilog: "Core"
    rows: np.ndarray
    columns: np.ndarray
    compared: int = 0
    different: int = 0
    cycles: list[int] = field(default_factory=list)
    _learning: bool = True

    def __getattr__(self, name: str):
        return getattr(self.part, name)  # what says where it is on the chip

    def tick(
        self, arrived: np.ndarray, direct: np.ndarray, sums: np.ndarray, learning: bool, host: "Host"
    ) -> np.ndarray:
        """As `PlasticPart.tick`; the Verilog's spikes."""
        from bicall.rtl.driver.core import tick_events

        expected = self.part.tick(arrived, direct, sums, learning, host)
        if learning != self._learning:
            self.verilog.write("learn", int(learning))
            self._learning = learning
        if host.learns is not None:
            self.verilog.enable(self._whole(host.learns, True))
        drive = None if host.drive is None else self.verilog.driven(self._whole(host.drive, 0)[None])
        began = self.verilog.cycles
        spikes = np.zeros(self.verilog.size.axons, bool)
        spikes[self.rows] = arrived[self.part.axons]
        pre = SpikeTrain.from_dense(spikes[None])
        teacher = SpikeTrain.from_dense(self._whole(direct[self.part.neurons], False)[None])
        events = tick_events(pre, teacher, drive)
        out, ended = self.verilog.send(events, 1)
        self.cycles.append(int(ended[0]) - began)
        fired = out[0, self.columns]
        self._count(fired, expected)
        return fired

    def _whole(self, values: np.ndarray, other: int | bool) -> np.ndarray:
        """Values of the part's neurons as values of all neurons of the core, `other` of those that are not used."""
        whole = np.full(self.verilog.size.neurons, other, values.dtype)
        whole[self.columns] = values
        return whole

    def reset(self) -> None:
        """Between two samples."""
        self.part.reset()
        self.verilog.reset_sample()

    @property
    def state(self) -> LayerState:
        """The core's own state, after a flush; compared with the part's."""
        own, found = self.part.state, self.verilog.state()
        places: dict[str, Any] = {"h": np.ix_(self.rows, self.columns), "x": self.rows}
        for name in STATE_VARIABLES:
            values = getattr(found, name)[places.get(name, self.columns)]
            self._count(values, getattr(own, name))
            setattr(found, name, values)
        if found.connected is not None:
            found.connected = found.connected[places["h"]]
            self._count(found.connected, np.ones_like(found.connected) if own.connected is None else own.connected)
        found.rows, found.columns = own.rows, own.columns
        return found

    def _count(self, found: np.ndarray, expected: np.ndarray) -> None:
        self.compared += found.size
        self.different += int(np.count_nonzero(found != expected))


def cosimulate(workload: "Workload", chip: "Chip", folder: Path, effort: float = 0.01) -> dict:
    """Map a workload, load the Verilog cores from the chip's files, run its samples, and compare.

    Args:
        folder: where the chip's files go.
        effort: of the mapper.

    Returns:
        `cores` that hold neurons, `verilog_cores` among them; `agreement` with the unmapped network, as fields of
        `mapping.machine.verification.Agreement`; `compared`, `different`, of each Verilog core beside its model;
        `dropped` events; `cycles` of each tick's slowest Verilog core, in all, and `model_cycles` of the mesh model,
        `barriers` of them for the end of each tick on the mesh.

    Raises:
        BadInput: no samples; no core that the Verilog can be; the network does not fit; a missing tool.
    """
    from bicall.mapping.configuration.configuration import configure
    from bicall.mapping.configuration.writer import write_configuration
    from bicall.mapping.machine.verification import verify
    from bicall.mapping.mapper.mapper import map_network

    network, samples = workload.network, workload.samples
    if not samples:
        raise BadInput(f"network {network.name}: comes without samples, must be a classifier for co-simulation")
    mapping = map_network(network, chip, effort=effort)
    configuration = configure(mapping.graph, chip, mapping.core_of)
    files = write_configuration(network, configuration, folder)
    parts: list[VerilogPart] = []

    def in_verilog(part: "PlasticPart") -> "PlasticPart | VerilogPart":
        number = configuration.cores[part.core].core
        if not (files / f"core-{number}-h.hex").exists():
            return part
        parts.append(VerilogPart(part, *_loaded(files, number, chip)))
        return parts[-1]

    if not any(files.glob("core-*-h.hex")):
        raise BadInput(
            f"network {network.name} on {chip.name}: no core holds a part of one layer that learns and nothing "
            "else, one must for co-simulation"
        )
    agreement, activity = verify(
        network,
        configuration,
        progress(samples, "mapped, in Verilog"),
        in_place_of=in_verilog,  # type: ignore[arg-type]  # it has all that a part has
    )
    dropped = sum(part.verilog.read("dropped") for part in parts)
    for part in parts:
        part.verilog.close()
    return {
        "cores": len(configuration.cores),
        "verilog_cores": len(parts),
        "agreement": agreement.__dict__,
        "compared": sum(part.compared for part in parts),
        "different": sum(part.different for part in parts),
        "dropped": dropped,
        "cycles": int(np.max([part.cycles for part in parts], axis=0).sum()),
        "model_cycles": activity.cycles,
        "barriers": agreement.ticks * _barrier(configuration),
    }


def _barrier(configuration: "Configuration") -> int:
    """Cycles of the mesh model for a tick's end: to the port from the farthest core in use, and back."""
    mesh, used = configuration.chip.mesh, np.array([tables.core for tables in configuration.cores])
    ways = np.abs(used % mesh.width - mesh.port[0]) + np.abs(used // mesh.width - mesh.port[1])
    return 2 * int(ways.max()) * configuration.chip.costs.cycles_per_hop


def _loaded(files: Path, number: int, chip: "Chip") -> tuple["Core", np.ndarray, np.ndarray]:
    """A core that read its h with $readmemh, and got its registers from the other file; its rows and columns in use."""
    from bicall.emulator.rule.constants import Constants
    from bicall.mapping.configuration.writer import LANES
    from bicall.rtl.driver.core import Core
    from bicall.rtl.driver.core_words import Size

    registers = json.loads((files / f"core-{number}-registers.json").read_text())
    size = Size(chip.core.axons, chip.core.neurons, LANES, sparse=registers["sparse"])
    core = Core(Constants(**registers["constants"]), size, image=files / f"core-{number}-h.hex")
    for name in BASES:
        core.write(name, registers[name])
    return core, np.array(registers["rows"]), np.array(registers["columns"])


@app.command("cosim-mapped")
def cosim_mapped(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK", help="A configuration's name, a .toml or .npz file, or a folder of `bicall fit`."
        ),
    ] = "digits-256",
    data: DataOption = None,
    label: LabelOption = None,
    chip: Annotated[str, typer.Option(help="A chip's name, or a TOML file.")] = "small-mesh",
    images: Annotated[int, typer.Option(min=1, max=1000, help="Training images that the mapped network learns.")] = 2,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of weights, spikes and rounding.")] = 1,
    as_json: Json = False,
) -> None:
    """Run a mapped network with Verilog cores in its mesh, beside the unmapped one; exit code 1 if they differ."""
    from bicall.mapping import workloads
    from bicall.mapping.chips import chip as chips

    workload = workloads.load(name, given_data(data, label), images, seed)
    with tempfile.TemporaryDirectory() as folder:
        result = cosimulate(workload, chips.load(chip), Path(folder))
    agreement = result["agreement"]
    rows = [
        ("mapped and unmapped network", f"{agreement['compared']:,}", f"{agreement['differences']:,}"),
        ("Verilog cores and their models", f"{result['compared']:,}", f"{result['different']:,}"),
    ]
    title = f"{name} on {chip}, seed {seed}: {result['verilog_cores']} of {result['cores']} cores in Verilog"
    view = [
        table(f"{title}, {agreement['samples']} samples", ("", "values compared", "different"), rows),
        workload.source,
        f"cycles of each tick's slowest Verilog core: {result['cycles']:,} in {agreement['ticks']:,} ticks",
    ]
    if agreement["first"]:
        view.append("first difference: " + agreement["first"].replace("[", "\\["))
    print_result({"network": name, "data": workload.source, "chip": chip, "seed": seed} | result, view, as_json)
    if agreement["differences"] or result["different"] or result["dropped"]:
        raise typer.Exit(1)
