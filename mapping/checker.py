"""An independent checker of mappings: it knows images, networks and chips, and nothing of how a mapping is made.

It shares no code with the mapper. From the images alone it rebuilds every synapse, and compares with the network; it
counts every core's load, and follows every packet link by link.
"""

import numpy as np

from emulator.errors import BadInput
from emulator.state import LayerState
from mapping.image_reader import PORT, Images, Synapses, ordered, rebuild
from mapping.network import Network


def synapses_of(network: Network, states: dict[str, LayerState]) -> Synapses:
    """The synapses that went in, with h from the states of the layers that learn."""
    found = [[np.zeros(0, np.int64)] * len(Synapses._fields)]
    for projection in network.projections:
        entries = projection.matrix.tocoo()
        kind = {"fixed": 0, "plastic": 1, "direct": 2}[projection.kind]
        n = len(entries.data)
        value = {0: entries.data, 2: np.zeros(n, np.int64)}.get(kind)
        if value is None:
            value = states[projection.post].h[entries.row, entries.col]
        found.append([
            entries.row + network.populations[projection.pre].first,
            entries.col + network.populations[projection.post].first,
            np.full(n, projection.delay), np.full(n, kind), np.full(n, 0 if kind == 2 else projection.bits),
            value,
        ])  # fmt: skip
    return ordered(Synapses(*(np.concatenate(columns).astype(np.int64) for columns in zip(*found, strict=True))))


def check_images(network: Network, states: dict[str, LayerState], images: Images) -> dict[str, int]:
    """That images are a valid mapping of a network.

    Every neuron is on one core; the images' synapses are the network's, each once, with its weight, width and delay;
    spikes that are read reach the port; every limit of the chip is kept; every packet gets where it goes, and no two
    packets can wait for each other.

    Returns:
        How much was checked: neurons, synapses, routes, links.

    Raises:
        BadInput: the first fault, in one line.
    """
    neurons, synapses = _check_neurons(network, images), _check_synapses(network, states, images)
    _check_read(network, images)
    _check_limits(images)
    links = _check_routes(images)
    return {"neurons": neurons, "synapses": synapses, "routes": len(images.routes.node), "links": links}


def _check_neurons(network: Network, images: Images) -> int:
    expected = [n for p in network.populations.values() if not p.is_input for n in range(p.first, p.first + p.size)]
    found = np.sort(np.concatenate([core.neurons for core in images.cores.values()] or [np.zeros(0, np.int64)]))
    twice = found[1:][found[1:] == found[:-1]]
    if len(twice):
        raise BadInput(f"neurons: node {twice[0]} is there twice")
    missing = np.setdiff1d(expected, found)
    if len(missing):
        raise BadInput(f"neurons: node {missing[0]} is on no core")
    strange = np.setdiff1d(found, expected)
    if len(strange):
        raise BadInput(f"neurons: node {strange[0]} is not a neuron of the network")
    home = {int(node): number for number, core in images.cores.items() for node in core.neurons}
    own = images.routes.home >= 0
    astray = [n for n, h in zip(images.routes.node[own], images.routes.home[own], strict=True) if home.get(int(n)) != h]
    if astray:
        raise BadInput(f"routes: those of node {astray[0]} are not on its core")
    return len(found)


def _check_synapses(network: Network, states: dict[str, LayerState], images: Images) -> int:
    expected, found = synapses_of(network, states), rebuild(images)
    rows = min(len(expected.source), len(found.source))
    unequal = np.zeros(rows, bool)
    for a, b in zip(expected, found, strict=True):
        unequal |= a[:rows] != b[:rows]
    if unequal.any() or len(expected.source) != len(found.source):
        at = int(unequal.argmax()) if unequal.any() else rows
        wanted, there = (
            dict(zip(Synapses._fields, (int(c[at]) for c in s), strict=True)) if at < len(s.source) else "nothing"
            for s in (expected, found)
        )
        raise BadInput(f"synapses: the network has {wanted}, the images have {there}")
    return len(found.source)


