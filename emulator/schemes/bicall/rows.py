"""Bringing a row up to date: drift and archived postsynaptic spikes since its last visit, replayed in order.

What the synapses of a row share, tick by tick since the last visit, is computed once and looked up: the step that the
row's x makes (x decayed with every tick's own rounding), the word of stochastic rounding, the drift steps due.
Source: docs/specification.md, "Why it can be event-driven and still exact".
"""

from typing import NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import overload

from emulator.compiled import ROUND_POST, ROUND_X, learn, potentiation
from emulator.constants import DECAY_FRACTION_BITS, NEAREST, STOCHASTIC
from emulator.randomness import counter_random
from emulator.schemes.bicall.connectivity import Connectivity
from emulator.schemes.counters import COMPUTATIONS, VISITS

WINDOW = 2048  # ticks in a table; a row that was silent for longer is brought up to date in several goes


class Tables(NamedTuple):
    """What the synapses of a row share, by ticks since its last visit, and room for lists; a row a part."""

    steps: np.ndarray  # [parts, WINDOW] step of a postsynaptic spike, as x
    words: np.ndarray  # uint32[parts, WINDOW] of stochastic rounding
    drifts: np.ndarray  # int32[parts, WINDOW + 1] drift steps since the last visit, up to and including the tick
    chosen: np.ndarray  # uint32[parts, longest row + 1] synapses of the row that something happens to
    result: np.ndarray  # [parts, longest row] their h, as h
    helds: np.ndarray  # int32[parts, longest row] how many entries their neurons hold


def tables(network: Connectivity, x_dtype, h_dtype) -> Tables:
    """Empty tables."""
    parts, longest = len(network.first), int(np.diff(network.first, axis=1).max(initial=0))
    return Tables(
        np.zeros((parts, WINDOW), x_dtype),
        np.zeros((parts, WINDOW), np.uint32),
        np.zeros((parts, WINDOW + 1), np.int32),
        np.zeros((parts, longest + 1), np.uint32),
        np.zeros((parts, longest), h_dtype),
        np.zeros((parts, longest), np.int32),
    )


def decayed(x, c, seed, axon, tick):
    """x of one axon after the decay of `tick`: `emulator.compiled`'s decay for a single number."""
    raise NotImplementedError("compiled only")


@overload(decayed)
def _decayed_overload(x, c, seed, axon, tick):
    if isinstance(x, types.Integer):

        def decay(x, c, seed, axon, tick):
            noise = np.int64(0)
            if c.x_rounding == STOCHASTIC:
                noise = np.int64(counter_random(seed, ROUND_X, axon, tick) & 0xFFFF) >> (16 - DECAY_FRACTION_BITS)
            elif c.x_rounding == NEAREST:
                noise = np.int64(1 << (DECAY_FRACTION_BITS - 1))
            return (np.int64(x) * c.x_decay + noise) >> DECAY_FRACTION_BITS

    else:

        def decay(x, c, seed, axon, tick):
            return x * c.x_decay

    return decay


@njit(cache=True, nogil=True)
def step_of(c, x):
    """The step of h that a postsynaptic spike makes at presynaptic trace x, before rounding."""
    return potentiation(x, c.potentiation, c.x_bits) + (c.depression_post if x < c.pre_threshold else 0)


@njit(cache=True, nogil=True)
def drifted(c, h, steps):
    """h after a number of drift steps, in closed form: drift moves away from the threshold."""
    up, down = min(h + steps * c.drift_up, c.h_full), max(h - steps * c.drift_down, 0)
    return up if h > c.h_threshold else down  # both computed: a branch on h could not be predicted


