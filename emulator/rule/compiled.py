"""The compiled loop: the same tick contract as `emulator.rule.plain`, bit for bit, hundreds of times faster.

What makes it fast: spikes come as lists, so a tick costs what happens in it; the transmitted bits lie row by row and h
column by column, so both passes over the synapses run along memory; what a whole row or column shares is computed once.
The loops over synapses and neurons have no branches and few arrays, so that the compiler makes vector code of them.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numba import types
from numba.extending import overload

from bicall.emulator.rule.checks import check_drive, check_learns
from bicall.emulator.rule.constants import STOCHASTIC, Constants
from bicall.emulator.rule.layer import LANES, Layer, all_learn, no_drive
from bicall.emulator.rule.operations import (
    ROUND_POST,
    ROUND_PRE,
    ROUND_S,
    ROUND_X,
    ROUND_Y,
    Body,
    bump,
    decay,
    differs,
    integrate,
    learn,
    own,
    potentiation,
)
from bicall.emulator.rule.randomness import counter_random
from bicall.emulator.rule.recording import Recorder
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.arrays import check_number
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput

Outside: TypeAlias = Any  # of what a layer is a part while it is run: see `before_tick`
LANE_LIMIT = 255  # spikes after which the sums of a byte each are full


class Counts(NamedTuple):
    """What a run did."""

    pre_spikes: int
    post_spikes: int
    transmissions: int  # weights read by presynaptic spikes
    depressions: int  # steps of h at presynaptic spikes
    potentiations: int  # steps of h at postsynaptic spikes


def before_tick(outside: Outside, k: int) -> None:
    """Whatever is to be done before tick k of a run, in which a layer reads what came to it.

    Args:
        outside: of what the layer is a part: bool[ticks, post], just a place for its spikes, or another type for which
            Numba's `overload` says what it means.
    """
    raise NotImplementedError("compiled only")


def send(outside: Outside, k: int, j: int) -> None:
    """Take a spike of neuron j in tick k of a run."""
    raise NotImplementedError("compiled only")


@overload(before_tick, strict=False)
def _before_tick_alone(outside: types.Type, k: types.Type) -> Body | None:
    return (lambda outside, k: None) if isinstance(outside, types.Array) else None


@overload(send, inline="always", strict=False)
def _send_alone(outside: types.Type, k: types.Type, j: types.Type) -> Body | None:
    if not isinstance(outside, types.Array):
        return None

    def send(outside: np.ndarray, k: int, j: int) -> None:
        outside[k, j] = True

    return send


@cached_njit
def advance(
    c: Constants, seed: int, tick: int, layer: Layer, pre_starts: np.ndarray, pre_sources: np.ndarray,
    teacher_starts: np.ndarray, teacher_sources: np.ndarray, learning: bool, post_spikes: np.ndarray, drive: np.ndarray,
    learns: np.ndarray,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Run the ticks of `pre_starts` from the state after `tick`.

    Args:
        layer: a `Layer`.
        post_spikes: bool[ticks, post], all False; True where a neuron fires.
        drive: [ticks, post] of the state's type, or [0, post] for none.
        learns: bool[post], the learning enables.

    Returns:
        output spikes, weights transmitted, steps at presynaptic and at postsynaptic spikes.
    """
    return run_ticks(
        c, seed, tick, layer, post_spikes, pre_starts, pre_starts[1:], pre_sources,
        teacher_starts, teacher_starts[1:], teacher_sources, learning, drive, learns,
    )  # fmt: skip