def _check_read(network: Network, images: Images) -> None:
    expected = [n for p in network.populations.values() if p.is_read for n in range(p.first, p.first + p.size)]
    to_port = images.routes.core == PORT
    if not np.array_equal(np.sort(images.routes.node[to_port]), expected):
        raise BadInput("routes: those to the port are not those of the neurons that are read")
    if np.any(images.routes.index[to_port] != images.routes.node[to_port]):
        raise BadInput("routes: one to the port has another node's number")


def _check_limits(images: Images) -> None:
    core_limits = images.chip.core
    listed = core_limits.synapse_memory == "list"
    for number, core in images.cores.items():
        if not 0 <= number < images.chip.mesh.width * images.chip.mesh.height:
            raise BadInput(f"cores: core {number} is not on the mesh")
        fan_in = np.bincount(core.target, minlength=1).max()
        memory = int((core.bits + core_limits.address_bits).sum())
        if not listed:
            memory = len(core.neurons) * len(core.delays) * core_limits.bits_per_synapse
        routes = images.routes.home == number
        sources, reached = np.unique(images.routes.node[routes & (images.routes.core != PORT)], return_counts=True)
        entries = len(np.unique(images.routes.node[routes])) if images.chip.routing.multicast else routes.sum()
        delays = np.concatenate([core.delays, images.routes.delay[routes]])
        held = {
            "neurons": len(core.neurons),
            "axons": len(core.delays),
            "fan_in": fan_in,
            "synapse_bits": memory,
            "bits_per_synapse": core.bits.max(initial=0),
            "out_entries": entries,
            "destinations": reached.max(initial=0),
            "longest_delay": delays.max(initial=0),
        }
        for limit, value in held.items():
            allowed = getattr(core_limits, limit)
            if allowed != "none" and value > allowed:
                raise BadInput(f"limits: core {number} has {value} {limit}, the chip allows {allowed}")
        if core.plastic.any() and not core_limits.plastic:
            raise BadInput(f"limits: core {number} has plastic synapses, the chip has none")
    if images.routes.direct.any() and not core_limits.direct_events:
        raise BadInput("limits: there are direct events, the chip has none")


def _check_routes(images: Images) -> int:
    """Follow every packet: first along x, then along y, the shorter way around a torus, one link at a time.

    A channel waits for the next one of a packet's path. On a torus each link has two channels; a packet takes the
    second one from the edge on. If no channel waits for itself in the end, no packets can wait for each other forever
    (Dally and Seitz 1987).
    """
    mesh = images.chip.mesh
    port = mesh.port[0] + mesh.port[1] * mesh.width
    start = np.where(images.routes.home < 0, port, images.routes.home)
    end = np.where(images.routes.core == PORT, port, images.routes.core)
    waits: dict[tuple, set] = {}
    for a, b in np.unique(np.stack([start, end], axis=1), axis=0):
        place, goal = [a % mesh.width, a // mesh.width], [b % mesh.width, b // mesh.width]
        if goal[1] >= mesh.height:
            raise BadInput(f"routes: core {b} is not on the mesh")
        before = None
        for axis, size in ((0, mesh.width), (1, mesh.height)):
            way = 1 if goal[axis] > place[axis] else -1
            if mesh.torus and 2 * abs(goal[axis] - place[axis]) > size:
                way = -way
            second = False
            while place[axis] != goal[axis]:
                channel = (*place, axis, way, second)
                waits.setdefault(channel, set())
                if before is not None:
                    waits[before].add(channel)
                before = channel
                place[axis] += way
                if not 0 <= place[axis] < size:
                    if not mesh.torus:
                        raise BadInput(f"routes: the one from core {a} to core {b} leaves the mesh")
                    place[axis] %= size
                    second = True
    _check_no_circle(waits)
    return len(waits)


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
