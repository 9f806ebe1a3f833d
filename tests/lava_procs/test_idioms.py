"""What Lava users do with processes: chunks, pauses, Vars between runs, monitors, loops, several networks."""

import numpy as np
import pytest
from lava.magma.core.run_conditions import RunContinuous, RunSteps
from lava.proc.monitor.process import Monitor

from bicall.emulator.rule import plain
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.recording import Recorder, compare
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.bicall_dense.process import BiCaLLDense
from bicall.lava_procs.build.running import run_config, running
from bicall.lava_procs.calcium_lif.process import CalciumLIF
from bicall.lava_procs.compare.check import joined
from bicall.lava_procs.spike_input.process import SpikeInput

PRE, POST, TICKS = 12, 5, 60


def test_chunks_pauses_and_vars_between_runs_equal_the_emulator(busy_description, build_layer):
    """Runs of 1, 30 and 29 ticks with a pause, learning off for the second, h changed before the third."""
    description = busy_description()
    constants = fixed(description)
    pre, teacher = _train(1, PRE), _train(2, POST)
    state = LayerState.initial(constants, PRE, POST, 4)
    layer = build_layer(description, state.copy(), pre, teacher, 4, record=TICKS)
    expected = Recorder()
    with running(layer.neuron, run_config("fixed")):
        found = []
        for first, last in ((0, 1), (1, 31), (31, TICKS)):
            learning = first != 1
            if first > 0:  # Lava sets no Var before the first run
                layer.connection.learning.set(np.array([int(learning)]))
            if first == 31:
                state.h[:] = state.h[::-1]
                layer.connection.h.set(np.ascontiguousarray(state.h.T))
            layer.neuron.run(RunSteps(last - first))
            layer.neuron.pause()
            found.append(layer.recorder.collect())
            piece = (_piece(train, first, last) for train in (pre, teacher))
            plain.run(constants, state, *piece, 4, learning, expected)
        np.testing.assert_array_equal(layer.connection.h.get(), state.h.T)
        np.testing.assert_array_equal(layer.neuron.v.get(), state.membrane)
    assert compare(joined(found), expected.recording()) is None


def test_pausing_a_continuous_run_loses_no_tick(busy_description, build_layer):
    description = busy_description()
    constants = fixed(description)
    pre, teacher = _train(1, PRE, 5000), _train(2, POST, 5000)
    state = LayerState.initial(constants, PRE, POST, 4)
    layer = build_layer(description, state.copy(), pre, teacher, 4, record=5000)
    found = []
    with running(layer.neuron, run_config("fixed")):
        for _ in range(3):  # Lava 0.10 itself goes on after such a pause with another continuous run only
            layer.neuron.run(RunContinuous())
            layer.neuron.pause()
            found.append(layer.recorder.collect())
        np.testing.assert_array_equal(layer.connection.h.get().T, found[-1].variables["h"].values[-1])
    found = joined(found)
    ticks = len(found.variables["h"].ticks)
    assert ticks >= 3
    expected = Recorder()
    plain.run(constants, state, _piece(pre, 0, ticks), _piece(teacher, 0, ticks), 4, recorder=expected)
    assert compare(found, expected.recording()) is None


def test_lavas_monitor_sees_what_the_recorder_sees(busy_description, build_layer):
    description = busy_description()
    state = LayerState.initial(fixed(description), PRE, POST, 4)
    layer = build_layer(description, state, _train(1, PRE), _train(2, POST), 4, record=20)
    targets = {"h": layer.connection.h, "s": layer.neuron.s, "post_spikes": layer.neuron.s_out}
    monitors = {name: Monitor() for name in targets}
    for name, monitor in monitors.items():
        monitor.probe(targets[name], 20)
    with running(layer.neuron, run_config("fixed")):
        layer.neuron.run(RunSteps(20))
        recorded = layer.recorder.collect().variables
        for name, monitor in monitors.items():
            (seen,) = next(iter(monitor.get_data().values())).values()
            expected = recorded[name].values
            np.testing.assert_array_equal(seen, expected.swapaxes(1, 2) if name == "h" else expected, err_msg=name)


