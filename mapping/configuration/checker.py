"""An independent checker of mappings: it knows configuration, network and chip, and nothing of the mapper.

It shares no code with the mapper. From the configuration alone it rebuilds every synapse, compares with the network,
counts every core's load, and follows every packet from router to router (`mapping.configuration.route_checker`).
"""

import numpy as np

from bicall.emulator.network.network import Network
from bicall.emulator.support.errors import BadInput
from bicall.mapping.configuration.reader import (
    DIRECT,
    PARTIAL_SUM,
    PORT,
    LoadedChip,
    Packets,
    Synapses,
    ordered,
    rebuild,
)
from bicall.mapping.configuration.route_checker import follow


def synapses_of(network: Network) -> Synapses:
    """The synapses that went in, with h from the states of the layers that learn."""
    found = [[np.zeros(0, np.int64)] * len(Synapses._fields)]
    rows_before = dict.fromkeys(network.populations, 0)  # of a layer, by earlier plastic projections
    for projection in network.projections:
        entries = projection.matrix.tocoo()
        kind = {"fixed": 0, "plastic": 1, "direct": 2}[projection.kind]
        n = len(entries.data)
        value = {0: entries.data, 2: np.zeros(n, np.int64)}.get(kind)
        if value is None:
            h = network.started.plastic_layers[projection.post].h
            value = h[rows_before[projection.post] + entries.row, entries.col]
            rows_before[projection.post] += projection.matrix.shape[0]
        found.append([
            entries.row + network.populations[projection.pre].first,
            entries.col + network.populations[projection.post].first,
            projection.delays[entries.row], np.full(n, kind), np.full(n, 0 if kind == 2 else projection.bits),
            value,
        ])  # fmt: skip
    return ordered(Synapses(*(np.concatenate(columns).astype(np.int64) for columns in zip(*found, strict=True))))


def check_configuration(network: Network, loaded: LoadedChip) -> dict[str, int]:
    """That a configuration is a valid mapping of a network.

    Every neuron is on one core; its synapses are the network's, each once, with its weight, width and delay;
    helpers send their sums to their neurons; spikes that are read reach the port; every limit of the chip is kept;
    the routers bring every packet where it goes, and no packets can wait for each other in a circle.

    Returns:
        How much was checked: neurons, synapses, routes, links.

    Raises:
        BadInput: the first fault, in one line.
    """
    neurons = _check_neurons(network, loaded)
    ends, links = follow(loaded)
    synapses = _check_synapses(network, loaded, ends)
    _check_sums(loaded, ends)
    _check_read(network, ends)
    _check_limits(loaded, ends)
    return {"neurons": neurons, "synapses": synapses, "routes": len(ends.node), "links": links}


def _check_neurons(network: Network, loaded: LoadedChip) -> int:
    expected = [n for p in network.populations.values() if not p.is_input for n in range(p.first, p.first + p.size)]
    none = np.zeros(0, np.int64)
    places = np.sort(np.concatenate([core.neurons for core in loaded.cores.values()] or [none]))
    twice = places[1:][places[1:] == places[:-1]]
    if len(twice):
        raise BadInput(f"neurons: node {twice[0]} is there twice")
    found = np.concatenate([core.neurons[core.neurons == core.part_of] for core in loaded.cores.values()] or [none])
    missing = np.setdiff1d(expected, found)
    if len(missing):
        raise BadInput(f"neurons: node {missing[0]} is on no core")
    strange = np.setdiff1d(found, expected)
    if len(strange):
        raise BadInput(f"neurons: node {strange[0]} is not a neuron of the network")
    helpers = np.setdiff1d(places, found)
    if len(helpers) and helpers[0] < network.nodes:
        raise BadInput(f"neurons: node {helpers[0]} is of the network, but adds up for another")
    home = {int(node): number for number, core in loaded.cores.items() for node in core.neurons}
    own = loaded.packets.home >= 0
    packets = zip(loaded.packets.node[own].tolist(), loaded.packets.home[own].tolist(), strict=True)
    astray = [node for node, core in packets if home.get(node) != core]
    if astray:
        raise BadInput(f"routes: those of node {astray[0]} are not on its core")
    return len(found)


