"""Random numbers that depend only on what they are for, never on the order of asking.

A counter-based generator: the block cipher Speck64 (Beaulieu et al. 2013, "The SIMON and SPECK families of lightweight
block ciphers") cut to 10 of its rounds, with a Weyl sequence of the seed as round keys. It encrypts (tick, index and
stream) under the seed. It needs one 32-bit adder a round and no multiplier, so the same numbers come out of NumPy,
Numba and gates. It is meant for statistics, not for secrets.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np
from numba import uint32
from numba.extending import intrinsic

from bicall.emulator.support.caching import cached_njit

ROUNDS = 10
KEY_STEP = 0x9E3779B9  # 2^32 / golden ratio: the usual Weyl increment
COLUMN_STEP = 0x9E37  # 2^16 / golden ratio, odd
INDEX_BITS = 28


class Stream(IntEnum):
    """What a random number is for: different streams never meet. Four bits."""

    ROUND_X = 0
    ROUND_Y = 1
    ROUND_S = 2
    ROUND_PRE = 3
    ROUND_POST = 4
    INITIAL_H = 5
    SAMPLE = 6
    INPUT = 7
    ORDER = 8
    PROTOCOL = 9
    FEATURE = 10
    CONNECTIVITY = 11
    LEVEL = 12


@intrinsic
def _xor(_: Any, a: Any, b: Any) -> tuple[Any, Callable[..., Any]]:
    """a ^ b in 32 bits. Numba's own ^ has 64, which the compiler keeps, so that vector code takes twice as long."""
    return uint32(uint32, uint32), lambda context, builder, signature, values: builder.xor(*values)


@cached_njit(inline="always")
def counter_random(seed: int, stream: int, index: int, tick: int) -> np.uint32:
    """One random number, as plain integers that Numba compiles.

    Args:
        seed: 32-bit seed.
        stream: a `Stream`.
        index: below 2^28: the row, neuron or input that asks.
        tick: 32-bit tick or counter.

    Returns:
        uint32, uniform.
    """
    x = uint32(tick)
    y = uint32(uint32(index) | (uint32(stream) << uint32(28)))
    key = uint32(seed)
    for _ in range(ROUNDS):
        x = uint32((x >> uint32(8)) | (x << uint32(24)))
        x = uint32(x + y)
        x = _xor(x, key)  # type: ignore[call-arg]  # the first argument is Numba's
        y = uint32((y << uint32(3)) | (y >> uint32(29)))
        y = _xor(y, x)
        key = uint32(key + uint32(KEY_STEP))
    return y


def random_words(seed: int, stream: int, index: np.ndarray | int, tick: np.ndarray | int) -> np.ndarray:
    """The numbers of `counter_random` for whole arrays, in plain NumPy.

    Args:
        seed: 32-bit seed.
        stream: a `Stream`.
        index: integers below 2^28, any shape.
        tick: integers below 2^32, broadcast against `index`.

    Returns:
        uint32 array of the broadcast shape, uniform over all 32-bit values.
    """
    index, tick = np.broadcast_arrays(np.asarray(index, np.uint32), np.asarray(tick, np.uint32))
    x, y = tick.copy(), index | np.uint32(stream << INDEX_BITS)
    key = seed & 0xFFFFFFFF
    with np.errstate(over="ignore"):  # NumPy warns of a single number's wrap-around, never of an array's
        for _ in range(ROUNDS):
            x = (x >> np.uint32(8)) | (x << np.uint32(24))
            x = (x + y) ^ np.uint32(key)
            y = (y << np.uint32(3)) | (y >> np.uint32(29))
            y = y ^ x
            key = (key + KEY_STEP) & 0xFFFFFFFF
    return y


def column_noise(row_word: np.ndarray | int, column: np.ndarray | int, bits: int) -> np.ndarray:
    """Rounding noise of the synapses of one row: the row's random word, turned by a Weyl sequence over the columns.

    One row needs one random word a tick and each synapse one 16-bit adder. Over the ticks every synapse's noise is
    uniform; within a row the columns' noises are spread evenly (a Cranley-Patterson rotation), so rounding errors of
    neighbouring columns rather cancel than add up.

    Args:
        row_word: uint32 words, any shape.
        column: integers, broadcast against `row_word`.
        bits: 0 to 16.

    Returns:
        int64 array, uniform over 0 to 2^bits - 1.
    """
    turned = (np.asarray(row_word, np.int64) + np.asarray(column, np.int64) * COLUMN_STEP) & 0xFFFF
    return turned >> (16 - bits)
