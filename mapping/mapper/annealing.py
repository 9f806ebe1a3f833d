"""Simulated annealing of a level on a cost of the form: spikes times (touch + hop * distance) for each core touched.

With `touch` 1 and `hop` 0 that is the connectivity of a partition, with 0 and 1 the spike-hops of unicast routes, with
a chip's energies per router and per link the energy of its packets. Moves are drawn as in a heat bath: for one node,
the costs of all cores that its axons touch come from one pass over these axons, and one of the cores is drawn by the
Boltzmann distribution of their costs. Where a core is full, a node comes back in exchange. No move breaks a limit.
"""

from typing import NamedTuple

import numpy as np

from bicall.emulator.support.caching import cached_njit
from bicall.mapping.mapper.levels import COUNTED, OWN, Level
from bicall.mapping.mapper.routing import distance

ROOM = 24  # cores in an axon's list, at least; twice as many as at first, if that is more
NOTHING = 1e-200  # marks a core as touched
DRAWN = 8  # cores looked at for one that is empty
PARTNERS = 4  # attempts to find a node to change places with
UNLIMITED = np.iinfo(np.int64).max


class Cost(NamedTuple):
    """What a spike costs, and where: cores are numbered as on the mesh; `port` is the home of inputs."""

    touch: float
    hop: float
    width: int
    height: int
    torus: bool
    port: int  # a core, or as many as there are cores: nowhere


class Limits(NamedTuple):
    """Of each core, int64[cores]: what it can hold; of neurons also what it has to hold.

    An axon too many costs `pressure`; where limits are `hard` no move makes any more of them.
    """

    neurons: np.ndarray
    least: np.ndarray
    axons: np.ndarray
    memory: np.ndarray
    out: np.ndarray  # destinations of spikes
    destinations: int  # cores that one axon can reach
    pressure: float
    hard: bool

    @classmethod
    def alike(
        cls, cores: int, neurons: int = UNLIMITED, least: int = 0, axons: int = UNLIMITED, memory: int = UNLIMITED,
        out: int = UNLIMITED, destinations: int = UNLIMITED,
    ) -> "Limits":  # fmt: skip
        """Those of so many cores that can hold the same; hard."""

        def each(limit: int) -> np.ndarray:
            return np.full(cores, limit, np.int64)

        return cls(each(neurons), each(least), each(axons), each(memory), each(out), destinations, 0.0, True)


class State(NamedTuple):
    """A mapping, and what a move has to know of it."""

    core: np.ndarray  # int32[nodes]
    row: np.ndarray  # int64[axons + 1], where each axon's rows begin
    rows: np.ndarray  # int16 or int32[rows, 2]: cores reached and home of an axon; then each core and the targets there
    neurons: np.ndarray  # int64[cores]
    axons: np.ndarray  # int64[cores]
    memory: np.ndarray  # int64[cores]
    out: np.ndarray  # int64[cores]


class Scratch(NamedTuple):
    """Of one node, for each core and the place after the last: work of `_weigh`."""

    pull: np.ndarray  # float64, spikes from or to there; without hops: all that is saved there
    saved: np.ndarray  # float64, cost that is paid there already
    shared: np.ndarray  # int64, in-axons that are there already
    touched: np.ndarray  # int32, the cores with entries
    cost: np.ndarray  # float64, of each touched
    weight: np.ndarray  # float64, of each touched: to draw one


def state_of(level: Level, core: np.ndarray, limits: Limits, cost: Cost) -> State:
    """The state of a mapping, int32[nodes]; it is copied."""
    cores = len(limits.neurons)
    room = np.minimum(np.diff(level.starts), cores)
    if len(level.targets):
        reached = _reached(level.starts, level.targets, core.astype(np.int32), cores)
        room = np.minimum(room, np.maximum(ROOM, 2 * reached))
    row = np.concatenate([[0], np.cumsum(room + 1)])
    small = max(cores, int(limits.neurons.max())) <= np.iinfo(np.int16).max  # more rows at hand
    rows = np.zeros((row[-1], 2), np.int16 if small else np.int32)
    loads = [np.zeros(cores, np.int64) for _ in range(4)]
    state = State(core.astype(np.int32), row, rows, *loads)
    _fill(level, state, cost.port)
    return state


@cached_njit
def _reached(starts, targets, core, cores):
    seen = np.full(cores, -1, np.int64)
    reached = np.zeros(len(starts) - 1, np.int64)
    for axon in range(len(starts) - 1):
        for e in range(starts[axon], starts[axon + 1]):
            if seen[core[targets[e]]] != axon:
                seen[core[targets[e]]] = axon
                reached[axon] += 1
    return reached


