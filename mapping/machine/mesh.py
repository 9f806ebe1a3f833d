"""The mesh of a chip, cycle by cycle: packets go from router to router by the routers' tables, and queue at links.

A link takes a packet a cycle, first come, first served, and brings it to the next router `cycles_per_hop` later; queues
have no end. A core and the host send a packet a cycle. A core works on what arrives in the order of arrival, then on
its neurons. A tick ends when all cores are done and know it: two ways between the port and the farthest core in use.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bicall.emulator.support.caching import cached_njit
from bicall.mapping.configuration.configuration import AXON, PORT, Configuration
from bicall.mapping.mapper.router_tables import HERE, TO_PORT
from bicall.mapping.mapper.routing import EAST, NORTH, SOUTH, WEST, distance

PACKETS, SYNAPTIC_EVENTS, WAITED = range(3)  # what `State.counts` counts


@dataclass
class Activity:
    """What happened on a mesh so far."""

    ticks: int
    spikes: int  # of neurons
    packets: int  # sent; a packet that is copied on its way counts once
    synaptic_events: int  # spikes through one synapse each
    waited: int  # cycles that packets waited at links, in all
    cycles: int
    longest_tick: int  # cycles
    busiest_link: int  # packets over one link in one tick, at most
    link_packets: np.ndarray  # int64[links]

    @property
    def hops(self) -> int:
        """Links that packets passed."""
        return int(self.link_packets.sum())


class Tables(NamedTuple):
    """What does not change. Axons of all cores have flags one core after the other, then all their neurons have."""

    starts: np.ndarray  # int64[nodes + 1], entries of a node, as in `Packets`
    keys: np.ndarray  # int32[entries], for the routers
    flags: np.ndarray  # int64[entries], where a packet ends on a unicast chip; -1: out of the chip
    delays: np.ndarray  # uint8[entries]
    home: np.ndarray  # int64[nodes], the router where a node's packets start
    sender: np.ndarray  # int64[nodes], the core that sends them; as many as there are cores: the host
    router_starts: np.ndarray
    router_keys: np.ndarray
    router_masks: np.ndarray
    router_flags: np.ndarray  # int64[router entries], where a packet ends on a multicast chip
    owner: np.ndarray  # int64[flags], position of the core behind each flag
    fan_out: np.ndarray  # int64[flags], synapses
    axons: int
    multicast: bool
    width: int
    height: int
    hop: int  # cycles
    row: int
    synapse: int
    lazy_update: int
    event: int


class State(NamedTuple):
    """What does."""

    slots: np.ndarray  # bool[ticks ahead, flags], what will act
    sums: np.ndarray  # int64[neurons], partial sums that have come in this tick
    busy: np.ndarray  # int64[positions], the cycle in which a core is done with what came so far
    sending: np.ndarray  # int64[cores + 1], the cycle in which a core, or the host, can send the next packet
    free: np.ndarray  # int64[links], the cycle in which it takes the next packet
    load: np.ndarray  # int64[links], packets in this tick
    learned: np.ndarray  # int64[positions], ticks with postsynaptic spikes from which the core's synapses learn
    seen: np.ndarray  # int64[flags], the same when the axon last spiked
    counts: np.ndarray  # int64[3]


class Mesh:
    """The routers of a configured chip and what arrives at its cores.

    Call in each tick `begin_tick`, for each core `arrived`, `add` the sums of helpers, `end_tick`. `position` is that
    of a core in the configuration's list.
    """

    def __init__(self, configuration: Configuration):
        chip, cores = configuration.chip, configuration.cores
        self._configuration, self._positions = configuration, np.full(chip.cores, -1)
        self._positions[[tables.core for tables in cores]] = np.arange(len(cores))
        self._axons = np.cumsum([0] + [len(tables.sources) for tables in cores])
        self._neurons = np.cumsum([0] + [len(tables.neurons) for tables in cores])
        self._tables = self._make_tables()
        flags, slots = len(self._tables.owner), chip.core.longest_delay + 1
        sizes = (self._neurons[-1], len(cores), chip.cores + 1, 4 * chip.cores, 4 * chip.cores, len(cores), flags, 3)
        self._state = State(np.zeros((slots, flags), bool), *(np.zeros(size, np.int64) for size in sizes))
        mesh = chip.mesh
        ways = [distance(chip.port, tables.core, mesh.width, mesh.height, mesh.torus) for tables in cores]
        self._barrier = 2 * max(ways, default=0) * chip.costs.cycles_per_hop
        self._ticks = self._spikes = self._cycles = self._longest = self._busiest = 0
        self._link_packets = np.zeros(4 * chip.cores, np.int64)

    @property
    def activity(self) -> Activity:
        packets, synaptic_events, waited = self._state.counts.tolist()
        return Activity(
            self._ticks, self._spikes, packets, synaptic_events, waited,
            self._cycles, self._longest, self._busiest, self._link_packets.copy(),
        )  # fmt: skip

    def reset(self) -> None:
        """Between two samples: packets on their way are dropped."""
        self._state.slots[:] = False

    def begin_tick(self, tick: int, nodes: np.ndarray) -> None:
        """Deliver the spikes of neurons in tick - 1 and of inputs in `tick`, int64 node numbers."""
        state = self._state
        self._tick, self._now = tick, state.slots[tick % len(state.slots)]
        for clocks in (state.busy, state.sending, state.free, state.load, state.sums):
            clocks.fill(0)
        _work_on(self._tables, state, np.flatnonzero(self._now))  # what came in earlier ticks and acts now
        _transport(self._tables, state, nodes, np.zeros(len(nodes), np.int64), tick)

    def arrived(self, position: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What acts on a core in this tick: spikes bool[axons], direct events bool[neurons], sums int64[neurons]."""
        first, last = self._neurons[position : position + 2]
        events = self._now[self._axons[-1] + first : self._axons[-1] + last]
        return self._now[self._axons[position] : self._axons[position + 1]], events, self._state.sums[first:last]

    def add(self, nodes: np.ndarray, sums: np.ndarray) -> None:
        """Deliver the sums, int64, that helpers made in this tick; a core sends them when it is done with its rows."""
        state = self._state
        state.sending[[tables.core for tables in self._configuration.cores]] = state.busy
        _transport(self._tables, state, nodes[sums != 0], sums[sums != 0], self._tick)

    def end_tick(self, spikes: int, learned: Iterable[int] = ()) -> None:
        """Neurons fired `spikes` times in this tick.

        Args:
            learned: positions of the cores whose synapses learn from one of these spikes, each once.
        """
        state, costs = self._state, self._configuration.chip.costs
        done = state.busy + costs.cycles_per_tick + costs.cycles_per_neuron * np.diff(self._neurons)
        for position in learned:
            state.learned[position] += 1
            if costs.archive_entries != "none" and state.learned[position] % costs.archive_entries == 0:
                done[position] += self._flush(position)
        cycles = int(done.max(initial=0)) + self._barrier
        self._ticks += 1
        self._spikes += spikes
        self._cycles += cycles
        self._longest = max(self._longest, cycles)
        self._busiest = max(self._busiest, int(state.load.max()))
        self._link_packets += state.load
        self._now[:] = False

    def _flush(self, position: int) -> int:
        """Bring all rows of a core up to date, those without an axon too; the cycles that it takes."""
        chip, state = self._configuration.chip, self._state
        seen = state.seen[self._axons[position] : self._axons[position + 1]]
        waiting = (state.learned[position] - seen).sum() + chip.costs.archive_entries * (chip.core.axons - len(seen))
        seen[:] = state.learned[position]
        return int(chip.core.axons * chip.costs.cycles_per_row + chip.costs.cycles_per_catch_up * waiting)

    def _make_tables(self) -> Tables:
        chip, cores, packets = self._configuration.chip, self._configuration.cores, self._configuration.packets
        routers, costs, total = self._configuration.routers, chip.costs, self._axons[-1]
        sender = np.full(len(packets.starts) - 1, chip.cores)
        for tables in cores:
            sender[tables.neurons] = tables.core

        def flags_of(core, kind, index):
            """Of packets to cores that are in use."""
            position = self._positions[core]
            return np.where(kind == AXON, self._axons[position], total + self._neurons[position]) + index

        key = np.where(packets.cores == PORT, TO_PORT, packets.cores)
        flags = np.where(packets.cores == PORT, -1, flags_of(packets.cores, packets.kind, packets.index))
        router_flags = flags[:0]
        if chip.routing.multicast:
            key = packets.axons
            kind = np.zeros(int(key.max(initial=0)) + 1, np.uint8)
            kind[key] = packets.kind
            router = np.repeat(np.arange(chip.cores), np.diff(routers.starts))
            router_flags = flags_of(router, kind[routers.keys], routers.index)
        owners = [np.repeat(np.arange(len(cores)), np.diff(starts)) for starts in (self._axons, self._neurons)]
        fan_out = [np.diff(tables.starts) for tables in cores]
        return Tables(
            packets.starts, key.astype(np.int32), flags, packets.delays,
            np.where(sender == chip.cores, chip.port, sender), sender,
            routers.starts, routers.keys, routers.masks, router_flags.astype(np.int64),
            np.concatenate(owners), np.concatenate([*fan_out, np.zeros(self._neurons[-1], np.int64)]),
            int(total), chip.routing.multicast, chip.mesh.width, chip.mesh.height, costs.cycles_per_hop,
            costs.cycles_per_row, costs.cycles_per_synapse, costs.cycles_per_catch_up, costs.cycles_per_event,
        )  # fmt: skip


