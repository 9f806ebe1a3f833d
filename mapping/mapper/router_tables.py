"""Routers' tables: where a router sends a packet on, by the packet's key.

The key is the destination's number on unicast chips, so that a router has at most one entry for each core, and the
axon's number on multicast chips, where a packet is copied at each branch of its tree. Paths go first along x, then
along y, so the paths from one core make a tree, and no packets can wait for each other in a circle.
"""

from typing import NamedTuple

import numpy as np

from bicall.emulator.network.network import Hypergraph
from bicall.emulator.support.caching import cached_njit
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.limits import TooSmall, ends
from bicall.mapping.mapper.routing import EAST, NORTH, SOUTH, WEST, distance, steps

HERE, OUT = 4, 5  # after the four directions: the router's own core, and out of the chip
TO_PORT = 0xFFFF  # the key of the port on unicast chips


class RouterTables(NamedTuple):
    """The entries of router n are starts[n] to starts[n + 1] - 1, ordered by key."""

    starts: np.ndarray  # int64[cores + 1]
    keys: np.ndarray  # int32[entries]
    masks: np.ndarray  # uint8[entries], bits EAST, WEST, SOUTH, NORTH, HERE, OUT
    index: np.ndarray  # type: ignore[assignment]  # int32[entries], on multicast chips with bit HERE the axon or neuron there; else 0


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
    packets = (home, np.where(cores < 0, chip.port, cores), cores < 0, key, index)
    place, mask, index = _entries(*(values[chosen] for values in packets), mesh.width, mesh.height, mesh.torus)  # type: ignore[call-arg]
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
def _entries(home, end, out, key, index, width, height, torus):
    """Of each packet and each router on its path: router and key as one number, one bit, and at its end its index."""
    total = 0
    for n in range(len(home)):
        total += distance(home[n], end[n], width, height, torus) + 1
    place, mask, given = np.zeros(total, np.int64), np.zeros(total, np.uint8), np.zeros(total, np.int32)
    at = 0
    for n in range(len(home)):
        x, y = home[n] % width, home[n] // width
        along_x, along_y = steps(x, end[n] % width, width, torus), steps(y, end[n] // width, height, torus)
        while along_x or along_y:
            place[at] = np.int64(y * width + x) << 32 | key[n]
            if along_x:
                forward = 1 if along_x > 0 else -1
                mask[at] = 1 << (EAST if along_x > 0 else WEST)
                x, along_x = (x + forward) % width, along_x - forward
            else:
                forward = 1 if along_y > 0 else -1
                mask[at] = 1 << (SOUTH if along_y > 0 else NORTH)
                y, along_y = (y + forward) % height, along_y - forward
            at += 1
        place[at] = np.int64(y * width + x) << 32 | key[n]
        mask[at] = 1 << (OUT if out[n] else HERE)
        given[at] = index[n]
        at += 1
    return place, mask, given
