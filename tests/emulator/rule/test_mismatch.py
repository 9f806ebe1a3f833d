"""Circuits that differ: constants of each axon and neuron, on which both loops agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.constants import COUNTS, OF_AXONS, OF_NEURONS, Constants
from bicall.emulator.rule.recording import Recorder, compare
from bicall.emulator.rule.state import STATE_VARIABLES, SpikeTrain, is_fixed

FACTORS = ("x_decay", "y_decay", "s_decay", "current_decay", "membrane_decay", "x_bump", "y_bump", "s_bump")


def spread(c: Constants, axons: int, neurons: int, rng) -> Constants:
    """The constants with arrays in all fields that may have them."""
    arrays = {}
    for name in OF_AXONS + OF_NEURONS:
        value, count = getattr(c, name), axons if name in OF_AXONS else neurons
        values = value * np.exp(rng.normal(0, 0.3, count))
        if name in FACTORS:
            values = np.minimum(values, 4096 if is_fixed(c) else 1.0)
        whole = is_fixed(c) or name in COUNTS
        arrays[name] = np.rint(values).astype(np.int64) if whole else values
    return c._replace(**arrays)


def run(loop, case, c, learns=None):
    state, recorder = case.start("fixed" if is_fixed(c) else "float"), Recorder()
    trains = SpikeTrain.from_dense(case.pre), SpikeTrain.from_dense(case.teacher)
    loop.run(c, state, *trains, case.seed, case.learning, recorder, learns=learns)
    return state, recorder.recording()


@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
@settings(max_examples=30)
@given(data=st.data())
def test_both_loops_agree(cases, arithmetic, data):
    case = data.draw(cases.filter(lambda case: len(case.pre)))
    shape = case.pre.shape[1], case.teacher.shape[1]
    c = spread(case.constants(arithmetic), *shape, np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))))
    state, recording = run(plain, case, c)
    other, other_recording = run(compiled, case, c)
    assert compare(recording, other_recording) is None
    for name in STATE_VARIABLES:
        assert np.array_equal(getattr(state, name), getattr(other, name)), name


@pytest.mark.parametrize("loop", [plain, compiled])
def test_arrays_of_one_value_are_that_value(busy_case, arithmetic, loop):
    case = busy_case("stochastic")
    c = case.constants(arithmetic)
    same = spread(c, case.pre.shape[1], case.teacher.shape[1], Still())
    assert compare(run(loop, case, c)[1], run(loop, case, same)[1]) is None


class Still:
    """A generator without a spread."""

    def normal(self, mean, spread, count):
        return np.zeros(count)


@pytest.mark.parametrize("name", OF_NEURONS)
def test_a_neuron_has_its_own(busy_case, name):
    """Another value in one neuron changes what that neuron does or learns, and no other neuron."""
    case = busy_case("stochastic")
    c, neurons = case.constants("fixed"), case.teacher.shape[1]
    value = getattr(c, name)
    values = np.full(neurons, value)
    values[3] = value // 2 if abs(value) > 1 else value + 5
    if name == "membrane_floor":
        values[3] = 0
    state, recording = run(plain, case, c._replace(**{name: np.full(neurons, value)}))
    other, other_recording = run(plain, case, c._replace(**{name: values}))
    assert compare(recording, other_recording) is not None
    others = np.arange(neurons) != 3
    for variable in ("y", "s", "current", "membrane", "refractory"):
        assert np.array_equal(getattr(state, variable)[others], getattr(other, variable)[others]), variable
    assert np.array_equal(state.h[:, others], other.h[:, others])
