"""From a started `Network` to connected Lava processes."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from bicall.emulator.network.network import DIRECT, FIXED, PLASTIC, Network, Population, Projection
from bicall.emulator.rule.state import LayerState
from bicall.lava_procs.bicall_dense.process import BiCaLLDense
from bicall.lava_procs.bicall_sparse.process import BiCaLLSparse
from bicall.lava_procs.calcium_lif.process import CalciumLIF
from bicall.lava_procs.plain_lif.process import PlainLIF
from bicall.lava_procs.population_input.process import PopulationInput
from bicall.lava_procs.support.connection import BiCaLLConnection


@dataclass
class ConnectedProcesses:
    """The processes of each population of neurons by its name; `synapses` of those that learn."""

    inputs: dict[str, PopulationInput] = field(default_factory=dict)
    synapses: dict[str, BiCaLLConnection] = field(default_factory=dict)
    neurons: dict[str, PlainLIF] = field(default_factory=dict)


def axons_of(network: Network, post: str) -> list[tuple[Projection, slice]]:
    """The projections into a population with the axons of its `PopulationInput` that are theirs."""
    found, first = [], 0
    for kind in (PLASTIC, DIRECT, FIXED):
        for projection in network.inputs_of(post, kind):
            found.append((projection, slice(first, first + projection.matrix.shape[0])))
            first += projection.matrix.shape[0]
    return found


def build_processes(
    network: Network, learning: bool = True, learns: dict[str, np.ndarray] | None = None
) -> ConnectedProcesses:
    """The processes of a network, connected, in the state that it has reached but for spikes on their way.

    Args:
        learning: whether h changes.
        learns: bool[neurons], the learning enables, by population; all learn where it is missing.

    Returns:
        `ConnectedProcesses`, to be run in the network's arithmetic.

    Raises:
        BadInput: the network was not started.
    """
    processes = ConnectedProcesses()
    for population in network.neuron_populations:
        name, layer = population.name, network.started.layers[population.name]
        processes.inputs[name] = _input(network, population)
        shared: dict[str, Any] = dict(
            description=population.constants_in(network.started.arithmetic), tick=network.started.tick
        )
        cell: dict[str, Any] = dict(
            shape=(population.size,), u=layer.current, v=layer.membrane, refractory=layer.refractory, **shared
        )
        if isinstance(layer, LayerState):
            shared["seed"] = cell["seed"] = network.started.seed
            processes.synapses[name] = _connection(layer, x=layer.x, learning=learning, **shared)
            processes.neurons[name] = CalciumLIF(y=layer.y, s=layer.s, learns=(learns or {}).get(name, True), **cell)
        else:
            processes.neurons[name] = PlainLIF(**cell)
    for name in processes.neurons:
        _connect(network, processes, name)
    return processes


def _input(network: Network, population: Population) -> PopulationInput:
    name, arithmetic = population.name, network.started.arithmetic
    ways = {kind: network.inputs_of(name, kind) for kind in (PLASTIC, DIRECT, FIXED)}

    def together(kind: str) -> sparse.csr_array:
        matrices = [projection.matrix for projection in ways[kind]]
        return sparse.csr_array(sparse.vstack([sparse.csr_array((0, population.size), dtype=np.int32), *matrices]))

    return PopulationInput(
        neurons=population.size,
        constants=population.constants_in(arithmetic),
        plastic=sum(projection.matrix.shape[0] for projection in ways[PLASTIC]),
        direct=together(DIRECT),
        fixed=together(FIXED),
        mantissa=population.mantissa if arithmetic == "float" else 1,
        delays=np.concatenate([np.zeros(0, np.int64), *(each.delays for each, _ in axons_of(network, name))]),
        tick=network.started.tick,
    )


def _connection(state: LayerState, **parameters) -> BiCaLLConnection:
    """The synapses of a state: dense, or sparse where only some exist."""
    if state.connected is None:
        return BiCaLLDense(hidden=state.h.T, **parameters)
    post, pre = np.nonzero(state.connected.T)
    return BiCaLLSparse(hidden=sparse.csr_matrix((state.h[pre, post], (post, pre)), state.h.T.shape), **parameters)


def _connect(network: Network, processes: ConnectedProcesses, name: str) -> None:
    """Connect the input of a population with its synapses, its neurons, and the neurons that feed it."""
    entry, neuron = processes.inputs[name], processes.neurons[name]
    entry.a_out.connect(neuron.a_in)
    if name in processes.synapses:
        synapses = processes.synapses[name]
        entry.s_out.connect(synapses.s_in)
        synapses.a_out.connect(entry.a_in)
        neuron.depress_out.connect(synapses.depress_in)
        neuron.learn_out.connect(synapses.learn_in)
    places: dict[str, list[np.ndarray]] = {}  # a population's spikes come once, however many projections it has
    for projection, axons in axons_of(network, name):
        if projection.pre in processes.neurons:
            places.setdefault(projection.pre, []).append(np.arange(axons.start, axons.stop))
    for pre, numbers in places.items():
        sources = np.tile(np.arange(network.populations[pre].size), len(numbers))
        entry.receive(processes.neurons[pre].s_out, sources, np.concatenate(numbers))
