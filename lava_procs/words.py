"""Random words for stochastic rounding, compiled: in NumPy they would take most of a tick."""

import numpy as np
from numba import njit

from emulator.randomness import counter_random


# the signature has it compiled on import: Lava's operating-system processes are forked and find it ready
@njit("uint32[::1](int64, int64, int64[::1], int64)", cache=True)
def rounding_words(seed, stream, index, tick):
    """The numbers of `emulator.randomness.random_words` for int64 indices of one dimension.

    Returns:
        uint32, one for each index.
    """
    words = np.empty(len(index), np.uint32)
    for k in range(len(index)):
        words[k] = counter_random(seed, stream, index[k], tick)
    return words
