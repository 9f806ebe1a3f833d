"""What the synapses of a row share: the course of its x since its last visit, random words, drift.

It is computed once a visit, tick by tick, and looked up by all synapses of the row: the step that the row's x makes (x
decayed with every tick's own rounding), the word of stochastic rounding, the drift steps due.
Source: docs/specification.md, "Why it can be event-driven and still exact".
"""

from typing import NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from bicall.emulator.rule.constants import DECAY_FRACTION_BITS, NEAREST, STOCHASTIC
from bicall.emulator.rule.operations import ROUND_POST, ROUND_X, potentiation
from bicall.emulator.rule.randomness import counter_random
from bicall.emulator.schemes.bicall.connectivity import Connectivity
from bicall.emulator.schemes.bicall.procedural import Procedural
from bicall.emulator.schemes.bicall.state import Arrays
from bicall.emulator.support.caching import cached_njit

WINDOW = 2048  # ticks in a table; a row that was silent for longer is brought up to date in several goes
WORDS = 64  # random words of x's decay that are drawn at once
ROOM = 4 * WINDOW  # ticks in the tables of all rows of a batch
WORD_BITS = 16  # of a random word that a synapse uses; above them the table has the number of drift steps


class Tables(NamedTuple):
    """What the synapses of a row share, by ticks since its last visit; a row a part. `tables_of` gives a part's."""

    steps: np.ndarray  # [parts, ROOM] step of a postsynaptic spike, as x; in a sparse part those of several rows
    words: np.ndarray  # uint32[parts, ROOM] of stochastic rounding, the lower half; drift steps due, the upper one
    drifts: np.ndarray  # uint32[parts, WINDOW + 1] drift steps since the last visit, up to and including the tick
    noise: np.ndarray  # uint32[parts, WORDS] of x's stochastic rounding


def tables(network: Connectivity | Procedural, arrays: Arrays) -> Tables:
    """Empty tables."""
    parts = network.parts
    return Tables(
        np.zeros((parts, ROOM), arrays.x.dtype),
        np.zeros((parts, ROOM), np.uint32),
        np.zeros((parts, WINDOW + 1), np.uint32),
        np.zeros((parts, WORDS), np.uint32),
    )


def decayed(x, c, word):
    """x of one axon after a tick, `word` being its random word: `rule.operations.decay` for a single number."""
    raise NotImplementedError("compiled only")


@overload(decayed, inline="always")
def _decayed_overload(x, c, word):
    if isinstance(x, types.Integer):

        def decay(x, c, word):
            noise = np.int64(0)
            if c.x_rounding == STOCHASTIC:
                noise = np.int64(word & 0xFFFF) >> (16 - DECAY_FRACTION_BITS)
            elif c.x_rounding == NEAREST:
                noise = np.int64(1 << (DECAY_FRACTION_BITS - 1))
            return (np.int64(x) * c.x_decay + noise) >> DECAY_FRACTION_BITS

        return decay
    return lambda x, c, word: x * c.x_decay


@cached_njit(nogil=True)
def step_of(c, x):
    """The step of h that a postsynaptic spike makes at presynaptic trace x, before rounding."""
    return potentiation(x, c.potentiation, c.x_bits) + (c.depression_post if x < c.pre_threshold else 0)


def drifted(c, h, steps):
    """h after at most WINDOW drift steps, in closed form: drift moves away from the threshold."""
    raise NotImplementedError("compiled only")


@overload(drifted, jit_options={"nogil": True})
def _drifted_overload(c, h, steps):
    if isinstance(h, types.Integer):

        def drifted(c, h, steps):
            # WINDOW steps of 16 bits are 27 bits; 32 bits double the numbers in a vector register. Both ways are
            # computed: a branch on h could not be predicted.
            value, due = np.int32(h), np.int32(steps)
            up = min(np.int32(value + np.int32(due * np.int32(c.drift_up))), np.int32(c.h_full))
            down = max(np.int32(value - np.int32(due * np.int32(c.drift_down))), np.int32(0))
            return up if value > np.int32(c.h_threshold) else down

        return drifted
    return lambda c, h, steps: (
        min(h + steps * c.drift_up, c.h_full) if h > c.h_threshold else max(h - steps * c.drift_down, 0.0)
    )


@cached_njit(nogil=True)
def drift_all(c, h, n, due):
    """`drifted` for the n synapses at address h."""
    for k in range(n):
        h[k] = drifted(c, h[k], due)


@cached_njit(nogil=True)
def prepare(c, seed, axon, x, since, ticks, resets, steps, words, noise):
    """Fill `steps` and `words` (of `Tables`) for the `ticks` ticks from `since` on.

    Args:
        x: the axon's trace after tick `since`.
        resets: int64, ticks after which a reset came, ascending.

    Returns:
        x at tick `since` + `ticks`, before a bump.
    """
    stops = ticks  # from here on x is 0
    at = np.searchsorted(resets, since)
    was_reset = at < len(resets) and resets[at] < since + ticks
    if was_reset:
        stops = resets[at] - since + 1
    random, k, moves = c.x_rounding == STOCHASTIC, 0, True
    while k < stops and moves:
        block = min(WORDS, stops - k)
        if random:
            for m in range(block):
                noise[m] = counter_random(seed, ROUND_X, axon, since + k + 1 + m)
        for m in range(block):
            steps[k] = step_of(c, x)
            k += 1
            after = decayed(x, c, noise[m])
            moves = after != x or (random and x != 0)
            x = after
            if not moves:
                break
    steps[k:stops] = step_of(c, x)
    if was_reset:
        x = x * 0
        steps[stops:ticks] = step_of(c, x)
    if c.h_rounding == STOCHASTIC:
        for k in range(ticks):
            words[k] = counter_random(seed, ROUND_POST, axon, since + k)
    return x


@cached_njit(nogil=True)
def add_drifts(drifts, words):
    """Put the numbers of drift steps above the random words."""
    for k in range(len(words)):
        words[k] = (words[k] & np.uint32(0xFFFF)) | (drifts[k] << np.uint32(WORD_BITS))


@cached_njit(nogil=True)
def prepare_drift(c, since, ticks, drifts):
    """Fill `drifts` (of `Tables`). Returns how many steps are due in all."""
    k, due = 0, 0
    while k <= ticks:
        until = min((since + k) // c.drift_period * c.drift_period + c.drift_period - since, ticks + 1)
        drifts[k:until] = due
        k = until
        due += 1
    return due - 1
