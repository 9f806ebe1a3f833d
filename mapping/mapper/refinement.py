"""Refinement: neurons change cores, or places with each other, so that spikes pass fewer links; limits are kept.

Simulated annealing on the spike-hops of unicast routes themselves, at the granularity of neurons, with costs kept
incrementally: a move costs as many operations as the neuron has axons in and synapses out.
"""

from typing import NamedTuple

import numpy as np

from bicall.emulator.network.network import Hypergraph
from bicall.emulator.support.caching import cached_njit
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.limits import ends, loads
from bicall.mapping.mapper.partition import fan_in, most
from bicall.mapping.mapper.routing import distance

OPERATIONS = 100_000_000  # some seconds
MOVES = 4000  # a neuron, in one run
RUNS = 24  # at most, where one is short
HEATS = (0.1, 0.3, 1.0)  # first temperatures of the runs, in typical changes: the start is molten less or more
LARGEST_TABLE = 400_000_000  # axons times cores; a mapping for which this would be larger is left as it is
UNLIMITED = np.iinfo(np.int64).max


class Problem(NamedTuple):
    """What does not change: the hypergraph from both sides, the mesh, the limits."""

    source: np.ndarray  # int32[axons]
    rate: np.ndarray  # float64[axons]
    direct: np.ndarray  # bool[axons]
    read: np.ndarray  # bool[axons]
    starts: np.ndarray  # int64[axons + 1]
    targets: np.ndarray  # int32[synapses]
    axon_starts: np.ndarray  # int64[nodes + 1], the axons of each node
    in_starts: np.ndarray  # int64[nodes + 1]
    in_axons: np.ndarray  # int32[synapses], the axons that end at each node
    in_bits: np.ndarray  # int64[synapses]
    width: int
    height: int
    torus: bool
    port: int
    most_neurons: int
    most_axons: int
    most_memory: int
    most_entries: int
    most_destinations: int


class State(NamedTuple):
    """What a move changes."""

    core_of: np.ndarray  # int32[nodes], -1 for inputs
    counts: np.ndarray  # uint[axons, cores], targets of each axon on each core
    n_ends: np.ndarray  # int64[axons], cores that each axon reaches
    axon_load: np.ndarray  # int64[cores]
    memory: np.ndarray  # int64[cores]
    out_load: np.ndarray  # int64[cores]
    stamps: np.ndarray  # int64[cores + 1], for work


