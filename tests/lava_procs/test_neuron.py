"""The neuron is Lava's: its arithmetic, called directly, on the same inputs.

Lava's fixed-point model knows neither a floor nor a refractory period; its LIFRefractory exists in float only.
"""

import math

import lava.proc.lif.models as lava
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.constants import MEMBRANE_LIMIT, fixed, real
from bicall.emulator.rule.plain import FixedPoint
from bicall.emulator.rule.recording import Recorder
from bicall.emulator.rule.state import LayerState, SpikeTrain

DECAY = st.integers(1, 4095)


def lava_neuron(model, c, u, v, **parameters):
    """A Lava model with its variables set, outside of any process."""
    made = model({"refractory_period": c.refractory_ticks, **parameters})
    made.u, made.v = u, v
    made.bias_mant = made.bias_exp = np.zeros(len(u), np.int16)
    return made


def lava_fixed(c, u, v):
    """Lava's neuron with the constants of a rule; `ds_offset` and `dm_offset` are Loihi's own oddities."""
    made = lava_neuron(lava.PyLifModelBitAcc, c, u, v)
    made.du, made.dv = 4096 - c.current_decay - made.ds_offset, 4096 - c.membrane_decay - made.dm_offset
    made.vth = c.membrane_threshold >> 6
    made.scale_bias()
    made.scale_threshold()
    return made


@settings(max_examples=200)
@given(
    current_decay=DECAY, membrane_decay=st.integers(1, 4096),
    u=st.integers(-MEMBRANE_LIMIT + 1, MEMBRANE_LIMIT), v=st.integers(-MEMBRANE_LIMIT + 1, MEMBRANE_LIMIT - 1),
    arriving=st.integers(-(2**18), 2**18),
)  # fmt: skip
def test_one_tick_is_lavas(configuration, current_decay, membrane_decay, u, v, arriving):
    """Including the current's wrap-around at 24 bits and the membrane's saturation."""
    c = fixed(configuration)._replace(current_decay=current_decay, membrane_decay=membrane_decay)
    theirs = lava_fixed(c, np.array([u], np.int32), np.array([v], np.int32))
    theirs.subthr_dynamics(np.array([arriving], np.int32))
    current, membrane = FixedPoint(c, 0).integrate(np.array([u]), np.array([v]), np.array([arriving]))
    assert current.tolist() == theirs.u.tolist()
    assert membrane.tolist() == theirs.v.tolist()


@pytest.mark.parametrize("u, arriving", [(MEMBRANE_LIMIT, 2**17), (-MEMBRANE_LIMIT + 1, -(2**17)), (MEMBRANE_LIMIT, 1)])
def test_the_current_wraps_around(configuration, u, arriving):
    """The case above, made sure of: the sum leaves 24 bits."""
    c = fixed(configuration)._replace(current_decay=4095, membrane_decay=4095)
    theirs = lava_fixed(c, np.array([u], np.int32), np.zeros(1, np.int32))
    theirs.subthr_dynamics(np.array([arriving], np.int32))
    current, _ = FixedPoint(c, 0).integrate(np.array([u]), np.array([0]), np.array([arriving]))
    assert current.tolist() == theirs.u.tolist()
    assert abs(int(current[0])) < abs(u) or arriving == 1


@pytest.mark.parametrize("loop", [plain, compiled])
@pytest.mark.parametrize("current_decay, membrane_decay", [(0, 3889), (2896, 3889), (4095, 4095), (1, 1), (0, 4096)])
def test_a_run_is_lavas(configuration, loop, current_decay, membrane_decay):
    """500 ticks of 6 neurons without floor and refractory period: spikes, currents, membranes."""
    c = fixed(configuration)._replace(
        current_decay=current_decay, membrane_decay=membrane_decay, membrane_floor=-MEMBRANE_LIMIT + 1,
        refractory_ticks=0, weight_low=-400, weight_high=700, teacher_weight=900,
    )  # fmt: skip
    rng = np.random.default_rng(2)
    pre, teacher = rng.random((500, 30)) < 0.1, rng.random((500, 6)) < 0.2
    state, recorder = LayerState.initial(c, 30, 6, seed=4), Recorder()
    trains = SpikeTrain.from_dense(pre), SpikeTrain.from_dense(teacher)
    theirs = lava_fixed(c, np.zeros(6, np.int32), np.zeros(6, np.int32))
    weights = np.where(state.h > c.h_threshold, c.weight_high, c.weight_low)
    loop.run(c, state, *trains, seed=0, learning=False, recorder=recorder)
    found = {name: variable.values for name, variable in recorder.recording().variables.items()}
    for k in range(500):
        theirs.subthr_dynamics((pre[k] @ weights + teacher[k] * c.teacher_weight).astype(np.int32))
        spikes = theirs.spiking_activation()
        theirs.reset_voltage(spikes)
        assert np.array_equal(found["current"][k], theirs.u), k
        assert np.array_equal(found["membrane"][k], theirs.v), k
        assert np.array_equal(found["post_spikes"][k], spikes), k
    assert 50 < found["post_spikes"].sum() < 3000


@pytest.mark.parametrize("loop", [plain, compiled])
@pytest.mark.parametrize("refractory_ticks", [1, 2, 7])
def test_the_refractory_period_is_lavas(configuration, loop, refractory_ticks):
    """In float, with decays and weights that are exact, so that the order of additions cannot matter."""
    c = real(configuration)._replace(
        current_decay=0.5, membrane_decay=0.75, membrane_floor=-math.inf, refractory_ticks=refractory_ticks,
        weight_low=-0.125, weight_high=0.25, teacher_weight=0.5,
    )  # fmt: skip
    rng = np.random.default_rng(3)
    pre, teacher = rng.random((300, 20)) < 0.15, rng.random((300, 5)) < 0.2
    state, recorder = LayerState.initial(c, 20, 5, seed=4), Recorder()
    trains = SpikeTrain.from_dense(pre), SpikeTrain.from_dense(teacher)
    weights = np.where(state.h > c.h_threshold, c.weight_high, c.weight_low)
    theirs = lava_neuron(lava.PyLifRefractoryModelFloat, c, np.zeros(5), np.zeros(5))
    theirs.du, theirs.dv, theirs.vth = 0.5, 0.25, c.membrane_threshold
    theirs.refractory_period_end = np.zeros(5, int)
    loop.run(c, state, *trains, seed=0, learning=False, recorder=recorder)
    found = {name: variable.values for name, variable in recorder.recording().variables.items()}
    for k in range(300):
        theirs.time_step = k + 1
        theirs.subthr_dynamics(pre[k] @ weights + teacher[k] * c.teacher_weight)
        spikes = theirs.spiking_activation()
        theirs.process_spikes(spikes)
        assert np.array_equal(found["post_spikes"][k], spikes), k
        assert np.allclose(found["current"][k], theirs.u, rtol=1e-13, atol=0), k
        assert np.allclose(found["membrane"][k], theirs.v, rtol=1e-13, atol=1e-15), k
    assert found["post_spikes"].sum() > 50
