"""Routes on a mesh with links at fault: up towards the port, then down, which cannot dead-lock whatever is left.

Cores are ranked by their distance from the port over the links that are left. A path goes up in rank, then down, and
never up again (up*/down* routing, Autonet, 1991), so that no links can wait for each other in a circle. On multicast
chips it keeps to a spanning tree, so that all paths from one core make a tree. A link that is at fault one way is
used in neither.
"""

import functools

import numpy as np

from bicall.emulator.support.caching import cached_njit
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.limits import TooSmall

NOWHERE = 4  # the direction from a core to itself


def detours(chip: Chip) -> np.ndarray | None:
    """int8[cores, cores], the direction in which a router sends what is for a core; None where no link is at fault.

    Raises:
        TooSmall: a core without a fault cannot be reached.
    """
    if not chip.faults.links:
        return None
    mesh = chip.mesh
    links = tuple(tuple(link) for link in chip.faults.links)
    ways, level = _ways(mesh.width, mesh.height, mesh.torus, chip.port, links, chip.routing.multicast)
    lost = np.flatnonzero((level < 0) & chip.usable)
    if len(lost):
        raise TooSmall(f"core {lost[0]} cannot be reached, faults.links has all links to it")
    return ways


def neighbour(core: int, direction: int, width: int, height: int, torus: bool) -> int:
    """The core on the other end of a link; -1: there is none."""
    return int(_neighbour(core, direction, width, height, torus))


@functools.lru_cache(8)
def _ways(width, height, torus, port, links, tree):
    alive = np.zeros((width * height, 4), bool)
    dead = {frozenset(link) for link in links}
    for core in range(width * height):
        for direction in range(4):
            other = neighbour(core, direction, width, height, torus)
            alive[core, direction] = other >= 0 and frozenset((core, other)) not in dead
    return _table(alive, width, height, torus, port, tree)


@cached_njit
def _neighbour(core, direction, width, height, torus):
    x = core % width + (direction == 0) - (direction == 1)
    y = core // width + (direction == 2) - (direction == 3)
    if torus:
        x, y = x % width, y % height
    if not (0 <= x < width and 0 <= y < height):
        return -1
    other = y * width + x
    return -1 if other == core else other


@cached_njit
def _table(alive, width, height, torus, port, tree):
    cores = width * height
    level, rank = np.full(cores, -1, np.int64), np.full(cores, cores, np.int64)
    queue = np.zeros(cores, np.int64)
    parent = np.full(cores, -1, np.int64)
    queue[0], level[port], rank[port] = port, 0, 0
    head, tail = 0, 1
    while head < tail:
        core = queue[head]
        head += 1
        for direction in range(4):
            other = _neighbour(core, direction, width, height, torus)
            if alive[core, direction] and level[other] < 0:
                level[other], rank[other], parent[other] = level[core] + 1, tail, core
                queue[tail] = other
                tail += 1
    order, many = queue[:tail].copy(), 4 * cores
    ways = np.full((cores, cores), NOWHERE, np.int8)
    hops = np.zeros(cores, np.int64)
    for end in order:
        hops[:] = many
        hops[end] = 0
        queue[0], head, tail = end, 0, 1
        while head < tail:  # what can get there by going down only
            core = queue[head]
            head += 1
            for direction in range(4):
                other = _neighbour(core, direction, width, height, torus)
                if not alive[core, direction] or hops[other] < many or rank[other] > rank[core]:
                    continue
                if tree and parent[core] != other:
                    continue
                hops[other] = hops[core] + 1
                ways[other, end] = direction ^ 1
                queue[tail] = other
                tail += 1
        for core in order:  # all others go up first; whoever is above is done already
            if hops[core] < many:
                continue
            for direction in range(4):
                other = _neighbour(core, direction, width, height, torus)
                if not alive[core, direction] or rank[other] > rank[core] or (tree and parent[core] != other):
                    continue
                if hops[other] + 1 < hops[core]:
                    hops[core] = hops[other] + 1
                    ways[core, end] = direction
    return ways, level


@cached_njit
def fill_detour(start, end, ways, width, height, torus, links):
    """Fill `links`, int64[2 * cores], with the numbers of the links from core to core; how many."""
    n, core = 0, start
    while core != end:
        direction = ways[core, end]
        links[n] = 4 * core + direction
        core = _neighbour(core, direction, width, height, torus)
        n += 1
    return n
