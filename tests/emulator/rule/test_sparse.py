"""Layers in which only some synapses exist."""

import numpy as np
import pytest

from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.constants import fixed, real
from bicall.emulator.rule.recording import Recorder, compare
from bicall.emulator.rule.state import LayerState, SpikeTrain

PRE, POST, TICKS, SEED = 40, 6, 120, 3


@pytest.fixture
def connected():
    return np.random.default_rng(0).random((PRE, POST)) < 0.3


def run(loop, constants, connected, spikes, teacher):
    state, recorder = LayerState.initial(constants, PRE, POST, SEED, connected), Recorder()
    done = loop.run(
        constants, state, SpikeTrain.from_dense(spikes), SpikeTrain.from_dense(teacher), SEED, recorder=recorder
    )
    return state, done, recorder.recording()


@pytest.mark.parametrize("constants_of", [fixed, real])
def test_both_loops_agree_and_leave_the_others_alone(constants_of, connected, busy_case):
    case = busy_case("stochastic")
    constants = constants_of(case.described)
    random = np.random.default_rng(1)
    spikes, teacher = random.random((TICKS, PRE)) < 0.2, random.random((TICKS, POST)) < 0.2
    state, _, expected = run(plain, constants, connected, spikes, teacher)
    _, (_, counts), found = run(compiled, constants, connected, spikes, teacher)
    assert compare(expected, found) is None
    start = LayerState.initial(constants, PRE, POST, SEED, connected)
    assert not state.h[~connected].any() and (state.h != start.h)[connected].mean() > 0.5
    assert counts.transmissions == (spikes.sum(axis=0) @ connected).sum()


def test_all_connected_is_dense(busy_case):
    case = busy_case("stochastic")
    constants = fixed(case.described)
    random = np.random.default_rng(2)
    spikes, teacher = random.random((TICKS, PRE)) < 0.2, random.random((TICKS, POST)) < 0.2
    for loop in (plain, compiled):
        runs = [run(loop, constants, which, spikes, teacher) for which in (None, np.ones((PRE, POST), bool))]
        assert compare(runs[0][2], runs[1][2]) is None
    assert runs[0][1][1] == runs[1][1][1]


def test_a_neuron_without_synapses_gets_no_inhibition_either(busy_case):
    """The lower transmitted level is negative: it must not come through synapses that do not exist."""
    constants = fixed(busy_case("truncate").described)._replace(weight_low=-5, weight_high=5)
    connected = np.zeros((PRE, POST), bool)
    connected[:, 1:] = True
    silent = np.zeros((TICKS, POST), bool)
    state, _, recording = run(plain, constants, connected, np.ones((TICKS, PRE), bool), silent)
    assert not recording.variables["current"].values[:, 0].any()
    assert recording.variables["current"].values[:, 1:].any()
