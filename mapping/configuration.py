"""What a chip is loaded with: for each core its neurons and axons, and for each source where its packets go."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mapping.chip import Chip
from mapping.limits import ends
from mapping.network import Hypergraph

PORT = -1  # in the place of a core: out of the chip


class CoreTables(NamedTuple):
    """One core. Its neurons and axons are numbered from 0 in the order of these arrays."""

    core: int
    neurons: np.ndarray  # int32[neurons], nodes, ascending
    sources: np.ndarray  # int32[axons], the node behind each axon
    delays: np.ndarray  # uint8[axons], ticks
    starts: np.ndarray  # int64[axons + 1], synapses of each axon
    targets: np.ndarray  # int32[synapses], the core's neurons, ascending within an axon
    weights: np.ndarray  # int32[synapses], of fixed synapses; 0 for plastic ones, whose h the layer's state has
    bits: np.ndarray  # uint8[synapses], memory that a synapse needs


class Packets(NamedTuple):
    """The packets that a spike of each source sends: those of node n are entries starts[n] to starts[n + 1] - 1.

    A neuron's entries lie in its core, an input's in the host that serves the port.
    """

    starts: np.ndarray  # int64[nodes + 1]
    cores: np.ndarray  # int32[entries], destination, or PORT
    index: np.ndarray  # int32[entries], axon there; neuron there for a direct event; the node itself at the port
    direct: np.ndarray  # bool[entries]
    delays: np.ndarray  # uint8[entries], ticks until it acts


@dataclass
class Configuration:
    """The cores in use, in order of their numbers, and all packets."""

    chip: Chip
    cores: list[CoreTables]
    packets: Packets


def configure(graph: Hypergraph, chip: Chip, core_of: np.ndarray) -> Configuration:
    """The tables of a mapping.

    Args:
        core_of: int32[nodes], the core of each neuron; -1 for inputs.
    """
    where = ends(graph, core_of, chip.cores, chip)
    axon = where.axons()
    rows = ~graph.direct[axon]
    index = np.zeros(len(axon), np.int32)
    # neurons of a core in order of their nodes: a stable sort by core numbers them
    nodes = np.flatnonzero(core_of >= 0)
    nodes = nodes[np.argsort(core_of[nodes], kind="stable")]
    neuron_starts = np.searchsorted(core_of[nodes], np.arange(chip.cores + 1))
    local = np.zeros(graph.nodes, np.int32)
    local[nodes] = np.arange(len(nodes)) - neuron_starts[core_of[nodes]]
    # likewise axons, in order of their numbers in the hypergraph
    by_core = np.flatnonzero(rows)
    by_core = by_core[np.argsort(where.cores[by_core], kind="stable")]
    axon_starts = np.searchsorted(where.cores[by_core], np.arange(chip.cores + 1))
    index[by_core] = np.arange(len(by_core)) - axon_starts[where.cores[by_core]]

    # a direct event reaches one neuron, so it has one packet a synapse rather than one a core
    pins = graph.pins()
    direct = graph.direct[pins]
    reading = np.flatnonzero(graph.read)
    axons = np.concatenate([axon[rows], pins[direct], reading])
    cores = np.concatenate([where.cores[rows], core_of[graph.targets[direct]], np.full(len(reading), PORT)])
    indices = np.concatenate([index[rows], local[graph.targets[direct]], graph.source[reading]])
    is_direct = np.concatenate([np.zeros(rows.sum(), bool), np.ones(direct.sum(), bool), np.zeros(len(reading), bool)])
    order = np.lexsort((indices, cores, axons))
    source = graph.source[axons[order]]
    packets = Packets(
        np.searchsorted(source, np.arange(graph.nodes + 1)),
        cores[order].astype(np.int32),
        indices[order].astype(np.int32),
        is_direct[order],
        graph.delay[axons[order]],
    )
    # synapses of a core, by axon: pins keep their order, so targets ascend
    rows = np.flatnonzero(~direct)
    rows = rows[np.argsort(core_of[graph.targets[rows]], kind="stable")]
    synapse_starts = np.searchsorted(core_of[graph.targets[rows]], np.arange(chip.cores + 1))
    tables = []
    for core in np.unique(core_of[nodes]):
        here = axon[by_core[axon_starts[core] : axon_starts[core + 1]]]
        own = rows[synapse_starts[core] : synapse_starts[core + 1]]
        tables.append(
            CoreTables(
                core=int(core),
                neurons=nodes[neuron_starts[core] : neuron_starts[core + 1]].astype(np.int32),
                sources=graph.source[here],
                delays=graph.delay[here],
                starts=np.searchsorted(pins[own], np.append(here, graph.axons)),
                targets=local[graph.targets[own]],
                weights=graph.weights[own],
                bits=graph.bits[own],
            )
        )
    return Configuration(chip, tables, packets)
