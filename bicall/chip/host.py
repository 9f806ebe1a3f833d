"""The host of a chip: it loads what the cores hold, sends a sample's spikes as packets, and reads everything back."""

from collections.abc import Iterator

import numpy as np

from bicall.chip.plan import CorePlan, Planned
from bicall.emulator.network.spikes import Spikes
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.mapping.configuration.configuration import AXON, PORT
from bicall.rtl.driver.chip import Chip
from bicall.rtl.driver.core_words import constant_words, read_state, state_words
from bicall.rtl.driver.packets import COUNTERS, FIELDS, ROUTES, START_VALID, STARTS, Kind, flit, marker
from bicall.rtl.driver.registers import BY_NAME


class Host:
    """A chip that is loaded with a network.

    Args:
        planned: what the chip was built from.
        chip: after its reset.

    Raises:
        BadInput: a core refuses what it is loaded with.
    """

    def __init__(self, planned: Planned, chip: Chip):
        self.planned, self.chip = planned, chip
        self._packets = _packets_of(planned)
        self._learning = True
        for core in planned.cores:
            self._load(core)

    def _load(self, core: CorePlan) -> None:
        tile, chip = self.planned.chip.tiles[core.core], self.chip
        assert tile is not None
        words = [
            *constant_words(core.constants),
            *state_words(core.constants, tile.size, core.state, self.planned.network.started.seed),
            *self._route_words(core),
        ]
        chip.write(core.core, words)
        refused = chip.counters(core.core)["refused"]
        if refused:
            raise BadInput(f"core {core.core}: refuses {refused} of the {len(words)} words that it is loaded with")

    def _route_words(self, core: CorePlan) -> Iterator[tuple[int, int]]:
        starts, flits = self._packets
        neurons, at = next(t.neurons for t in self.planned.configuration.cores if t.core == core.core), 0
        for neuron, place in zip(neurons, core.neuron_at, strict=True):
            own = flits[starts[neuron] : starts[neuron + 1]].tolist()
            if own:
                yield STARTS + int(place), START_VALID | at
            at += len(own)
        at = 0
        for neuron in neurons:
            own = flits[starts[neuron] : starts[neuron + 1]].tolist()
            for n, packet in enumerate(own, 1):
                yield ROUTES + at, packet | FIELDS["marker"].put(n == len(own))
                at += 1

    def reset(self) -> None:
        """Between two samples: all but h and the tick to 0; spikes under way are dropped."""
        self.chip.exchange([marker(forget=True)], 1)

    def run(self, inputs: Spikes, learning: bool = True) -> tuple[Spikes, np.ndarray]:
        """Run over the ticks of the inputs.

        Args:
            inputs: spikes of each input population; all of one length.

        Returns:
            the spikes of each population that is read, and int64[ticks], the cycles of each.
        """
        network = self.planned.network
        if learning != self._learning:
            for core in self.planned.cores:
                self.chip.write(core.core, [(BY_NAME["learn"].word, int(learning))])
            self._learning = learning
        ticks = next(iter(inputs.values())).ticks
        began = self.chip.cycles
        heard = self.chip.exchange(self._sent(inputs, ticks), ticks)
        nodes = FIELDS["node"].of(heard.flits).astype(np.int64)
        fired = {}
        for population in network.neuron_populations:
            if population.is_read:
                own = (nodes >= population.first) & (nodes < population.first + population.size)
                dense = np.zeros((ticks, population.size), np.int64)
                np.add.at(dense, (heard.rounds[own], nodes[own] - population.first), 1)
                if dense.max(initial=0) > 1:
                    raise RuntimeError(f"chip: a neuron of {population.name} fires twice in a tick")
                fired[population.name] = SpikeTrain.from_dense(dense.astype(bool))
        return fired, np.diff(heard.cycles, prepend=began)

    def _sent(self, inputs: Spikes, ticks: int) -> np.ndarray:
        """The flits of a run: each tick's packets, then its marker."""
        starts, flits = self._packets
        when, sent = [np.arange(ticks)], [np.full(ticks, marker(tick=True), np.uint32)]
        for name, train in inputs.items():
            train = train.last(train.ticks)
            nodes = train.sources + self.planned.network.populations[name].first
            counts = starts[nodes + 1] - starts[nodes]
            tick = np.repeat(np.arange(ticks), np.diff(train.starts))
            when.append(np.repeat(tick, counts))
            entries = np.repeat(starts[nodes] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
            sent.append(flits[entries])
        order = np.argsort(np.concatenate([each * 2 for each in when[1:]] + [when[0] * 2 + 1]), kind="stable")
        return np.concatenate([*sent[1:], sent[0]])[order]

    def state(self, core: CorePlan) -> LayerState:
        """What a core holds, as of `CorePlan.state`, after it brought all rows up to date."""
        tile, number = self.planned.chip.tiles[core.core], core.core
        assert tile is not None
        self.chip.write(number, [(BY_NAME["flush"].word, 1)])
        rows, columns = core.state.h.shape
        return read_state(
            core.constants, tile.size, rows, columns, lambda address, count: self.chip.read(number, address, count)
        )

    def counters(self) -> dict[str, int]:
        """What all tiles have counted, and the cores' dropped events; all 0 in a run without faults."""
        total = dict.fromkeys((*COUNTERS, "dropped"), 0)
        for number, tile in enumerate(self.planned.chip.tiles):
            if tile:
                found = self.chip.counters(number) | {
                    "dropped": int(self.chip.read(number, BY_NAME["dropped"].word, 1)[0])
                }
                total = {name: total[name] + found[name] for name in total}
        return total


def _packets_of(planned: Planned) -> tuple[np.ndarray, np.ndarray]:
    """Where each node's packets begin, int64[nodes + 1], and all packets, uint32."""
    packets, chip = planned.configuration.packets, planned.chip
    by_core = {core.core: core for core in planned.cores}
    flits = np.empty(len(packets.cores), np.uint32)
    for n, (core, index, kind, delay) in enumerate(
        zip(*(values.tolist() for values in (packets.cores, packets.index, packets.kind, packets.delays)), strict=True)
    ):
        if core == PORT:
            flits[n] = flit(Kind.TO_HOST, x=chip.host[0], y=chip.host[1], node=index)
            continue
        x, y = chip.place(core)
        at = by_core[core].axon_at[index] if kind == AXON else by_core[core].neuron_at[index]
        flits[n] = flit(Kind.SPIKE if kind == AXON else Kind.DIRECT, x=x, y=y, later=delay - 1, index=int(at))
    return packets.starts, flits
