"""A mapped network at work: every core with its own state, packets between cores, one tick after the other.

A core sees nothing but the packets that arrive and its own tables. Spikes of tick t arrive at tick t + delay; inputs
come as packets from the port, so that a delay of one brings them in the tick for which their train has them.
"""

import numpy as np
import scipy.sparse
from numba import njit

from emulator.errors import BadInput
from emulator.state import LayerState, SpikeTrain
from mapping.configuration import PORT, Configuration, CoreTables
from mapping.network import Network, Population
from mapping.parts import FixedPart, LifState, PlasticPart


class MappedNetwork:
    """Cores loaded with a configuration and with the parts of the layers' states.

    Args:
        states: the whole state of each plastic layer, by the name of its neurons' population; copied.
        seed: of the stochastic rounding.
    """

    def __init__(self, network: Network, configuration: Configuration, states: dict[str, LayerState], seed: int):
        self.network, self.configuration = network, configuration
        cores = configuration.cores
        self.parts = [
            _part(network, tables, core, population, states, seed)
            for core, tables in enumerate(cores)
            for population in network.populations.values()
            if not population.is_input and np.any(_members(tables, population))
        ]
        self._axon_starts = np.cumsum([0] + [len(tables.sources) for tables in cores])
        self._neuron_starts = np.cumsum([0] + [len(tables.neurons) for tables in cores])
        # a packet sets one flag: axons of all cores lie one after the other, then their neurons, for direct events
        packets, position = configuration.packets, np.zeros(configuration.chip.cores, np.int64)
        position[[tables.core for tables in cores]] = np.arange(len(cores))
        base = np.where(packets.direct, self._axon_starts[-1] + self._neuron_starts[:-1][position[packets.cores]], 0)
        base = np.where(packets.direct, base, self._axon_starts[:-1][position[packets.cores]])
        self._flag = np.where(packets.cores == PORT, -1, base + packets.index)
        slots = configuration.chip.core.longest_delay + 1
        self._arrivals = np.zeros((slots, self._axon_starts[-1] + self._neuron_starts[-1]), bool)
        self.tick = next((state.tick for state in states.values()), 0)
        self.packets = 0  # sent so far

    def reset(self) -> None:
        """Between two samples, as `LayerState.reset`; packets on their way are dropped."""
        for part in self.parts:
            part.state.reset()
        self._arrivals[:] = False

    def run(self, inputs: dict[str, SpikeTrain], learning: bool = True) -> np.ndarray:
        """Run over the ticks of the inputs.

        Args:
            inputs: spikes of each input population; all of one length.

        Returns:
            bool[ticks, nodes], the spikes of all neurons (inputs' columns stay False).

        Raises:
            BadInput: the inputs' lengths differ.
        """
        arriving = dense_inputs(self.network, inputs)
        spikes = np.zeros(arriving.shape, bool)
        direct_from = self._axon_starts[-1]
        for k in range(len(spikes)):
            self.tick += 1
            self._send(np.flatnonzero(arriving[k]), self.tick - 1)
            now = self._arrivals[self.tick % len(self._arrivals)]
            for part in self.parts:
                n = part.core
                arrived = now[self._axon_starts[n] : self._axon_starts[n + 1]]
                direct = now[direct_from + self._neuron_starts[n] : direct_from + self._neuron_starts[n + 1]]
                fired = part.tick(arrived, direct, learning)
                spikes[k, self.configuration.cores[n].neurons[part.neurons]] = fired
            now[:] = False
            self._send(np.flatnonzero(spikes[k]), self.tick)
        return spikes

    def _send(self, nodes: np.ndarray, tick: int) -> None:
        packets = self.configuration.packets
        self.packets += _deliver(nodes, packets.starts, self._flag, packets.delays, tick, self._arrivals)


@njit(cache=True)
def _deliver(nodes, starts, flag, delays, tick, arrivals):
    """Set the flags of all packets of the nodes that spiked at a tick, in the slot of the tick when they act."""
    sent = 0
    for node in nodes:
        for e in range(starts[node], starts[node + 1]):
            sent += 1
            if flag[e] >= 0:
                arrivals[(tick + delays[e]) % len(arrivals), flag[e]] = True
    return sent


def dense_inputs(network: Network, inputs: dict[str, SpikeTrain]) -> np.ndarray:
    """bool[ticks, nodes], the spikes of the inputs; populations that are not given are silent.

    Raises:
        BadInput: the inputs' lengths differ, or a name is not that of an input.
    """
    ticks = {train.ticks for train in inputs.values()}
    if len(ticks) != 1:
        raise BadInput(f"inputs: have {sorted(ticks)} ticks, must have one length")
    arriving = np.zeros((ticks.pop(), network.nodes), bool)
    for name, train in inputs.items():
        if name not in network.populations or not network.populations[name].is_input:
            raise BadInput(f"inputs: {name!r} is not an input population of network {network.name}")
        population = network.populations[name]
        arriving[:, population.nodes] = train.dense(population.size)
    return arriving


def _members(tables: CoreTables, population: Population) -> np.ndarray:
    return (tables.neurons >= population.first) & (tables.neurons < population.first + population.size)


def _part(
    network: Network, tables: CoreTables, core: int, population: Population, states: dict[str, LayerState], seed: int
) -> PlasticPart | FixedPart:
    """The part of a population that a core holds."""
    neurons = np.flatnonzero(_members(tables, population))
    columns = tables.neurons[neurons] - np.int32(population.first)
    if population.constants is None:
        raise BadInput(f"network {network.name}: population {population.name} has no constants, so it cannot be run")
    projection = network.plastic_input(population.name)
    if projection:
        pre = network.populations[projection.pre]
        axons = np.flatnonzero((tables.sources >= pre.first) & (tables.sources < pre.first + pre.size))
        rows = tables.sources[axons] - np.int32(pre.first)
        state = states[population.name].part(rows, columns)
        return PlasticPart(core, population.name, neurons, axons, population.constants, state, seed)
    shape = (len(tables.sources), len(tables.neurons))
    synapses = scipy.sparse.csr_array((tables.weights, tables.targets, tables.starts), shape=shape)[:, neurons]
    return FixedPart(core, population.name, neurons, synapses, population.constants, LifState.rest(len(neurons)))