def test_neurons_that_feed_themselves(busy_description):
    """Input and recurrent synapses of one population: in the emulator one layer with both kinds of axons."""
    description = busy_description("nearest", transmission__weight_high=0.4)
    constants = fixed(description)
    pre = _train(3, PRE)
    state = LayerState.initial(constants, PRE + POST, POST, 4)
    source = SpikeInput(shape=(PRE,), spikes=pre)
    neuron = CalciumLIF(shape=(POST,), description=description)
    forward = BiCaLLDense(hidden=state.h[:PRE].T, description=description)
    loop = BiCaLLDense(hidden=state.h[PRE:].T, description=description, delay=1)
    source.s_out.connect(forward.s_in)
    neuron.s_out.connect(loop.s_in)
    forward.feed(neuron)
    loop.feed(neuron)
    with running(neuron, run_config("fixed")):
        neuron.run(RunSteps(TICKS))
        h = np.concatenate([forward.h.get().T, loop.h.get().T])
    spikes, fed = pre.dense(PRE), np.zeros((1, POST), bool)
    total = 0
    for tick in range(TICKS):
        arriving = SpikeTrain.from_dense(np.concatenate([spikes[tick : tick + 1], fed], axis=1))
        fed = plain.run(constants, state, arriving, SpikeTrain.silent(1), 0)
        total += fed.sum()
    np.testing.assert_array_equal(h, state.h)
    assert total > 20


def test_a_recorder_says_when_it_has_nothing_or_has_lost_something(busy_description, build_layer):
    description = busy_description()
    state = LayerState.initial(fixed(description), PRE, POST, 4)
    layer = build_layer(description, state, _train(1, PRE), _train(2, POST), 4, record=10)
    with pytest.raises(BadInput, match="has recorded 0 new time steps"):
        layer.recorder.collect()
    with running(layer.neuron, run_config("fixed")):
        layer.neuron.run(RunSteps(10))
        assert list(layer.recorder.collect().variables["h"].ticks) == list(range(1, 11))
        layer.neuron.run(RunSteps(11))
        with pytest.raises(BadInput, match="capacity: is 10, must be at least 11"):
            layer.recorder.collect()


def test_a_loop_without_delay_is_refused(busy_description):
    description = busy_description()
    neuron = CalciumLIF(shape=(POST,), description=description, name="cells")
    loop = BiCaLLDense(hidden=np.zeros((POST, POST), int), description=description, name="synapses")
    neuron.s_out.connect(loop.s_in)
    loop.feed(neuron)
    with (
        pytest.raises(BadInput, match="delay: is 0 in the loop .*cells.*, must be at least 1"),
        running(neuron, run_config("fixed")),
    ):
        pass


def test_two_networks_at_a_time_do_not_touch_each_other(busy_description, build_layer):
    description = busy_description()
    constants = fixed(description)
    layers, expected = [], []
    for seed in (4, 5):
        pre, teacher = _train(seed, PRE), _train(seed + 10, POST)
        state = LayerState.initial(constants, PRE, POST, seed)
        layers.append(build_layer(description, state.copy(), pre, teacher, seed, record=TICKS))
        recorder = Recorder()
        plain.run(constants, state, pre, teacher, seed, recorder=recorder)
        expected.append(recorder.recording())
    first, second = layers
    with running(first.neuron, run_config("fixed")), running(second.neuron, run_config("fixed")):
        first.neuron.run(RunSteps(20))
        second.neuron.run(RunSteps(TICKS))
        first.neuron.run(RunSteps(TICKS - 20))
        for layer, recording in zip(layers, expected, strict=True):
            assert compare(layer.recorder.collect(), recording) is None


def _train(seed: int, sources: int, ticks: int = TICKS) -> SpikeTrain:
    return SpikeTrain.from_dense(np.random.default_rng(seed).random((ticks, sources)) < 0.15)


def _piece(train: SpikeTrain, first: int, last: int) -> SpikeTrain:
    starts = train.starts[first : last + 1]
    return SpikeTrain(starts - starts[0], train.sources[starts[0] : starts[-1]])
