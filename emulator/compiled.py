"""The compiled loop: the same tick contract as `emulator.plain`, bit for bit, hundreds of times faster.

What makes it fast: spikes come as lists, so a tick costs what happens in it; the transmitted bits lie row by row and h
column by column, so both passes over the synapses run along memory; what a whole row or column shares is computed once.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import overload

from emulator.constants import (
    DECAY_FRACTION_BITS,
    MEMBRANE_LIMIT,
    MEMBRANE_SHIFT,
    NEAREST,
    STOCHASTIC,
    Constants,
)
from emulator.errors import BadInput
from emulator.randomness import COLUMN_STEP, Stream, counter_random
from emulator.recording import Recorder
from emulator.state import LayerState, SpikeTrain

ROUND_X, ROUND_Y, ROUND_S, ROUND_PRE, ROUND_POST = (
    int(stream) for stream in (Stream.ROUND_X, Stream.ROUND_Y, Stream.ROUND_S, Stream.ROUND_PRE, Stream.ROUND_POST)
)


class Counts(NamedTuple):
    """What a run did."""

    pre_spikes: int
    post_spikes: int
    transmissions: int  # weights read by presynaptic spikes
    depressions: int  # steps of h at presynaptic spikes
    potentiations: int  # steps of h at postsynaptic spikes


# The elementary operations, in integers and in float. Numba picks one by the type of the constants. For compiled loops,
# also those of other modules (`emulator.schemes.bicall`).


def decay(trace, factor, rounding, seed, stream, index, tick):
    """Decay traces by one tick, in place.

    Args:
        trace: int32 or float64, any number of axons or neurons.
        factor: what is left of a trace after a tick; in fixed point with DECAY_FRACTION_BITS binary places.
        rounding: TRUNCATE, NEAREST or STOCHASTIC.
        stream, index: random words of stochastic rounding are those of `stream` and each trace's number in `index`.
    """
    raise NotImplementedError("compiled only")


@overload(decay)
def _decay_overload(trace, factor, rounding, seed, stream, index, tick):
    if isinstance(factor, types.Integer):

        def decay(trace, factor, rounding, seed, stream, index, tick):
            if rounding == STOCHASTIC:
                for i in range(len(trace)):
                    word = counter_random(seed, stream, index[i], tick)
                    noise = np.int64(word & 0xFFFF) >> (16 - DECAY_FRACTION_BITS)
                    trace[i] = (trace[i] * factor + noise) >> DECAY_FRACTION_BITS
            else:
                noise = (1 << (DECAY_FRACTION_BITS - 1)) if rounding == NEAREST else 0
                factor32, noise32 = np.int32(factor), np.int32(noise)
                for i in range(len(trace)):
                    # at most 16 + 12 bits: the product fits 32, which doubles the numbers in a vector register
                    trace[i] = np.int32(np.int32(trace[i] * factor32) + noise32) >> DECAY_FRACTION_BITS

    else:

        def decay(trace, factor, rounding, seed, stream, index, tick):
            for i in range(len(trace)):
                trace[i] *= factor

    return decay


def bump(value, bump, full):
    """A trace after a spike of its neuron: value + bump (full - value)."""
    raise NotImplementedError("compiled only")


@overload(bump, inline="always")
def _bump_overload(value, bump, full):
    if isinstance(bump, types.Integer):
        return lambda value, bump, full: value + ((bump * (full - value)) >> DECAY_FRACTION_BITS)
    return lambda value, bump, full: value + bump * (full - value)


def potentiation(x, factor, x_bits):
    """c_p x, the step of h that a postsynaptic spike makes at presynaptic trace x, before rounding."""
    raise NotImplementedError("compiled only")


@overload(potentiation, inline="always")
def _potentiation_overload(x, factor, x_bits):
    if isinstance(factor, types.Integer):
        return lambda x, factor, x_bits: (np.int64(factor) * x) >> x_bits
    return lambda x, factor, x_bits: factor * x


def learn(h, step, row_word, column, c):
    """h after a step, rounded to h's last bit and saturated.

    Args:
        step: in fixed point with `step_fraction_bits` binary places below h's last bit.
        row_word: uint32, the row's random word of the tick; `column` is the neuron's number. Both only matter to
            stochastic rounding.
    """
    raise NotImplementedError("compiled only")


@overload(learn, inline="always")
def _learn_overload(h, step, row_word, column, c):
    if isinstance(h, types.Integer):

        def learn(h, step, row_word, column, c):
            places = c.step_fraction_bits
            noise = 0
            if c.h_rounding == STOCHASTIC:
                noise = ((np.int64(row_word) + column * COLUMN_STEP) & 0xFFFF) >> (16 - places)
            elif c.h_rounding == NEAREST:
                noise = (1 << places) >> 1
            return min(max(h + ((step + noise) >> places), 0), c.h_full)

    else:

        def learn(h, step, row_word, column, c):
            return min(max(h + step, 0.0), 1.0)

    return learn


def integrate(current, membrane, arriving, c):
    """Current and membrane of a neuron after one tick with input `arriving`; thresholds are for the caller."""
    raise NotImplementedError("compiled only")


@njit(cache=True, inline="always")
def _leak(value, factor):
    product = np.int64(value) * factor
    return product >> DECAY_FRACTION_BITS if product >= 0 else -((-product) >> DECAY_FRACTION_BITS)


@overload(integrate, inline="always")
def _integrate_overload(current, membrane, arriving, c):
    if isinstance(current, types.Integer):

        def integrate(current, membrane, arriving, c):
            u = _leak(current, c.current_decay) + (arriving << MEMBRANE_SHIFT)
            if u > MEMBRANE_LIMIT:
                u -= 2 * MEMBRANE_LIMIT
            if u <= -MEMBRANE_LIMIT:
                u += 2 * MEMBRANE_LIMIT
            v = _leak(membrane, c.membrane_decay) + u
            return u, min(max(v, -MEMBRANE_LIMIT + 1), MEMBRANE_LIMIT - 1)

    else:

        def integrate(current, membrane, arriving, c):
            u = current * c.current_decay + arriving
            return u, membrane * c.membrane_decay + u

    return integrate


@njit(cache=True)
def advance(
    c, seed, tick, rows, columns, x, y, s, current, membrane, refractory, h, w,
    pre_starts, pre_sources, teacher_starts, teacher_sources, learning, post_spikes, drive=None, connected=None,
):  # fmt: skip
    """Run the ticks of `pre_starts` from the state after `tick`. h is [post, pre], w is [pre, post].

    `connected` is uint8[pre, post] and its transpose [post, pre], both contiguous. Without it, or without a `drive`,
    Numba compiles the loop as if there were no such thing.

    Returns:
        output spikes, weights transmitted, steps at presynaptic and at postsynaptic spikes.
    """
    n_post, n_pre = h.shape
    ticks = len(pre_starts) - 1
    high = np.zeros(n_post, np.int32)
    reached = np.zeros(n_post, np.int32)
    taught = np.zeros(n_post, np.int32)
    depressed = np.zeros(n_post, np.int32)
    steps = np.zeros(n_pre, x.dtype)
    words = np.zeros(n_pre, np.uint32)
    n_spikes = transmissions = depressions = potentiations = 0
    stochastic = c.h_rounding == STOCHASTIC
    word = np.uint32(0)

    for k in range(ticks):
        tick += 1
        # 1. decay
        decay(x, c.x_decay, c.x_rounding, seed, ROUND_X, rows, tick)
        decay(y, c.y_decay, c.y_rounding, seed, ROUND_Y, columns, tick)
        decay(s, c.s_decay, c.s_rounding, seed, ROUND_S, columns, tick)

        # 2. drift: away from the threshold, so no transmitted bit changes
        if learning and tick % c.drift_period == 0:
            for j in range(n_post):
                for i in range(n_pre):
                    if h[j, i] > c.h_threshold:
                        h[j, i] = min(h[j, i] + c.drift_up, c.h_full)
                    else:
                        h[j, i] = max(h[j, i] - c.drift_down, 0)

        # 3. presynaptic spikes: transmit, depress, bump x
        n_depressed = 0
        if learning:
            for j in range(n_post):
                if y[j] > c.post_threshold and c.gate_low < s[j] < c.gate_high:
                    depressed[n_depressed] = j
                    n_depressed += 1
        high[:] = 0
        reached[:] = 0 if connected is not None else pre_starts[k + 1] - pre_starts[k]
        for e in range(pre_starts[k], pre_starts[k + 1]):
            i = pre_sources[e]
            for j in range(n_post):
                high[j] += w[i, j]
            if connected is not None:
                for j in range(n_post):
                    reached[j] += connected[0][i, j]
            if n_depressed > 0:
                if stochastic:
                    word = counter_random(seed, ROUND_PRE, rows[i], tick)
                for d in range(n_depressed):
                    j = depressed[d]
                    if connected is not None and not connected[0][i, j]:
                        continue
                    h[j, i] = learn(h[j, i], c.depression_pre, word, columns[j], c)
                    w[i, j] = h[j, i] > c.h_threshold
                    depressions += 1
            x[i] = bump(x[i], c.x_bump, c.x_full)
        for e in range(teacher_starts[k], teacher_starts[k + 1]):
            taught[teacher_sources[e]] = 1

        # 4. sum, 5. integrate, fire and reset, 6. postsynaptic spikes: bump, then learn
        words_are_due = True
        for j in range(n_post):
            transmissions += reached[j]
            arriving = high[j] * c.weight_high + (reached[j] - high[j]) * c.weight_low + taught[j] * c.teacher_weight
            if drive is not None:
                arriving += drive[k, j]
            taught[j] = 0
            u, v = integrate(current[j], membrane[j], arriving, c)
            current[j] = u
            if refractory[j] > 0:
                refractory[j] -= 1
            else:
                membrane[j] = max(v, c.membrane_floor)
            if membrane[j] <= c.membrane_threshold:
                continue
            membrane[j] = 0
            refractory[j] = c.refractory_ticks
            post_spikes[k, j] = True
            n_spikes += 1
            y[j] = bump(y[j], c.y_bump, c.y_full)
            s[j] = bump(s[j], c.s_bump, c.s_full)
            if not (learning and c.gate_low < s[j] < c.gate_high):
                continue
            if words_are_due:
                for i in range(n_pre):
                    low = c.depression_post if x[i] < c.pre_threshold else 0
                    steps[i] = potentiation(x[i], c.potentiation, c.x_bits) + low
                if stochastic:
                    for i in range(n_pre):
                        words[i] = counter_random(seed, ROUND_POST, rows[i], tick)
                words_are_due = False
            column = columns[j]
            flipped = False
            for i in range(n_pre):
                before = h[j, i]
                after = learn(before, steps[i], words[i], column, c)
                if connected is not None:
                    after = after if connected[1][j, i] else before
                    potentiations += connected[1][j, i]
                h[j, i] = after
                flipped |= (before > c.h_threshold) != (after > c.h_threshold)
            if connected is None:
                potentiations += n_pre
            if flipped:
                for i in range(n_pre):
                    w[i, j] = h[j, i] > c.h_threshold
    return n_spikes, transmissions, depressions, potentiations


def run(
    constants: Constants,
    state: LayerState,
    pre: SpikeTrain,
    teacher: SpikeTrain,
    seed: int,
    learning: bool = True,
    recorder: Recorder | None = None,
    drive: np.ndarray | None = None,
) -> tuple[np.ndarray, Counts]:
    """Run a plastic layer over the ticks of `pre`, changing `state` in place: as `emulator.plain.run`, bit for bit.

    Returns:
        bool[ticks, post], the postsynaptic spikes, and what was done.

    Raises:
        BadInput: a spike's source is out of range, the two trains differ in length, or the drive is of another shape or
            type.
    """
    n_pre, n_post = state.h.shape
    _check_sources("pre", pre, n_pre)
    _check_sources("teacher", teacher, n_post)
    if pre.ticks != teacher.ticks:
        raise BadInput(f"teacher: has {teacher.ticks} ticks, must have {pre.ticks} like the presynaptic spikes")
    if drive is not None:
        _check_drive(drive, state.current.dtype, (pre.ticks, n_post))
    h = np.ascontiguousarray(state.h.T)
    w = np.ascontiguousarray(state.h > constants.h_threshold).view(np.uint8)
    post_spikes = np.zeros((pre.ticks, n_post), bool)
    arrays = (
        state.rows, state.columns, state.x, state.y, state.s, state.current, state.membrane, state.refractory, h, w,
    )  # fmt: skip
    connected = connected_both_ways(state)
    counts = np.zeros(4, np.int64)

    def step(first: int, last: int) -> None:
        counts[:] += advance(
            constants, seed, state.tick, *arrays,
            pre.starts[first : last + 1], pre.sources, teacher.starts[first : last + 1], teacher.sources,
            learning, post_spikes[first:last], None if drive is None else drive[first:last], connected,
        )  # fmt: skip
        state.tick += last - first

    if recorder is None:
        step(0, pre.ticks)
    else:
        spiking = pre.dense(n_pre)
        state.h = h.T
        for k in range(pre.ticks):
            step(k, k + 1)
            recorder.take(state, spiking[k], post_spikes[k])
    state.h = h.T
    return post_spikes, Counts(int(pre.starts[-1] - pre.starts[0]), *(int(count) for count in counts))


def connected_both_ways(state: LayerState) -> tuple[np.ndarray, np.ndarray] | None:
    """A sparse layer's synapses as `advance` wants them; None for a dense layer."""
    if state.connected is None:
        return None
    connected = np.ascontiguousarray(state.connected).view(np.uint8)
    return connected, np.ascontiguousarray(connected.T)


def _check_sources(name: str, train: SpikeTrain, sources: int) -> None:
    if len(train.sources) and not 0 <= train.sources.min() <= train.sources.max() < sources:
        bad = train.sources[(train.sources < 0) | (train.sources >= sources)][0]
        raise BadInput(f"{name} spikes: source is {bad}, must be from 0 to {sources - 1}")


def _check_drive(drive: np.ndarray, dtype: np.dtype, shape: tuple[int, int]) -> None:
    if drive.shape != shape or drive.dtype != dtype:
        raise BadInput(f"drive: is {drive.dtype}{list(drive.shape)}, must be {dtype}{list(shape)}")
    limit = 2**16  # as for weights: with it, the sum stays far from the membrane's 24 bits
    if drive.dtype == np.int32 and drive.size and not -limit < drive.min() <= drive.max() < limit:
        worst = drive.ravel()[np.abs(drive.astype(np.int64)).argmax()]
        raise BadInput(f"drive: is {worst} at a tick, must be within +-{limit - 1}")
