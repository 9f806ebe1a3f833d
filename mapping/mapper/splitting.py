"""Splitting: a neuron with more inputs than a core can hold gets helpers on other cores, which send partial sums.

A helper is a node without a neuron: it has synapses of its own, adds up what arrives through them, and sends the sum to
the neuron within the same tick. Integers add up to the same in any order, so the neuron does what it did. A neuron that
learns is not split: its synapses have to see its traces in the tick.
"""

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.emulator.network.network import PLASTIC, Network
from bicall.mapping.chips.chip import Chip


def split(network: Network, graph: Hypergraph, chip: Chip) -> Hypergraph:
    """The hypergraph with as many helpers as a chip's cores need; as it is where the chip has no partial sums.

    Helpers are nodes after those of the network; `part_of` says whose. Each has a direct axon to its neuron, with no
    delay, as often used as any of its inputs spikes in a tick, if these are independent.
    """
    core = chip.core
    if not core.partial_sums or not len(graph.targets):
        return graph
    pins = graph.pins()
    rows = np.flatnonzero(~graph.direct[pins])
    rows = rows[np.argsort(graph.targets[rows], kind="stable")]  # by neuron, then by axon
    inputs = np.bincount(graph.targets[rows], minlength=graph.nodes)
    wide = inputs > _most_inputs(chip)
    for projection in network.projections:
        if projection.kind == PLASTIC:
            wide[network.populations[projection.post].nodes] = False
    rows = rows[wide[graph.targets[rows]]]
    if not len(rows):
        return graph
    neuron = graph.targets[rows]
    part = _shares(neuron, pins[rows], _most_inputs(chip))
    first = np.flatnonzero(np.append(True, (np.diff(neuron) != 0) | (np.diff(part) != 0)))  # synapse of each part
    own = np.append(True, np.diff(neuron[first]) != 0)  # a neuron keeps its first part
    others = first[~own][np.argsort(part[first[~own]], kind="stable")]  # helpers with the same inputs lie together
    helped, n = neuron[others], len(others)
    node = np.zeros(len(rows), np.int32)
    node[first[own]], node[others] = neuron[first[own]], np.arange(graph.nodes, graph.nodes + n)
    targets = graph.targets.copy()
    targets[rows] = np.repeat(node[first], np.diff(np.append(first, len(rows))))
    order = np.lexsort((targets, pins))
    silent = np.zeros(graph.nodes + n)
    with np.errstate(divide="ignore"):
        np.add.at(silent, targets[rows], np.log1p(-np.minimum(graph.rate[pins[rows]], 1.0)))
    return Hypergraph(
        nodes=graph.nodes + n,
        is_input=np.append(graph.is_input, np.zeros(n, bool)),
        part_of=np.append(graph.part_of, helped),
        source=np.append(graph.source, np.arange(graph.nodes, graph.nodes + n, dtype=np.int32)),
        delay=np.append(graph.delay, np.zeros(n, np.uint8)),
        direct=np.append(graph.direct, np.ones(n, bool)),
        read=np.append(graph.read, np.zeros(n, bool)),
        rate=np.append(graph.rate, -np.expm1(silent[graph.nodes :])),
        starts=np.append(graph.starts, graph.starts[-1] + 1 + np.arange(n)),
        targets=np.append(targets[order], helped),
        bits=np.append(graph.bits[order], np.zeros(n, np.uint8)),
        weights=np.append(graph.weights[order], np.zeros(n, np.int32)),
        plastic=np.append(graph.plastic[order], np.zeros(n, bool)),
    )


def _most_inputs(chip: Chip) -> int:
    """Inputs that fit on a core even if all synapses are the widest."""
    core = chip.core
    limits = [core.axons] + ([] if core.fan_in == "none" else [core.fan_in])
    if core.synapse_memory == "list":
        limits.append(max(1, core.synapse_bits // (core.bits_per_synapse + core.address_bits)))
    return min(limits)


def _shares(neuron: np.ndarray, axon: np.ndarray, most: int) -> np.ndarray:
    """The part, ascending, of each synapse of neurons that are split; synapses are ordered by neuron, then axon.

    Where neurons have many inputs in common, parts end at the same axons for all of them, so that a core's axons serve
    many parts. Else each neuron's inputs are shared out equally.
    """
    _, number, inputs = np.unique(neuron, return_inverse=True, return_counts=True)
    _, rank = np.unique(axon, return_inverse=True)
    block = rank // most
    blocks = np.bincount(number[np.append(True, (np.diff(number) != 0) | (np.diff(block) != 0))])
    parts = -(-inputs // most)
    within = np.arange(len(neuron)) - (np.cumsum(inputs) - inputs)[number]
    return np.where((blocks <= 2 * parts)[number], block, within * parts[number] // inputs[number])
