"""Random words for stochastic rounding, compiled: in NumPy they would take most of a tick."""

import numpy as np

from bicall.emulator.rule.randomness import counter_random
from bicall.emulator.support.caching import cached_njit


@cached_njit
def rounding_words(seed, stream, index, tick):
    """The numbers of `emulator.rule.randomness.random_words` for int64 indices of one dimension.

    Returns:
        uint32, one for each index.
    """
    words = np.empty(len(index), np.uint32)
    for k in range(len(index)):
        words[k] = counter_random(seed, stream, index[k], tick)
    return words
