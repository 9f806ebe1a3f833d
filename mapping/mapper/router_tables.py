"""Routers' tables: where a router sends a packet on, by the packet's key.

The key is the destination's number on unicast chips, so that a router has at most one entry for each core, and the
axon's number on multicast chips, where a packet is copied at each branch of its tree. The paths from one core make a
tree, and no packets can wait for each other in a circle, see `mapping.mapper.routing`.
"""

from typing import NamedTuple

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.emulator.support.caching import cached_njit
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.detours import fill_detour
from bicall.mapping.mapper.limits import TooSmall, ends
from bicall.mapping.mapper.routing import fill_route, ways_of

HERE, OUT = 4, 5  # after the four directions: the router's own core, and out of the chip
TO_PORT = 0xFFFF  # the key of the port on unicast chips


class RouterTables(NamedTuple):
    """The entries of router n are starts[n] to starts[n + 1] - 1, ordered by key."""

    starts: np.ndarray  # int64[cores + 1]
    keys: np.ndarray  # int32[entries]
    masks: np.ndarray  # uint8[entries], bits EAST, WEST, SOUTH, NORTH, HERE, OUT
    index: np.ndarray  # type: ignore[assignment]  # not a tuple's method but int32[entries], on multicast chips with bit HERE the axon or neuron there; else 0


def router_tables(
    chip: Chip, home: np.ndarray, cores: np.ndarray, axons: np.ndarray, index: np.ndarray
) -> RouterTables:
    """The tables for packets, arrays [packets].

    Args:
        home: the core of each packet's source; the port's for inputs. cores: its destination, -1: out of the chip.
        axons: the axon that it belongs to. index: the axon or neuron that it is for.
    """
    mesh = chip.mesh
    if chip.routing.multicast:
        key, chosen = axons.astype(np.int64), slice(None)
        index = np.where(cores < 0, 0, index)
    else:
        key, index = np.where(cores < 0, TO_PORT, cores).astype(np.int64), np.zeros_like(index)
        _, chosen = np.unique(home * np.int64(TO_PORT + 1) + key, return_index=True)
    end, out = np.where(cores < 0, chip.port, cores), cores < 0
    place, mask, index = _entries(
        home[chosen], end[chosen], out[chosen], key[chosen], index[chosen], mesh.width, mesh.height, mesh.torus,
        ways_of(chip),
    )  # fmt: skip
    order = np.argsort(place, kind="stable")
    place, mask, index = place[order], mask[order], index[order]
    begins = np.flatnonzero(np.append(True, place[1:] != place[:-1])[: len(place)])
    if len(begins):
        place, mask, index = place[begins], np.bitwise_or.reduceat(mask, begins), np.maximum.reduceat(index, begins)
    starts = np.searchsorted(place >> 32, np.arange(chip.cores + 1))
    return RouterTables(starts, (place & 0xFFFFFFFF).astype(np.int32), mask, index)


def check_routers(graph: Hypergraph, chip: Chip, core_of: np.ndarray) -> None:
    """That the routers of a mapping have room for their entries. Raises: TooSmall, naming the fullest router."""
    allowed = chip.routing.router_entries
    if allowed == "none":
        return
    where, reading = ends(graph, core_of, chip.cores, chip), np.flatnonzero(graph.read)
    axons = np.concatenate([where.axons(), reading])
    cores = np.concatenate([where.cores, np.full(len(reading), -1)])
    home = np.where(core_of < 0, chip.port, core_of)[graph.source[axons]]
    entries = np.diff(router_tables(chip, home, cores, axons, np.zeros(len(axons), np.int32)).starts)
    fullest = int(entries.argmax())
    if entries[fullest] > allowed:
        raise TooSmall(f"router {fullest} needs {entries[fullest]} entries, routing.router_entries is {allowed}")


@cached_njit
def _entries(home, end, out, key, index, width, height, torus, ways):
    """Of each packet and each router on its path: router and key as one number, one bit, and at its end its index."""
    links = np.zeros(2 * width * height + 2, np.int64)
    total = 0
    for counting in (True, False):
        if not counting:
            place, mask, given = np.zeros(total, np.int64), np.zeros(total, np.uint8), np.zeros(total, np.int32)
        total = 0
        for n in range(len(home)):
            if len(ways):
                passed = fill_detour(home[n], end[n], ways, width, height, torus, links)
            else:
                passed = fill_route(home[n], end[n], width, height, torus, links)
            if not counting:
                for hop in range(passed):
                    place[total + hop] = np.int64(links[hop] // 4) << 32 | key[n]
                    mask[total + hop] = 1 << (links[hop] % 4)
                place[total + passed] = np.int64(end[n]) << 32 | key[n]
                mask[total + passed] = 1 << (OUT if out[n] else HERE)
                given[total + passed] = index[n]
            total += passed + 1
    return place, mask, given
