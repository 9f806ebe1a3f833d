"""An extra input current each tick: an option of both loops, which agree on it and are unchanged without it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.constants import MEMBRANE_SHIFT
from bicall.emulator.rule.recording import Recorder, compare
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput


def drive_of(case, arithmetic, amplitude, rng):
    """A drive within +-`amplitude` thresholds."""
    shape = (len(case.pre), case.teacher.shape[1])
    drive = rng.uniform(-amplitude, amplitude, shape)
    mantissa = case.described.neuron.threshold_mantissa
    return drive if arithmetic == "float" else np.clip(np.rint(drive * mantissa), -65535, 65535).astype(np.int32)


def run(loop, case, arithmetic, **options):
    state, recorder = case.start(arithmetic), Recorder()
    trains = SpikeTrain.from_dense(case.pre), SpikeTrain.from_dense(case.teacher)
    loop.run(case.constants(arithmetic), state, *trains, case.seed, case.learning, recorder, **options)
    return state, recorder.recording()


@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
@settings(max_examples=60)
@given(data=st.data())
def test_both_loops_agree(cases, arithmetic, data):
    case = data.draw(cases.filter(lambda case: len(case.pre)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    drive = drive_of(case, arithmetic, data.draw(st.sampled_from([0.1, 1.0, 20.0])), rng)
    state, recording = run(plain, case, arithmetic, drive=drive)
    other, other_recording = run(compiled, case, arithmetic, drive=drive)
    assert compare(recording, other_recording) is None
    for name in STATE_VARIABLES:
        assert np.array_equal(getattr(state, name), getattr(other, name)), name


@pytest.mark.parametrize("loop", [plain, compiled])
def test_no_drive_is_a_drive_of_nothing(busy_case, arithmetic, loop):
    case = busy_case("stochastic")
    nothing = drive_of(case, arithmetic, 0.0, np.random.default_rng(1))
    assert compare(run(loop, case, arithmetic)[1], run(loop, case, arithmetic, drive=nothing)[1]) is None


@pytest.mark.parametrize("loop", [plain, compiled])
def test_it_adds_to_the_input_of_its_tick_and_neuron(configuration, arithmetic, loop):
    from bicall.emulator.rule.constants import fixed, real

    c = (fixed if arithmetic == "fixed" else real)(configuration)
    state = LayerState.initial(c, 2, 3, 1)
    drive = np.zeros((1, 3), np.int32 if arithmetic == "fixed" else np.float64)
    drive[0, 1] = 5
    loop.run(c, state, SpikeTrain.silent(1), SpikeTrain.silent(1), 1, drive=drive)
    scale = 2**MEMBRANE_SHIFT if arithmetic == "fixed" else 1
    assert state.current.tolist() == [0, 5 * scale, 0]


@pytest.mark.parametrize(
    "drive, message",
    [
        (np.zeros((3, 2), np.int32), r"drive: is int32\[3, 2\], must be int32\[4, 2\]"),
        (np.zeros((4, 3), np.int32), r"drive: is int32\[4, 3\], must be int32\[4, 2\]"),
        (np.zeros((4, 2)), r"drive: is float64\[4, 2\], must be int32\[4, 2\]"),
        (np.full((4, 2), -(2**24), np.int32), r"drive: is -16777216 at a tick, must be within \+-16777215"),
    ],
)
def test_another_shape_type_or_range_is_refused(configuration, drive, message):
    from bicall.emulator.rule.constants import fixed

    c = fixed(configuration)
    with pytest.raises(BadInput, match=message):
        compiled.run(c, LayerState.initial(c, 3, 2, 0), SpikeTrain.silent(4), SpikeTrain.silent(4), 0, drive=drive)
