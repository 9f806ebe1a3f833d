"""What a chip is loaded with: for each core its neurons and axons, and for each source where its packets go."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.limits import ends
from bicall.mapping.mapper.router_tables import RouterTables, router_tables

PORT = -1  # in the place of a core: out of the chip
AXON, EVENT, SUM = 0, 1, 2  # what packets are for: an axon's synapses, a direct event, a part of a neuron's input


class CoreTables(NamedTuple):
    """One core. Its neurons and axons are numbered from 0 in the order of these arrays."""

    core: int
    neurons: np.ndarray  # int32[neurons], nodes, ascending; helpers of split neurons come last
    part_of: np.ndarray  # int32[neurons], the node whose input each adds up: its own, but for helpers
    sources: np.ndarray  # int32[axons], the node behind each axon
    delays: np.ndarray  # uint8[axons], ticks
    starts: np.ndarray  # int64[axons + 1], synapses of each axon
    targets: np.ndarray  # int32[synapses], the core's neurons, ascending within an axon
    weights: np.ndarray  # int32[synapses], of fixed synapses; 0 for plastic ones, whose h the layer's state has
    bits: np.ndarray  # uint8[synapses], memory that a synapse needs
    plastic: np.ndarray  # bool[synapses]


class Packets(NamedTuple):
    """Where a spike of each source goes: the destinations of node n are entries starts[n] to starts[n + 1] - 1.

    A neuron's entries lie in its core, an input's in the host that serves the port. On a unicast chip each entry is a
    packet; on a multicast chip the entries of an axon are one, which the routers know by the axon's number.
    """

    starts: np.ndarray  # int64[nodes + 1]
    cores: np.ndarray  # int32[entries], destination, or PORT
    index: np.ndarray  # type: ignore[assignment]  # not a tuple's method but int32[entries], axon there; for events and sums neuron there; the node itself at the port
    kind: np.ndarray  # uint8[entries], AXON, EVENT or SUM
    delays: np.ndarray  # uint8[entries], ticks until it acts
    axons: np.ndarray  # int32[entries], of the hypergraph


@dataclass
class Configuration:
    """The cores in use, in order of their numbers, all packets, and the routers' tables."""

    chip: Chip
    cores: list[CoreTables]
    packets: Packets
    routers: RouterTables


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

    # a direct axon has one target; all others have one end a core
    index[~rows] = local[graph.targets[graph.starts[axon[~rows]]]]
    reading = np.flatnonzero(graph.read)
    axons = np.concatenate([axon, reading])
    cores = np.concatenate([where.cores, np.full(len(reading), PORT)])
    order = np.lexsort((cores, axons))
    axons = axons[order]
    packets = Packets(
        np.searchsorted(graph.source[axons], np.arange(graph.nodes + 1)),
        cores[order].astype(np.int32),
        np.concatenate([index, graph.source[reading]])[order],
        np.where(graph.direct[axons], np.where(graph.delay[axons] > 0, EVENT, SUM), AXON).astype(np.uint8),
        graph.delay[axons],
        axons.astype(np.int32),
    )
    # synapses of a core, by axon: pins keep their order, so targets ascend
    pins = graph.pins()
    rows = np.flatnonzero(~graph.direct[pins])
    rows = rows[np.argsort(core_of[graph.targets[rows]], kind="stable")]
    synapse_starts = np.searchsorted(core_of[graph.targets[rows]], np.arange(chip.cores + 1))
    tables = []
    for core in np.unique(core_of[nodes]):
        here = axon[by_core[axon_starts[core] : axon_starts[core + 1]]]
        own = rows[synapse_starts[core] : synapse_starts[core + 1]]
        neurons = nodes[neuron_starts[core] : neuron_starts[core + 1]].astype(np.int32)
        tables.append(
            CoreTables(
                core=int(core),
                neurons=neurons,
                part_of=graph.part_of[neurons],
                sources=graph.source[here],
                delays=graph.delay[here],
                starts=np.searchsorted(pins[own], np.append(here, graph.axons)),
                targets=local[graph.targets[own]],
                weights=graph.weights[own],
                bits=graph.bits[own],
                plastic=graph.plastic[own],
            )
        )
    home = np.where(core_of < 0, chip.port, core_of)[graph.source[axons]]
    routers = router_tables(chip, home, packets.cores, packets.axons, packets.index)
    return Configuration(chip, tables, packets, routers)
