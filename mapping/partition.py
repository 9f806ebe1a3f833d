"""Partition: which neurons share a core."""

import numpy as np
from numba import njit

from mapping.chip import Chip
from mapping.limits import TooSmall
from mapping.network import Hypergraph


def fill(graph: Hypergraph, chip: Chip, order: np.ndarray) -> np.ndarray:
    """Fill one core after the other with neurons in a given order, each as full as its limits allow.

    In the order of their numbers, this is the baseline: contiguous slices.

    Args:
        order: int32[neurons], all neurons.

    Returns:
        int32[nodes], the part of each neuron, from 0; -1 for inputs.

    Raises:
        TooSmall: more parts than the chip has cores.
    """
    rows = ~graph.direct[graph.pins()]
    address = chip.core.address_bits if chip.core.synapse_memory == "list" else 0
    by_target = np.argsort(graph.targets[rows], kind="stable")
    starts = np.searchsorted(graph.targets[rows][by_target], np.arange(graph.nodes + 1))
    memory = chip.core.synapse_bits if chip.core.synapse_memory == "list" else np.iinfo(np.int64).max
    part = _fill(
        starts, graph.pins()[rows][by_target], graph.bits[rows][by_target].astype(np.int64) + address, order,
        graph.axons, chip.core.neurons, chip.core.axons, memory,
    )  # fmt: skip
    parts = int(part.max()) + 1
    if parts > chip.cores:
        raise TooSmall(f"needs {parts} cores, mesh.width * mesh.height is {chip.cores}")
    return part


@njit(cache=True)
def _fill(starts, axon_of, bits, order, axons, most_neurons, most_axons, most_memory):
    """A crossbar's memory is full exactly when its neurons or axons are; a list's is counted."""
    part = np.full(len(starts) - 1, -1, np.int32)
    seen = np.full(axons, -1, np.int32)
    current = np.int32(0)
    n_neurons = n_axons = memory = 0
    for node in order:
        for attempt in range(2):
            new, more = 0, 0
            for e in range(starts[node], starts[node + 1]):
                new += seen[axon_of[e]] != current
                more += bits[e]
            if n_neurons + 1 <= most_neurons and n_axons + new <= most_axons and memory + more <= most_memory:
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
