"""A learning enable for each neuron: both loops agree on it, and it stops the steps of its neurons and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.recording import Recorder, compare
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput


def run(loop, case, arithmetic, learns):
    state, recorder = case.start(arithmetic), Recorder()
    trains = SpikeTrain.from_dense(case.pre), SpikeTrain.from_dense(case.teacher)
    loop.run(case.constants(arithmetic), state, *trains, case.seed, case.learning, recorder, learns=learns)
    return state, recorder.recording()


@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
@settings(max_examples=60)
@given(data=st.data())
def test_both_loops_agree(cases, arithmetic, data):
    case = data.draw(cases.filter(lambda case: len(case.pre)))
    learns = np.array(data.draw(st.lists(st.booleans(), min_size=(n := case.teacher.shape[1]), max_size=n)))
    state, recording = run(plain, case, arithmetic, learns)
    other, other_recording = run(compiled, case, arithmetic, learns)
    assert compare(recording, other_recording) is None
    for name in STATE_VARIABLES:
        assert np.array_equal(getattr(state, name), getattr(other, name)), name


@pytest.mark.parametrize("loop", [plain, compiled])
def test_all_enabled_is_as_if_there_were_no_enable(busy_case, arithmetic, loop):
    case = busy_case("stochastic")
    assert compare(run(loop, case, arithmetic, None)[1], run(loop, case, arithmetic, np.ones(8, bool))[1]) is None


@pytest.mark.parametrize("loop", [plain, compiled])
def test_without_it_only_drift_moves_a_neurons_synapses(busy_case, arithmetic, loop):
    """Neurons do not see each other, so those enabled learn what they would among enabled ones."""
    case = busy_case("stochastic")
    learns = np.arange(8) % 2 == 0
    c, start = case.constants(arithmetic), case.start(arithmetic).h
    learned, all_learned = run(loop, case, arithmetic, learns)[0].h, run(loop, case, arithmetic, None)[0].h
    assert np.array_equal(learned[:, learns], all_learned[:, learns])
    steps = len(case.pre) // c.drift_period
    drifted = start.copy()
    for _ in range(steps):
        drifted = np.clip(np.where(drifted > c.h_threshold, drifted + c.drift_up, drifted - c.drift_down), 0, c.h_full)
    assert np.array_equal(learned[:, ~learns], drifted[:, ~learns])
    assert not np.array_equal(drifted, start) and not np.array_equal(all_learned, drifted)


@pytest.mark.parametrize("passage", ["enabled & (c.gate_low", "enabled & fired"])
def test_a_plain_loop_that_ignores_it_is_noticed(passage, busy_case):
    """At presynaptic spikes, and at postsynaptic ones: the comparison notices either."""
    source = Path(plain.__file__).read_text()
    assert source.count(passage) == 1, "the mutant's passage is gone: write it anew"
    mutant: dict = {"__name__": "mutant"}
    exec(compile(source.replace(passage, passage.removeprefix("enabled & ")), "mutant", "exec"), mutant)
    case, learns = busy_case("stochastic"), np.arange(8) % 2 == 0
    state = case.start("fixed")
    trains = SpikeTrain.from_dense(case.pre), SpikeTrain.from_dense(case.teacher)
    mutant["run"](case.constants("fixed"), state, *trains, case.seed, learns=learns)
    assert not np.array_equal(state.h, run(compiled, case, "fixed", learns)[0].h)


@pytest.mark.parametrize(
    "learns, message",
    [
        (np.ones(3, bool), r"learns: is bool\[3\], must be bool\[2\]"),
        (np.ones(2), r"learns: is float64\[2\], must be bool\[2\]"),
    ],
)
def test_another_shape_or_type_is_refused(configuration, learns, message):
    c = fixed(configuration)
    with pytest.raises(BadInput, match=message):
        compiled.run(c, LayerState.initial(c, 3, 2, 0), SpikeTrain.silent(4), SpikeTrain.silent(4), 0, learns=learns)