def refine(
    graph: Hypergraph, chip: Chip, core_of: np.ndarray, seed: int = 1, operations: int = OPERATIONS
) -> np.ndarray:
    """A mapping of the same network with fewer spike-hops (of unicast routes), or the same mapping.

    Args:
        core_of: int32[nodes], the core of each neuron, within all limits; -1 for inputs.
        operations: about how many steps of work to do.

    Returns:
        int32[nodes].
    """
    neurons = np.flatnonzero(~graph.is_input).astype(np.int32)
    if graph.axons * chip.cores > LARGEST_TABLE or len(neurons) < 2 or not len(graph.targets):
        return core_of
    problem = _problem(graph, chip)
    degree = 2 * len(graph.targets) / len(neurons)
    affordable = max(int(operations / (4 * (degree + 8))), 1000)
    moves = min(affordable, MOVES * len(neurons))
    best, least = core_of, 0.0
    for run in range(min(RUNS, affordable // moves)):
        refined = core_of.copy()
        heat = HEATS[run % len(HEATS)]
        change = _anneal(problem, _state(graph, chip, refined), neurons, seed + run, moves, heat)
        if change < least:
            best, least = refined, change
    return best


def _problem(graph: Hypergraph, chip: Chip) -> Problem:
    # direct events are packets too, though they take neither axon nor memory
    inputs = fan_in(graph._replace(direct=np.zeros(graph.axons, bool)), chip)
    core, mesh = chip.core, chip.mesh
    by_end = core.out_entries != "none" and not chip.routing.multicast  # multicast: an entry an axon, wherever it goes
    return Problem(
        *(graph.source, graph.rate, graph.direct, graph.read, graph.starts, graph.targets),
        np.searchsorted(graph.source, np.arange(graph.nodes + 1)),
        *(inputs.starts, inputs.axons, np.where(graph.direct[inputs.axons], 0, inputs.bits)),
        *(mesh.width, mesh.height, mesh.torus, chip.port),  # type: ignore[arg-type]
        *most(chip),
        core.out_entries if by_end else UNLIMITED,  # type: ignore[arg-type]
        UNLIMITED if core.destinations == "none" else core.destinations,
    )


def _state(graph: Hypergraph, chip: Chip, core_of: np.ndarray) -> State:
    held, where = loads(graph, core_of, chip.cores, chip), ends(graph, core_of, chip.cores, chip)
    rows = ~graph.direct[where.axons()]
    memory = np.bincount(where.cores[rows], where.bits[rows], minlength=chip.cores).astype(np.int64)
    counts = np.zeros((graph.axons, chip.cores), np.uint16 if chip.core.neurons < 2**16 else np.uint32)
    _count(graph.starts, graph.targets, core_of, counts)
    stamps = np.zeros(chip.cores + 1, np.int64)
    return State(core_of, counts, np.diff(where.starts), held.axons, memory, held.out_entries, stamps)


@cached_njit
def _count(starts, targets, core_of, counts):
    for axon in range(len(starts) - 1):
        for e in range(starts[axon], starts[axon + 1]):
            counts[axon, core_of[targets[e]]] += 1


@cached_njit
def _hops(p, start, end):
    return distance(start, end, p.width, p.height, p.torus)


@cached_njit
def _shift(p, s, v, to):
    """Move neuron v to core `to`, with all counts; the change of the spike-hops."""
    here = s.core_of[v]
    change = 0.0
    for axon in range(p.axon_starts[v], p.axon_starts[v + 1]):
        s.stamps[-1] += 1
        hops = 0
        for e in range(p.starts[axon], p.starts[axon + 1]):
            core = s.core_of[p.targets[e]]
            if s.stamps[core] != s.stamps[-1]:
                s.stamps[core] = s.stamps[-1]
                hops += _hops(p, to, core) - _hops(p, here, core)
        if p.read[axon]:
            hops += _hops(p, to, p.port) - _hops(p, here, p.port)
        change += p.rate[axon] * hops
        s.out_load[here] -= s.n_ends[axon] + p.read[axon]
        s.out_load[to] += s.n_ends[axon] + p.read[axon]
    s.core_of[v] = to
    for e in range(p.in_starts[v], p.in_starts[v + 1]):
        axon = p.in_axons[e]
        home = s.core_of[p.source[axon]]
        s.memory[here] -= p.in_bits[e]
        s.memory[to] += p.in_bits[e]
        s.counts[axon, here] -= 1
        if s.counts[axon, here] == 0:
            change -= p.rate[axon] * _hops(p, home if home >= 0 else p.port, here)
            s.n_ends[axon] -= 1
            s.axon_load[here] -= not p.direct[axon]
            if home >= 0:
                s.out_load[home] -= 1
        if s.counts[axon, to] == 0:
            change += p.rate[axon] * _hops(p, home if home >= 0 else p.port, to)
            s.n_ends[axon] += 1
            s.axon_load[to] += not p.direct[axon]
            if home >= 0:
                s.out_load[home] += 1
        s.counts[axon, to] += 1
    return change


@cached_njit
def _within(p, s, v):
    """Whether the core of neuron v, just moved there, and all that v hears keep their limits."""
    core = s.core_of[v]
    if s.axon_load[core] > p.most_axons or s.memory[core] > p.most_memory or s.out_load[core] > p.most_entries:
        return False
    if p.most_entries == UNLIMITED and p.most_destinations == UNLIMITED:
        return True
    for e in range(p.in_starts[v], p.in_starts[v + 1]):
        home = s.core_of[p.source[p.in_axons[e]]]
        if home >= 0 and (s.n_ends[p.in_axons[e]] > p.most_destinations or s.out_load[home] > p.most_entries):
            return False
    return True


@cached_njit
def _wish(p, s, v):
    """A core that neuron v might like: of one that it hears, of one that shares an axon, of one that hears it."""
    cores = p.width * p.height
    choice = np.random.randint(8)
    if choice == 0:
        here = s.core_of[v]
        x, y = here % p.width + np.random.randint(-1, 2), here // p.width + np.random.randint(-1, 2)
        return (y % p.height) * p.width + x % p.width
    if choice <= 4 and p.in_starts[v] < p.in_starts[v + 1]:
        axon = p.in_axons[np.random.randint(p.in_starts[v], p.in_starts[v + 1])]
        home = s.core_of[p.source[axon]]
        if choice <= 2:
            return p.port if home < 0 else home
        return s.core_of[p.targets[np.random.randint(p.starts[axon], p.starts[axon + 1])]]
    first, last = p.starts[p.axon_starts[v]], p.starts[p.axon_starts[v + 1]]
    return s.core_of[p.targets[np.random.randint(first, last)]] if first < last else np.random.randint(cores)


@cached_njit
def _anneal(p, s, neurons, seed, moves, heat):
    """Change `s`; the change of the spike-hops in all."""
    np.random.seed(seed)
    # the neurons of each core, to find one to change places with
    members = np.zeros((p.width * p.height, p.most_neurons), np.int32)
    filled, slot = np.zeros(p.width * p.height, np.int32), np.zeros(len(s.core_of), np.int32)
    for v in neurons:
        core = s.core_of[v]
        members[core, filled[core]], slot[v] = v, filled[core]
        filled[core] += 1
    total, typical, temperature, cooling = 0.0, 0.0, 0.0, 1.0
    warm_up = min(moves // 20, 2000)
    for move in range(moves):
        if move == warm_up:
            temperature = heat * typical / warm_up
            cooling = 0.001 ** (1.0 / (moves - warm_up))
        temperature *= cooling
        v = neurons[np.random.randint(len(neurons))]
        here, to = s.core_of[v], _wish(p, s, v)
        if to == here:
            continue
        other = -1
        if filled[to] >= p.most_neurons or (filled[to] > 0 and np.random.randint(2)):
            other = members[to, np.random.randint(filled[to])]
        change = _shift(p, s, v, to)
        if other >= 0:
            change += _shift(p, s, other, here)
        if move < warm_up:
            typical += abs(change)
        accepted = change <= 0 or (temperature > 0 and np.random.random() < np.exp(-change / temperature))
        if not (accepted and _within(p, s, v) and (other < 0 or _within(p, s, other))):
            if other >= 0:
                _shift(p, s, other, to)
            _shift(p, s, v, here)
            continue
        total += change
        if other >= 0:
            members[here, slot[v]], members[to, slot[other]] = other, v
            slot[v], slot[other] = slot[other], slot[v]
        else:
            filled[here] -= 1
            last = members[here, filled[here]]
            members[here, slot[v]], slot[last] = last, slot[v]
            members[to, filled[to]], slot[v] = v, filled[to]
            filled[to] += 1
    return total
