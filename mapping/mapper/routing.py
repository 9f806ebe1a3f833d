"""Routes: first along x, then along y, which cannot dead-lock on a mesh; around links at fault see `detours`."""

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.emulator.support.caching import cached_njit
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.detours import detours, fill_detour
from bicall.mapping.mapper.limits import Ends, ends

EAST, WEST, SOUTH, NORTH = range(4)  # the link that leaves core c in direction d has the number 4 c + d


@cached_njit(inline="always")
def steps(start, end, size, torus):
    """Signed number of links from coordinate `start` to `end`; around the edge of a torus where that is shorter."""
    by = end - start
    if torus:
        if 2 * by > size:
            by -= size
        elif 2 * by < -size:
            by += size
    return by


@cached_njit(inline="always")
def distance(start, end, width, height, torus):
    """Links between two cores."""
    return abs(steps(start % width, end % width, width, torus)) + abs(
        steps(start // width, end // width, height, torus)
    )


@cached_njit
def fill_route(start, end, width, height, torus, links):
    """Fill `links`, int64[width + height], with the numbers of the links from core to core; how many."""
    x, y = start % width, start // width
    along_x, along_y = steps(x, end % width, width, torus), steps(y, end // width, height, torus)
    for n in range(abs(along_x)):
        links[n] = 4 * (y * width + x) + (EAST if along_x > 0 else WEST)
        x = (x + (1 if along_x > 0 else -1)) % width
    for n in range(abs(along_y)):
        links[abs(along_x) + n] = 4 * (y * width + x) + (SOUTH if along_y > 0 else NORTH)
        y = (y + (1 if along_y > 0 else -1)) % height
    return abs(along_x) + abs(along_y)


def route(chip: Chip, start: int, end: int) -> np.ndarray:
    """int64[hops], the links of a packet's path."""
    mesh, ways = chip.mesh, detours(chip)
    links = np.zeros(2 * chip.cores + 2, np.int64)
    if ways is not None:
        return links[: fill_detour(start, end, ways, mesh.width, mesh.height, mesh.torus, links)]
    return links[: fill_route(start, end, mesh.width, mesh.height, mesh.torus, links)]


def traffic(graph: Hypergraph, chip: Chip, core_of: np.ndarray) -> np.ndarray:
    """float64[links], packets a tick on each link; its sum is the spike-hops a tick.

    Spikes of inputs start at the port, spikes that are read end there. In a multicast chip a spike goes once over each
    link of its tree, else once for each core that it reaches.
    """
    where = with_port(graph, chip, ends(graph, core_of, chip.cores, chip))
    home = core_of[graph.source]
    mesh = chip.mesh
    return _traffic(
        np.where(home < 0, chip.port, home), graph.rate, where.starts, where.cores,
        mesh.width, mesh.height, mesh.torus, chip.routing.multicast, ways_of(chip),
    )  # fmt: skip


def ways_of(chip: Chip) -> np.ndarray:
    """As `detours`; int8[0, 0] where packets go along x, then along y."""
    ways = detours(chip)
    return np.zeros((0, 0), np.int8) if ways is None else ways


def packet_cost(graph: Hypergraph, chip: Chip, core_of: np.ndarray) -> float:
    """What packets cost a tick: the links of `traffic`, or the energy of routers and links on the way to each core."""
    hops = float(traffic(graph, chip, core_of).sum())
    if chip.routing.cost == "hops":
        return hops
    where = with_port(graph, chip, ends(graph, core_of, chip.cores, chip))
    axon, home = where.axons(), np.where(core_of < 0, chip.port, core_of)[graph.source]
    apart = float(graph.rate[axon[where.cores != home[axon]]].sum())
    return apart * chip.costs.router_pj + hops * (chip.costs.router_pj + chip.costs.hop_pj)


def with_port(graph: Hypergraph, chip: Chip, where: Ends) -> Ends:
    """The ends and, for spikes that are read, one more at the port's core."""
    reading = np.flatnonzero(graph.read)
    at = where.starts[reading + 1]
    counts = np.diff(where.starts) + graph.read
    return Ends(
        np.concatenate([[0], np.cumsum(counts)]),
        np.insert(where.cores, at, chip.port).astype(np.int32),
        np.insert(where.bits, at, 0),
    )


@cached_njit
def _traffic(home, rate, starts, cores, width, height, torus, multicast, ways):
    load = np.zeros(4 * width * height)
    used = np.full(4 * width * height, -1, np.int64)
    links = np.zeros(2 * width * height + 2, np.int64)
    for a in range(len(home)):
        for e in range(starts[a], starts[a + 1]):
            if len(ways):
                hops = fill_detour(home[a], cores[e], ways, width, height, torus, links)
            else:
                hops = fill_route(home[a], cores[e], width, height, torus, links)
            for n in range(hops):
                if multicast and used[links[n]] == a:
                    continue
                used[links[n]] = a
                load[links[n]] += rate[a]
    return load
