"""A mapped network at work: every core with its own state, packets between cores, one tick after the other.

A core sees nothing but the packets that arrive and its own tables. Spikes of tick t arrive at tick t + delay; inputs
come as packets from the port, so that a delay of one brings them in the tick for which their train has them.
"""

import numpy as np
import scipy.sparse

from bicall.emulator.network.network import Network, Population
from bicall.emulator.network.simulate import dense_inputs
from bicall.emulator.rule.state import LayerState, LifState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.mapping.configuration.configuration import Configuration, CoreTables
from bicall.mapping.machine.mesh import Mesh
from bicall.mapping.machine.parts import FixedPart, HelperPart, PlasticPart


class MappedNetwork:
    """Cores loaded with a configuration and with the parts of the layers' states.

    Args:
        states: the whole state of each plastic layer, by the name of its neurons' population; copied.
        seed: of the stochastic rounding.
    """

    def __init__(self, network: Network, configuration: Configuration, states: dict[str, LayerState], seed: int):
        self.network, self.configuration, self.mesh = network, configuration, Mesh(configuration)
        cores = configuration.cores
        self.parts = [
            _part(network, tables, core, population, states, seed)
            for core, tables in enumerate(cores)
            for population in network.populations.values()
            if not population.is_input and np.any(_members(tables.neurons, population))
        ]
        self._helpers = [
            HelperPart(core, tables.neurons[helpers], _synapses(tables)[:, helpers])
            for core, tables in enumerate(cores)
            if len(helpers := np.flatnonzero(tables.part_of != tables.neurons))
        ]
        self.tick = next((state.tick for state in states.values()), 0)
        self._fired = np.zeros(0, np.int64)

    def reset(self) -> None:
        """Between two samples, as `LayerState.reset`; packets on their way are dropped."""
        for part in self.parts:
            part.state.reset()
        self.mesh.reset()
        self._fired = self._fired[:0]

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
        for k in range(len(spikes)):
            self.tick += 1
            self.mesh.begin_tick(self.tick, np.concatenate([self._fired, np.flatnonzero(arriving[k])]))
            if self._helpers:
                sums = [helper.sums(self.mesh.arrived(helper.core)[0]) for helper in self._helpers]
                self.mesh.add(np.concatenate([helper.nodes for helper in self._helpers]), np.concatenate(sums))
            learned = set()
            for part in self.parts:
                fired = part.tick(*self.mesh.arrived(part.core), learning)
                spikes[k, self.configuration.cores[part.core].neurons[part.neurons]] = fired
                if learning and part.learns_from(fired):
                    learned.add(part.core)
            self._fired = np.flatnonzero(spikes[k])
            self.mesh.end_tick(len(self._fired), learned)
        return spikes


def _members(nodes: np.ndarray, population: Population) -> np.ndarray:
    return (nodes >= population.first) & (nodes < population.first + population.size)


def _synapses(tables: CoreTables) -> scipy.sparse.csr_array:
    """int32[axons, neurons], the weights on a core."""
    shape = (len(tables.sources), len(tables.neurons))
    return scipy.sparse.csr_array((tables.weights, tables.targets, tables.starts), shape=shape)


def _part(
    network: Network, tables: CoreTables, core: int, population: Population, states: dict[str, LayerState], seed: int
) -> PlasticPart | FixedPart:
    """The part of a population that a core holds."""
    neurons = np.flatnonzero(_members(tables.neurons, population))
    columns = tables.neurons[neurons] - np.int32(population.first)
    if population.constants is None:
        raise BadInput(f"network {network.name}: population {population.name} has no constants, so it cannot be run")
    projection = network.plastic_input(population.name)
    if projection:
        axons = np.flatnonzero(_members(tables.sources, network.populations[projection.pre]))
        rows = tables.sources[axons] - np.int32(network.populations[projection.pre].first)
        state = states[population.name].part(rows, columns)
        return PlasticPart(core, population.name, neurons, axons, population.constants, state, seed)
    synapses = _synapses(tables)[:, neurons]
    return FixedPart(
        core,
        population.name,
        neurons,
        synapses,
        population.constants,
        LifState.rest(len(neurons), population.constants),
    )