@cached_njit(inline="always")
def run_ticks(
    c: Constants, seed: int, tick: int, layer: Layer, outside: Outside, pre_starts: np.ndarray, pre_ends: np.ndarray,
    pre_sources: np.ndarray, teacher_starts: np.ndarray, teacher_ends: np.ndarray, teacher_sources: np.ndarray,
    learning: bool, drive: np.ndarray, learns: np.ndarray,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Run a layer that is a part of `outside`, for as many ticks as `pre_ends` has, from the state after `tick`.

    It becomes a part of the function that calls it: so what Numba keeps of it lies with the module that says what
    `outside` means.

    Args:
        pre_starts, pre_ends: int64[ticks], where the spikes that arrive in a tick are in `pre_sources`, ascending;
            likewise the teachers'. `before_tick` may write them.
        drive: [ticks, post] of the state's type, or [1, post] for all ticks, or [0, post] for none.
        The others, and the result: as of `advance`.
    """
    rows, columns, x, y, s, current, membrane, refractory, h, w, exists, connected = layer
    n_post, n_pre = h.shape
    lanes = np.zeros(w.shape[1], np.uint8)
    high, reached = np.zeros(n_post, np.int32), np.zeros(n_post, np.int32)
    arriving = high * c.weight_high  # int64 or float64, as the products are
    open_gates, fired = np.zeros(n_post, np.bool_), np.zeros(n_post, np.bool_)
    steps, words, numbers = np.zeros(n_pre, x.dtype), np.zeros(n_pre, np.uint32), np.zeros(n_pre, np.int32)
    flipped = np.zeros(n_pre + -n_pre % LANES, np.bool_)
    n_spikes = transmissions = depressions = potentiations = 0
    stochastic, sparse, driven = c.h_rounding == STOCHASTIC, len(connected) > 0, len(drive) > 0
    steps_differ = differs(c.potentiation) or differs(c.depression_post) or differs(c.pre_threshold)

    for k in range(len(pre_ends)):
        tick += 1
        before_tick(outside, k)
        # 1. decay; who has no axon needs no traces, and reads none
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
        arrived = pre_sources[pre_starts[k] : pre_ends[k]]
        high[:] = 0
        _add_rows(w, arrived, lanes, high)
        if sparse:
            reached[:] = 0
            _add_rows(exists, arrived, lanes, reached)
            transmissions += int(reached.sum())
        else:
            reached[:] = len(arrived)
            transmissions += len(arrived) * n_post
        if learning and len(arrived) > 0:
            any_open = False
            for j in range(n_post):
                gate = (own(c.gate_low, j) < s[j]) & (s[j] < own(c.gate_high, j))
                open_gates[j] = learns[j] & (y[j] > own(c.post_threshold, j)) & gate
                any_open |= open_gates[j]
            if any_open and stochastic:
                for e in range(len(arrived)):  # by itself, as scattered numbers would keep the next from vector code
                    numbers[e] = rows[arrived[e]]
                for e in range(len(arrived)):
                    words[e] = counter_random(seed, ROUND_PRE, numbers[e], tick)
            for j in range(n_post if any_open else 0):
                if open_gates[j] and sparse:
                    depressions += _depress(c, h, w, arrived, words, j, columns[j], exists)
                elif open_gates[j]:
                    depressions += _depress(c, h, w, arrived, words, j, columns[j], None)
        for i in arrived:
            x[i] = bump(x[i], own(c.x_bump, i), c.x_full)

        # 4. sum, 5. integrate and fire
        for j in range(n_post):
            arriving[j] = high[j] * own(c.weight_high, j) + (reached[j] - high[j]) * own(c.weight_low, j)
        for e in range(teacher_starts[k], teacher_ends[k]):
            arriving[teacher_sources[e]] += own(c.teacher_weight, teacher_sources[e])
        if driven:
            row = k % len(drive)
            for j in range(n_post):
                arriving[j] += drive[row, j]
        if not _integrate_and_fire(c, arriving, current, membrane, refractory, fired):
            continue

        # 6. postsynaptic spikes: bump, then learn
        words_are_due = True
        for j in range(n_post):
            if not fired[j]:
                continue
            membrane[j] = (membrane[j] - own(c.membrane_threshold, j)) * c.reset_by_subtraction
            refractory[j] = own(c.refractory_ticks, j)
            send(outside, k, j)
            n_spikes += 1
            y[j] = bump(y[j], own(c.y_bump, j), c.y_full)
            s[j] = bump(s[j], own(c.s_bump, j), c.s_full)
            if not (learning and learns[j] and own(c.gate_low, j) < s[j] < own(c.gate_high, j)):
                continue
            if words_are_due or steps_differ:
                for i in range(n_pre):
                    low = own(c.depression_post, j) if x[i] < own(c.pre_threshold, j) else 0
                    steps[i] = potentiation(x[i], own(c.potentiation, j), c.x_bits) + low
            if words_are_due:
                if stochastic:
                    for i in range(n_pre):
                        words[i] = counter_random(seed, ROUND_POST, rows[i], tick)
                words_are_due = False
            if sparse:
                _learn_column(c, h[j], steps, words, columns[j], flipped, connected[j])
                potentiations += connected[j].sum()
            else:
                _learn_column(c, h[j], steps, words, columns[j], flipped, None)
                potentiations += n_pre
            _flip(w, j, flipped)
    return n_spikes, transmissions, depressions, potentiations


@cached_njit
def _add_rows(bits: np.ndarray, sources: np.ndarray, lanes: np.ndarray, total: np.ndarray) -> None:
    """Add the rows `sources` of 0 and 1, uint8[pre, padded], to `total`, int32[post].

    A 64-bit addition adds eight of them at once, as long as no sum exceeds a byte.
    """
    row_words, sums = bits.view(np.uint64), lanes.view(np.uint64)
    for first in range(0, len(sources), LANE_LIMIT):
        last = min(first + LANE_LIMIT, len(sources))
        sums[:] = 0
        for e in range(first, last - 1, 2):  # two rows a time: the sums are fetched half as often
            i, k = np.uint32(sources[e]), np.uint32(sources[e + 1])
            for lane in range(len(sums)):
                sums[lane] += row_words[i, lane] + row_words[k, lane]
        if (last - first) % 2:
            i = np.uint32(sources[last - 1])
            for lane in range(len(sums)):
                sums[lane] += row_words[i, lane]
        for j in range(len(total)):
            total[j] += lanes[j]


@cached_njit
def _depress(
    c: Constants, h: np.ndarray, w: np.ndarray, sources: np.ndarray, words: np.ndarray, j: int, column: int,
    exists: np.ndarray | None,
) -> int:  # fmt: skip
    """The steps of neuron j's synapses at presynaptic spikes; `words` are those of the spikes. Returns how many.

    `exists` is as in `Layer.reached`, or None in a dense layer.
    """
    missing, threshold, step = 0, h.dtype.type(c.h_threshold), own(c.depression_pre, j)
    for e in range(len(sources)):
        i = np.uint32(sources[e])  # an index that might be negative would be looked at
        if exists is not None and not exists[i, j]:
            missing += 1
            continue
        before = h[j, i]
        after = learn(before, step, words[e], column, c)
        h[j, i] = after
        if (before > threshold) != (after > threshold):
            w[i, j] = after > threshold
    return len(sources) - missing


@cached_njit
def _integrate_and_fire(
    c: Constants, arriving: np.ndarray, current: np.ndarray, membrane: np.ndarray, refractory: np.ndarray,
    fired: np.ndarray,
) -> bool:  # fmt: skip
    """Currents and membranes after a tick, and whose membrane is above the threshold. Returns whether any is."""
    for j in range(len(current)):
        u, v = integrate(current[j], membrane[j], arriving[j], own(c.current_decay, j), own(c.membrane_decay, j))
        current[j] = u
        membrane[j] = membrane[j] if refractory[j] > 0 else max(v, own(c.membrane_floor, j))
    for j in range(len(refractory)):
        refractory[j] -= refractory[j] > 0
    any_fired = False
    for j in range(len(membrane)):
        fired[j] = membrane[j] > own(c.membrane_threshold, j)
        any_fired |= fired[j]
    return any_fired


@cached_njit
def _learn_column(
    c: Constants, h: np.ndarray, steps: np.ndarray, words: np.ndarray, column: int, flipped: np.ndarray,
    connected: np.ndarray | None,
) -> None:  # fmt: skip
    """The steps of a neuron's synapses at its spike, of those in uint8[pre] `connected` or, if that is None, of all.

    Which transmitted bits changed goes to `flipped`.
    """
    threshold = h.dtype.type(c.h_threshold)
    for i in range(len(h)):
        before = h[i]
        after = learn(before, steps[i], words[i], column, c)
        if connected is not None:
            after = after if connected[i] else before
        h[i] = after
        flipped[i] = (before > threshold) != (after > threshold)


@cached_njit
def _flip(w: np.ndarray, j: int, flipped: np.ndarray) -> None:
    """Turn over the transmitted bits of neuron j that are marked: few, so eight marks are looked at in one word."""
    marks = flipped.view(np.uint64)
    for lane in range(len(marks)):
        if marks[lane] != 0:
            for i in range(LANES * lane, min(LANES * lane + LANES, len(w))):
                w[i, j] ^= flipped[i]


def run(
    constants: Constants,
    state: LayerState,
    pre: SpikeTrain,
    teacher: SpikeTrain,
    seed: int,
    learning: bool = True,
    recorder: Recorder | None = None,
    drive: np.ndarray | None = None,
    learns: np.ndarray | None = None,
) -> tuple[np.ndarray, Counts]:
    """Run a plastic layer over the ticks of `pre`, changing `state` in place: as `rule.plain.run`, bit for bit.

    Returns:
        bool[ticks, post], the postsynaptic spikes, and what was done.

    Raises:
        BadInput: a state that does not fit the constants, a train that is none, the two differ in length, or the drive
            or the learning enables are of another shape or type.
    """
    layer = Layer.of(constants, state)
    n_pre, n_post = state.h.shape
    pre.check_sources("pre", n_pre)
    teacher.check_sources("teacher", n_post)
    check_number("seed", seed, 0, 2**32 - 1)
    if pre.ticks != teacher.ticks:
        raise BadInput(f"teacher: has {teacher.ticks} ticks, must have {pre.ticks} like the presynaptic spikes")
    if drive is None:
        drive = no_drive(state)
    else:
        check_drive(drive, state.current.dtype, (pre.ticks, n_post))
        drive = np.ascontiguousarray(drive)
    if learns is None:
        learns = all_learn(state)
    else:
        check_learns(learns, n_post)
        learns = np.ascontiguousarray(learns)
    post_spikes = np.zeros((pre.ticks, n_post), bool)
    counts = np.zeros(4, np.int64)

    def step(first: int, last: int) -> None:
        counts[:] += advance(
            constants, seed, state.tick, layer,
            pre.starts[first : last + 1], pre.sources, teacher.starts[first : last + 1], teacher.sources,
            learning, post_spikes[first:last], drive[first:last], learns,
        )  # fmt: skip
        state.tick += last - first

    if recorder is None:
        step(0, pre.ticks)
    else:
        spiking = pre.dense(n_pre)
        for k in range(pre.ticks):
            step(k, k + 1)
            recorder.take(state, spiking[k], post_spikes[k])
    return post_spikes, Counts(int(pre.starts[-1] - pre.starts[0]), *(int(count) for count in counts))
