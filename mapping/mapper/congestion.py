"""Congestion: of placements with the same spike-hops, one whose busiest link carries less."""

import numpy as np
import scipy.sparse

from bicall.emulator.support.caching import cached_njit
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.routing import fill_route

MOVES = 200  # at most; each makes the busiest link less busy


def relieve(packets: scipy.sparse.csr_array, chip: Chip, core: np.ndarray) -> np.ndarray:
    """Swap the contents of two cores while that takes load off the busiest link and costs no spike-hop.

    Routes go along x first, so a placement and its mirror image in the diagonal have the same spike-hops and different
    links; on a square mesh with its port on the diagonal both are tried. Links are counted as if routes were unicast.

    Args:
        packets: of `placement.packets_between`.
        core: int32[parts], the core of each part.

    Returns:
        int32[parts].
    """
    if chip.faults.links:
        return core  # routes are other ones
    mesh, backwards = chip.mesh, packets.T.tocsr()
    starts = [core]
    if mesh.width == mesh.height and mesh.port[0] == mesh.port[1] and not chip.faults.cores:
        starts.append((core % mesh.width * mesh.width + core // mesh.width).astype(np.int32))
    found = []
    for start in starts:
        position = np.append(start, np.int32(chip.port))
        worst = _relieve(
            packets.indptr, packets.indices, packets.data, backwards.indptr, backwards.indices, backwards.data,
            mesh.width, mesh.height, mesh.torus, position, chip.usable,
        )  # fmt: skip
        found.append((worst, position[:-1]))
    return min(found, key=lambda one: one[0])[1]


@cached_njit
def _relieve(starts, others, packets, back_starts, back_others, back_packets, width, height, torus, core, usable):
    """Changes `core`, whose last entry is the port; gives the packets on the busiest link."""
    parts = len(core) - 1
    holds = np.full(width * height, -1, np.int32)
    for item in range(parts):
        holds[core[item]] = item
    links = np.zeros(width + height, np.int64)
    load = np.zeros(4 * width * height)
    for item in range(parts + 1):
        for e in range(starts[item], starts[item + 1]):
            for n in range(fill_route(core[item], core[others[e]], width, height, torus, links)):
                load[links[n]] += packets[e]
    forth, back = (starts, others, packets), (back_starts, back_others, back_packets)
    for _ in range(MOVES):
        busiest = load.argmax()
        moved = False
        for item in range(parts):
            if not _passes(forth, back, item, core, busiest, width, height, torus, links):
                continue  # moving it cannot help
            for at in range(width * height):
                here, other = core[item], holds[at]
                if at == here or not usable[at]:
                    continue
                trial = load.copy()
                before = _add(trial, -1.0, forth, back, item, other, core, width, height, torus, links)
                core[item] = at
                if other >= 0:
                    core[other] = here
                after = _add(trial, 1.0, forth, back, item, other, core, width, height, torus, links)
                if after <= -before * (1 + 1e-12) and trial.max() < load[busiest] * (1 - 1e-9):
                    load = trial
                    holds[here], holds[at] = other, item
                    moved = True
                    break
                core[item] = here
                if other >= 0:
                    core[other] = at
            if moved:
                break
        if not moved:
            break
    return load.max()


@cached_njit
def _add(load, sign, forth, back, item, other, core, width, height, torus, links):
    """Put the packets from and to one or two parts on their links, or take them off; the spike-hops of them."""
    hops = 0.0
    for mover in (np.int64(item), np.int64(other)):
        if mover < 0:
            continue
        for outward in (True, False):
            starts, others, packets = forth if outward else back
            for e in range(starts[mover], starts[mover + 1]):
                partner = others[e]
                if mover == other and partner == item:  # counted already
                    continue
                start, end = (core[mover], core[partner]) if outward else (core[partner], core[mover])
                passed = fill_route(start, end, width, height, torus, links)
                hops += sign * packets[e] * passed
                for n in range(passed):
                    load[links[n]] += sign * packets[e]
    return hops


@cached_njit
def _passes(forth, back, item, core, link, width, height, torus, links):
    """Whether a packet from or to a part passes a link."""
    for outward in (True, False):
        starts, others, _ = forth if outward else back
        for e in range(starts[item], starts[item + 1]):
            start, end = (core[item], core[others[e]]) if outward else (core[others[e]], core[item])
            for n in range(fill_route(start, end, width, height, torus, links)):
                if links[n] == link:
                    return True
    return False