@cached_njit
def _fill(level, s, port):
    for v in range(len(s.core)):
        s.neurons[s.core[v]] += level.size[v]
        s.memory[s.core[v]] += level.memory[v]
    for axon in range(len(level.source)):
        row, home = s.row[axon], level.source[axon]
        s.rows[row, 1] = s.core[home] if home >= 0 else port
        for e in range(level.starts[axon], level.starts[axon + 1]):
            core = s.core[level.targets[e]]
            s.axons[core] += _enter(s.rows, row, core) * level.counted[axon]
        if home >= 0:
            s.out[s.core[home]] += s.rows[row, 0] + level.read[axon]


@cached_njit(inline="always")
def _enter(rows, row, core):
    """One more target of an axon on a core: 1 if it is the first."""
    last = row + rows[row, 0]
    for at in range(row + 1, last + 1):
        if rows[at, 0] == core:
            rows[at, 1] += 1
            return 0
    rows[last + 1, 0], rows[last + 1, 1] = core, 1
    rows[row, 0] += 1
    return 1


@cached_njit(inline="always")
def _leave(rows, row, core):
    """One target less: 1 if it was the last."""
    last = row + rows[row, 0]
    at = row + 1
    while rows[at, 0] != core:
        at += 1
    rows[at, 1] -= 1
    if rows[at, 1]:
        return 0
    rows[at, 0], rows[at, 1] = rows[last, 0], rows[last, 1]
    rows[row, 0] -= 1
    return 1


@cached_njit
def _move(level, s, v, to, routed):
    """Put a node on another core. `routed`: out-entries count destinations."""
    here = s.core[v]
    s.core[v] = to
    s.neurons[here] -= level.size[v]
    s.neurons[to] += level.size[v]
    s.memory[here] -= level.memory[v]
    s.memory[to] += level.memory[v]
    rows, rows_of, out = s.rows, s.row, s.out
    for k in range(level.own_starts[v], level.own_starts[v + 1]):
        axon = level.own_axons[k]
        row = rows_of[axon]
        rows[row, 1] = to
        entries = rows[row, 0] + level.read[axon]
        out[here] -= entries
        out[to] += entries
    in_axons, kind, source = level.in_axons, level.kind, level.source
    come = gone = 0
    for k in range(level.in_starts[v], level.in_starts[v + 1]):
        axon = in_axons[k]
        row, counted = rows_of[axon], kind[k] & COUNTED
        last = _leave(rows, row, here)  # first, as there is a place for each target only
        fresh = _enter(rows, row, to)
        come += fresh * counted
        gone += last * counted
        if routed and fresh != last and source[axon] >= 0:
            out[rows[row, 1]] += fresh - last
    s.axons[to] += come
    s.axons[here] -= gone


@cached_njit(error_model="numpy")
def _weigh(level, s, c, w, v):
    """What the node would cost on each core that its axons touch, without the others' share.

    Returns how many cores these are, the in-axons that it needs, and whether the list of one of them has no room left.
    `w` holds the result, the node's own core first; `_clear` it afterwards.
    """
    pull, saved, shared, touched = w.pull, w.saved, w.shared, w.touched
    rows, rows_of, rates, in_axons, kind = s.rows, s.row, level.rate, level.in_axons, level.kind
    touch, hop = c.touch, c.hop
    width, height, torus = c.width, c.height, c.torus
    here = np.uint32(s.core[v])
    pull[here] = NOTHING
    touched[0] = here
    n, needed, full = 1, 0, False
    for k in range(level.in_starts[v], level.in_starts[v + 1]):
        axon = np.uint32(in_axons[k])
        row, rate = rows_of[axon], rates[axon] + NOTHING
        reached, home = rows[row, 0], np.uint32(rows[row, 1])
        counted = np.int64(kind[k] & COUNTED)
        needed += counted
        full |= row + reached + 1 == rows_of[axon + np.uint32(1)]
        own = kind[k] & OWN
        if not own:
            if pull[home] == 0.0:
                touched[n] = home
                n += 1
            pull[home] += rate
        for at in range(row + 1, row + 1 + reached):
            core = np.uint32(rows[at, 0])
            if core == here and rows[at, 1] == 1:
                continue  # there for this node alone
            if pull[core] == 0.0:
                touched[n] = core
                n += 1
                pull[core] = NOTHING
            shared[core] += counted
            if core != home and not own:
                if hop:
                    saved[core] += rate * (touch + hop * distance(home, core, width, height, torus))
                else:
                    pull[core] += rate
    cores = np.uint32(len(s.neurons))
    for k in range(level.own_starts[v], level.own_starts[v + 1]):
        axon = level.own_axons[k]
        row, rate = rows_of[axon], rates[axon] + NOTHING
        for at in range(row + 1, row + 1 + rows[row, 0]):
            core = np.uint32(rows[at, 0])
            if core == here and rows[at, 1] == 1 and _hears(level.starts, level.targets, v, axon):
                continue
            if pull[core] == 0.0:
                touched[n] = core
                n += 1
            pull[core] += rate
        if level.read[axon] and c.port < cores:
            if pull[c.port] == 0.0:
                touched[n] = c.port
                n += 1
            pull[c.port] += rate
    return n, needed, full