@cached_njit
def _work(t, s, flag, time):
    """The core behind a flag takes up what came at a cycle, when it has done what came before."""
    core, cycles = t.owner[flag], t.event
    if flag < t.axons:
        cycles = t.row + t.synapse * t.fan_out[flag] + t.lazy_update * (s.learned[core] - s.seen[flag])
        s.seen[flag] = s.learned[core]
        s.counts[SYNAPTIC_EVENTS] += t.fan_out[flag]
    s.busy[core] = max(s.busy[core], time) + cycles


@cached_njit
def _work_on(t, s, flags):
    for flag in flags:
        _work(t, s, flag, 0)


@cached_njit
def _transport(t, s, nodes, sums, tick):
    """Bring all packets of nodes to their ends, in the order in which they come to each router."""
    queue = [(0, 0, 0, 0, 0) for _ in range(0)]  # cycle, order of arrival, router, entry, which of the nodes
    order = 0
    for n, node in enumerate(nodes):
        for e in range(t.starts[node], t.starts[node + 1]):
            if t.multicast and e > t.starts[node] and t.keys[e] == t.keys[e - 1]:
                continue
            s.counts[PACKETS] += 1
            heapq.heappush(queue, (s.sending[t.sender[node]], order, t.home[node], e, n))
            s.sending[t.sender[node]] += 1
            order += 1
    while queue:
        time, _, router, e, n = heapq.heappop(queue)
        first, last = t.router_starts[router], t.router_starts[router + 1]
        entry = first + np.searchsorted(t.router_keys[first:last], t.keys[e])
        if entry == last or t.router_keys[entry] != t.keys[e]:
            continue  # a router drops what it has no entry for
        mask = t.router_masks[entry]
        x, y = router % t.width, router // t.width
        for direction in (EAST, WEST, SOUTH, NORTH):
            if mask >> direction & 1:
                link = 4 * router + direction
                leaves = max(time, s.free[link])
                s.free[link] = leaves + 1
                s.load[link] += 1
                s.counts[WAITED] += leaves - time
                to_x = (x + (direction == EAST) - (direction == WEST)) % t.width
                to_y = (y + (direction == SOUTH) - (direction == NORTH)) % t.height
                heapq.heappush(queue, (leaves + t.hop, order, to_y * t.width + to_x, e, n))
                order += 1
        if mask >> HERE & 1:
            flag = t.router_flags[entry] if t.multicast else t.flags[e]
            if t.delays[e] == 0:
                s.sums[flag - t.axons] += sums[n]
            else:
                s.slots[(tick - 1 + t.delays[e]) % len(s.slots), flag] = True
            if t.delays[e] <= 1:
                _work(t, s, flag, time)
