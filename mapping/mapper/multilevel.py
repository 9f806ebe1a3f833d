"""The partitioner: clusters of neurons are annealed on connectivity first, then let loose level by level and annealed.

Temperatures are those of typical changes: a neuron's axons carry the mean rate, a cluster's as many more as it has
neurons to the power of 3/4. The coarsest level starts molten and at random, the others start warm and keep what they
got. Too many axons on a core cost more and more while a level cools and are never made worse after that; where they
stay too many, all begins again with more parts.
"""

import heapq
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.annealing import (
    UNLIMITED,
    Cost,
    Limits,
    Scratch,
    State,
    cost_of,
    scratch,
    seed_compiled,
    state_of,
    sweep,
)
from bicall.mapping.mapper.levels import Level, clusters, coarser, finest, likeness
from bicall.mapping.mapper.limits import TooFewCores
from bicall.mapping.mapper.partition import most

SLACK = 1.04  # more parts than the neurons need: room to move in
FACTOR = 4  # neurons of a cluster, from one level to the next
PER_PART = 12  # clusters of the coarsest level in a part, at least
WORK = 150  # list entries looked at for each synapse, over all levels; some nanoseconds each
LEAST_WORK, MOST_WORK = 300_000_000, 40_000_000_000
FINEST = 0.4  # of the work, for the finest level
SWEEPS = 300  # of one level, at most
LEAST_SWEEPS = 6
STARTS = 4  # of the graph
STARTED = 0.2  # of the work, about, until then
GRAPH_SWEEPS = 400
MOLTEN = 0.15  # first temperature of the graph, in parts of what a node's neighbours weigh
WARM = 1.0  # first temperature of the levels, in typical changes
COOLED = 0.04  # last one, in parts of the first
PRESSURE = 0.3  # of the temperature, for an axon too many
EVEN = 1.06  # of the mean number of neurons, at most, on a part of the graph
UNITS = 30_000  # in which weights are counted: a core's whole
ROUNDS = 2  # to find how many parts are needed
AXONS_STAY = 0.90  # of the axons of the coarsest level's parts, in the end
MORE_AXONS = 1 / 3  # in a space of three dimensions parts that are more in number have by this power more axons in all
MORE_PARTS = 1.03  # as many parts, at least, where they were too few in the end
RISE = 1000.0  # from then to the end the pressure grows by so much
LAST_SWEEPS = 10  # without a temperature, until no core has an axon too many
HARD = 0.75  # from this part of the finest level's sweeps on no core gets an axon too many

Told = Callable[[float], None]  # is told which part is done, from 0 to 1


class Watch:
    """Who waits for a mapping: is told which part is done, and can stop the work, which then ends with what there is.

    Attributes:
        stage: from which part of the whole work to which what is told now goes.
        stopped: the work was stopped, by KeyboardInterrupt out of `tell` or at any other moment.
    """

    def __init__(self, tell: Told | None = None):
        self.tell, self.stage, self.stopped = tell, (0.0, 1.0), False

    def __call__(self, done: float) -> None:
        if self.stopped:
            raise KeyboardInterrupt
        if self.tell:
            first, last = self.stage
            self.tell(first + (last - first) * done)


class Cooling(NamedTuple):
    """How a level is annealed: `sweeps` from one temperature to another, and from which part on limits are hard."""

    sweeps: int
    first: float
    last: float
    hard: float


