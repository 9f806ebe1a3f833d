"""Levels of a network, fine to coarse: clusters of neurons that share inbound axons, mapped as if each were one.

At every level the cost of a mapping and all loads are exactly those of the neurons below, so that what is found for the
few clusters of a coarse level holds for the neurons when they are let loose again.
"""

from typing import NamedTuple

import numpy as np
import scipy.sparse

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.emulator.support.caching import cached_njit
from bicall.mapping.chips.chip import Chip

COUNTED, OWN = 1, 2  # bits of `Level.kind`: takes an in-axon of its core (a direct event does not); comes from the node
SCANNED = 48  # axons of a node that are looked at for nodes to join, at most
KEPT = 32  # neighbours of a node in a graph of likeness
WIDE_COARSE = 400  # nodes that an axon touches, from which on it adds nothing to such a graph
WIDE = 2048  # targets of an axon from which on it says nothing about who belongs together


class Level(NamedTuple):
    """Nodes with what they ask of a core, and the axons from both sides. Inputs are no nodes."""

    size: np.ndarray  # int64[nodes], neurons
    memory: np.ndarray  # int64[nodes], bits of synapses
    in_starts: np.ndarray  # int64[nodes + 1]
    in_axons: np.ndarray  # int32[pins], the axons that end at each node
    kind: np.ndarray  # uint8[pins], of each
    own_starts: np.ndarray  # int64[nodes + 1]
    own_axons: np.ndarray  # int32[], the axons that begin at each node
    starts: np.ndarray  # int64[axons + 1]
    targets: np.ndarray  # int32[pins], nodes, each once an axon
    source: np.ndarray  # int32[axons], node, -1: an input
    rate: np.ndarray  # float64[axons], spikes a tick
    counted: np.ndarray  # bool[axons], not direct
    read: np.ndarray  # bool[axons]

    @property
    def nodes(self) -> int:
        return len(self.size)

    @property
    def axons(self) -> int:
        return len(self.source)


def finest(graph: Hypergraph, chip: Chip) -> Level:
    """The level whose nodes are the neurons, in order."""
    neurons = np.flatnonzero(~graph.is_input)
    number = np.full(graph.nodes, -1, np.int32)
    number[neurons] = np.arange(len(neurons), dtype=np.int32)
    address = chip.core.address_bits if chip.core.synapse_memory == "list" else 0
    memory = np.zeros(graph.nodes, np.int64)
    _memory(graph.starts, graph.targets, graph.bits, graph.direct, address, memory)
    return _level(
        np.ones(len(neurons), np.int64), memory[neurons], graph.starts, number[graph.targets], number[graph.source],
        graph.rate, ~graph.direct, graph.read,
    )  # fmt: skip


def coarser(level: Level, cluster: np.ndarray) -> Level:
    """The level whose nodes are clusters. Args: cluster: int32[nodes], without gaps."""
    n = int(cluster.max()) + 1
    starts, targets = _merged(level.starts, level.targets, cluster, n)
    source = np.where(level.source < 0, np.int32(-1), cluster[level.source]).astype(np.int32)
    size = np.bincount(cluster, level.size, n).astype(np.int64)
    memory = np.bincount(cluster, level.memory, n).astype(np.int64)
    return _level(size, memory, starts, targets, source, level.rate, level.counted, level.read)


def clusters(level: Level, most: int, seed: int) -> np.ndarray:
    """Clusters of nodes that share most of their inbound spikes: int32[nodes].

    Args:
        most: neurons in a cluster, at most.
    """
    cluster = _clusters(level, most, seed)
    return np.unique(cluster, return_inverse=True)[1].astype(np.int32)


def likeness(level: Level, kept: int = KEPT) -> Level:
    """The same nodes, with an axon from node to node that carries the spikes that both have: a graph, far smaller.

    An axon's spikes are shared out among the pairs of nodes that it touches, so that one cut in two costs about what it
    costs; of each node the `kept` strongest pairs stay. No axon counts on a core.
    """
    n, axons = level.nodes, np.repeat(np.arange(level.axons), np.diff(level.starts))
    inside = np.flatnonzero(level.source >= 0)
    axon, node = np.concatenate([axons, inside]), np.concatenate([level.targets, level.source[inside]])
    pins = np.bincount(axon, minlength=level.axons)
    kept_axons = pins[axon] <= WIDE_COARSE
    axon, node = axon[kept_axons], node[kept_axons]
    share = np.sqrt(level.rate / np.maximum(pins - 1, 1))[axon]
    touching = scipy.sparse.coo_array((share, (axon, node)), shape=(level.axons, n)).tocsr()
    pairs = scipy.sparse.csr_array(scipy.sparse.triu(touching.T @ touching, 1))
    pairs = scipy.sparse.csr_array(pairs + pairs.T)
    order = np.lexsort((-pairs.data, np.repeat(np.arange(n), np.diff(pairs.indptr))))
    rank = np.arange(pairs.nnz) - np.repeat(pairs.indptr[:-1], np.diff(pairs.indptr))
    strongest = order[rank < kept]
    source = np.repeat(np.arange(n), np.diff(pairs.indptr))[strongest].astype(np.int32)
    target, rate = pairs.indices[strongest].astype(np.int32), pairs.data[strongest]
    order = np.argsort(source, kind="stable")
    return _level(
        level.size, level.memory, np.arange(len(order) + 1), target[order], source[order], rate[order] / 2,
        np.zeros(len(order), bool), np.zeros(len(order), bool),
    )  # fmt: skip


