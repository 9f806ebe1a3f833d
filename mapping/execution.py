"""A mapped network at work: every core with its own state, packets between cores, one tick after the other.

A core sees nothing but the packets that arrive and its own tables. Spikes of tick t arrive at tick t + delay; inputs
come as packets from the port, in the tick for which their train has them.
"""

from typing import NamedTuple

import numpy as np

from emulator import compiled
from emulator.constants import Constants
from emulator.errors import BadInput
from emulator.state import LayerState, SpikeTrain
from mapping.configuration import PORT, Configuration, CoreTables
from mapping.network import PLASTIC, Network, Population


class CorePart(NamedTuple):
    """The neurons of one plastic layer on one core."""

    core: int  # position in the configuration's list of cores
    population: str
    constants: Constants
    state: LayerState
    axons: np.ndarray  # int32[rows], the core's axon behind each row of the state
    neurons: np.ndarray  # int32[columns], the core's neuron of each column


class MappedNetwork:
    """Cores loaded with a configuration and with the parts of the layers' states.

    Args:
        states: the whole state of each plastic layer, by the name of its neurons' population; copied.
        seed: of the stochastic rounding.
    """

    def __init__(self, network: Network, configuration: Configuration, states: dict[str, LayerState], seed: int):
        self.network, self.configuration, self.seed = network, configuration, seed
        self.parts = [
            _part(network, tables, core, population, states[population.name])
            for core, tables in enumerate(configuration.cores)
            for population in network.populations.values()
            if not population.is_input and np.isin(tables.neurons, _nodes(population)).any()
        ]
        cores = configuration.cores
        self._position = {tables.core: core for core, tables in enumerate(cores)}
        self._axon_starts = np.cumsum([0] + [len(tables.sources) for tables in cores])
        self._neuron_starts = np.cumsum([0] + [len(tables.neurons) for tables in cores])
        slots = configuration.chip.core.longest_delay + 1
        self._axon_arrivals = np.zeros((slots, self._axon_starts[-1]), bool)
        self._direct_arrivals = np.zeros((slots, self._neuron_starts[-1]), bool)
        self.tick = next(iter(states.values())).tick
        self.packets = 0  # sent so far

    def reset(self) -> None:
        """Between two samples, as `LayerState.reset`; packets on their way are dropped."""
        for part in self.parts:
            part.state.reset()
        self._axon_arrivals[:] = self._direct_arrivals[:] = False

    def run(self, inputs: dict[str, SpikeTrain], learning: bool = True) -> np.ndarray:
        """Run over the ticks of the inputs.

        Args:
            inputs: spikes of each input population; all of one length.

        Returns:
            bool[ticks, nodes], the spikes of all neurons (inputs' columns stay False).
        """
        ticks = {train.ticks for train in inputs.values()}
        if len(ticks) != 1:
            raise BadInput(f"inputs: have {sorted(ticks)} ticks, must have one length")
        arriving = {name: train.dense(self.network.populations[name].size) for name, train in inputs.items()}
        spikes = np.zeros((ticks.pop(), self.network.nodes), bool)
        for k in range(len(spikes)):
            self.tick += 1
            for name, train in arriving.items():
                self._send(np.flatnonzero(train[k]) + self.network.populations[name].first, self.tick - 1)
            for part in self.parts:
                fired = self._tick(part, learning)
                spikes[k, self.configuration.cores[part.core].neurons[part.neurons]] = fired
            self._send(np.flatnonzero(spikes[k]), self.tick)
            slot = self.tick % len(self._axon_arrivals)
            self._axon_arrivals[slot] = self._direct_arrivals[slot] = False
        return spikes

    def _tick(self, part: CorePart, learning: bool) -> np.ndarray:
        """One tick of one layer's part, from the packets that have arrived at its core; bool[columns], who fired."""
        slot = self.tick % len(self._axon_arrivals)
        rows = self._axon_arrivals[slot, self._axon_starts[part.core] + part.axons]
        taught = self._direct_arrivals[slot, self._neuron_starts[part.core] + part.neurons]
        pre, teacher = SpikeTrain.from_dense(rows[None]), SpikeTrain.from_dense(taught[None])
        fired, _ = compiled.run(part.constants, part.state, pre, teacher, self.seed, learning)
        return fired[0]

    def _send(self, nodes: np.ndarray, tick: int) -> None:
        """The packets of the nodes that spiked at a tick."""
        packets = self.configuration.packets
        for node in nodes:
            for e in range(packets.starts[node], packets.starts[node + 1]):
                if packets.cores[e] == PORT:
                    continue
                core = self._position[packets.cores[e]]
                slot = (tick + packets.delays[e]) % len(self._axon_arrivals)
                if packets.direct[e]:
                    self._direct_arrivals[slot, self._neuron_starts[core] + packets.index[e]] = True
                else:
                    self._axon_arrivals[slot, self._axon_starts[core] + packets.index[e]] = True
            self.packets += int(packets.starts[node + 1] - packets.starts[node])


def _nodes(population: Population) -> np.ndarray:
    return np.arange(population.first, population.first + population.size)


def _part(network: Network, tables: CoreTables, core: int, population: Population, state: LayerState) -> CorePart:
    """The part of a layer that a core holds: rows are the axons of the layer's source population."""
    projections = [p for p in network.projections if p.post == population.name and p.kind == PLASTIC]
    if len(projections) != 1:
        raise BadInput(f"network {network.name}: {population.name} has {len(projections)} plastic inputs, must have 1")
    pre = network.populations[projections[0].pre]
    axons = np.flatnonzero((tables.sources >= pre.first) & (tables.sources < pre.first + pre.size))
    neurons = np.flatnonzero(np.isin(tables.neurons, _nodes(population)))
    rows = tables.sources[axons] - np.int32(pre.first)
    columns = tables.neurons[neurons] - np.int32(population.first)
    return CorePart(core, population.name, population.constants, state.part(rows, columns), axons, neurons)
