"""The event-driven scheme with compression: one clip for all synapses of a neuron whose rows share their past.

A step at a postsynaptic spike is h -> clip(h + a, 0, H), and clips compose: first clip(h + a, low, high), then
clip(. + b, 0, H), is clip(h + a + b, clip(low + b), clip(high + b)). The step depends on h in no other way. So rows
that were last visited in the same tick and had the same x then (a class) need one clip for each neuron.

Exact where a step is the same for all rows of a class: with deterministic rounding of x and of h. With stochastic
rounding every row has words of its own, and nothing is shared. Drift is no clip (its sign depends on h), so in a drift
tick all rows are brought up to date; between drift ticks the composed clip is all there is.
"""

from typing import NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from bicall.emulator.rule.constants import NEAREST
from bicall.emulator.rule.operations import bump, learn
from bicall.emulator.schemes.bicall.event_driven import arrivals, collect, enter, leave, teach, with_room
from bicall.emulator.schemes.bicall.neurons import arrival, begin, gate_is_open, integrate_and_fire
from bicall.emulator.schemes.bicall.rows import decayed, drifted, step_of
from bicall.emulator.schemes.counters import COMPUTATIONS, MANIPULATIONS, PEAK, VISITS
from bicall.emulator.support.caching import cached_njit


def _rounded(step, c):
    raise NotImplementedError("compiled only")


@overload(_rounded)
def _rounded_overload(step, c):
    if isinstance(step, types.Integer):

        def rounded(step, c):
            noise = (1 << c.step_fraction_bits) >> 1 if c.h_rounding == NEAREST else 0
            return (step + noise) >> c.step_fraction_bits

        return rounded
    return lambda step, c: step


class Classes(NamedTuple):
    """Classes of rows with the same past; for each and each neuron a composed clip h -> clip(h + added, low, high)."""

    of_row: np.ndarray  # int64[axons] the class of each row
    rows: np.ndarray  # int64[classes] how many rows a class has
    x: np.ndarray  # [classes] the presynaptic trace of its rows
    added: np.ndarray  # [classes, neurons]
    low: np.ndarray  # [classes, neurons]
    high: np.ndarray  # [classes, neurons]
    used: np.ndarray  # int64[classes] the numbers of the classes in use, in order of their birth
    free: np.ndarray  # int64[classes] a stack of the others


def no_classes(axons: int, neurons: int, dtype) -> Classes:
    """Room for a class a row; int64 or float64 by the dtype of x."""
    classes = 2 * axons + 1  # a tick may make as many as there are rows before those that lost theirs are dropped
    wide = np.int64 if np.issubdtype(dtype, np.integer) else np.float64
    added, low, high = (np.zeros((classes, neurons), wide) for _ in range(3))
    numbers = np.arange(classes, dtype=np.int64)
    return Classes(
        np.zeros(axons, np.int64), np.zeros(classes, np.int64), np.zeros(classes, dtype), added, low, high,
        numbers * 0, numbers,
    )  # fmt: skip


@cached_njit(nogil=True)
def join(c, row, x, old, n, classes):
    """Put a row with trace x into a class born in this tick (`used` from `old` to `n` - 1), or into a new one.

    Returns:
        How many classes are in use.
    """
    for place in range(old, n):
        which = classes.used[place]
        if classes.x[which] == x:
            classes.of_row[row] = which
            classes.rows[which] += 1
            return n
    which = classes.free[len(classes.free) - 1 - n]
    classes.used[n] = which
    classes.x[which], classes.rows[which], classes.of_row[row] = x, 1, which
    forget(c, which, classes)
    return n + 1


@cached_njit(nogil=True)
def forget(c, which, classes):
    """Set the clips of a class to the identity."""
    classes.added[which] = 0
    classes.low[which] = 0
    classes.high[which] = c.h_full


@cached_njit(nogil=True)
def learned(c, h, step, j):
    """h after one step, without randomness."""
    return learn(h, step, np.uint32(0), j, c)


@cached_njit(nogil=True)
def append(c, j, n, classes):
    """Append the step at a spike of neuron j to its clip in every class."""
    used, x, added, low, high = classes.used, classes.x, classes.added, classes.low, classes.high
    for place in range(n):
        which = used[place]
        step = step_of(c, x[which])
        added[which, j] += _rounded(step, c)
        low[which, j] = learned(c, low[which, j], step, j)
        high[which, j] = learned(c, high[which, j], step, j)