def partition(
    graph: Hypergraph, chip: Chip, effort: float = 1.0, seed: int = 1, watch: Watch | None = None
) -> np.ndarray:
    """Parts with as few spikes between them as can be found, within the limits of neurons, axons and memory.

    Args:
        effort: how much work, in parts of the usual.
        watch: is told which part is done. If it is stopped after the start, what there is becomes a partition at once.

    Returns:
        int32[nodes], the part of each neuron, from 0 without gaps; -1 for inputs.

    Raises:
        TooSmall: no parts were found that keep the limits on the chip's cores.
    """
    level = finest(graph, chip)
    parts = _parts(_weights(level, chip, None), chip)
    levels, maps = hierarchy(level, level.nodes // (PER_PART * parts), seed)
    cores = int(chip.usable.sum())
    while True:
        coarsest, parts = _start(levels[-1], chip, parts, effort, seed)
        core, load = _down(levels, maps, chip, coarsest, parts, effort, seed, watch or Watch())
        if core is not None:
            part = np.full(graph.nodes, -1, np.int32)
            part[~graph.is_input] = np.unique(core, return_inverse=True)[1]
            return part
        if parts == cores:
            raise TooFewCores(f"needs {load} axons on one of {parts} cores, core.axons is {chip.core.axons}")
        parts = int(np.ceil(parts * MORE_PARTS))


def hierarchy(level: Level, largest: int, seed: int) -> tuple[list[Level], list[np.ndarray]]:
    """Levels, the finest first, and of each but the last the cluster of each of its nodes in the next.

    Args:
        largest: neurons in a cluster of the coarsest level, at most.
    """
    levels, maps = [level], []
    size = FACTOR
    while size <= largest:
        maps.append(clusters(levels[-1], size, seed))
        levels.append(coarser(levels[-1], maps[-1]))
        size *= FACTOR
    return levels, maps


def part_limits(chip: Chip, parts: int) -> Limits:
    """Those of `parts` cores."""
    core, (neurons, axons, memory) = chip.core, most(chip)
    out = UNLIMITED if core.out_entries == "none" or chip.routing.multicast else core.out_entries
    destinations = UNLIMITED if core.destinations == "none" else core.destinations
    return Limits.alike(parts, neurons=neurons, axons=axons, memory=memory, out=out, destinations=destinations)


def work_of(level: Level, state: State) -> float:
    """List entries that one sweep looks at, about."""
    reached = state.rows[state.row[:-1], 0]
    return float((np.diff(level.starts) * (reached + 4.0)).sum()) + 50.0 * level.nodes


def anneal(
    level: Level, state: State, cost: Cost, limits: Limits, room: Scratch, cooling: Cooling, seed: int, routed: bool,
    told: Told | None = None,
) -> float:  # fmt: skip
    """Cool a level down, in an order of nodes that is random each time; the change of the cost in all."""
    if cooling.first <= 0:  # no axon has a rate, so no move costs or gains anything
        return 0.0
    rng = np.random.default_rng(seed)
    total = 0.0
    for n in range(cooling.sweeps):
        done = n / cooling.sweeps
        temperature = cooling.first * (cooling.last / cooling.first) ** done
        hard = done >= cooling.hard
        rise = RISE ** ((done - cooling.hard) / (1 - cooling.hard)) if hard and cooling.hard else 1.0
        pressure = PRESSURE * (cooling.first * rise if hard else temperature)
        now = limits._replace(pressure=pressure, hard=hard)
        total += sweep(level, state, cost, now, room, _core_by_core(state, rng), temperature, routed)
        if told:
            told((n + 1) / cooling.sweeps)
    return total


def _core_by_core(state: State, rng: np.random.Generator) -> np.ndarray:
    """All nodes in random order, but those of a core together: they hear the same axons."""
    order, turn = rng.permutation(len(state.core)), rng.permutation(len(state.neurons)).astype(np.int32)
    return order[np.argsort(turn[state.core[order]], kind="stable")]


def typical(level: Level) -> float:
    """A change of the cost of some size when one node moves."""
    return float(level.rate.mean() * level.size.mean() ** 0.75) if level.axons else 0.0


def _down(
    levels: list[Level], maps: list[np.ndarray], chip: Chip, core: np.ndarray, parts: int, effort: float, seed: int,
    watch: Watch,
) -> tuple[np.ndarray | None, int]:  # fmt: skip
    """From the coarsest level to the finest: int32[neurons], or None and the load of axons where it is too large."""
    cost = Cost(1.0, 0.0, 1, 1, False, parts)
    limits, room = part_limits(chip, parts), scratch(parts)
    work = effort * min(max(WORK * len(levels[0].targets), LEAST_WORK), MOST_WORK)
    seed_compiled(seed)
    for n in range(len(levels) - 1, -1, -1):
        level = levels[n]
        if n < len(maps):
            core = core[maps[n]]
        state = state_of(level, core, limits, cost)
        routed = n == 0 and bool(limits.out[0] < UNLIMITED or limits.destinations < UNLIMITED)
        share = 1.0 if len(levels) == 1 else FINEST if n == 0 else (1.0 - FINEST) / (len(levels) - 1)
        sweeps = min(max(int(work * share / work_of(level, state)), LEAST_SWEEPS), SWEEPS)
        first = WARM * typical(level)
        cooling = Cooling(sweeps, first, first * COOLED, 2.0 if n else HARD)
        if not watch.stopped:
            done = STARTED + (1 - STARTED) * (1.0 - FINEST) * (1 - n / max(len(levels) - 1, 1)) * (n < len(maps))
            part = (1 - STARTED) * share
            try:
                anneal(level, state, cost, limits, room, cooling, seed + n, routed, _shifted(watch, done, part))
            except KeyboardInterrupt:
                watch.stopped = True
        core = state.core
    last_limits = limits._replace(pressure=PRESSURE * first * RISE)
    for _ in range(LAST_SWEEPS):
        if state.axons.max() <= chip.core.axons:
            break
        sweep(level, state, cost, last_limits, room, np.arange(level.nodes), 0.0, routed)
    over = int(state.axons.max())
    return (None if over > chip.core.axons else state.core), over  # out-entries too many: `mapper` tries fewer neurons


def _shifted(watch: Watch, done: float, part: float) -> Told:
    return lambda inside: watch(done + part * inside)


def _start(level: Level, chip: Chip, parts: int, effort: float, seed: int) -> tuple[np.ndarray, int]:
    """The coarsest level's parts, int32[nodes], and how many: at least `parts`, more where their axons need more.

    Parts are found on a graph, each of the same weight, and annealed a little on what they really cost. That tells how
    many axons a neuron brings to its part, so how much of a part it takes, and how many parts are needed.
    """
    graph, weight, least = likeness(level), _weights(level, chip, None), parts
    for n in range(ROUNDS):
        core = _from_graph(level, graph, weight, parts, 0, effort, seed)
        limits, cost = part_limits(chip, parts), Cost(1.0, 0.0, 1, 1, False, parts)
        state, first = state_of(level, core, limits, cost), WARM * typical(level)
        cooling = Cooling(LEAST_SWEEPS, first, first * COOLED, 2.0)
        anneal(level, state, cost, limits, scratch(parts), cooling, seed, False)
        weight = _weights(level, chip, state)
        needed = max(least, _parts(weight, chip))
        if n == 0 and needed > parts:  # more parts have more axons
            needed = min(int(np.ceil(parts * (needed / parts) ** (1 / (1 - MORE_AXONS)))), int(chip.usable.sum()))
        elif needed == parts:
            break
        parts = needed
    starts = [_from_graph(level, graph, weight, parts, start, effort, seed) for start in range(STARTS)]
    return min(starts, key=lambda each: connectivity(level, each, parts)), parts


def _weights(level: Level, chip: Chip, state: State | None) -> np.ndarray:
    """float64[nodes], which part of a core each node takes: of its neurons, memory or axons, whatever is scarcest."""
    neurons, axons, memory = most(chip)
    weight = np.maximum(level.size / neurons, level.memory / memory)
    if state is not None:
        brought = (state.axons / np.maximum(state.neurons, 1))[state.core] * level.size
        weight = np.maximum(weight, AXONS_STAY * brought / axons)
    return weight


def _parts(weight: np.ndarray, chip: Chip) -> int:
    return min(int(chip.usable.sum()), max(1, int(np.ceil(weight.sum() * SLACK))))


def _from_graph(level: Level, graph: Level, weight: np.ndarray, parts: int, start: int, effort: float, seed: int):
    """An annealing of the level's graph of likeness, from parts at random to parts of about the same weight.

    Returns:
        int32[nodes].
    """
    seed += 1000 * start
    unit = np.ceil(weight * UNITS).astype(np.int64)
    most_units = min(int(EVEN * unit.sum() / parts + unit.max()), int(UNITS * (1 + 1e-3)))
    limits = Limits.alike(parts, neurons=most_units)
    first = MOLTEN * 2 * float(graph.rate.sum()) / max(graph.nodes, 1)
    cooling = Cooling(int(GRAPH_SWEEPS * max(effort, 0.1)), first, first * COOLED, 2.0)
    graph, cost = graph._replace(size=unit), Cost(1.0, 0.0, 1, 1, False, parts)
    seed_compiled(seed)
    state = state_of(graph, _at_random(unit, parts, seed), limits, cost)
    anneal(graph, state, cost, limits, scratch(parts), cooling, seed, False)
    return state.core


def _at_random(weight: np.ndarray, parts: int, seed: int) -> np.ndarray:
    """Nodes in random order, the heaviest first, each to the part that holds least; int32[nodes]."""
    order = np.random.default_rng(seed).permutation(len(weight))
    order = order[np.argsort(-weight[order], kind="stable")]
    core, held = np.zeros(len(weight), np.int32), [(0, part) for part in range(parts)]
    for node in order:
        least, part = heapq.heappop(held)
        core[node] = part
        heapq.heappush(held, (least + int(weight[node]), part))
    return core


def connectivity(level: Level, core: np.ndarray, cores: int) -> float:
    """Spikes times cores beyond the first that the axon touches, source's and targets'."""
    cost = Cost(1.0, 0.0, 1, 1, False, cores)
    return float(cost_of(level, state_of(level, core, Limits.alike(cores), cost), cost))
