"""A network as a hypergraph, which the mapper cuts into cores.

An axon is one source with all the targets that its spikes reach after one delay: a hyperedge. A spike is sent once to
each core where its axon ends.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bicall.emulator.network.network import DIRECT, LONGEST_DELAY, PLASTIC, Network, Projection
from bicall.emulator.support.errors import BadInput


class Hypergraph(NamedTuple):
    """All axons of a network, ordered by source. A direct event has an axon for each neuron that it goes to."""

    nodes: int
    is_input: np.ndarray  # bool[nodes]
    part_of: np.ndarray  # int32[nodes], the neuron whose input a node adds up: itself; see mapping.splitting
    source: np.ndarray  # int32[axons]
    delay: np.ndarray  # uint8[axons], ticks
    direct: np.ndarray  # bool[axons]
    read: np.ndarray  # bool[axons], also goes to the port
    rate: np.ndarray  # float64[axons], spikes a tick
    starts: np.ndarray  # int64[axons + 1]
    targets: np.ndarray  # int32[synapses], nodes, ascending within an axon
    bits: np.ndarray  # uint8[synapses]
    weights: np.ndarray  # int32[synapses], 0 for plastic ones
    plastic: np.ndarray  # bool[synapses]

    @property
    def axons(self) -> int:
        return len(self.source)

    def pins(self) -> np.ndarray:
        """int32[synapses], the axon of each synapse."""
        return np.repeat(np.arange(self.axons, dtype=np.int32), np.diff(self.starts))


def hypergraph_of(network: Network) -> Hypergraph:
    """The axons of a network: the synapses of all projections, gathered by source, delay and way in.

    Raises:
        BadInput: weights with fractions, which cannot be mapped.
    """
    is_read = np.zeros(network.nodes, bool)
    for population in network.populations.values():
        is_read[population.nodes] = population.is_read
    classes = sorted({(1, False)} | {pair for each in network.projections for pair in _delays_and_way(each)})
    keys, targets, bits, weights, plastic = [], [], [], [], []
    for projection in network.projections:
        pre, post = network.populations[projection.pre], network.populations[projection.post]
        source = np.repeat(np.arange(pre.size, dtype=np.int64), np.diff(projection.matrix.indptr)) + pre.first
        class_of = np.zeros(LONGEST_DELAY + 1, np.int64)
        for delay, direct in _delays_and_way(projection):
            class_of[delay] = classes.index((delay, direct))
        keys.append(source * len(classes) + class_of[projection.delays[source - pre.first]])
        targets.append(projection.matrix.indices.astype(np.int32) + np.int32(post.first))
        bits.append(np.full(len(source), projection.bits, np.uint8))
        if not np.issubdtype(projection.matrix.dtype, np.integer):
            raise BadInput(f"{projection}: weights have fractions, must be whole numbers to be mapped")
        weights.append(projection.matrix.data * np.int32(projection.kind != PLASTIC))
        plastic.append(np.full(len(source), projection.kind == PLASTIC))
    readers = np.flatnonzero(is_read) * len(classes) + classes.index((1, False))
    # spikes that are read have an axon even where it ends at no neuron: a pin without a target holds its place
    key = np.concatenate([readers, *keys])
    target = np.concatenate([np.full(len(readers), -1, np.int32), *targets])
    order = np.argsort(key * (network.nodes + 1) + target, kind="stable")  # projections are in order: they merge
    key, target = key[order], target[order]
    is_direct = np.array([one[1] for one in classes], bool)
    begins = np.flatnonzero(np.append(True, (key[1:] != key[:-1]) | is_direct[key[1:] % len(classes)])[: len(key)])
    source, kind = key[begins] // len(classes), key[begins] % len(classes)
    synapses = target >= 0
    before = np.concatenate([[0], np.cumsum(synapses)])
    placeless = np.zeros(len(readers), np.uint8)
    return Hypergraph(
        nodes=network.nodes,
        is_input=network.is_input,
        part_of=np.arange(network.nodes, dtype=np.int32),
        source=source.astype(np.int32),
        delay=np.array([one[0] for one in classes], np.uint8)[kind],
        direct=is_direct[kind],
        read=np.isin(key[begins], readers),
        rate=(network.rates if len(network.rates) else np.ones(network.nodes))[source],
        starts=before[np.append(begins, len(key))],
        targets=target[synapses],
        bits=np.concatenate([placeless, *bits])[order][synapses],
        weights=np.concatenate([placeless.astype(np.int32), *weights])[order][synapses],
        plastic=np.concatenate([placeless.astype(bool), *plastic])[order][synapses],
    )


def _delays_and_way(projection: Projection) -> Iterator[tuple[int, bool]]:
    """Each delay of a projection's axons, with whether they are direct events."""
    for delay in np.unique(projection.delays):
        yield int(delay), projection.kind == DIRECT