@cached_njit(nogil=True)
def age(c, n, classes):
    """Drop classes without rows; decay x of the others. Returns how many are in use."""
    kept = 0
    for place in range(n):
        which = classes.used[place]
        if classes.rows[which] == 0:
            classes.free[len(classes.free) - n + place - kept] = which
        else:
            classes.x[which] = decayed(classes.x[which], c, np.uint32(0))
            classes.used[kept] = which
            kept += 1
    return kept


@cached_njit(nogil=True)
def bring_up_to_date(c, network, a, classes, n, drift):
    """Apply the clips, and drift if due, to every synapse; the clips begin anew."""
    targets, h_of, added, low, high = network.targets, a.h, classes.added, classes.low, classes.high
    for i in range(a.x.shape[1]):
        which = classes.of_row[i]
        for k in range(network.first[0, i], network.first[0, i + 1]):
            j = targets[k]
            h = min(max(h_of[k] + added[which, j], low[which, j]), high[which, j])
            h_of[k] = drifted(c, h, 1) if drift else h
    for place in range(n):
        forget(c, classes.used[place], classes)


@cached_njit(nogil=True)
def spike_of_row(c, i, network, a, classes, depressed, arrived, sent, counters):
    """Step 3 for the spike of axon i, but for its x."""
    targets, h_of, added, low, high = network.targets, a.h, classes.added, classes.low, classes.high
    which, recorded = classes.of_row[i], len(sent) > 0
    for k in range(network.first[0, i], network.first[0, i + 1]):
        j = targets[k]
        h = min(max(h_of[k] + added[which, j], low[which, j]), high[which, j])
        w = h > c.h_threshold
        arrived[j] += arrival(w)
        if recorded:
            sent[k] = w
        if depressed[j]:
            h = learned(c, h, c.depression_pre, j)
            counters[0, COMPUTATIONS] += 1
        h_of[k] = h
    counters[0, VISITS] += network.first[0, i + 1] - network.first[0, i]


@cached_njit(nogil=True)
def advance(c, seed, tick, network, a, t, batches, resets, learning, outside, drive, scratch, sent, counters, classes):
    """Run the ticks of `outside` after `tick`, from an up-to-date state, and leave it up to date. Always learns."""
    depressed, arrived, fired, ends, taught, undriven = scratch
    pre_starts, pre_sources, teacher_starts, teacher_sources = outside
    ticks, neurons, axons = len(pre_starts) - 1, len(depressed), a.x.shape[1]
    starts, post = np.zeros(ticks + 1, np.int64), np.empty(1024, np.int32)
    n = 0
    for i in range(axons):
        n = join(c, i, a.x[0, i], 0, n, classes)
    for k in range(ticks):
        enter(tick, 1, network, a, pre_starts[k:], pre_sources)
        tick += 1
        spikes = arrivals(tick, a)
        teach(teacher_starts[k:], teacher_sources, 0, neurons, taught)
        driven = drive[k] if len(drive) > 0 else undriven
        n = old = age(c, n, classes)
        begin(c, seed, tick, 0, neurons, True, a, depressed, arrived)
        if tick % c.drift_period == 0:
            bring_up_to_date(c, network, a, classes, n, True)
            counters[0, VISITS] += len(a.h)
        for i in spikes:
            spike_of_row(c, i, network, a, classes, depressed, arrived, sent, counters)
            which = classes.of_row[i]
            classes.rows[which] -= 1
            n = join(c, i, bump(classes.x[which], c.x_bump, c.x_full), old, n, classes)
        counters[0, PEAK] = max(counters[0, PEAK], n)
        ends[0, 1] = integrate_and_fire(c, 0, neurons, a, arrived, taught, driven, fired[0])
        for j in fired[0, : ends[0, 1]]:
            if gate_is_open(c, a.s[j]):
                append(c, j, n, classes)
                counters[0, COMPUTATIONS] += n
                counters[0, MANIPULATIONS] += n
        leave(tick - 1, 1, a)
        post = with_room(post, starts[k] + neurons)
        collect(tick - 1, 1, network, a, fired, ends, starts[k:], post)
    bring_up_to_date(c, network, a, classes, n, False)
    counters[0, VISITS] += len(a.h)
    for i in range(axons):
        a.x[0, i] = classes.x[classes.of_row[i]]
        a.last[0, i] = tick
    return starts, post[: starts[-1]].copy()