@cached_njit
def _has_room(level, s, v, core):
    """Whether all that the node hears can reach one more core, or reaches it already."""
    for k in range(level.in_starts[v], level.in_starts[v + 1]):
        row, end = s.row[level.in_axons[k]], s.row[level.in_axons[k] + 1]
        if row + s.rows[row, 0] + 1 == end:
            found = False
            for at in range(row + 1, end):
                found |= s.rows[at, 0] == core or (s.rows[at, 0] == s.core[v] and s.rows[at, 1] == 1)
            if not found:
                return False
    return True


@cached_njit
def _hears(starts, targets, v, axon):
    """Whether a node is among the targets of its own axon."""
    for e in range(starts[axon], starts[axon + 1]):  # noqa: SIM110 - Numba has no any() of a generator
        if targets[e] == v:
            return True
    return False


@cached_njit(inline="always")
def _hops(c, start, end):
    return distance(start, end, c.width, c.height, c.torus)


@cached_njit
def _cost_on(c, w, n, whole, core):
    """The cost of the node just weighed, on one core; `whole` is the sum of the pulls."""
    if c.hop == 0.0:
        return c.touch * (whole - w.pull[core])
    cost = 0.0
    for t in range(n):
        other = w.touched[t]
        cost += w.pull[other] * _hops(c, other, core)
    return c.hop * cost + c.touch * (whole - w.pull[core]) - w.saved[core]


@cached_njit
def _whole(w, n):
    whole = 0.0
    for t in range(n):
        whole += w.pull[w.touched[t]]
    return whole


@cached_njit
def _clear(w, n):
    for t in range(n):
        core = w.touched[t]
        w.pull[core] = w.saved[core] = 0.0
        w.shared[core] = 0


@cached_njit
def _touch(w, core, n):
    if w.pull[core] == 0.0:
        w.pull[core] = NOTHING
        w.touched[n] = core
        return n + 1
    return n


@cached_njit
def _around(c, w, core, n):
    """Its neighbours on the mesh are worth a look too."""
    x, y = core % c.width, core // c.width
    for d in range(4):
        i, j = x + (d == 0) - (d == 1), y + (d == 2) - (d == 3)
        if c.torus:
            i, j = i % c.width, j % c.height
        if 0 <= i < c.width and 0 <= j < c.height:
            n = _touch(w, np.int32(j * c.width + i), n)
    return n


@cached_njit
def _partner(level, s, v, core):
    """A node on a core that shares an axon with v; -1: not found."""
    begin, end = level.in_starts[v], level.in_starts[v + 1]
    if begin == end:
        return -1
    for _ in range(PARTNERS):
        axon = level.in_axons[np.random.randint(begin, end)]
        first, last = level.starts[axon], level.starts[axon + 1]
        for _ in range(PARTNERS):
            u = level.targets[np.random.randint(first, last)]
            if s.core[u] == core:
                return u
    return -1


@cached_njit
def _within(s, limits, core, before):
    """Whether a core keeps its limits, or at least breaks none more than `before`: axons, memory, out-entries."""
    return (
        limits.least[core] <= s.neurons[core] <= limits.neurons[core]
        and (s.axons[core] <= max(limits.axons[core], before[0]) or not limits.hard)
        and s.memory[core] <= max(limits.memory[core], before[1])
        and s.out[core] <= max(limits.out[core], before[2])
    )


@cached_njit
def _routes_within(level, s, limits, v):
    """Whether what v hears keeps the limits of routes."""
    for k in range(level.in_starts[v], level.in_starts[v + 1]):
        axon = level.in_axons[k]
        if level.source[axon] >= 0:
            row = s.row[axon]
            home = s.rows[row, 1]
            if s.rows[row, 0] > limits.destinations or s.out[home] > limits.out[home]:
                return False
    return True


