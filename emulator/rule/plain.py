"""The plain time-driven loop: the tick contract of docs/specification.md, written down as plainly as NumPy allows.

This is the reference model. Every faster or other backend must equal it bit for bit. Keep it slow and obviously right.
"""

import numpy as np

from bicall.emulator.rule.constants import (
    DECAY_FRACTION_BITS,
    MEMBRANE_LIMIT,
    MEMBRANE_SHIFT,
    NEAREST,
    STOCHASTIC,
    Constants,
    Number,
)
from bicall.emulator.rule.randomness import Stream, column_noise, random_words
from bicall.emulator.rule.recording import Recorder
from bicall.emulator.rule.state import LayerState, LifState, SpikeTrain, is_fixed


def own(constant: Number, whose: np.ndarray | slice) -> Number:
    """The constant of some axons or neurons: the same for all, or their entries in an array."""
    return constant[whose] if isinstance(constant, np.ndarray) else constant


ALL = slice(None)


class FixedPoint:
    """The elementary operations in integers."""

    def __init__(self, constants: Constants, seed: int):
        self.c, self.seed = constants, seed

    def decay(self, name: str, trace: np.ndarray, index: np.ndarray, tick: int) -> np.ndarray:
        """x <- (x d + rounding) >> F for the trace `name` of the axons or neurons `index`."""
        rounding, factor = getattr(self.c, f"{name}_rounding"), getattr(self.c, f"{name}_decay")
        noise: np.ndarray | int = 0
        if rounding == NEAREST:
            noise = 1 << (DECAY_FRACTION_BITS - 1)
        elif rounding == STOCHASTIC:
            words = random_words(self.seed, Stream[f"ROUND_{name.upper()}"], index, tick)
            noise = column_noise(words, 0, DECAY_FRACTION_BITS)
        decayed: np.ndarray = (trace.astype(np.int64) * factor + noise) >> DECAY_FRACTION_BITS
        return decayed

    def bump(self, name: str, trace: np.ndarray, whose: np.ndarray | slice = ALL) -> np.ndarray:
        """x <- x + (a (X - x)) >> F for the trace `name` of some axons or neurons."""
        a, full = own(getattr(self.c, f"{name}_bump"), whose), getattr(self.c, f"{name}_full")
        bumped: np.ndarray = trace + ((a * (full - trace.astype(np.int64))) >> DECAY_FRACTION_BITS)
        return bumped

    def potentiation(self, x: np.ndarray, whose: np.ndarray | slice = ALL) -> np.ndarray:
        """c_p x of some neurons, with the binary places of a step below h's last bit."""
        step: np.ndarray = (own(self.c.potentiation, whose) * x.astype(np.int64)) >> self.c.x_bits
        return step

    def learn(
        self, h: np.ndarray, step: np.ndarray | Number, rows: np.ndarray, columns: np.ndarray, tick: int, stream: Stream
    ) -> np.ndarray:
        """h <- h + step, rounded to h's last bit and saturated, for h[rows, columns]."""
        places = self.c.step_fraction_bits
        noise: np.ndarray | int = 0
        if self.c.h_rounding == NEAREST:
            noise = (1 << places) >> 1
        elif self.c.h_rounding == STOCHASTIC:
            words = random_words(self.seed, stream, rows, tick)
            noise = column_noise(words[:, None], columns[None, :], places)
        learned: np.ndarray = np.clip(h + ((step + noise) >> places), 0, self.c.h_full)
        return learned

    def leak(self, value: np.ndarray, factor: int | np.ndarray) -> np.ndarray:
        """Loihi's decay: the product is rounded towards 0."""
        product = value.astype(np.int64) * factor
        leaked: np.ndarray = np.sign(product) * (np.abs(product) >> DECAY_FRACTION_BITS)
        return leaked

    def integrate(
        self, current: np.ndarray, membrane: np.ndarray, arriving: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Loihi's current, which wraps around at 24 bits, and membrane, which saturates."""
        current = self.leak(current, self.c.current_decay) + (arriving << MEMBRANE_SHIFT)
        current = np.where(current > MEMBRANE_LIMIT, current - 2 * MEMBRANE_LIMIT, current)
        current = np.where(current <= -MEMBRANE_LIMIT, current + 2 * MEMBRANE_LIMIT, current)
        membrane = self.leak(membrane, self.c.membrane_decay) + current
        return current, np.clip(membrane, -MEMBRANE_LIMIT + 1, MEMBRANE_LIMIT - 1)


class Float:
    """The elementary operations in double precision; full scale and threshold are 1."""

    def __init__(self, constants: Constants):
        self.c = constants

    def decay(self, name: str, trace: np.ndarray, index: np.ndarray, tick: int) -> np.ndarray:
        decayed: np.ndarray = trace * getattr(self.c, f"{name}_decay")
        return decayed

    def bump(self, name: str, trace: np.ndarray, whose: np.ndarray | slice = ALL) -> np.ndarray:
        bumped: np.ndarray = trace + own(getattr(self.c, f"{name}_bump"), whose) * (1.0 - trace)
        return bumped

    def potentiation(self, x: np.ndarray, whose: np.ndarray | slice = ALL) -> np.ndarray:
        step: np.ndarray = own(self.c.potentiation, whose) * x
        return step

    def learn(
        self, h: np.ndarray, step: np.ndarray | Number, rows: np.ndarray, columns: np.ndarray, tick: int, stream: Stream
    ) -> np.ndarray:
        learned: np.ndarray = np.clip(h + step, 0.0, 1.0)
        return learned

    def integrate(
        self, current: np.ndarray, membrane: np.ndarray, arriving: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        current = current * self.c.current_decay + arriving
        return current, membrane * self.c.membrane_decay + current


Arithmetic = FixedPoint | Float


def arithmetic_of(constants: Constants, seed: int) -> Arithmetic:
    """The elementary operations of the constants' arithmetic."""
    return FixedPoint(constants, seed) if is_fixed(constants) else Float(constants)


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
) -> np.ndarray:
    """Run a plastic layer over the ticks of `pre`, changing `state` in place.

    Args:
        constants: of either arithmetic, `fixed(description)` or `real(description)`.
        state: of the same arithmetic.
        pre: presynaptic spikes that arrive, by tick.
        teacher: teacher spikes, by tick; source j feeds neuron j.
        seed: of the stochastic rounding; 32 bits.
        learning: if false, no step and no drift touches h.
        recorder: takes the state after every tick.
        drive: [ticks, post], added to each neuron's input of a tick: float64 in thresholds in float, int32 in units of
            the weights (threshold / threshold_mantissa) in fixed point.
        learns: bool[post], each neuron's learning enable: the synapses of a neuron without it make no steps, but drift
            as ever; None: all learn.

    Returns:
        bool[ticks, post], the postsynaptic spikes.
    """
    arithmetic = arithmetic_of(constants, seed)
    pre_spikes, teacher_spikes = pre.dense(len(state.rows)), teacher.dense(len(state.columns))
    post_spikes = np.zeros((pre.ticks, len(state.columns)), bool)
    for k in range(pre.ticks):
        more = 0 if drive is None else drive[k]
        post_spikes[k] = tick(arithmetic, state, pre_spikes[k], teacher_spikes[k], more, learning, learns)
        if recorder:
            recorder.take(state, pre_spikes[k], post_spikes[k])
    return post_spikes


def tick(
    arithmetic: Arithmetic,
    state: LayerState,
    spiking: np.ndarray,
    taught: np.ndarray,
    more: np.ndarray | int = 0,
    learning: bool = True,
    learns: np.ndarray | None = None,
) -> np.ndarray:
    """One tick of a layer, changing `state` in place.

    Args:
        spiking: bool[pre], the axons whose spikes arrive.
        taught: bool[post], the neurons whose teachers spike.
        more: [post], what else comes into each neuron, in the units of `run`'s drive.
        learning, learns: as of `run`.

    Returns:
        bool[post], the neurons that fire.
    """
    c = arithmetic.c
    state.tick += 1
    tick, rows, columns = state.tick, state.rows, state.columns
    h, x, y, s = state.h, state.x, state.y, state.s
    exists = np.ones(h.shape, bool) if state.connected is None else state.connected
    enabled = np.ones(len(columns), bool) if learns is None else learns

    # 1. all traces decay by one tick
    x[:] = arithmetic.decay("x", x, rows, tick)
    y[:] = arithmetic.decay("y", y, columns, tick)
    s[:] = arithmetic.decay("s", s, columns, tick)

    # 2. on a drift tick every synapse drifts one step
    if learning and tick % c.drift_period == 0:
        drifted = np.where(h > c.h_threshold, h + c.drift_up, h - c.drift_down)
        h[:] = np.clip(drifted, 0, c.h_full)

    # 3. presynaptic spikes transmit the weights, then depress, then bump x
    high = np.count_nonzero(h[spiking] > c.h_threshold, axis=0)
    low = np.count_nonzero(exists[spiking], axis=0) - high
    if learning:
        depressed = enabled & (c.gate_low < s) & (s < c.gate_high) & (y > c.post_threshold)
        synapses = np.ix_(spiking, depressed)
        learned = arithmetic.learn(
            h[synapses], own(c.depression_pre, depressed), rows[spiking], columns[depressed], tick, Stream.ROUND_PRE
        )
        h[synapses] = np.where(exists[synapses], learned, h[synapses])
    x[spiking] = arithmetic.bump("x", x[spiking], spiking)

    # 4. the transmitted weights are summed into each neuron's input
    arriving = high * c.weight_high + low * c.weight_low + taught * c.teacher_weight + more

    # 5. neurons integrate, fire, reset
    fired = integrate_and_fire(arithmetic, state, arriving)

    # 6. postsynaptic spikes bump y and s, then potentiate or depress their neuron's synapses
    y[fired] = arithmetic.bump("y", y[fired], fired)
    s[fired] = arithmetic.bump("s", s[fired], fired)
    if learning:
        changed = enabled & fired & (c.gate_low < s) & (s < c.gate_high)
        each = x[:, None]
        depression = np.where(each < own(c.pre_threshold, changed), own(c.depression_post, changed), 0)
        step = arithmetic.potentiation(each, changed) + depression
        learned = arithmetic.learn(h[:, changed], step, rows, columns[changed], tick, Stream.ROUND_POST)
        h[:, changed] = np.where(exists[:, changed], learned, h[:, changed])
    return fired


def integrate_and_fire(arithmetic: Arithmetic, state: LayerState | LifState, arriving: np.ndarray) -> np.ndarray:
    """Step 5 of the tick, changing `state` in place.

    Args:
        arriving: [post], the input of each neuron.

    Returns:
        bool[post], the neurons that fire.
    """
    c = arithmetic.c
    current, membrane = arithmetic.integrate(state.current, state.membrane, arriving)
    active = state.refractory == 0
    state.current[:] = current
    state.membrane[active] = np.maximum(membrane, c.membrane_floor)[active]
    state.refractory[~active] -= 1
    fires: np.ndarray = state.membrane > c.membrane_threshold
    state.membrane[fires] = (state.membrane[fires] - own(c.membrane_threshold, fires)) * c.reset_by_subtraction
    state.refractory[fires] = own(c.refractory_ticks, fires)
    return fires