def _check_sums(loaded: LoadedChip, ends: Packets) -> None:
    """Each helper sends one packet, its sum, to its neuron's place; no other node sends sums."""
    place = {
        node: (number, at) for number, core in loaded.cores.items() for at, node in enumerate(core.neurons.tolist())
    }
    helped = {
        int(node): int(whole)
        for core in loaded.cores.values()
        for node, whole in zip(core.neurons, core.part_of, strict=True)
        if node != whole
    }
    from_helper = np.isin(ends.node, list(helped))
    if np.any(from_helper != (ends.kind == PARTIAL_SUM)) or from_helper.sum() != len(helped):
        raise BadInput("routes: the partial sums are not those of the helpers, one each")
    for node, core, index in zip(ends.node[from_helper], ends.core[from_helper], ends.index[from_helper], strict=True):
        if place.get(helped[int(node)]) != (core, index):
            raise BadInput(f"routes: the sum of node {node} does not go to node {helped[int(node)]}")
    if np.any(ends.delay[from_helper]):
        raise BadInput("routes: a partial sum has a delay")
    for number, core in loaded.cores.items():
        if np.any(core.plastic[(core.neurons != core.part_of)[core.target]]):
            raise BadInput(f"synapses: core {number} has a helper that learns")


def _check_synapses(network: Network, loaded: LoadedChip, ends: Packets) -> int:
    expected, found = synapses_of(network), rebuild(loaded, ends)
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
        raise BadInput(f"synapses: the network has {wanted}, the configuration has {there}")
    return len(found.source)


def _check_read(network: Network, ends: Packets) -> None:
    expected = [n for p in network.populations.values() if p.is_read for n in range(p.first, p.first + p.size)]
    to_port = ends.core == PORT
    if not np.array_equal(np.sort(ends.node[to_port]), expected):
        raise BadInput("routes: those to the port are not those of the neurons that are read")
    if np.any(ends.index[to_port] != ends.node[to_port]):
        raise BadInput("routes: one to the port has another node's number")


def _check_limits(loaded: LoadedChip, ends: Packets) -> None:
    core_limits = loaded.chip.core
    listed = core_limits.synapse_memory == "list"
    for number, core in loaded.cores.items():
        if not 0 <= number < loaded.chip.mesh.width * loaded.chip.mesh.height:
            raise BadInput(f"cores: core {number} is not on the mesh")
        if number in loaded.chip.faults.cores:
            raise BadInput(f"cores: core {number} is in use, but at fault")
        fan_in = np.bincount(core.target, minlength=1).max()
        memory = int((core.bits + core_limits.address_bits).sum())
        if not listed:
            memory = len(core.neurons) * len(core.delays) * core_limits.bits_per_synapse
        routes = loaded.packets.home == number
        _, reached = np.unique(ends.node[(ends.home == number) & (ends.core != PORT)], return_counts=True)
        delays = np.concatenate([core.delays, loaded.packets.delay[routes]])
        held = {
            "neurons": len(core.neurons),
            "axons": len(core.delays),
            "fan_in": fan_in,
            "synapse_bits": memory,
            "bits_per_synapse": core.bits.max(initial=0),
            "out_entries": routes.sum(),
            "destinations": reached.max(initial=0),
            "longest_delay": delays.max(initial=0),
        }
        for limit, value in held.items():
            allowed = getattr(core_limits, limit)
            if allowed != "none" and value > allowed:
                raise BadInput(f"limits: core {number} has {value} {limit}, the chip allows {allowed}")
        if len(core.neurons) < core_limits.least_neurons:
            raise BadInput(
                f"limits: core {number} has {len(core.neurons)} neurons, must have at least {core_limits.least_neurons}"
            )
        if core.plastic.any() and not core_limits.plastic:
            raise BadInput(f"limits: core {number} has plastic synapses, the chip has none")
    good = loaded.chip.mesh.width * loaded.chip.mesh.height - len(set(loaded.chip.faults.cores))
    if core_limits.least_neurons and len(loaded.cores) < good:
        raise BadInput(f"limits: {len(loaded.cores)} of {good} cores hold neurons, each must")
    if np.any(loaded.packets.kind == DIRECT) and not core_limits.direct_events:
        raise BadInput("limits: there are direct events, the chip has none")
    if np.any(loaded.packets.kind == PARTIAL_SUM) and not core_limits.partial_sums:
        raise BadInput("limits: there are partial sums, the chip has none")
    for number, table in loaded.routers.items():
        allowed = loaded.chip.routing.router_entries
        if allowed != "none" and len(table) > allowed:
            raise BadInput(f"limits: router {number} has {len(table)} entries, the chip allows {allowed}")
