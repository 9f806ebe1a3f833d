"""The event-driven engine on several processes: neurons cut over ranks, spikes exchanged once in the smallest delay.

A network is cut into parts, however many ranks there are; a rank has some of them, next to each other. Its connectivity
has all axons, and of their synapses those onto its own neurons (`only` of `random_connectivity` and
`procedural_connectivity`), so every rank builds its own. To a rank all spikes come from outside: after as many ticks as
the smallest delay has, ranks tell each other who fired, and each puts the spikes under way.

Random words belong to axons and neurons of the whole network, so h, traces and spikes are the same on any number of
ranks.
"""

from dataclasses import dataclass

import numpy as np

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.schemes.bicall import event_driven
from bicall.emulator.schemes.bicall.batch import batches
from bicall.emulator.schemes.bicall.connectivity import Connectivity, window_of
from bicall.emulator.schemes.bicall.procedural import Procedural
from bicall.emulator.schemes.bicall.rows import tables
from bicall.emulator.schemes.bicall.run import check_run, check_train, from_0, in_windows, scratch_for, totals
from bicall.emulator.schemes.bicall.state import SparseState
from bicall.emulator.schemes.counters import COUNTERS
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.ranks import Communicator, gathered


def parts_of(rank: int, ranks: int, parts: int) -> range:
    """Which parts a rank has.

    Raises:
        BadInput: more ranks than parts.
    """
    if not 1 <= ranks <= parts:
        raise BadInput(f"ranks is {ranks}, must be from 1 to {parts}, the number of parts")
    return range(rank * parts // ranks, (rank + 1) * parts // ranks)


@dataclass
class Share:
    """What a rank has of a network.

    Attributes:
        connectivity: of its parts; all axons are from outside, and its neurons are counted from 0.
        state: of its parts; made with `columns` for the numbers of its neurons.
        low: the number of its first neuron.
        external: how many of the axons are from outside of the whole network.
    """

    connectivity: Connectivity | Procedural
    state: SparseState
    low: int
    external: int

    @classmethod
    def initial(
        cls, constants: Constants, connectivity: Connectivity | Procedural, seed: int, low: int, external: int
    ) -> "Share":
        """Before tick 1. Arguments as the attributes."""
        numbers = np.arange(low, low + connectivity.neurons)
        return cls(connectivity, SparseState.initial(constants, connectivity, seed, columns=numbers), low, external)

    def pick(self, train: SpikeTrain) -> SpikeTrain:
        """Of the spikes of all neurons, those of this rank's, which are counted from 0."""
        train = from_0(train)
        mine = (train.sources >= self.low) & (train.sources < self.low + self.connectivity.neurons)
        before = np.concatenate([[0], np.cumsum(mine)])
        return SpikeTrain(before[train.starts], (train.sources[mine] - self.low).astype(np.int32))


def run(
    communicator: Communicator,
    constants: Constants,
    share: Share,
    pre: SpikeTrain,
    teacher: SpikeTrain,
    seed: int,
    learning: bool = True,
    threads: int = 1,
) -> tuple[SpikeTrain, dict[str, int]]:
    """As `bicall.run` of the engine, each rank calling it with its share; all with the same `pre`.

    Args:
        pre: spikes of the axons from outside of the whole network.
        teacher: spikes of this rank's neurons, counted from 0 (`Share.pick`).

    Returns:
        The spikes of this rank's neurons, counted from 0, and this rank's counts.

    Raises:
        BadInput: as `bicall.run`.
    """
    c, state, a = share.connectivity, share.state, share.state.arrays
    pre, teacher = from_0(pre), from_0(teacher)
    check_train("pre", "axon", pre, share.external)
    check_train("teacher", "neuron", teacher, c.neurons)
    check_run(constants, c, state, pre, teacher, learning, "ED", threads)
    counters, scratch = np.zeros((c.parts, COUNTERS), np.int64), scratch_for(c, a)
    shared = (tables(c, a), batches(c, a), np.array(state.resets, np.int64), learning)
    no_drive, no_sent = np.zeros((0, c.neurons), a.x.dtype), np.zeros(0, np.uint8)
    starts, found, done = np.zeros(pre.ticks + 1, np.int64), [], 0
    recurrent = share.external < c.axons
    longest = window_of(c.delays, share.external) if recurrent else pre.ticks
    while done < pre.ticks:
        n = min(longest, pre.ticks - done)
        outside = (
            pre.starts[done : done + n + 1], pre.sources, teacher.starts[done : done + n + 1], teacher.sources,
        )  # fmt: skip
        here, fired = in_windows(
            threads, constants, seed, state.tick, c, a, *shared, outside, no_drive, scratch, no_sent, counters
        )
        if recurrent:
            for sent in exchange(communicator, SpikeTrain(here, fired + np.int32(share.low))):
                event_driven.enter(state.tick, n, c, a, sent.starts, sent.sources + np.int32(share.external))
        starts[done + 1 : done + n + 1] = starts[done] + here[1:]
        found.append(fired)
        done += n
        state.tick += n
    return SpikeTrain(starts, np.concatenate([np.zeros(0, np.int32), *found])), totals(counters)


def exchange(communicator: Communicator, mine: SpikeTrain) -> list[SpikeTrain]:
    """Everybody's spikes of the same ticks, by rank; `mine` are this rank's, with the numbers of the whole network."""
    message, ticks = np.concatenate([mine.starts, mine.sources]).astype(np.int32), mine.ticks
    return [
        SpikeTrain(each[: ticks + 1].astype(np.int64), each[ticks + 1 :].copy())
        for each in gathered(communicator, message)
    ]