def _level(size, memory, starts, targets, source, rate, counted, read) -> Level:
    nodes = len(size)
    in_starts, in_axons, kind = _incidence(nodes, starts, targets, source, counted)
    inside = np.flatnonzero(source >= 0).astype(np.int32)
    own = inside[np.argsort(source[inside], kind="stable")]
    own_starts = np.searchsorted(source[own], np.arange(nodes + 1))
    return Level(size, memory, in_starts, in_axons, kind, own_starts, own, starts, targets, source, rate, counted, read)


@cached_njit
def _memory(starts, targets, bits, direct, address, memory):
    for axon in range(len(starts) - 1):
        if not direct[axon]:
            for e in range(starts[axon], starts[axon + 1]):
                memory[targets[e]] += np.int64(bits[e]) + address


@cached_njit
def _incidence(nodes, starts, targets, source, counted):
    """A counting sort of the pins by their nodes."""
    first = np.zeros(nodes + 1, np.int64)
    for e in range(len(targets)):
        first[targets[e] + 1] += 1
    first = np.cumsum(first)
    place = first[:-1].copy()
    axons, kind = np.zeros(first[-1], np.int32), np.zeros(first[-1], np.uint8)
    for axon in range(len(starts) - 1):
        for e in range(starts[axon], starts[axon + 1]):
            node = targets[e]
            at = place[node]
            place[node] = at + 1
            axons[at] = axon
            kind[at] = COUNTED * counted[axon] + OWN * (source[axon] == node)
    return first, axons, kind


@cached_njit
def _merged(starts, targets, cluster, n):
    """The targets of each axon as clusters, each once."""
    seen = np.full(n, -1, np.int64)
    merged_starts = np.zeros(len(starts), np.int64)
    for axon in range(len(starts) - 1):
        count = 0
        for e in range(starts[axon], starts[axon + 1]):
            node = cluster[targets[e]]
            if seen[node] != axon:
                seen[node] = axon
                count += 1
        merged_starts[axon + 1] = merged_starts[axon] + count
    merged = np.zeros(merged_starts[-1], np.int32)
    seen[:] = -1
    at = 0
    for axon in range(len(starts) - 1):
        for e in range(starts[axon], starts[axon + 1]):
            node = cluster[targets[e]]
            if seen[node] != axon:
                seen[node] = axon
                merged[at] = node
                at += 1
    return merged_starts, merged


@cached_njit
def _clusters(level, most, seed):
    """Nodes in random order join the cluster, or the lone node, with which they share most for its size."""
    np.random.seed(seed)
    n = len(level.size)
    cluster = np.arange(n).astype(np.int32)
    size = level.size.copy()
    score = np.zeros(n)
    touched = np.zeros(n, np.int32)
    for v in np.random.permutation(n):
        if size[v] != level.size[v] or cluster[v] != v:
            continue  # others have joined it, or it has joined others
        n_touched = 0
        begin, end = level.in_starts[v], level.in_starts[v + 1]
        step = max(1, (end - begin) // SCANNED)
        for k in range(begin, end, step):
            axon = level.in_axons[k]
            fan_out = level.starts[axon + 1] - level.starts[axon]
            if fan_out > WIDE:
                continue
            worth = (level.rate[axon] + 1e-30) / fan_out
            home = level.source[axon]
            if home >= 0:
                home = cluster[home]
                if score[home] == 0.0:
                    touched[n_touched] = home
                    n_touched += 1
                score[home] += worth
            for e in range(level.starts[axon], level.starts[axon + 1]):
                other = cluster[level.targets[e]]
                if score[other] == 0.0:
                    touched[n_touched] = other
                    n_touched += 1
                score[other] += worth
        for k in range(level.own_starts[v], level.own_starts[v + 1]):
            axon = level.own_axons[k]
            fan_out = level.starts[axon + 1] - level.starts[axon]
            if fan_out > WIDE:
                continue
            worth = (level.rate[axon] + 1e-30) / fan_out
            for e in range(level.starts[axon], level.starts[axon + 1]):
                other = cluster[level.targets[e]]
                if score[other] == 0.0:
                    touched[n_touched] = other
                    n_touched += 1
                score[other] += worth
        best, most_shared = -1, 0.0
        for t in range(n_touched):
            other = touched[t]
            if other != v and size[other] + size[v] <= most:
                shared = score[other] / size[other]
                if shared > most_shared:
                    best, most_shared = other, shared
            score[other] = 0.0
        if best >= 0:
            cluster[v] = best
            size[best] += size[v]
    return cluster
