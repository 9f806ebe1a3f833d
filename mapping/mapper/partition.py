"""Partition: which neurons share a core. Every partition here keeps the limits of neurons, axons and synapse memory.

What has to do with routes (out-entries, destinations) is looked after by `mapping.mapper.refinement`.
"""

import functools
from typing import NamedTuple

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.emulator.support.caching import cached_njit
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.limits import TooFewCores


def fill(graph: Hypergraph, chip: Chip, order: np.ndarray, blocks: np.ndarray | None = None) -> np.ndarray:
    """Fill one core after the other with neurons in a given order, each as full as its limits allow.

    In the order of their numbers, this is the baseline: contiguous slices.

    Args:
        order: int32[neurons], all neurons.
        blocks: int64[neurons], ascending: where it grows, a new core is begun, if the chip has cores to spare.

    Returns:
        int32[nodes], the part of each neuron, from 0; -1 for inputs.

    Raises:
        TooSmall: more parts than the chip has cores.
    """
    inputs = fan_in(graph, chip)
    arguments = (inputs.starts, inputs.axons, inputs.bits, order)
    if blocks is not None:
        part = _fill(*arguments, np.diff(blocks, prepend=blocks[:1]) > 0, graph.axons, *most(chip))
        if part.max() < chip.usable.sum():
            return part
    return checked(_fill(*arguments, np.zeros(len(order), bool), graph.axons, *most(chip)), chip)


def by_partitioner(graph: Hypergraph, chip: Chip, parts: int, seed: int = 1) -> np.ndarray:
    """Mt-KaHyPar's partition into blocks of equal size (least connectivity), then what breaks a limit moved on.

    Mt-KaHyPar knows the number of neurons a core may hold but not axons nor memory: each block fills one core as far as
    the limits allow, and what is left over fills further cores, block by block. So `parts` may grow.

    Returns and raises: as `fill`.
    """
    import mtkahypar  # takes a second to load

    neurons = np.flatnonzero(~graph.is_input)
    number = np.full(graph.nodes, -1)
    number[neurons] = np.arange(len(neurons))
    edges, weights = [], []
    scale = 1000 / max(graph.rate.max(), 1e-12)
    for axon in range(graph.axons):
        members = set(graph.targets[graph.starts[axon] : graph.starts[axon + 1]].tolist())
        if not graph.is_input[graph.source[axon]]:
            members.add(int(graph.source[axon]))
        if len(members) > 1:
            edges.append([int(number[node]) for node in sorted(members)])
            weights.append(1 + int(scale * graph.rate[axon]))
    engine = _engine()
    mtkahypar.set_seed(seed)
    context = engine.context_from_preset(mtkahypar.PresetType.DETERMINISTIC)
    slack = parts * chip.core.neurons / len(neurons) - 1
    context.set_partitioning_parameters(parts, min(max(slack, 0.001), 0.1), mtkahypar.Objective.KM1)
    context.logging = False
    found = engine.create_hypergraph(context, len(neurons), len(edges), edges, [1] * len(neurons), weights).partition(
        context
    )
    block = np.array(found.get_partition(), np.int64)
    return fill(graph, chip, neurons[np.argsort(block, kind="stable")].astype(np.int32), np.sort(block))


@functools.cache
def _engine():
    import mtkahypar

    return mtkahypar.initialize(1)  # its threads wait in circles, which on a busy machine costs more than they bring


class FanIn(NamedTuple):
    """The axons that end at each node."""

    starts: np.ndarray  # int64[nodes + 1]
    axons: np.ndarray  # int32[synapses], ascending within a node
    bits: np.ndarray  # int64[synapses], memory


def fan_in(graph: Hypergraph, chip: Chip) -> FanIn:
    """The hypergraph seen from its targets; direct events are left out, as they take neither axon nor memory."""
    address = chip.core.address_bits if chip.core.synapse_memory == "list" else 0
    return FanIn(*_fan_in(graph.nodes, graph.starts, graph.targets, graph.bits, graph.direct, address))


def most(chip: Chip) -> tuple[int, int, int]:
    """Most neurons, axons and bits of a core; a crossbar's memory is full exactly when its neurons or axons are."""
    core = chip.core
    memory = core.synapse_bits if core.synapse_memory == "list" else np.iinfo(np.int64).max
    return core.neurons, core.axons, memory


def checked(part: np.ndarray, chip: Chip) -> np.ndarray:
    """The partition, if the chip has a core for each part; else `TooSmall`."""
    parts, cores = int(part.max()) + 1, int(chip.usable.sum())
    if parts > cores:
        without = f", {chip.cores - cores} of them at fault" if cores < chip.cores else ""
        raise TooFewCores(f"needs {parts} cores, mesh.width * mesh.height is {chip.cores}{without}")
    return part


def evenly(order: np.ndarray, graph: Hypergraph, chip: Chip) -> np.ndarray:
    """As many neurons on each core as on any other, in a given order, int32[neurons]. Returns: as `fill`."""
    part = np.full(graph.nodes, -1, np.int32)
    part[order] = np.arange(len(order)) * int(chip.usable.sum()) // len(order)
    return part


@cached_njit
def _fan_in(nodes, starts, targets, bits, direct, address):
    """A counting sort: axons come in order, so they stay in order."""
    first = np.zeros(nodes + 1, np.int64)
    for axon in range(len(starts) - 1):
        if not direct[axon]:
            for e in range(starts[axon], starts[axon + 1]):
                first[targets[e] + 1] += 1
    first = np.cumsum(first)
    place = first[:-1].copy()
    axons, memory = np.zeros(first[-1], np.int32), np.zeros(first[-1], np.int64)
    for axon in range(len(starts) - 1):
        if not direct[axon]:
            for e in range(starts[axon], starts[axon + 1]):
                at = place[targets[e]]
                place[targets[e]] = at + 1
                axons[at], memory[at] = axon, np.int64(bits[e]) + address
    return first, axons, memory


@cached_njit
def _fill(starts, axon_of, bits, order, begins, axons, most_neurons, most_axons, most_memory):
    part = np.full(len(starts) - 1, -1, np.int32)
    seen = np.full(axons, -1, np.int32)
    current = np.int32(0)
    n_neurons = n_axons = memory = 0
    for n, node in enumerate(order):
        for attempt in range(2):
            new, more = 0, 0
            for e in range(starts[node], starts[node + 1]):
                new += seen[axon_of[e]] != current
                more += bits[e]
            fits = n_neurons + 1 <= most_neurons and n_axons + new <= most_axons and memory + more <= most_memory
            if fits and not (attempt == 0 and begins[n]):
                break
            if attempt == 0:
                current += 1
                n_neurons = n_axons = memory = 0
        part[node] = current
        n_neurons += 1
        n_axons += new
        memory += more
        for e in range(starts[node], starts[node + 1]):
            seen[axon_of[e]] = current
    return part
