"""Calcium traces of the process models, in integers and in float: decay by one tick, and the bump of a spike.

Equations: docs/specification.md. Written apart from `emulator.rule.plain`, so that comparing the two means something.
"""

import numpy as np

from bicall.emulator.rule.constants import DECAY_FRACTION_BITS, NEAREST, STOCHASTIC, Constants
from bicall.emulator.rule.randomness import Stream, column_noise
from bicall.lava_procs.support.words import rounding_words


class FixedTrace:
    """The trace `symbol` (x, y or s) of a population, unsigned integers in int32.

    Args:
        constants: of fixed point.
        symbol: which trace's constants to use.
        seed: of stochastic rounding.
    """

    def __init__(self, constants: Constants, symbol: str, seed: int):
        self.factor = getattr(constants, f"{symbol}_decay")
        self.step = getattr(constants, f"{symbol}_bump")
        self.full = getattr(constants, f"{symbol}_full")
        self.rounding = getattr(constants, f"{symbol}_rounding")
        self.stream, self.seed = int(Stream[f"ROUND_{symbol.upper()}"]), seed

    def decay(self, trace: np.ndarray, tick: int) -> None:
        """One tick's decay, in place; at most 16 + 12 bits, so the product fits int32."""
        trace *= self.factor
        if self.rounding == NEAREST:
            trace += 1 << (DECAY_FRACTION_BITS - 1)
        elif self.rounding == STOCHASTIC:
            words = rounding_words(self.seed, self.stream, np.arange(len(trace)), tick)
            trace += column_noise(words, 0, DECAY_FRACTION_BITS).astype(np.int32)
        trace >>= DECAY_FRACTION_BITS

    def bump(self, trace: np.ndarray, spiking: np.ndarray) -> None:
        """A spike of the neurons `spiking` (indices or mask), in place."""
        trace[spiking] += (self.step * (self.full - trace[spiking])) >> DECAY_FRACTION_BITS


class FloatTrace:
    """The trace `symbol` of a population in float64; full scale is 1."""

    def __init__(self, constants: Constants, symbol: str, seed: int):
        self.factor = getattr(constants, f"{symbol}_decay")
        self.step = getattr(constants, f"{symbol}_bump")

    def decay(self, trace: np.ndarray, tick: int) -> None:
        trace *= self.factor

    def bump(self, trace: np.ndarray, spiking: np.ndarray) -> None:
        trace[spiking] += self.step * (1.0 - trace[spiking])
