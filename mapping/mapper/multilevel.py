"""The partitioner: clusters of neurons are annealed on connectivity first, then let loose level by level and annealed.

Temperatures are those of typical changes: a neuron's axons carry the mean rate, a cluster's as many more as it has
neurons to the power of 3/4. The coarsest level starts molten and at random, the others start warm and keep what they
got. Too many axons on a core cost more and more while a level cools and are never made worse after that; where they
stay too many, all begins again with more parts.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bicall.emulator.network.network import Hypergraph
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.annealing import (
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
from bicall.mapping.mapper.limits import TooFewCores, TooSmall
from bicall.mapping.mapper.partition import most

UNLIMITED = np.iinfo(np.int64).max
SLACK = 1.06  # more parts than the neurons need: room to move in
FACTOR = 4  # neurons of a cluster, from one level to the next
PER_PART = 12  # clusters of the coarsest level in a part, at least
WORK = 150  # list entries looked at for each synapse, over all levels; some nanoseconds each
LEAST_WORK, MOST_WORK = 300_000_000, 40_000_000_000
FINEST = 0.4  # of the work, for the finest level
SWEEPS = 300  # of one level, at most
LEAST_SWEEPS = 6
STARTS = 6  # of the graph
GRAPH_SWEEPS = 400
MOLTEN = 0.15  # first temperature of the graph, in parts of what a node's neighbours weigh
WARM = 1.0  # first temperature of the levels, in typical changes
COOLED = 0.04  # last one, in parts of the first
PRESSURE = 0.3  # of the temperature, for an axon too many
ALL_BUT_FULL = 0.97  # of all cores' axons together, from where on parts are too few
MORE_PARTS = 1.08  # as many parts, at least, where they were too few
RISE = 1000.0  # from then to the end the pressure grows by so much
LAST_SWEEPS = 10  # without a temperature, until no core has an axon too many
HARD = 0.75  # from this part of the finest level's sweeps on no core gets an axon too many

Watch = Callable[[float], None]  # is told which part is done; may raise KeyboardInterrupt


class Cooling(NamedTuple):
    """How a level is annealed: `sweeps` from one temperature to another, and from which part on limits are hard."""

    sweeps: int
    first: float
    last: float
    hard: float


def partition(graph: Hypergraph, chip: Chip, effort: float = 1.0, seed: int = 1) -> np.ndarray:
    """Parts with as few spikes between them as can be found, within the limits of neurons, axons and memory.

    Args:
        effort: how much work, in parts of the usual.

    Returns:
        int32[nodes], the part of each neuron, from 0 without gaps; -1 for inputs.

    Raises:
        TooSmall: no parts were found that keep the limits on the chip's cores.
    """
    level, (_, _, memory) = finest(graph, chip), most(chip)
    parts = max(-(-int(level.nodes * SLACK) // chip.core.neurons), int(np.ceil(level.memory.sum() * SLACK / memory)), 1)
    levels, maps = hierarchy(level, level.nodes // (PER_PART * parts), seed)
    cores = int(chip.usable.sum())
    neurons = np.flatnonzero(~graph.is_input)
    while True:
        parts = min(parts, cores)
        core, load = _down(levels, maps, chip, parts, effort, seed)
        if core is not None:
            part = np.full(graph.nodes, -1, np.int32)
            part[neurons] = np.unique(core, return_inverse=True)[1]
            return part
        if parts == cores:
            raise TooFewCores(f"needs {load} axons on one of {parts} cores, core.axons is {chip.core.axons}")
        parts = int(np.ceil(parts * max(MORE_PARTS, min(2.0, load / chip.core.axons))))


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
    same = [np.full(parts, each, np.int64) for each in (neurons, 0, axons, memory, out)]
    return Limits(*same, UNLIMITED if core.destinations == "none" else core.destinations, 0.0, True)


def work_of(level: Level, state: State) -> float:
    """List entries that one sweep looks at, about."""
    reached = state.rows[state.row[:-1], 0]
    return float((np.diff(level.starts) * (reached + 4.0)).sum()) + 50.0 * level.nodes


def anneal(
    level: Level, state: State, cost: Cost, limits: Limits, room: Scratch, cooling: Cooling, seed: int, routed: bool,
    told: Watch | None = None,
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
        total += sweep(level, state, cost, now, room, rng.permutation(level.nodes), temperature, routed)
        if told:
            told((n + 1) / cooling.sweeps)
    return total


def typical(level: Level) -> float:
    """A change of the cost of some size when one node moves."""
    return float(level.rate.mean() * level.size.mean() ** 0.75) if level.axons else 0.0


def _down(
    levels: list[Level], maps: list[np.ndarray], chip: Chip, parts: int, effort: float, seed: int
) -> tuple[np.ndarray | None, int]:
    """From the coarsest level to the finest: int32[neurons], or None and the load of axons where it is too large."""
    cost = Cost(1.0, 0.0, 1, 1, False, parts)
    limits, room = part_limits(chip, parts), scratch(parts)
    work = min(max(WORK * len(levels[0].targets), LEAST_WORK), MOST_WORK)
    seed_compiled(seed)
    core = _start(levels[-1], chip, parts, effort, seed)
    for n in range(len(levels) - 1, -1, -1):
        level = levels[n]
        if n < len(maps):
            core = core[maps[n]]
        state = state_of(level, core, limits, cost)
        routed = n == 0 and bool(limits.out[0] < UNLIMITED or limits.destinations < UNLIMITED)
        share = FINEST if n == 0 and len(levels) > 1 else (1.0 - FINEST) / max(len(levels) - 1, 1)
        sweeps = int(effort * work * share / work_of(level, state))
        sweeps = min(max(sweeps, LEAST_SWEEPS), SWEEPS)
        first = WARM * typical(level)
        cooling = Cooling(sweeps, first, first * COOLED, 2.0 if n else HARD)
        anneal(level, state, cost, limits, room, cooling, seed + n, routed)
        core = state.core
        if state.axons.sum() > ALL_BUT_FULL * parts * chip.core.axons:  # whatever moves where, they are too many
            return None, int(np.ceil(state.axons.sum() / parts / ALL_BUT_FULL))
    last_limits = limits._replace(pressure=PRESSURE * first * RISE)
    for _ in range(LAST_SWEEPS):
        sweep(level, state, cost, last_limits, room, np.arange(level.nodes), 0.0, routed)
        if state.axons.max() <= chip.core.axons:
            break
    over = int(state.axons.max())
    return (None if over > chip.core.axons else state.core), over  # out-entries too many: `mapper` tries fewer neurons


def _start(level: Level, chip: Chip, parts: int, effort: float, seed: int) -> np.ndarray:
    """The coarsest level's parts: of several annealings of its graph of likeness the one of the least connectivity."""
    graph = likeness(level)
    cost, limits, room = Cost(1.0, 0.0, 1, 1, False, parts), part_limits(chip, parts), scratch(parts)
    first = MOLTEN * 2 * float(graph.rate.sum()) / max(graph.nodes, 1)
    cooling = Cooling(int(GRAPH_SWEEPS * max(effort, 0.1)), first, first * COOLED, 2.0)
    found = []
    for start in range(STARTS):
        state = state_of(graph, _at_random(level, chip, parts, seed + start), limits, cost)
        anneal(graph, state, cost, limits, room, cooling, seed + start, False)
        found.append((connectivity(level, state.core, parts), start, state.core))
    return min(found)[2]


def _at_random(level: Level, chip: Chip, parts: int, seed: int) -> np.ndarray:
    """Nodes in random order, each to a part with the most room; int32[nodes]."""
    order = np.random.default_rng(seed).permutation(level.nodes)
    order = order[np.argsort(-level.size[order], kind="stable")]
    core, held = np.zeros(level.nodes, np.int32), np.zeros(parts, np.int64)
    for node in order:
        core[node] = np.argmin(held)
        held[core[node]] += level.size[node]
    if held.max() > chip.core.neurons:
        raise TooSmall(f"needs {held.max()} neurons on one of {parts} cores, core.neurons is {chip.core.neurons}")
    return core


def connectivity(level: Level, core: np.ndarray, cores: int) -> float:
    """Spikes times cores beyond the first that the axon touches, source's and targets'."""
    cost = Cost(1.0, 0.0, 1, 1, False, cores)
    unlimited = Limits(*(np.full(cores, each, np.int64) for each in (UNLIMITED, 0, UNLIMITED, UNLIMITED, UNLIMITED)),
                       UNLIMITED, 0.0, True)  # fmt: skip
    return float(cost_of(level, state_of(level, core, unlimited, cost), cost))
