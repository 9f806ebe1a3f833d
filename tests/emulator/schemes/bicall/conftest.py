"""Sparse networks with delays, run by the plain loop (the reference model) and under the schemes."""

from dataclasses import dataclass

import numpy as np
import pytest

from bicall.emulator.configuration.description import Description
from bicall.emulator.rule import plain
from bicall.emulator.rule.constants import fixed, real
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.schemes.bicall.connectivity import Connectivity, from_matrix, matrix
from bicall.emulator.schemes.bicall.run import flush, run
from bicall.emulator.schemes.bicall.state import SparseState

NEURON_STATE = ("y", "s", "current", "membrane", "refractory")


@dataclass
class Trial:
    """A network and its spikes: `pre` bool[ticks, axons from outside] as sent, `teacher` bool[ticks, neurons]."""

    described: Description
    connectivity: Connectivity
    pre: np.ndarray
    teacher: np.ndarray
    seed: int
    resets: frozenset = frozenset()
    testing: frozenset = frozenset()  # ticks (0-based) without learning
    archived: int = 64
    threads: int = 1

    def constants(self, arithmetic):
        return (fixed if arithmetic == "fixed" else real)(self.described)

    def expected(self, arithmetic):
        """The plain loop, tick by tick: bool[ticks, neurons] spikes, h before each tick, the state at the end."""
        c, network = self.constants(arithmetic), self.connectivity
        exists = matrix(network, np.ones(network.synapses, bool))
        state = LayerState.initial(c, network.axons, network.neurons, self.seed, exists)
        ticks, delays = len(self.pre), network.delays
        arriving = np.zeros((ticks + 256, network.axons), bool)
        for i in range(network.external):
            arriving[delays[i] : delays[i] + ticks, i] = self.pre[:, i]
        spikes, before = np.zeros((ticks, network.neurons), bool), []
        for k in range(ticks):
            if k in self.resets:
                state.reset()
            before.append(state.h.copy())
            trains = (SpikeTrain.from_dense(dense[k : k + 1]) for dense in (arriving, self.teacher))
            spikes[k] = plain.run(c, state, *trains, self.seed, k not in self.testing)[0]
            for i in range(network.external, network.axons):
                arriving[k + delays[i], i] = spikes[k, i - network.external]
        return spikes, before, arriving[:ticks], state

    def pieces(self, every_tick):
        """First and last tick of each piece of a run."""
        ticks = len(self.pre)
        switches = {k for k in range(1, ticks) if (k in self.testing) != (k - 1 in self.testing)}
        edges = range(ticks + 1) if every_tick else sorted({0, ticks, *self.resets, *switches})
        return list(zip(edges, edges[1:], strict=False))

    def played(self, arithmetic, scheme, every_tick=False, play=run, bring_up_to_date=flush):
        """The network under a scheme, in as few pieces as can be or tick by tick.

        Returns:
            spikes, the state at the end (flushed), the bits that were transmitted last before each piece's end, counts.
        """
        c, network = self.constants(arithmetic), self.connectivity
        state = SparseState.initial(c, network, self.seed, self.archived)
        spikes, all_sent, total = [], [], {}
        for first, last in self.pieces(every_tick):
            if first in self.resets:
                state.reset()
            sent = np.full(network.synapses, 255, np.uint8)
            trains = (SpikeTrain.from_dense(dense[first:last]) for dense in (self.pre, self.teacher))
            post, counts = play(
                c, network, state, *trains, self.seed, first not in self.testing, scheme, sent, self.threads
            )
            total = {name: total.get(name, 0) + count for name, count in counts.items()}
            spikes.append(post.dense(network.neurons))
            all_sent.append(sent)
        bring_up_to_date(c, network, state, self.seed)
        return np.concatenate([np.zeros((0, network.neurons), bool), *spikes]), state, all_sent, total

    def differs(self, arithmetic, scheme, relative=0.0, **how):
        """What of a scheme's run is not the reference model's, in words; None if all of it is.

        Compared are every spike, every transmitted bit (if the run goes tick by tick), and all of the end state.
        """
        spikes, before, arriving, state = self.expected(arithmetic)
        found, sparse, sent, _ = self.played(arithmetic, scheme, **how)
        if not np.array_equal(spikes, found):
            return "spikes"
        c, network = self.constants(arithmetic), self.connectivity
        if len(sent) == len(self.pre):
            for k, bits in enumerate(sent):
                expected = np.where(arriving[k][:, None], before[k] > c.h_threshold, 255)
                exists = matrix(network, np.ones(network.synapses, bool))
                if not np.array_equal(matrix(network, bits), np.where(exists, expected, 0)):
                    return "transmitted weights"
        arrays = {name: getattr(sparse.arrays, name) for name in NEURON_STATE}
        arrays["h"] = matrix(network, sparse.arrays.h)
        for part in range(len(network.first)):
            arrays[f"x {part}"] = sparse.arrays.x[part]
        for name, array in arrays.items():
            expected = getattr(state, name.split()[0])
            scale = np.abs(expected).max(initial=1.0) * relative
            if (np.abs(array.astype(float) - expected) > scale).any():
                return name
        return None


def random_trial(described, seed, parts=1, ticks=None, rate=None, learning=True, archived=64, resets=True):
    """A trial with everything the contract has: bursts, silent inputs, coincident spikes, delays from 1 to 20 ticks."""
    rng = np.random.default_rng(seed)
    external, neurons = int(rng.integers(1, 9)), int(rng.integers(parts, 7))
    recurrent = bool(rng.integers(2))
    connected = rng.random((external + neurons * recurrent, neurons)) < rng.choice([0.3, 1.0])
    network = from_matrix(connected, rng.integers(1, 21, len(connected)), recurrent, parts)
    ticks = int(rng.integers(0, 120)) if ticks is None else ticks
    rate = rng.choice([0.0, 0.02, 0.1, 0.5]) if rate is None else rate  # spikes a tick: 0 to 500 Hz
    pre = rng.random((ticks, external)) < rate * rng.integers(rng.integers(0, 2), 2, external)
    teacher = rng.random((ticks, neurons)) < rng.choice([0.01, 0.1, 0.5])
    if ticks and rng.integers(2):
        begin = int(rng.integers(ticks))
        pre[begin : begin + 10] = True
    some = rng.integers(1, ticks, 3) if ticks > 1 and resets else []
    testing = range(ticks // 3, ticks // 2) if not learning else []
    resets = frozenset(map(int, some))
    return Trial(described, network, pre, teacher, int(rng.integers(2**32)), resets, frozenset(testing), archived)


@pytest.fixture(scope="session")
def make_trial():
    return random_trial
