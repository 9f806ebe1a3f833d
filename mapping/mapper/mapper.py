"""The mapper: from a network and a chip to the core of each neuron.

Several partitions are placed; the best are refined neuron by neuron on the chip's own cost, and placed once more. Every
step is seeded, so a network has one mapping on a chip. The baseline is a candidate too: the result is never worse.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse

from bicall.emulator.network.hypergraph import Hypergraph, hypergraph_of
from bicall.emulator.network.network import DIRECT, PLASTIC, Network
from bicall.mapping.chips import chip as chips
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper import multilevel
from bicall.mapping.mapper.congestion import relieve
from bicall.mapping.mapper.growth import grow
from bicall.mapping.mapper.limits import Loads, TooFewCores, TooManyRoutes, TooSmall, check, check_kinds
from bicall.mapping.mapper.multilevel import Told, Watch
from bicall.mapping.mapper.partition import by_partitioner, evenly, fill
from bicall.mapping.mapper.placement import flows, in_rows, packets_between, place
from bicall.mapping.mapper.refinement import Stopped, refine
from bicall.mapping.mapper.router_tables import check_routers
from bicall.mapping.mapper.routing import packet_cost, traffic
from bicall.mapping.mapper.splitting import split

RELUCTANCES = (0.5, 2.0)  # of `grow`
ATTEMPTS = 6  # with fewer and fewer neurons on a core, where its routes would be too many
SEVERAL_PINS = 2_000_000  # larger networks get one partition only
PARTITIONER_PINS = 1_000_000  # Mt-KaHyPar takes some ten seconds up to here
PARTITIONED = 0.4  # part of the work, for those who wait
REFINED = 2  # of the placed partitions the best so many are refined, where the network is not large

Partition = Callable[[Hypergraph, Chip], np.ndarray]  # int32[nodes], the part of each neuron; -1 for inputs
Placing = Callable[[scipy.sparse.csr_array, Chip], np.ndarray]  # of `flows`; int32[parts], the core of each part


class Mapping(NamedTuple):
    """A network on a chip, within every limit."""

    network: Network
    graph: Hypergraph
    chip: Chip
    core_of: np.ndarray  # int32[nodes], the core of each neuron; -1 for inputs
    loads: Loads
    traffic: np.ndarray  # float64[links], packets a tick
    cost: float  # a tick, of the kind that the chip's routing.cost says

    @property
    def spike_hops(self) -> float:
        """Links that packets pass, a tick."""
        return float(self.traffic.sum())


def map_network(
    network: Network,
    chip: Chip,
    effort: float = 1.0,
    watch: Told | None = None,
    start: np.ndarray | None = None,
    seed: int = 1,
) -> Mapping:
    """Partition and place a network.

    Args:
        effort: how much work to spend, in parts of the usual.
        watch: is told now and then which part is done, from 0 to 1. When it raises KeyboardInterrupt, or the user does,
            the best mapping so far is the result, if there is one.
        start: int32[nodes], a mapping to go on from (of `Mapping.core_of`); none: from nothing.

    Raises:
        TooSmall: it does not fit; the message names the limit, the need and the smallest shipped chip that would do.
    """
    graph = split(network, hypergraph_of(network), chip)
    waiting = Watch(watch)
    if start is not None:
        found = [evaluate(network, graph, chip, start)]
    else:
        found = _best(network, graph, chip, _partitions(graph, chip, effort, seed, waiting), place, waiting)
    best = found[0]
    chosen = found[: REFINED if len(graph.targets) <= SEVERAL_PINS else 1]
    for n, mapping in enumerate(chosen):
        if waiting.stopped:
            break
        done = (PARTITIONED + (1 - PARTITIONED) * part / len(chosen) for part in (n, n + 1))
        waiting.stage = (next(done), next(done))
        try:
            refined = refine(graph, chip, mapping.core_of, seed, effort / len(chosen), waiting)
        except Stopped as stop:
            refined, waiting.stopped = stop.core_of, True
        for core_of in (refined, None):
            try:
                if core_of is None:
                    core_of = _placed(graph, chip, _parts_of(refined), place)
                best = min(best, evaluate(network, graph, chip, _in_order(network, core_of)), key=_cost)
            except TooSmall:  # out-entries of a multicast chip and routers are not looked after by the refinement
                continue
            except KeyboardInterrupt:
                waiting.stopped = True
    return _relieved(best)


def _cost(mapping: Mapping) -> float:
    return mapping.cost


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
    no_more = found.cost <= mapping.cost * (1 + 1e-9)
    return found if no_more and found.traffic.max() < mapping.traffic.max() else mapping


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
    graph = split(network, hypergraph_of(network), chip)
    return _best(network, graph, chip, [slices], lambda flow, chip: in_rows(flow.shape[0] - 1, chip))[0]


def slices(graph: Hypergraph, chip: Chip) -> np.ndarray:
    """Contiguous slices of neurons."""
    return fill(graph, chip, np.flatnonzero(~graph.is_input).astype(np.int32))


def _partitions(graph: Hypergraph, chip: Chip, effort: float, seed: int, watch: Watch) -> list[Partition]:
    """The partitions to try, each a function of hypergraph and chip; the first that fits will do in a large network."""
    grown = [functools.partial(grow, reluctance=reluctance) for reluctance in RELUCTANCES]
    ours = functools.partial(multilevel.partition, effort=effort, seed=seed, watch=watch)
    if chip.core.least_neurons:
        number = np.flatnonzero(~graph.is_input).astype(np.int32)
        return [functools.partial(evenly, number), functools.partial(_evenly_grown, number)]
    if len(graph.targets) > SEVERAL_PINS:
        return [ours, grown[0], slices]
    parts = -(-int((~graph.is_input).sum()) // chip.core.neurons)
    partitions: list[Partition] = [slices, *grown]
    if parts > 1 and len(graph.targets):
        partitions.append(ours)
        if parts <= chip.usable.sum() and len(graph.targets) <= PARTITIONER_PINS:
            partitions.append(functools.partial(by_partitioner, parts=parts))
    return partitions


def _evenly_grown(number: np.ndarray, graph: Hypergraph, chip: Chip) -> np.ndarray:
    part = grow(graph, chips.with_values(chip, core__neurons=-(-len(number) // int(chip.usable.sum()))), RELUCTANCES[0])
    return evenly(number[np.argsort(part[number], kind="stable")], graph, chip)


def _best(
    network: Network,
    graph: Hypergraph,
    chip: Chip,
    partitions: Sequence[Partition],
    placing: Placing,
    watch: Watch | None = None,
) -> list[Mapping]:
    """The placed partitions that fit, the cheapest first."""
    found, errors = [], []
    watch = watch or Watch()
    large = len(graph.targets) > SEVERAL_PINS
    try:
        check_kinds(network, graph, chip)
        for n, partition in enumerate(partitions):
            of = 1 if large else len(partitions)  # of a large network the first that fits will do
            watch.stage = (PARTITIONED * (n % of) / of, PARTITIONED * (n % of + 1) / of)
            try:
                found.append(fewer_where_too_many(network, graph, chip, partition, placing))
            except TooSmall as error:
                errors.append(error)
                watch(1.0)
            except KeyboardInterrupt:
                if not found:
                    raise
                watch.stopped = True
            if found and (large or watch.stopped):
                break
        if not found:
            enough = [error for error in errors if not isinstance(error, TooFewCores)]
            raise enough[-1] if enough else errors[0]  # what a partition says that had cores enough
    except TooSmall as error:
        other = smallest_chip(network)
        advice = f"the smallest shipped chip that would do is {other.name}" if other else "no shipped chip would do"
        raise TooSmall(f"network {network.name} does not fit chip {chip.name}: {error}; {advice}") from None
    return sorted(found, key=_cost)


def fewer_where_too_many(
    network: Network, graph: Hypergraph, chip: Chip, partition: Partition, placing: Placing
) -> Mapping:
    """One partition, placed; with fewer neurons on a core where their routes would be too many."""
    errors: list[TooSmall] = []
    neurons = chip.core.neurons
    while len(errors) < ATTEMPTS:
        fewer = chips.with_values(chip, core__neurons=neurons)
        try:
            part = partition(graph, fewer)
            check(network, graph, _whole(chip), part)  # what does not depend on places, before the work of placing
            return evaluate(network, graph, chip, _in_order(network, _placed(graph, chip, part, placing)))
        except TooManyRoutes as error:
            errors.append(error)
            neurons = max(1, error.neurons)
        except TooSmall as error:
            errors.append(error)
            break
    raise errors[0]


def smallest_chip(network: Network) -> Chip | None:
    """The shipped chip with the least memory that holds a network; None if none does."""
    unsplit = hypergraph_of(network)
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


def _whole(chip: Chip) -> Chip:
    """The same chip without faults and with no least load: parts have no places yet."""
    return chips.with_values(chip, faults__cores=[], core__least_neurons=0)


def _placed(graph: Hypergraph, chip: Chip, part: np.ndarray, placing: Placing) -> np.ndarray:
    core = placing(flows(graph, chip, part, int(part.max()) + 1), chip)
    return np.where(part >= 0, core[part], -1).astype(np.int32)


def _parts_of(core_of: np.ndarray) -> np.ndarray:
    """A mapping's cores as parts without gaps."""
    used = np.unique(core_of[core_of >= 0])
    return np.where(core_of >= 0, np.searchsorted(used, core_of), -1).astype(np.int32)


def evaluate(network: Network, graph: Hypergraph, chip: Chip, core_of: np.ndarray) -> Mapping:
    """The mapping that puts each neuron on a given core, int32[nodes]; `TooSmall` if it breaks a limit."""
    check_routers(graph, chip, core_of)
    held = check(network, graph, chip, core_of)
    return Mapping(
        network, graph, chip, core_of, held, traffic(graph, chip, core_of), packet_cost(graph, chip, core_of)
    )
