"""A plastic layer that projects onto itself: the spikes of a tick are the presynaptic ones of the next.

Inhibition follows the coding level without a population of its own: the lower transmitted level is negative, so each
spike inhibits every neuron that it has not learned to excite, and the sum grows with the number of active neurons.
"""

import numpy as np

from bicall.emulator.configuration.description import Description
from bicall.emulator.digits.classifier import constants_of
from bicall.emulator.rule.compiled import advance
from bicall.emulator.rule.layer import Layer, all_learn
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput


class RecurrentLayer:
    """Neurons that all project onto all, themselves included, through plastic synapses with a delay of one tick."""

    def __init__(self, description: Description, arithmetic: str, neurons: int, seed: int, h: float | None = None):
        """Start with all hidden weights at `h`, a part of full scale, or at random ones."""
        self.constants, self.seed, self.description = constants_of(description, arithmetic), seed, description
        self.state = LayerState.initial(self.constants, neurons, neurons, seed)
        self.last = np.zeros(neurons, bool)  # the spikes of the last tick, which arrive in the next
        if h is not None:
            self.state.h[:] = h * self.constants.h_full

    @property
    def w(self) -> np.ndarray:
        """Transmitted bits, bool[pre, post]."""
        return self.state.h > self.constants.h_threshold

    def reset(self) -> None:
        """Between two stimuli: traces, membranes and spikes under way to 0."""
        self.state.reset()
        self.last[:] = False

    def drive(self, thresholds: np.ndarray) -> np.ndarray:
        """An input current in thresholds as the arithmetic wants it, of the same shape."""
        if self.state.current.dtype == np.float64:
            return np.asarray(thresholds, np.float64)
        return np.rint(np.asarray(thresholds) * self.description.neuron.threshold_mantissa).astype(np.int32)

    def run(self, external: SpikeTrain, learning: bool = True, thresholds: np.ndarray | None = None) -> np.ndarray:
        """Go on for the ticks of `external`.

        Args:
            external: spikes from outside, by tick; source j feeds neuron j with the teacher's weight.
            thresholds: float64[ticks, neurons], an extra input current, or None.

        Returns:
            bool[ticks, neurons], the spikes.

        Raises:
            BadInput: a source or the shape of the current is out of range.
        """
        s, neurons = self.state, len(self.last)
        external.check("external", neurons)
        shape = (external.ticks, neurons)
        if thresholds is not None and thresholds.shape != shape:
            raise BadInput(f"current: is {list(thresholds.shape)}, must be {list(shape)}")
        drive = self.drive(np.zeros(shape) if thresholds is None else thresholds)
        spikes = np.zeros(shape, bool)
        _run(
            self.constants, self.seed, s.tick, Layer.of(self.constants, s),
            external.starts, external.sources, drive, all_learn(s), learning, self.last, spikes,
        )  # fmt: skip
        s.tick += external.ticks
        return spikes


@cached_njit
def _run(c, seed, tick, layer, external_starts, external_sources, drive, learns, learning, last, spikes):
    sources, starts = np.zeros(len(last), np.int32), np.zeros(2, np.int64)
    for k in range(len(drive)):
        starts[1] = 0
        for i in range(len(last)):
            if last[i]:
                sources[starts[1]] = i
                starts[1] += 1
        advance(
            c, seed, tick, layer, starts, sources, external_starts[k : k + 2], external_sources, learning,
            spikes[k : k + 1], drive[k : k + 1], learns,
        )  # fmt: skip
        tick += 1
        last[:] = spikes[k]
