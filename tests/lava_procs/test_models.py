"""The models against the emulator's plain loop on drawn rules, many cases, without Lava's runtime around them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from bicall.emulator.digits.classifier import constants_of
from bicall.emulator.rule import plain
from bicall.emulator.rule.constants import ROUNDINGS
from bicall.emulator.rule.recording import Recorder, compare
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.lava_procs.bicall_dense.models import PyBiCaLLDenseModelFixed, PyBiCaLLDenseModelFloat
from bicall.lava_procs.bicall_dense.process import BiCaLLDense
from bicall.lava_procs.bicall_sparse.models import PyBiCaLLSparseModelFixed, PyBiCaLLSparseModelFloat
from bicall.lava_procs.bicall_sparse.process import BiCaLLSparse
from bicall.lava_procs.calcium_lif.models import PyCalciumLIFModelFixed, PyCalciumLIFModelFloat
from bicall.lava_procs.calcium_lif.process import CalciumLIF

MODELS = {
    "fixed": (PyBiCaLLDenseModelFixed, PyBiCaLLSparseModelFixed, PyCalciumLIFModelFixed),
    "float": (PyBiCaLLDenseModelFloat, PyBiCaLLSparseModelFloat, PyCalciumLIFModelFloat),
}
ARITHMETICS = pytest.mark.parametrize("arithmetic", ["fixed", "float"])
NEURON_STATE = {"y": "y", "s": "s", "current": "u", "membrane": "v", "refractory": "refractory"}


@st.composite
def rules(draw) -> dict:
    """Values of a description, all of whose limits are tried."""
    rule = {
        "time__drift_period_ticks": draw(st.integers(1, 9)),
        "plasticity__potentiation": draw(st.floats(0, 1)),
        "plasticity__depression_pre": draw(st.floats(-1, 0)),
        "plasticity__depression_post": draw(st.floats(-1, 0)),
        "plasticity__gate_low": draw(st.sampled_from([-1.0, 0.0, 0.1])),
        "plasticity__gate_high": draw(st.sampled_from([0.3, 0.8, 2.0])),
        "hidden_weight__bits": draw(st.integers(2, 16)),
        "hidden_weight__step_fraction_bits": draw(st.integers(0, 12)),
        "hidden_weight__rounding": draw(st.sampled_from(ROUNDINGS)),
        "hidden_weight__drift_up_per_s": draw(st.floats(0, 20)),
        "neuron__current_time_constant_ms": draw(st.sampled_from([0.0, 0.5, 30.0])),
        "neuron__floor": draw(st.sampled_from([-0.2, 0, "none"])),
        "neuron__refractory_ticks": draw(st.integers(0, 4)),
        "transmission__weight_low": draw(st.floats(-4, 4)),
        "transmission__weight_high": draw(st.floats(-4, 4)),
    }
    for trace in ("pre_trace", "post_trace", "gate_trace"):
        rule[f"{trace}__bits"] = draw(st.integers(2, 16))
        rule[f"{trace}__rounding"] = draw(st.sampled_from(ROUNDINGS))
        rule[f"{trace}__time_constant_ms"] = draw(st.floats(0.5, 200))
        rule[f"{trace}__bump"] = draw(st.floats(0.01, 1))
    return rule


@ARITHMETICS
@given(
    rule=rules(), seed=st.integers(0, 2**32 - 1), learning=st.booleans(), interval=st.sampled_from([0, 7]),
    delay=st.sampled_from([0, 1, 3]), tick=st.sampled_from([0, 1, 10**6]),
)  # fmt: skip
@settings(max_examples=25)
def test_dense_equals_the_plain_loop(
    arithmetic, busy_description, in_step, rule, seed, learning, interval, delay, tick
):
    described = busy_description(**rule)
    constants = constants_of(described, arithmetic)
    pre, teacher = _spikes(seed, 20, 9, 4)
    state = LayerState.initial(constants, 9, 4, seed)
    state.tick = tick
    shared = dict(description=described, seed=seed, tick=tick)
    connection = BiCaLLDense(hidden=state.h.T, learning=learning, delay=delay, **shared)
    neuron, length = CalciumLIF(shape=(4,), **shared), interval or len(pre)
    # a reset drops what is on its way
    arriving = np.concatenate([_delayed(pre[k : k + length], delay) for k in range(0, len(pre), length)])
    recorder = _run(in_step, arithmetic, connection, neuron, pre, teacher, constants, arriving, interval)

    expected = Recorder()
    for first in range(0, len(pre), length):
        state.reset()
        piece = (SpikeTrain.from_dense(spikes[first : first + length]) for spikes in (arriving, teacher))
        plain.run(constants, state, *piece, seed, learning, expected)
    assert compare(recorder.recording(), expected.recording()) is None


@ARITHMETICS
@given(rule=rules(), seed=st.integers(0, 2**32 - 1), density=st.sampled_from([0.2, 0.6, 1.0]))
@settings(max_examples=25)
def test_sparse_equals_one_plain_loop_a_neuron(arithmetic, busy_description, in_step, rule, seed, density):
    """Each neuron with its own axons is a part of a layer, which the plain loop knows how to run."""
    described = busy_description(**rule)
    constants = constants_of(described, arithmetic)
    pre, teacher = _spikes(seed, 20, 9, 4)
    rows = [np.flatnonzero(row) for row in np.random.default_rng(seed).random((4, 9)) < density]
    rows = [chosen if len(chosen) else np.array([j]) for j, chosen in enumerate(rows)]
    whole = LayerState.initial(constants, 9, 4, seed)
    hidden = sparse.csr_matrix(
        (
            np.concatenate([whole.h[chosen, j] for j, chosen in enumerate(rows)]),
            (np.repeat(np.arange(4), [len(chosen) for chosen in rows]), np.concatenate(rows)),
        ),
        (4, 9),
    )
    shared = dict(description=described, seed=seed)
    connection = BiCaLLSparse(hidden=hidden, **shared)
    recorder = _run(in_step, arithmetic, connection, CalciumLIF(shape=(4,), **shared), pre, teacher, constants, pre)
    found = {name: variable.values for name, variable in recorder.recording().variables.items()}

    first = 0
    for j, chosen in enumerate(rows):
        expected, part = Recorder(), whole.part(chosen, np.array([j]))
        spikes = (SpikeTrain.from_dense(pre[:, chosen]), SpikeTrain.from_dense(teacher[:, [j]]))
        plain.run(constants, part, *spikes, seed, recorder=expected)
        for name, variable in expected.recording().variables.items():
            if name in ("pre_spikes", "x"):
                values = found[name][:, chosen]
            elif name == "h":
                values = found[name][:, first : first + len(chosen), None]
            else:
                values = found[name][:, [j]]
            np.testing.assert_array_equal(values, variable.values, err_msg=name)
        first += len(chosen)


@ARITHMETICS
def test_axons_may_have_delays_of_their_own(arithmetic, busy_description, in_step):
    described = busy_description()
    constants = constants_of(described, arithmetic)
    pre, teacher = _spikes(8, 80, 9, 4)
    delay = np.array([0, 1, 2, 3, 5, 8, 13, 21, 63])
    state = LayerState.initial(constants, 9, 4, 8)
    shared = dict(description=described, seed=8)
    connection = BiCaLLDense(hidden=state.h.T, delay=delay, **shared)
    arriving = _delayed(pre, delay)
    neuron = CalciumLIF(shape=(4,), **shared)
    recorder = _run(in_step, arithmetic, connection, neuron, pre, teacher, constants, arriving)
    expected = Recorder()
    plain.run(constants, state, SpikeTrain.from_dense(arriving), SpikeTrain.from_dense(teacher), 8, recorder=expected)
    assert compare(recorder.recording(), expected.recording()) is None


def _spikes(seed: int, ticks: int, pre: int, post: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random((ticks, pre)) < 0.3, rng.random((ticks, post)) < 0.3


def _delayed(spikes: np.ndarray, delay: int | np.ndarray) -> np.ndarray:
    """bool[ticks, sources]: when the spikes arrive."""
    arriving = np.zeros_like(spikes)
    for source, late in enumerate(np.broadcast_to(delay, spikes.shape[1:])):
        arriving[late:, source] = spikes[: len(spikes) - late, source]
    return arriving


def _run(in_step, arithmetic, connection, neuron, pre, teacher, constants, arriving, interval=0) -> Recorder:
    """Recorded in step; with an `interval`, both are reset after every so many time steps."""
    dense, sparse_model, cells = MODELS[arithmetic]
    recorder = Recorder()

    def record(synapses, neurons, fired):
        tick = neurons.tick
        np.testing.assert_array_equal(synapses.arrived, arriving[neurons.time_step - 1])
        if interval and neurons.time_step % interval == 0:
            synapses.reset[:] = neurons.reset[:] = 1
        recorder.add(tick, "pre_spikes", synapses.arrived)
        recorder.add(tick, "post_spikes", fired)
        recorder.add(tick, "x", synapses.x)
        recorder.add(tick, "h", synapses.h.T)
        for name, var in NEURON_STATE.items():
            recorder.add(tick, name, getattr(neurons, var))

    in_step(
        connection, dense if isinstance(connection, BiCaLLDense) else sparse_model, neuron, cells,
        pre, teacher * constants.teacher_weight, record,
    )  # fmt: skip
    return recorder
