"""Synapses whose presynaptic and postsynaptic spikes are both prescribed."""

import numpy as np

from bicall.emulator.configuration.description import Description, with_values
from bicall.emulator.digits.classifier import constants_of
from bicall.emulator.rule import compiled
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput

ARITHMETICS = ("float", "fixed")


class ForcedLayer:
    """All synapses between `pre` axons and `post` neurons, which fire when told to: the teacher is strong enough.

    As no weight transmits, every synapse is on its own: it sees the spikes of its row and of its column only.
    """

    def __init__(self, description: Description, arithmetic: str, pre: int, post: int, h: float, seed: int):
        """Start with all hidden weights at `h`, a part of full scale."""
        self.constants, self.seed = constants_of(description, arithmetic), seed
        self.state = LayerState.initial(self.constants, pre, post, seed)
        self.name = description.name
        self.set_h(h)

    def set_h(self, value: float) -> None:
        """Put every hidden weight at a part of full scale; one half is the lowest value that transmits a 1."""
        full = self.constants.h_full
        self.state.h[:] = value if self.constants.h_full == 1.0 else min(int(value * (full + 1)), full)

    @property
    def h(self) -> np.ndarray:
        """Hidden weights over full scale, float64[pre, post]."""
        return self.state.h / self.constants.h_full

    @property
    def w(self) -> np.ndarray:
        """Transmitted bits, bool[pre, post]."""
        return self.state.h > self.constants.h_threshold

    def run(self, pre: np.ndarray, post: np.ndarray) -> None:
        """Go on with the given spikes, bool[ticks, pre] and bool[ticks, post].

        Raises:
            BadInput: the neurons did not fire just then.
        """
        fired, _ = compiled.run(
            self.constants, self.state, SpikeTrain.from_dense(pre), SpikeTrain.from_dense(post), self.seed
        )
        if not np.array_equal(fired, post):
            raise BadInput(
                f"configuration {self.name}: forced spikes are {int(post.sum())}, fired {int(fired.sum())}; must be "
                "the same (weights 0, teacher_weight above 1, refractory_ticks 0)"
            )


def learning_speed(layer: ForcedLayer, fired: np.ndarray, step: int, tick_ms: float) -> float:
    """How fast a population learns that projects onto itself and fires as given, bool[ticks, neurons].

    A spike arrives one tick after it was fired. The synapses are looked at every `step` ticks, and their number is
    interpolated in between.

    Returns:
        one over the time, in s, until half of the synapses between different neurons transmit a 1; 0 if they never do.
    """
    others = ~np.eye(fired.shape[1], dtype=bool)
    pre = np.roll(fired, 1, axis=0)
    pre[0] = False
    before = 0.0
    for first in range(0, len(fired), step):
        layer.run(pre[first : first + step], fired[first : first + step])
        now = layer.w[others].mean()
        if now >= 0.5:
            return 1e3 / tick_ms / (first + step * (0.5 - before) / (now - before))
        before = now
    return 0.0


def without_drift(description: Description) -> Description:
    """The same rule without drift."""
    return with_values(description, hidden_weight__drift_up_per_s=0.0, hidden_weight__drift_down_per_s=0.0)


def summed_steps(
    description: Description,
    arithmetic: str,
    pre: list[list[int]],
    post: list[list[int]],
    period: int,
    repeats: int,
    seed: int,
    trials: int = 8,
) -> np.ndarray:
    """What a repeated pattern of spikes adds to h, without the bounds of h and without drift.

    h is put back to one half after each repeat, and the changes are summed; traces go on.

    Args:
        pre, post: ticks of each pattern's spikes within its period; a spike at or after `period` falls into the next.
        trials: synapses a pattern, which differ in their stochastic rounding.

    Returns:
        float64[patterns], mean over the trials.
    """
    patterns, last = len(pre), max(max(ticks, default=0) for ticks in [*pre, *post])
    length = (repeats + last // period) * period + period
    pre_spikes, post_spikes = (np.zeros((length, patterns), bool) for _ in range(2))
    for spikes, ticks_of in ((pre_spikes, pre), (post_spikes, post)):
        for pattern, ticks in enumerate(ticks_of):
            for tick in ticks:
                spikes[tick : tick + repeats * period : period, pattern] = True
    pre_spikes = np.repeat(pre_spikes, trials, axis=1)
    layer = ForcedLayer(without_drift(description), arithmetic, patterns * trials, patterns, 0.5, seed)
    start = layer.h[0, 0]
    own = np.arange(patterns).repeat(trials)
    total = np.zeros(patterns * trials)
    for first in range(0, length, period):
        layer.run(pre_spikes[first : first + period], post_spikes[first : first + period])
        total += layer.h[np.arange(len(own)), own] - start
        layer.set_h(0.5)
    return total.reshape(patterns, trials).mean(axis=1)
