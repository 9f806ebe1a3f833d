"""Packets followed through the routers' tables as they were read, link by link; part of the independent checker.

A channel waits for the next one of a packet's path. On a torus each link has two channels; a packet takes the second
one from the edge on. If no channel waits for itself in the end, no packets can wait for each other forever (Dally and
Seitz 1987).
"""

from collections import deque
from typing import Any

import numpy as np

from bicall.emulator.support.errors import BadInput
from bicall.mapping.configuration.reader import PARTIAL_SUM, PORT, THROUGH_AXON, LoadedChip, Packets

WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))  # of the lowest bits of a mask
OWN_CORE, OUTSIDE = 16, 32


def follow(loaded: LoadedChip) -> tuple[Packets, int]:
    """The ends of all packets.

    Returns:
        one entry for each end of each packet, and the number of channels that were used.

    Raises:
        BadInput: a router has no entry for a packet or one that none needs; a packet leaves the mesh, comes to a router
            twice, or ends elsewhere than it says; packets can wait for each other in a circle.
    """
    mesh, packets, multicast = loaded.chip.mesh, loaded.packets, loaded.chip.routing.multicast
    if packets.kind.max(initial=THROUGH_AXON) > PARTIAL_SUM:
        raise BadInput(f"routes: a packet's kind is {packets.kind.max()}, must be at most {PARTIAL_SUM}")
    keys = packets.index if multicast else packets.core
    if multicast and len(np.unique(keys)) < len(keys):
        raise BadInput("routes: two packets have one key")
    port = mesh.port[0] + mesh.port[1] * mesh.width
    starts = np.where(packets.home < 0, port, packets.home)
    paths: dict[Any, Any] = {}
    waits: dict[Any, set[Any]] = {}
    needed: set[Any] = set()
    ends = []
    for n, (start, key) in enumerate(zip(starts.tolist(), keys.tolist(), strict=True)):
        if (start, key) not in paths:
            paths[start, key] = _path(loaded, start, key, waits, needed)
        reached = paths[start, key]
        if not multicast and [core for core, _ in reached] != [key]:
            raise BadInput(f"routes: a packet from core {start} to core {key} ends at {[core for core, _ in reached]}")
        for core, index in reached:
            if not multicast:
                index = packets.index[n]
            elif core == PORT:
                index = packets.node[n]
            ends.append((packets.node[n], core, packets.kind[n], packets.delay[n], index, packets.home[n]))
    for router, table in loaded.routers.items():
        for key in table:
            if (router, key) not in needed:
                raise BadInput(f"routes: router {router} has an entry for {key}, which no packet needs")
    _check_no_circle(waits)
    return Packets(*np.array(ends, np.int64).reshape(-1, len(Packets._fields)).T), len(waits)


def _path(loaded: LoadedChip, start: int, key: int, waits: dict[tuple, set], needed: set) -> list[tuple[int, int]]:
    """Where a packet ends, cores and indices; adds to the channels that wait and to the entries that are needed."""
    mesh, broken = loaded.chip.mesh, loaded.chip.faults.links
    ends, seen = [], {start}
    going: deque[tuple[int, tuple[int, int, bool] | None]] = deque([(start, None)])  # router, and channel to there
    while going:
        router, before = going.popleft()
        mask, index = loaded.routers.get(router, {}).get(key, (0, 0))
        if not 0 < mask < 2 * OUTSIDE:
            raise BadInput(f"routes: router {router} has no entry for {key}, where a packet from core {start} comes")
        needed.add((router, key))
        if mask & OWN_CORE:
            ends.append((router, index))
        if mask & OUTSIDE:
            if router != mesh.port[0] + mesh.port[1] * mesh.width:
                raise BadInput(f"routes: router {router} sends a packet out of the chip, but is not the port's")
            ends.append((PORT, index))
        for n, (across, down) in enumerate(WAYS):
            if not mask >> n & 1:
                continue
            x, y = router % mesh.width + across, router // mesh.width + down
            over_edge = not (0 <= x < mesh.width and 0 <= y < mesh.height)
            if over_edge and not mesh.torus:
                raise BadInput(f"routes: a packet from core {start} leaves the mesh at router {router}")
            after_edge = before is not None and before[1] // 2 == n // 2 and before[2]
            channel = (router, n, after_edge or over_edge)
            waits.setdefault(channel, set())
            if before is not None:
                waits[before].add(channel)
            following = y % mesh.height * mesh.width + x % mesh.width
            if [router, following] in broken:
                raise BadInput(f"routes: a packet from core {start} passes the link {router} to {following}, at fault")
            if following in seen:
                raise BadInput(f"routes: a packet from core {start} comes to router {following} twice")
            seen.add(following)
            going.append((following, channel))
    return ends


def _check_no_circle(waits: dict[tuple, set]) -> None:
    """Take away channels for which no other waits, until none is left."""
    waited_for = dict.fromkeys(waits, 0)
    for others in waits.values():
        for other in others:
            waited_for[other] += 1
    free = [channel for channel, count in waited_for.items() if not count]
    gone = 0
    while free:
        gone += 1
        for other in waits[free.pop()]:
            waited_for[other] -= 1
            if not waited_for[other]:
                free.append(other)
    if gone < len(waits):
        raise BadInput(f"routes: {len(waits) - gone} channels can wait for each other in a circle")
