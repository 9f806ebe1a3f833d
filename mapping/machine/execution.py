"""A mapped network at work: every core with its own state, packets between cores, one tick after the other.

A core sees nothing but the packets that arrive and its own tables. Spikes of tick t arrive at tick t + delay; inputs
come as packets from the port, so that a delay of one brings them in the tick for which their train has them.
"""

from collections.abc import Callable

import numpy as np
import scipy.sparse

from bicall.emulator.network.network import FIXED, Network, Population
from bicall.emulator.network.spikes import Spikes, recent_spikes, run_length
from bicall.emulator.rule.state import LifState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.mapping.configuration.configuration import Configuration, CoreTables
from bicall.mapping.machine.mesh import Mesh
from bicall.mapping.machine.parts import NOTHING, FixedPart, HelperPart, Host, PlasticPart


class MappedNetwork:
    """Cores loaded with a configuration and with the parts of a started network's state, which stays as it is.

    Args:
        in_place_of: gives what is to stand in a core for a part that learns; it has all that a part has.

    Raises:
        BadInput: the network is in float: cores compute in fixed point.
    """

    def __init__(
        self,
        network: Network,
        configuration: Configuration,
        in_place_of: Callable[[PlasticPart], PlasticPart] | None = None,
    ):
        self.network, self.configuration, self.mesh = network, configuration, Mesh(configuration)
        if network.started.arithmetic != "fixed":
            raise BadInput(f"arithmetic is {network.started.arithmetic}, must be fixed on cores")
        cores = configuration.cores
        self.parts: list[PlasticPart | FixedPart] = [
            _part(network, tables, core, population)
            for core, tables in enumerate(cores)
            for population in network.neuron_populations
            if np.any(_members(tables.neurons, population))
        ]
        if in_place_of:
            self.parts = [in_place_of(part) if isinstance(part, PlasticPart) else part for part in self.parts]
        self._helpers = [
            HelperPart(core, tables.neurons[helpers], _synapses(tables)[:, helpers])
            for core, tables in enumerate(cores)
            if len(helpers := np.flatnonzero(tables.part_of != tables.neurons))
        ]
        self.tick = network.started.tick
        self._fired = np.zeros(0, np.int64)
        self._send_what_is_under_way()

    def columns(self, part: PlasticPart | FixedPart) -> np.ndarray:
        """int[n], the neurons of a part by their numbers in their population."""
        first = self.network.populations[part.population].first
        return self.configuration.cores[part.core].neurons[part.neurons] - first

    def _send_what_is_under_way(self) -> None:
        """The packets of the last ticks, once more: what the network's state remembers may still have to arrive."""
        network, before = self.network, self.network.remembered_ticks
        recent = np.zeros((before, network.nodes), bool)
        for name, population in network.populations.items():
            recent[:, population.nodes] = recent_spikes(network.started, name, before).dense(population.size)
        if recent.any():
            for k in range(before):
                sent = np.concatenate([self._fired, np.flatnonzero(recent[k] & network.is_input)])
                self.mesh.begin_tick(self.tick - before + 1 + k, sent)
                self.mesh.end_tick(0)
                self._fired = np.flatnonzero(recent[k] & ~network.is_input)

    def reset(self) -> None:
        """Between two samples, as `LayerState.reset`; packets on their way are dropped."""
        for part in self.parts:
            part.reset()
        self.mesh.reset()
        self._fired = self._fired[:0]

    def run(
        self,
        inputs: Spikes,
        learning: bool = True,
        drive: dict[str, np.ndarray] | None = None,
        learns: dict[str, np.ndarray] | None = None,
    ) -> Spikes:
        """Run over the ticks of the inputs.

        Args:
            inputs: spikes of each input population; all of one length.
            drive, learns: by population, as of `bicall.run`; the host gives them to the cores, not the mesh.

        Returns:
            The spikes of each population of neurons.

        Raises:
            BadInput: as of `network.spikes.run_length`.
        """
        drive, learns = drive or {}, learns or {}
        network, ticks = self.network, run_length(self.network, inputs, drive, learns)
        spikes = np.zeros((ticks, network.nodes), bool)
        for name, train in inputs.items():
            spikes[:, network.populations[name].nodes] = train.dense(network.populations[name].size)
        is_input = network.is_input
        columns = [self.columns(part) for part in self.parts]
        for k in range(ticks):
            self.tick += 1
            self.mesh.begin_tick(self.tick, np.concatenate([self._fired, np.flatnonzero(spikes[k])]))
            if self._helpers:
                sums = [helper.sums(self.mesh.arrived(helper.core)[0]) for helper in self._helpers]
                self.mesh.add(np.concatenate([helper.nodes for helper in self._helpers]), np.concatenate(sums))
            learned = set()
            for part, own in zip(self.parts, columns, strict=True):
                host = NOTHING
                if drive or learns:
                    driven, enabled = drive.get(part.population), learns.get(part.population)
                    host = Host(None if driven is None else driven[k, own], None if enabled is None else enabled[own])
                fired = part.tick(*self.mesh.arrived(part.core), learning, host)
                spikes[k, self.configuration.cores[part.core].neurons[part.neurons]] = fired
                if learning and part.learns_from(fired, host):
                    learned.add(part.core)
            self._fired = np.flatnonzero(spikes[k] & ~is_input)
            self.mesh.end_tick(len(self._fired), learned)
        return {each.name: SpikeTrain.from_dense(spikes[:, each.nodes]) for each in network.neuron_populations}


def _members(nodes: np.ndarray, population: Population) -> np.ndarray:
    return (nodes >= population.first) & (nodes < population.first + population.size)


def _synapses(tables: CoreTables) -> scipy.sparse.csr_array:
    """int32[axons, neurons], the weights on a core."""
    shape = (len(tables.sources), len(tables.neurons))
    return scipy.sparse.csr_array((tables.weights, tables.targets, tables.starts), shape=shape)


def _part(network: Network, tables: CoreTables, core: int, population: Population) -> PlasticPart | FixedPart:
    """The part of a population that a core holds."""
    neurons = np.flatnonzero(_members(tables.neurons, population))
    columns = tables.neurons[neurons] - np.int32(population.first)
    constants, state = population.constants_in("fixed"), network.started.layers[population.name]
    synapses = _synapses(tables)[:, neurons]
    if isinstance(state, LifState):
        return FixedPart(core, population.name, neurons, synapses, constants, state.part(columns))
    rows, axons = [], []
    for projection, first in network.layer_axons(population.name):
        pre = network.populations[projection.pre]
        here = np.flatnonzero(_members(tables.sources, pre))
        number = tables.sources[here] - pre.first
        with_delay = projection.delays[number] == tables.delays[here]
        rows.append(first + number[with_delay])
        axons.append(here[with_delay])
    order = np.argsort(row := np.concatenate(rows))
    part = state.part(row[order], columns)
    fixed = synapses if network.inputs_of(population.name, FIXED) else None
    return PlasticPart(
        core, population.name, neurons, np.concatenate(axons)[order], fixed, constants, part, network.started.seed
    )
