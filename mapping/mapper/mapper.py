"""The mapper: from a network and a chip to the core of each neuron.

Several partitions are placed; the best one is refined neuron by neuron, and placed once more. Every step is seeded, so
a network has one mapping on a chip. The plain baseline is a candidate too, so the result is never worse.
"""

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bicall.emulator.network.network import DIRECT, PLASTIC, Hypergraph, Network
from bicall.mapping.chips import chip as chips
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.congestion import relieve
from bicall.mapping.mapper.growth import grow
from bicall.mapping.mapper.limits import Loads, TooManyRoutes, TooSmall, check, check_kinds
from bicall.mapping.mapper.partition import by_partitioner, fill
from bicall.mapping.mapper.placement import flows, in_rows, packets_between, place
from bicall.mapping.mapper.refinement import OPERATIONS, refine
from bicall.mapping.mapper.router_tables import check_routers
from bicall.mapping.mapper.routing import traffic
from bicall.mapping.mapper.splitting import split

RELUCTANCES = (0.5, 2.0)  # of `grow`
ATTEMPTS = 6  # with fewer and fewer neurons on a core, where its routes would be too many
SEVERAL_PINS = 2_000_000  # larger networks get one partition by growth only
PARTITIONER_PINS = 1_000_000  # Mt-KaHyPar takes some ten seconds up to here


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


def map_network(network: Network, chip: Chip, operations: int = OPERATIONS) -> Mapping:
    """Partition and place a network.

    Args:
        operations: how much work to spend on refinement.

    Raises:
        TooSmall: it does not fit; the message names the limit, the need and the smallest shipped chip that would do.
    """
    graph = split(network, network.hypergraph(), chip)
    best = _best(network, graph, chip, _partitions(graph, chip), place)
    refined = refine(graph, chip, best.core_of, operations=operations)
    try:
        found = evaluate(network, graph, chip, _placed(network, graph, chip, _parts_of(refined), place))
    except TooSmall:  # out-entries of a multicast chip are not looked after by the refinement
        found = best
    return _relieved(min(best, found, key=lambda mapping: mapping.spike_hops))


def _relieved(mapping: Mapping) -> Mapping:
    """The same partition with less on the busiest link, if that costs no spike-hop and breaks no limit."""
    network, graph, chip = mapping.network, mapping.graph, mapping.chip
    part = _parts_of(mapping.core_of)
    core = np.zeros(int(part.max()) + 1, np.int32)
    core[part[part >= 0]] = mapping.core_of[part >= 0]
    core = relieve(packets_between(graph, chip, part, len(core)), chip, core)
    try:
        found = evaluate(network, graph, chip, _in_order(network, np.where(part >= 0, core[part], -1).astype(np.int32)))
    except TooSmall:  # routers' tables depend on the places
        return mapping
    no_more_hops = found.spike_hops <= mapping.spike_hops * (1 + 1e-9)
    return found if no_more_hops and found.traffic.max() < mapping.traffic.max() else mapping


def _in_order(network: Network, core_of: np.ndarray) -> np.ndarray:
    """The same numbers of neurons on each core, but dense layers that learn cut into contiguous slices.

    A core in hardware rounds by row and column numbers that it counts from a base. In a layer whose neurons all have
    the same inputs, neurons can change places without an axon more.
    """
    ordered = core_of.copy()
    for population in network.populations.values():
        into = [each for each in network.projections if each.post == population.name and each.kind != DIRECT]
        if into and all(each.kind == PLASTIC and each.matrix.nnz == math.prod(each.matrix.shape) for each in into):
            cores, member = np.unique(core_of[population.nodes], return_inverse=True)
            counts = np.bincount(member)
            middle = np.bincount(member, np.arange(population.size)) / counts  # slices stay as they are
            order = np.argsort(middle, kind="stable")
            ordered[population.nodes] = np.repeat(cores[order], counts[order])
    return ordered


def baseline(network: Network, chip: Chip) -> Mapping:
    """Contiguous slices of neurons on the cores, row by row: what to compare with. Raises: as `map_network`."""
    graph = split(network, network.hypergraph(), chip)
    return _best(network, graph, chip, [slices], lambda flow, chip: in_rows(flow.shape[0] - 1))


