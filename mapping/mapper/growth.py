"""Partition by growth: cores that fill up around a neuron."""

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.emulator.support.caching import cached_njit
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.partition import checked, fan_in, most

SCAN = 4096  # candidates looked at for the next neuron of a core, at most


def grow(graph: Hypergraph, chip: Chip, reluctance: float) -> np.ndarray:
    """Grow one core after the other around a neuron: always add the neuron that shares most with those there.

    A neuron is worth the spikes of its axons that end in the core already, and of neurons that it would reach or be
    reached from there, minus `reluctance` times the spikes of axons that it would bring.

    Returns and raises: as `mapping.mapper.partition.fill`.
    """
    inputs = fan_in(graph, chip)
    part = _grow(
        inputs.starts, inputs.axons, inputs.bits, graph.starts, graph.targets, graph.source, graph.rate,
        graph.is_input, reluctance, *most(chip),
    )  # fmt: skip
    return checked(part, chip)


@cached_njit
def _grow(
    starts, axon_of, bits, out_starts, targets, source, rate, is_input, reluctance,
    most_neurons, most_axons, most_memory,
):  # fmt: skip
    nodes, axons = len(starts) - 1, len(source)
    part = np.full(nodes, -1, np.int32)
    axon_starts = np.searchsorted(source, np.arange(nodes + 1))  # axons are ordered by source
    total = np.zeros(nodes)
    for node in range(nodes):
        for e in range(starts[node], starts[node + 1]):
            total[node] += rate[axon_of[e]]
    shared, near = np.zeros(nodes), np.zeros(nodes)  # spikes shared through axons there; to and from neurons there
    seen = np.full(axons, -1, np.int32)
    touched = np.zeros(nodes, np.bool_)
    frontier = np.zeros(nodes, np.int32)
    n_frontier = 0
    left = nodes
    for node in range(nodes):
        left -= is_input[node]
    current = np.int32(-1)
    n_neurons = n_axons = memory = 0
    first_free = 0
    closed = True
    while left > 0:
        best = -1
        if closed:
            # the next core begins next to the last one: with the neuron that shares most with it
            most = 0.0
            for f in range(n_frontier):
                node = frontier[f]
                if part[node] < 0 and shared[node] + near[node] > most:
                    best, most = node, shared[node] + near[node]
            if best < 0:
                while part[first_free] >= 0 or is_input[first_free]:
                    first_free += 1
                best = first_free
            for f in range(n_frontier):
                shared[frontier[f]] = near[frontier[f]] = 0.0
                touched[frontier[f]] = False
            n_frontier = 0
            current += 1
            n_neurons = n_axons = memory = 0
            closed = False
        else:
            keep, stride = 0, max(1, n_frontier // SCAN)
            score = -np.inf
            for f in range(n_frontier):
                node = frontier[f]
                if part[node] >= 0:
                    touched[node] = False
                    continue
                frontier[keep] = node
                keep += 1
                if f % stride:
                    continue
                worth = shared[node] + near[node] - reluctance * (total[node] - shared[node])
                if worth > score:
                    new, more = 0, 0
                    for e in range(starts[node], starts[node + 1]):
                        new += seen[axon_of[e]] != current
                        more += bits[e]
                    if n_axons + new <= most_axons and memory + more <= most_memory:
                        best, score = node, worth
            n_frontier = keep
            if best < 0:
                closed = True
                if n_frontier == 0 and n_neurons < most_neurons:
                    # nothing is connected to this core: go on with any neuron, here if it fits
                    while part[first_free] >= 0 or is_input[first_free]:
                        first_free += 1
                    new, more = 0, 0
                    for e in range(starts[first_free], starts[first_free + 1]):
                        new += 1
                        more += bits[e]
                    if n_axons + new <= most_axons and memory + more <= most_memory:
                        best, closed = first_free, False
                if best < 0:
                    continue
        part[best] = current
        left -= 1
        n_neurons += 1
        for e in range(starts[best], starts[best + 1]):
            axon = axon_of[e]
            memory += bits[e]
            if seen[axon] == current:
                continue
            seen[axon] = current
            n_axons += 1
            home = source[axon]
            if not is_input[home] and part[home] < 0:
                near[home] += rate[axon]
                if not touched[home]:
                    touched[home] = True
                    frontier[n_frontier] = home
                    n_frontier += 1
            for k in range(out_starts[axon], out_starts[axon + 1]):
                node = targets[k]
                if part[node] < 0:
                    shared[node] += rate[axon]
                    if not touched[node]:
                        touched[node] = True
                        frontier[n_frontier] = node
                        n_frontier += 1
        for axon in range(axon_starts[best], axon_starts[best + 1]):
            for k in range(out_starts[axon], out_starts[axon + 1]):
                node = targets[k]
                if part[node] < 0:
                    near[node] += rate[axon]
                    if not touched[node]:
                        touched[node] = True
                        frontier[n_frontier] = node
                        n_frontier += 1
        if n_neurons == most_neurons:
            closed = True
    return part