@cached_njit
def sweep(level, s, c, limits, w, nodes, temperature, routed):
    """Give each of some nodes a chance to move.

    Returns:
        the change of the cost in all, without what pressure adds.
    """
    total = 0.0
    for v in nodes:
        here = s.core[v]
        n, needed, full = _weigh(level, s, c, w, v)
        if c.hop:
            n = _around(c, w, here, n)
        if s.axons[here] > limits.axons[here]:
            n = _touch(w, _emptiest(s, limits), n)  # a core that shares nothing with the node may have to take it
        elif n == 1:
            _clear(w, n)
            continue
        chosen = _draw(level, s, c, limits, w, v, n, needed, temperature)
        to, change = w.touched[chosen], w.cost[chosen] - w.cost[0]  # `here` was touched first
        _clear(w, n)
        if to == here or (full and not _has_room(level, s, v, to)):
            continue
        u = -1
        if s.neurons[to] + level.size[v] > limits.neurons[to] or s.neurons[here] - level.size[v] < limits.least[here]:
            u = _partner(level, s, v, to)
            if u < 0:
                continue
        load_here = (s.axons[here], s.memory[here], s.out[here])
        load_to = (s.axons[to], s.memory[to], s.out[to])
        _move(level, s, v, to, routed)
        accepted = True
        if u >= 0:
            n, _, full = _weigh(level, s, c, w, u)
            n = _touch(w, here, n)
            whole = _whole(w, n)
            back = _cost_on(c, w, n, whole, here) - _cost_on(c, w, n, whole, to)
            _clear(w, n)
            accepted = not full or _has_room(level, s, u, here)
            accepted &= back <= 0 or (temperature > 0 and np.random.random() < np.exp(-back / temperature))
            change += back
            if accepted:
                _move(level, s, u, here, routed)
        if accepted:
            accepted = _within(s, limits, to, load_to) and _within(s, limits, here, load_here)
            if accepted and routed:
                accepted = _routes_within(level, s, limits, v) and (u < 0 or _routes_within(level, s, limits, u))
            if not accepted and u >= 0:
                _move(level, s, u, to, routed)
        if not accepted:
            _move(level, s, v, here, routed)
            continue
        total += change
    return total


@cached_njit
def _emptiest(s, limits):
    """The core with the fewest axons of some drawn at random."""
    best = np.random.randint(len(s.axons))
    for _ in range(DRAWN):
        core = np.random.randint(len(s.axons))
        if limits.neurons[core] and (s.axons[core] < s.axons[best] or not limits.neurons[best]):
            best = core
    return np.int32(best)


@cached_njit
def _draw(level, s, c, limits, w, v, n, needed, temperature):
    """Which of the touched cores: the place in `w.touched`. Leaves their costs in `w.cost`."""
    weights, here, cores = w.weight, s.core[v], len(s.neurons)
    least, whole = np.inf, _whole(w, n)
    for t in range(n):
        core = w.touched[t]
        weights[t] = np.inf
        if core == cores or limits.neurons[core] == 0:
            continue
        more = needed - w.shared[core]
        others = s.axons[core] - (more if core == here else 0)
        over = max(0, others + more - limits.axons[core])
        if core != here and (s.memory[core] + level.memory[v] > limits.memory[core] or (over and limits.hard)):
            continue
        w.cost[t] = weights[t] = _cost_on(c, w, n, whole, core)
        if over:
            weights[t] += limits.pressure * (over - max(0, others - limits.axons[core]))
        least = min(least, weights[t])
    if temperature <= 0:
        if weights[0] == least:
            return 0
        for t in range(n):
            if weights[t] == least:
                return t
    whole = 0.0
    for t in range(n):
        weights[t] = np.exp((least - weights[t]) / temperature) if weights[t] < np.inf else 0.0
        whole += weights[t]
    draw = np.random.random() * whole
    for t in range(n):
        draw -= weights[t]
        if draw < 0.0:
            return t
    return 0


@cached_njit
def cost_of(level, s, c):
    """The cost in all, from nothing but the state's rows."""
    total = 0.0
    for axon in range(len(level.source)):
        row = s.row[axon]
        home, cost = s.rows[row, 1], 0.0
        for at in range(row + 1, row + 1 + s.rows[row, 0]):
            if s.rows[at, 0] != home:
                cost += c.touch + c.hop * _hops(c, home, s.rows[at, 0])
        if level.read[axon] and home != c.port and c.port < len(s.neurons):
            cost += c.touch + c.hop * _hops(c, home, c.port)
        total += level.rate[axon] * cost
    return total


def scratch(cores: int) -> Scratch:
    """Room for `sweep`."""
    n = cores + 7  # the place after the last; neighbours on the mesh, and one more
    return Scratch(*(np.zeros(n, dtype) for dtype in (float, float, np.int64, np.int32, float, float)))


@cached_njit
def seed_compiled(seed):
    """Seed the generator that compiled code draws from."""
    np.random.seed(seed)
