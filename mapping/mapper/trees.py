"""Annealing on multicast trees: a spike costs the links in the union of the paths to all cores that it reaches.

Paths go along x first, so the union is a stretch of the source's row to each side and, in each column where it ends
somewhere, a stretch up and one down. What a tree costs is counted anew for each axon that a move touches.
"""

from collections.abc import Callable

import numpy as np

from bicall.emulator.support.caching import cached_njit
from bicall.mapping.mapper.annealing import Cost, Limits, State, _has_room, _move, _partner, _routes_within, _within
from bicall.mapping.mapper.levels import Level
from bicall.mapping.mapper.routing import steps

EXCHANGES = 2  # one move in so many is an exchange of two nodes


def anneal_trees(level: Level, state: State, cost: Cost, limits: Limits, cooling, seed: int, told: Callable) -> float:
    """As `multilevel.anneal`, on the hops of trees; the state ends as the best that was met. The change in all."""
    hops = np.zeros(level.axons)
    reach = np.zeros((cost.width, 2), np.int64)
    _all_hops(level, state, cost, reach, hops)
    rng = np.random.default_rng(seed)
    total, least, best = 0.0, 0.0, state.core.copy()
    try:
        for n in range(cooling.sweeps):
            temperature = cooling.first * (cooling.last / cooling.first) ** (n / cooling.sweeps)
            order = rng.permutation(level.nodes)
            total += _tree_sweep(level, state, cost, limits, reach, hops, order, temperature)
            if total < least - 1e-12:
                least, best = total, state.core.copy()
            told((n + 1) / cooling.sweeps)
    finally:  # also when it is stopped
        state.core[:] = best
    return least


@cached_njit
def tree_hops(rows, row, home, read, port, width, height, torus, reach):
    """Links of one axon's tree. `reach`: int64[width, 2], zeros, and zeros again afterwards."""
    x, y = home % width, home // width
    east = west = links = 0
    count = rows[row, 0]
    for n in range(count + read):
        core = rows[row + 1 + n, 0] if n < count else port
        along = steps(x, core % width, width, torus)
        east, west = max(east, along), max(west, -along)
        down = steps(y, core // width, height, torus)
        column = core % width
        if down > reach[column, 0]:
            links += down - reach[column, 0]
            reach[column, 0] = down
        elif -down > reach[column, 1]:
            links += -down - reach[column, 1]
            reach[column, 1] = -down
    for n in range(count + read):
        core = rows[row + 1 + n, 0] if n < count else port
        reach[core % width, 0] = reach[core % width, 1] = 0
    return links + east + west


@cached_njit
def _all_hops(level, s, c, reach, hops):
    for axon in range(len(level.source)):
        row = s.row[axon]
        hops[axon] = tree_hops(s.rows, row, s.rows[row, 1], level.read[axon], c.port, c.width, c.height, c.torus, reach)


@cached_njit
def _update(level, s, c, reach, hops, v):
    """Count the trees of all axons from and to a node anew; the change of the cost."""
    change = 0.0
    for side in range(2):
        starts = level.in_starts if side else level.own_starts
        for k in range(starts[v], starts[v + 1]):
            axon = level.in_axons[k] if side else level.own_axons[k]
            row = s.row[axon]
            links = tree_hops(s.rows, row, s.rows[row, 1], level.read[axon], c.port, c.width, c.height, c.torus, reach)
            change += level.rate[axon] * (links - hops[axon])
            hops[axon] = links
    return change


@cached_njit
def _wished(level, s, c, v):
    """A core that a node might like: beside its own, of one that it hears, that shares an axon or hears it."""
    choice = np.random.randint(8)
    begin, end = level.in_starts[v], level.in_starts[v + 1]
    if 2 < choice <= 5 and begin < end:
        axon = level.in_axons[np.random.randint(begin, end)]
        row = s.row[axon]
        if choice == 3:
            return np.int64(s.rows[row, 1])
        return np.int64(s.rows[row + 1 + np.random.randint(s.rows[row, 0]), 0])
    begin, end = level.own_starts[v], level.own_starts[v + 1]
    if choice > 5 and begin < end:
        row = s.row[level.own_axons[np.random.randint(begin, end)]]
        if s.rows[row, 0]:
            return np.int64(s.rows[row + 1 + np.random.randint(s.rows[row, 0]), 0])
    if choice == 2:
        return np.random.randint(c.width * c.height)
    here = s.core[v]
    x, y = here % c.width + np.random.randint(-1, 2), here // c.width + np.random.randint(-1, 2)
    return (y % c.height) * c.width + x % c.width


@cached_njit
def _other(level, s, v, to):
    """A node to change places with: one that shares an axon, else any on that core; -1: it is empty."""
    u = _partner(level, s, v, to)
    if u >= 0:
        return u
    for _ in range(32):
        u = np.random.randint(len(s.core))
        if s.core[u] == to:
            return u
    return -1


@cached_njit
def _tree_sweep(level, s, c, limits, reach, hops, nodes, temperature):
    total = 0.0
    for v in nodes:
        here, to = s.core[v], _wished(level, s, c, v)
        if to == here or limits.neurons[to] == 0 or not _has_room(level, s, v, to):
            continue
        u = -1
        full = (
            s.neurons[to] + level.size[v] > limits.neurons[to] or s.neurons[here] - level.size[v] < limits.least[here]
        )
        if full or np.random.randint(EXCHANGES) == 0:
            u = _other(level, s, v, to)
            if u < 0 and full:
                continue
        load_here = (s.axons[here], s.memory[here], s.out[here])
        load_to = (s.axons[to], s.memory[to], s.out[to])
        _move(level, s, v, to, True)
        change = _update(level, s, c, reach, hops, v)
        if u >= 0 and not _has_room(level, s, u, here):
            _move(level, s, v, here, True)
            _update(level, s, c, reach, hops, v)
            continue
        if u >= 0:
            _move(level, s, u, here, True)
            change += _update(level, s, c, reach, hops, u)
        accepted = change <= 0 or (temperature > 0 and np.random.random() < np.exp(-change / temperature))
        accepted = accepted and _within(s, limits, to, load_to) and _within(s, limits, here, load_here)
        if accepted and limits.destinations < 2**62:
            accepted = _routes_within(level, s, limits, v) and (u < 0 or _routes_within(level, s, limits, u))
        if accepted:
            total += change
            continue
        if u >= 0:
            _move(level, s, u, to, True)
            _update(level, s, c, reach, hops, u)
        _move(level, s, v, here, True)
        _update(level, s, c, reach, hops, v)
    return total
