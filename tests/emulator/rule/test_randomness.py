"""The random source: two forms that are equal, numbers that look uniform and unrelated, and tests that can fail."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bicall.emulator.rule import randomness
from bicall.emulator.rule.randomness import COLUMN_STEP, Stream, column_noise, counter_random, random_words

WORD = st.integers(0, 2**32 - 1)
INDEX = st.integers(0, 2**28 - 1)
STREAM = st.sampled_from(Stream)
SMALLEST_P = 1e-4  # seeds are fixed, so a test either always passes or never does


def speck(seed: int, stream: int, index: int, tick: int, rounds: int = 10) -> int:
    """A third form, in Python's own integers, from the published round: x = (x >>> 8) + y ^ k, y = (y <<< 3) ^ x."""
    x, y, key = tick, index + (stream << 28), seed
    for _ in range(rounds):
        x = ((((x >> 8) | (x << 24)) % 2**32 + y) % 2**32) ^ key
        y = (((y << 3) | (y >> 29)) % 2**32) ^ x
        key = (key + 0x9E3779B9) % 2**32
    return y


@given(WORD, STREAM, INDEX, WORD)
def test_numpy_numba_and_python_are_equal(seed, stream, index, tick):
    expected = speck(seed, int(stream), index, tick)
    assert int(counter_random(seed, int(stream), index, tick)) == expected
    assert int(random_words(seed, stream, index, tick)) == expected


def test_arrays_are_equal_too():
    index, tick = np.arange(50), np.arange(1000, 1040)[:, None]
    words = random_words(7, Stream.INPUT, index, tick)
    assert words.shape == (40, 50) and words.dtype == np.uint32
    for i, j in ((0, 0), (3, 49), (39, 20)):
        assert words[i, j] == speck(7, Stream.INPUT, j, 1000 + i)


def test_known_words():
    """Frozen: circuits, Lava and saved results depend on them."""
    found = [int(random_words(*arguments)) for arguments in ((0, 0, 0, 0), (1, 3, 5, 7), (2**32 - 1, 9, 2**28 - 1, 9))]
    assert found == [2408699771, 3875986167, 419287182]


def p_of_uniform(values: np.ndarray, cells: int) -> float:
    return stats.chisquare(np.bincount(values, minlength=cells)).pvalue


SERIES = {
    # what runs while the rest stands still; all must look random
    "ticks": lambda n: random_words(1, Stream.ROUND_X, 3, np.arange(n)),
    "indices": lambda n: random_words(1, Stream.ROUND_X, np.arange(n), 3),
    "seeds": lambda n: np.array([counter_random(seed, 3, 5, 7) for seed in range(n)], np.uint32),
    "rows, then ticks": lambda n: random_words(1, 3, np.arange(256), np.arange(n // 256)[:, None]).ravel(),
    "streams, then ticks": lambda n: np.stack(
        [random_words(1, stream, 3, np.arange(n // len(Stream))) for stream in Stream], axis=1
    ).ravel(),
}  # fmt: skip


@pytest.mark.parametrize("series", SERIES)
def test_words_are_uniform_and_unrelated_to_the_next(series):
    words = SERIES[series](2**17)
    bytes_ = [(words >> shift) & 0xFF for shift in (0, 8, 16, 24)]
    for values in bytes_:
        assert p_of_uniform(values, 256) > SMALLEST_P
    # pairs of neighbours, on the upper four bits and on the lower four of the 16 that rounding uses
    for shift in (28, 12, 0):
        nibbles = (words >> shift) & 0xF
        assert p_of_uniform(nibbles[:-1] * 16 + nibbles[1:], 256) > SMALLEST_P
        correlation = np.corrcoef(nibbles[:-1], nibbles[1:])[0, 1]
        assert abs(correlation) < 4 / np.sqrt(len(words))


def largest_avalanche_error() -> float:
    """How far from one half the chance is that an input bit changes an output bit, at worst over all pairs of bits.

    4,096 trials a pair: chance alone makes a standard deviation of 0.008.
    """
    rng = np.random.default_rng(5)
    tick, index = rng.integers(0, 2**32, 4096, np.uint32), rng.integers(0, 2**28, 4096, np.uint32)
    base, worst = random_words(9, Stream.ROUND_X, index, tick), 0.0
    flipped = [random_words(9, Stream.ROUND_X, index, tick ^ np.uint32(1 << bit)) for bit in range(32)]
    flipped += [random_words(9, Stream.ROUND_X, index ^ np.uint32(1 << bit), tick) for bit in range(28)]
    for words in flipped:
        changed = (words ^ base)[:, None] >> np.arange(32, dtype=np.uint32) & 1
        worst = max(worst, float(np.abs(changed.mean(axis=0) - 0.5).max()))
    return worst


def test_every_input_bit_changes_every_output_bit_half_the_time():
    assert largest_avalanche_error() < 0.04


@pytest.mark.parametrize("rounds", [3, 5])
def test_fewer_rounds_would_be_noticed(rounds, monkeypatch):
    monkeypatch.setattr(randomness, "ROUNDS", rounds)
    assert largest_avalanche_error() > 0.04


@pytest.mark.parametrize("bits", [1, 4, 8, 12, 16])
def test_column_noise_is_exactly_uniform(bits):
    """Over all words of a row every column sees every value equally often: a rotation loses nothing."""
    words = np.arange(2**16, dtype=np.uint32)
    for column in (0, 1, 255, 4095):
        assert np.all(np.bincount(column_noise(words, column, bits), minlength=2**bits) == 2 ** (16 - bits))


def test_column_noise_is_spread_evenly_within_a_row():
    """A Weyl sequence: 256 columns fall into 16 equal cells 16 times each, give or take 2, whatever the word."""
    for word in random_words(3, Stream.ROUND_PRE, np.arange(50), 1):
        counts = np.bincount(column_noise(word, np.arange(256), 4), minlength=16)
        assert counts.min() >= 14 and counts.max() <= 18


@given(WORD, st.integers(0, 5000), st.integers(0, 16))
def test_column_noise_as_one_adder(word, column, bits):
    assert column_noise(np.uint32(word), column, bits) == ((word + column * COLUMN_STEP) % 2**16) >> (16 - bits)


def test_no_bits_no_noise():
    assert column_noise(np.uint32(2**32 - 1), np.arange(10), 0).tolist() == [0] * 10


def test_streams_fit_their_four_bits():
    assert len(set(Stream)) == len(Stream) and all(0 <= stream < 16 for stream in Stream)