def slices(graph: Hypergraph, chip: Chip) -> np.ndarray:
    """Contiguous slices of neurons."""
    return fill(graph, chip, np.flatnonzero(~graph.is_input).astype(np.int32))


def _partitions(graph: Hypergraph, chip: Chip) -> list[Callable[[Hypergraph, Chip], np.ndarray]]:
    """The partitions to try, each a function of hypergraph and chip."""
    grown = [functools.partial(grow, reluctance=reluctance) for reluctance in RELUCTANCES]
    if len(graph.targets) > SEVERAL_PINS:
        return [slices, grown[0]]
    parts = -(-int((~graph.is_input).sum()) // chip.core.neurons)
    if 1 < parts <= chip.cores and len(graph.targets) <= PARTITIONER_PINS:
        return [slices, *grown, functools.partial(by_partitioner, parts=parts)]
    return [slices, *grown]


def _best(network: Network, graph: Hypergraph, chip: Chip, partitions, placing) -> Mapping:
    """The placed partition with the fewest spike-hops."""
    found, errors = [], []
    try:
        check_kinds(network, graph, chip)
        for partition in partitions:
            try:
                found.append(fewer_where_too_many(network, graph, chip, partition, placing))
            except TooSmall as error:
                errors.append(error)
        if not found:
            raise errors[-1]
    except TooSmall as error:
        other = smallest_chip(network)
        advice = f"the smallest shipped chip that would do is {other.name}" if other else "no shipped chip would do"
        raise TooSmall(f"network {network.name} does not fit chip {chip.name}: {error}; {advice}") from None
    return min(found, key=lambda mapping: mapping.spike_hops)


def fewer_where_too_many(network: Network, graph: Hypergraph, chip: Chip, partition, placing) -> Mapping:
    """One partition, placed; with fewer neurons on a core where their routes would be too many.

    Args:
        partition: of hypergraph and chip, gives int32[nodes]; placing: of flow and chip, gives int32[parts].
    """
    errors: list[TooSmall] = []
    neurons = chip.core.neurons
    while len(errors) < ATTEMPTS:
        fewer = chips.with_values(chip, core__neurons=neurons)
        try:
            part = partition(graph, fewer)
            check(network, graph, chip, part)  # what does not depend on places, before the work of placing
            return evaluate(network, graph, chip, _placed(network, graph, chip, part, placing))
        except TooManyRoutes as error:
            errors.append(error)
            neurons = max(1, error.neurons)
        except TooSmall as error:
            errors.append(error)
            break
    raise errors[0]


def smallest_chip(network: Network) -> Chip | None:
    """The shipped chip with the least memory that holds a network; None if none does."""
    unsplit = network.hypergraph()
    shipped = [chips.load(name) for name in chips.names()]
    for other in sorted(shipped, key=lambda other: (other.synapse_bits, other.routing.multicast)):
        graph = split(network, unsplit, other)
        for partition in (slices, functools.partial(grow, reluctance=RELUCTANCES[0])):
            try:
                check_kinds(network, graph, other)
                fewer_where_too_many(network, graph, other, partition, place)
                return other
            except TooSmall:
                continue
    return None


def _placed(network: Network, graph: Hypergraph, chip: Chip, part: np.ndarray, placing) -> np.ndarray:
    core = placing(flows(graph, chip, part, int(part.max()) + 1), chip)
    return _in_order(network, np.where(part >= 0, core[part], -1).astype(np.int32))


def _parts_of(core_of: np.ndarray) -> np.ndarray:
    """A mapping's cores as parts without gaps."""
    used = np.unique(core_of[core_of >= 0])
    return np.where(core_of >= 0, np.searchsorted(used, core_of), -1).astype(np.int32)


def evaluate(network: Network, graph: Hypergraph, chip: Chip, core_of: np.ndarray) -> Mapping:
    """The mapping that puts each neuron on a given core, int32[nodes]; `TooSmall` if it breaks a limit."""
    check_routers(graph, chip, core_of)
    return Mapping(network, graph, chip, core_of, check(network, graph, chip, core_of), traffic(graph, chip, core_of))
