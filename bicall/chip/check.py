"""A network in the Verilog of a whole chip beside the unmapped emulator: spikes at the port, all state at the end."""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bicall.chip.host import Host
from bicall.chip.plan import Planned
from bicall.emulator.network import compiled
from bicall.emulator.network.spikes import Spikes
from bicall.emulator.rule.state import LayerState
from bicall.mapping.machine.execution import MappedNetwork
from bicall.mapping.machine.verification import Agreement
from bicall.rtl.driver import simulator
from bicall.rtl.driver.chip import Chip

PER_NEURON = ("y", "s", "current", "membrane", "refractory")


@dataclass
class Checked:
    """What a chip did beside the emulator.

    Attributes:
        agreement: of spikes at the port, and of all state.
        cycles: of each tick in the Verilog, of all samples.
        model_cycles: of the mesh model, in all.
        load_cycles: until all cores were loaded.
        counters: of all tiles; each is 0 if nothing was refused, lost or dropped.
        coverage: in Verilator's format, where it was asked for.
    """

    agreement: Agreement = field(default_factory=Agreement)
    cycles: list[int] = field(default_factory=list)
    model_cycles: int = 0
    load_cycles: int = 0
    counters: dict[str, int] = field(default_factory=dict)
    coverage: str = ""


def run_chip(
    planned: Planned,
    samples: Iterable[Spikes],
    compare: bool = True,
    model: bool = True,
    pauses: tuple[int, float, float] | None = None,
    waves: Path | None = None,
    coverage: bool = False,
    folder: Path = simulator.ROOM,
) -> Checked:
    """Load a chip and let it learn from samples, with a reset before each.

    Args:
        compare: run the unmapped network too, and compare every spike at the port, and all state after the last sample.
        model: count the cycles of the mesh model too.
        pauses: a seed, and how often the host does not send and does not take, as of `rtl.driver.chip.Chip.pauses`.
        waves: a VCD file for the first sample's signals.
        coverage: count what of the Verilog is covered.
        folder: where Verilog files lie that take the place of the room's.

    Raises:
        BadInput: a missing tool or a failed build.
        RuntimeError: the chip hangs.
    """
    result = Checked()
    chip = Chip(planned.chip, folder, coverage=coverage, waves=waves is not None)
    try:
        if pauses:
            chip.pauses(*pauses)
        host, network = Host(planned, chip), planned.network.copy()
        mapped = MappedNetwork(network, planned.configuration) if model else None
        result.load_cycles = chip.cycles
        for n, sample in enumerate(samples):
            with chip.write_waves(waves) if waves and n == 0 else nullcontext():
                host.reset()
                found, cycles = host.run(sample)
            result.cycles += cycles.tolist()
            result.agreement.samples += 1
            result.agreement.ticks += len(cycles)
            if mapped:
                mapped.reset()
                mapped.run(sample)
            if compare:
                network.reset()
                expected = compiled.run(network, sample)
                for name, train in found.items():
                    size = network.populations[name].size
                    result.agreement.spikes += len(expected[name].sources)
                    result.agreement.compare(
                        f"sample {n}: {name} spikes", train.dense(size), expected[name].dense(size)
                    )
        if compare:
            for core in planned.cores:
                state = host.state(core)
                for held in core.held:
                    layer = network.started.layers[held.population]
                    assert isinstance(layer, LayerState)
                    pairs = {
                        name: (getattr(state, name)[held.neurons], getattr(layer, name)[held.columns])
                        for name in PER_NEURON
                    }
                    pairs["x"] = state.x[held.axons], layer.x[held.rows]
                    pairs["h"] = state.h[np.ix_(held.axons, held.neurons)], layer.h[np.ix_(held.rows, held.columns)]
                    for name, (own, whole) in pairs.items():
                        result.agreement.compare(f"core {core.core}: {held.population} {name}", own, whole)
        result.model_cycles = mapped.mesh.activity.cycles if mapped else 0
        result.counters = host.counters()
        if coverage:
            result.coverage = chip.coverage()
    finally:
        chip.close()
    return result
