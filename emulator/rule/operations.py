"""The elementary operations of the rule for compiled loops, each in integers and in float.

Numba picks one of the two by the type of the constants: overloads take the arguments' types, their bodies the arguments
(`strict` would want the same annotations of both). Fixed point is computed in 32 bits where it fits: that doubles the
numbers in a vector register.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic, overload

from bicall.emulator.rule.constants import (
    DECAY_FRACTION_BITS,
    MEMBRANE_LIMIT,
    MEMBRANE_SHIFT,
    NEAREST,
    STOCHASTIC,
    Constants,
    Number,
)
from bicall.emulator.rule.randomness import COLUMN_STEP, Stream, counter_random
from bicall.emulator.support.caching import cached_njit

ROUND_X, ROUND_Y, ROUND_S, ROUND_PRE, ROUND_POST = (
    int(stream) for stream in (Stream.ROUND_X, Stream.ROUND_Y, Stream.ROUND_S, Stream.ROUND_PRE, Stream.ROUND_POST)
)

Body = Callable[..., Any]  # what is compiled


@intrinsic
def _shift_right(_: Any, value: Any, places: Any) -> tuple[Any, Body]:
    """value >> places in 32 bits, for at most 31 places. Numba's own has 64, which takes vector code twice as long."""

    def body(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.ashr(values[0], builder.trunc(values[1], values[0].type))

    return types.int32(types.int32, types.int64), body


def own(constant: Number, index: int) -> Number:
    """A constant of one axon or neuron: the same for all, or its entry in an array."""
    raise NotImplementedError("compiled only")


@overload(own, inline="always", strict=False)
def _own_overload(constant: types.Type, index: types.Type) -> Body:
    if isinstance(constant, types.Array):
        return lambda constant, index: constant[index]
    return lambda constant, index: constant


def differs(constant: Number) -> bool:
    """Whether a constant is an array; known when the loop is compiled."""
    raise NotImplementedError("compiled only")


@overload(differs, inline="always", strict=False)
def _differs_overload(constant: types.Type) -> Body:
    answer = isinstance(constant, types.Array)
    return lambda constant: answer


def decay(
    trace: np.ndarray, factor: Number, rounding: int, seed: int, stream: int, index: np.ndarray, tick: int
) -> None:
    """Decay traces by one tick, in place.

    Args:
        trace: int32 or float64, any number of axons or neurons.
        factor: what is left of a trace after a tick, of all or of each; in fixed point with DECAY_FRACTION_BITS binary
            places.
        rounding: TRUNCATE, NEAREST or STOCHASTIC.
        stream, index: random words of stochastic rounding are those of `stream` and each trace's number in `index`.
    """
    raise NotImplementedError("compiled only")


@overload(decay, strict=False)
def _decay_overload(
    trace: types.Type, factor: types.Type, rounding: types.Type, seed: types.Type, stream: types.Type,
    index: types.Type, tick: types.Type,
) -> Body:  # fmt: skip
    if isinstance(factor, types.Array):

        def decay(
            trace: np.ndarray, factor: Number, rounding: int, seed: int, stream: int, index: np.ndarray, tick: int
        ) -> None:
            for i in range(len(trace)):
                _decay_all(trace[i : i + 1], factor[i], rounding, seed, stream, index[i : i + 1], tick)

    elif isinstance(factor, types.Integer):

        def decay(
            trace: np.ndarray, factor: Number, rounding: int, seed: int, stream: int, index: np.ndarray, tick: int
        ) -> None:
            factor32 = np.int32(factor)  # at most 16 + 12 bits: the product fits 32
            if rounding == STOCHASTIC:
                for i in range(len(trace)):
                    word = counter_random(seed, stream, index[i], tick)
                    noise = np.int32(word & 0xFFFF) >> (16 - DECAY_FRACTION_BITS)
                    trace[i] = np.int32(np.int32(trace[i] * factor32) + noise) >> DECAY_FRACTION_BITS
            else:
                half = np.int32((1 << (DECAY_FRACTION_BITS - 1)) if rounding == NEAREST else 0)
                for i in range(len(trace)):
                    trace[i] = np.int32(np.int32(trace[i] * factor32) + half) >> DECAY_FRACTION_BITS

    else:

        def decay(
            trace: np.ndarray, factor: Number, rounding: int, seed: int, stream: int, index: np.ndarray, tick: int
        ) -> None:
            for i in range(len(trace)):
                trace[i] *= factor

    return decay


@cached_njit
def _decay_all(
    trace: np.ndarray, factor: Number, rounding: int, seed: int, stream: int, index: np.ndarray, tick: int
) -> None:
    decay(trace, factor, rounding, seed, stream, index, tick)


def bump(value: Number, bump: Number, full: Number) -> Number:
    """A trace after a spike of its neuron: value + bump (full - value)."""
    raise NotImplementedError("compiled only")


@overload(bump, inline="always", strict=False)
def _bump_overload(value: types.Type, bump: types.Type, full: types.Type) -> Body:
    if isinstance(bump, types.Integer):
        return lambda value, bump, full: value + ((bump * (full - value)) >> DECAY_FRACTION_BITS)
    return lambda value, bump, full: value + bump * (full - value)


def potentiation(x: Number, factor: Number, x_bits: int) -> Number:
    """c_p x, the step of h that a postsynaptic spike makes at presynaptic trace x, before rounding."""
    raise NotImplementedError("compiled only")


@overload(potentiation, inline="always", strict=False)
def _potentiation_overload(x: types.Type, factor: types.Type, x_bits: types.Type) -> Body:
    if isinstance(factor, types.Integer):
        return lambda x, factor, x_bits: (np.int64(factor) * x) >> x_bits
    return lambda x, factor, x_bits: factor * x


def learn(h: Number, step: Number, row_word: int, column: int, c: Constants) -> Number:
    """h after a step, rounded to h's last bit and saturated.

    Args:
        step: in fixed point with `step_fraction_bits` binary places below h's last bit.
        row_word: uint32, the row's random word of the tick; `column` is the neuron's number. Both only matter to
            stochastic rounding.
    """
    raise NotImplementedError("compiled only")


@overload(learn, inline="always", strict=False)
def _learn_overload(h: types.Type, step: types.Type, row_word: types.Type, column: types.Type, c: types.Type) -> Body:
    if isinstance(h, types.Integer):

        def learn(h: Number, step: Number, row_word: int, column: int, c: Constants) -> Number:
            places = c.step_fraction_bits
            noise = np.int32(0)
            if c.h_rounding == STOCHASTIC:
                noise = _shift_right(np.int32((np.int64(row_word) + column * COLUMN_STEP) & 0xFFFF), 16 - places)  # type: ignore[call-arg]
            elif c.h_rounding == NEAREST:
                noise = np.int32((1 << places) >> 1)
            change = _shift_right(np.int32(step + noise), places)  # type: ignore[call-arg, var-annotated]  # a step has at most 16 + 12 bits
            return min(max(np.int32(h + change), np.int32(0)), np.int32(c.h_full))

    else:

        def learn(h: Number, step: Number, row_word: int, column: int, c: Constants) -> Number:
            return min(max(h + step, 0.0), 1.0)

    return learn


def integrate(
    current: Number, membrane: Number, arriving: Number, current_decay: Number, membrane_decay: Number
) -> tuple[Number, Number]:
    """Current and membrane of a neuron after one tick with input `arriving`; thresholds are for the caller."""
    raise NotImplementedError("compiled only")


@cached_njit(inline="always")
def _leak(value: int, factor: int) -> np.int64:
    product = np.int64(value) * factor
    return product >> DECAY_FRACTION_BITS if product >= 0 else -((-product) >> DECAY_FRACTION_BITS)


@overload(integrate, inline="always", strict=False)
def _integrate_overload(
    current: types.Type, membrane: types.Type, arriving: types.Type, current_decay: types.Type,
    membrane_decay: types.Type,
) -> Body:  # fmt: skip
    if isinstance(current, types.Integer):

        def integrate(
            current: Number, membrane: Number, arriving: Number, current_decay: Number, membrane_decay: Number
        ) -> tuple[Number, Number]:
            u = _leak(current, current_decay) + (arriving << MEMBRANE_SHIFT)
            if u > MEMBRANE_LIMIT:
                u -= 2 * MEMBRANE_LIMIT
            if u <= -MEMBRANE_LIMIT:
                u += 2 * MEMBRANE_LIMIT
            v = _leak(membrane, membrane_decay) + u
            return u, min(max(v, -MEMBRANE_LIMIT + 1), MEMBRANE_LIMIT - 1)

    else:

        def integrate(
            current: Number, membrane: Number, arriving: Number, current_decay: Number, membrane_decay: Number
        ) -> tuple[Number, Number]:
            u = current * current_decay + arriving
            return u, membrane * membrane_decay + u

    return integrate