@njit(cache=True, nogil=True)
def prepare(c, seed, axon, x, since, ticks, resets, t, p):
    """Fill the tables of part p for the `ticks` ticks from `since` on.

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
    k = 0
    while k < stops:
        t.steps[p, k] = step_of(c, x)
        k += 1
        after = decayed(x, c, seed, axon, since + k)
        if after == x and (x == 0 or c.x_rounding != STOCHASTIC):
            break  # x stays as it is
        x = after
    t.steps[p, k:stops] = step_of(c, x)
    if was_reset:
        x = x * 0
        t.steps[p, stops:ticks] = step_of(c, x)
    if c.h_rounding == STOCHASTIC:
        for k in range(ticks):
            t.words[p, k] = counter_random(seed, ROUND_POST, axon, since + k)
    before = since // c.drift_period
    if (since + ticks) // c.drift_period == before:
        t.drifts[p, : ticks + 1] = 0
    else:
        for k in range(ticks + 1):
            t.drifts[p, k] = (since + k) // c.drift_period - before
    return x


@njit(cache=True, nogil=True)
def replay(c, i, since, ticks, p, network, a, t, spike, word, depressed, arrived, sent):
    """Bring h of row i in part p from tick `since` to `since` + `ticks`: archived spikes and drift, in order.

    With `spike`, also transmit and depress: a presynaptic spike arrives. `emulator.schemes.bicall.event_driven` says
    what the arguments are; `word` is the row's of stochastic rounding for depression.

    Returns:
        How many steps of h were computed.
    """
    # Arrays of named tuples are counted at every use, so loops have them by themselves. Several passes, because what
    # cannot be predicted (who has archived spikes, who is depressed) costs less as a list than as a branch.
    row = slice(network.first[p, i], network.first[p, i + 1])
    targets, h, chosen, result = network.targets[row], a.h[row], t.chosen[p], t.result[p]
    newest, entries = a.newest, a.entries
    steps, words, drifts, helds = t.steps[p], t.words[p], t.drifts[p], t.helds[p]
    drift, n, computed = np.int64(drifts[ticks]), 0, 0
    for k in range(len(targets)):
        chosen[n] = k
        n += newest[targets[k]] >= since
    for q in range(n):  # by itself, so that the archives come from memory all at once, not one after the other
        helds[q] = entries[targets[chosen[q]], 0]
    for q in range(n):
        j = targets[chosen[q]]
        held, value, done = np.int64(helds[q]), h[chosen[q]], np.int64(0)
        entry = held
        while entry > 1 and entries[j, entry - 1] >= since:
            entry -= 1
        while entry <= held:
            at = entries[j, entry] - since
            if at >= ticks:  # archived in the tick of this visit: it comes after it
                break
            if drift > 0:
                value = drifted(c, value, drifts[at] - done)
                done = np.int64(drifts[at])
            value = learn(value, steps[at], words[at], j, c)
            computed += 1
            entry += 1
        result[q] = drifted(c, value, drift - done)
    if drift > 0:
        for k in range(len(targets)):
            h[k] = drifted(c, h[k], drift)
    for q in range(n):
        h[chosen[q]] = result[q]
    if not spike:
        return computed

    n = 0
    for k in range(len(targets)):
        j = targets[k]
        arrived[j, np.uint8(h[k] > c.h_threshold)] += 1
        chosen[n] = k
        n += depressed[j]
    if len(sent) > 0:
        for k in range(len(targets)):
            sent[row][k] = h[k] > c.h_threshold
    for q in range(n):
        k = chosen[q]
        h[k] = learn(h[k], c.depression_pre, word, targets[k], c)
    return computed + n


@njit(cache=True, nogil=True)
def catch_up(c, seed, tick, p, i, network, a, t, resets, learning, counters):
    """Bring row i of part p up to date at `tick`, as if a spike came that neither transmits nor depresses.

    Without `learning` only its x.
    """
    nobody, nothing, nowhere = np.zeros(0, np.bool_), np.zeros((0, 2), np.uint16), np.zeros(0, np.uint8)
    while a.last[p, i] < tick:
        since = np.int64(a.last[p, i])
        ticks = min(tick - since, WINDOW)
        a.x[p, i] = prepare(c, seed, i, a.x[p, i], since, ticks, resets, t, p)
        a.last[p, i] = since + ticks
        if learning:
            counters[p, COMPUTATIONS] += replay(
                c, i, since, ticks, p, network, a, t, False, np.uint32(0), nobody, nothing, nowhere
            )
            counters[p, VISITS] += network.first[p, i + 1] - network.first[p, i]
