"""The mapper: from a network and a chip to the core of each neuron."""

from typing import NamedTuple

import numpy as np

from mapping import chip as chips
from mapping.chip import Chip
from mapping.limits import Loads, TooSmall, check, check_kinds
from mapping.network import Hypergraph, Network
from mapping.partition import fill
from mapping.placement import flows, in_rows, place
from mapping.routing import traffic


class Mapping(NamedTuple):
    """A network on a chip, within every limit."""

    network: Network
    graph: Hypergraph
    chip: Chip
    core_of: np.ndarray  # int32[nodes], the core of each neuron; -1 for inputs
    loads: Loads
    traffic: np.ndarray  # float64[links], packets a tick

    @property
    def spike_hops(self) -> float:
        """Links that packets pass, a tick."""
        return float(self.traffic.sum())


def map_network(network: Network, chip: Chip) -> Mapping:
    """Partition and place a network.

    Raises:
        TooSmall: it does not fit; the message names the limit, the need and the smallest shipped chip that would do.
    """
    return _or_name_a_chip(network, chip, lambda graph, part, parts: place(flows(graph, chip, part, parts), chip))


def baseline(network: Network, chip: Chip) -> Mapping:
    """Contiguous slices of neurons on the cores, row by row: what to compare with."""
    return _or_name_a_chip(network, chip, lambda graph, part, parts: in_rows(parts))


def _or_name_a_chip(network: Network, chip: Chip, placing) -> Mapping:
    try:
        return _map(network, chip, placing)
    except TooSmall as error:
        advice = "no shipped chip would do"
        for other in sorted((chips.load(name) for name in chips.names()), key=lambda other: other.synapse_bits):
            try:
                _map(network, other, lambda graph, part, parts: in_rows(parts))
            except TooSmall:
                continue
            advice = f"the smallest shipped chip that would do is {other.name}"
            break
        raise TooSmall(f"network {network.name} does not fit chip {chip.name}: {error}; {advice}") from None


def _map(network: Network, chip: Chip, placing) -> Mapping:
    graph = network.hypergraph()
    check_kinds(network, graph, chip)
    part = fill(graph, chip, np.flatnonzero(~graph.is_input).astype(np.int32))
    core = placing(graph, part, int(part.max()) + 1)
    core_of = np.where(part >= 0, core[part], -1).astype(np.int32)
    return Mapping(network, graph, chip, core_of, check(network, graph, chip, core_of), traffic(graph, chip, core_of))
