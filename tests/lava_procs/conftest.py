"""Layers in which much happens, and the rule that no test leaves an operating-system process behind."""

import importlib.util
import multiprocessing
import queue
import threading
import time
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest

from bicall.emulator.configuration import description
from bicall.emulator.rule.state import SpikeTrain

if importlib.util.find_spec("lava") is None:  # `make test` runs this folder in Lava's environment, too
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(autouse=True)
def no_process_left():
    before = set(multiprocessing.active_children())
    yield
    deadline = time.monotonic() + 5
    while set(multiprocessing.active_children()) - before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert set(multiprocessing.active_children()) <= before


def make_busy_description(example, rounding: str = "stochastic", **values):
    """A rule in which every branch of the contract is taken many times within a hundred ticks."""
    busy = {
        "time__drift_period_ticks": 7,
        "pre_trace__rounding": rounding,
        "post_trace__rounding": rounding,
        "gate_trace__rounding": rounding,
        "hidden_weight__rounding": rounding,
        "hidden_weight__drift_up_per_s": 1.0,
        "hidden_weight__drift_down_per_s": 1.5,
        "gate_trace__time_constant_ms": 60.0,
        "gate_trace__bump": 0.11,
        "plasticity__gate_high": 0.6,
        "plasticity__potentiation": 0.05,
        "plasticity__depression_pre": -0.03,
        "plasticity__depression_post": -0.01,
        "neuron__current_time_constant_ms": 3.0,
    }
    return description.with_values(example, **(busy | values))


def draw_samples(count: int, ticks: int, pre: int, post: int, seed: int = 1) -> list:
    """Random samples for a classifier: input spikes [ticks, pre], teacher spikes [ticks, post]."""
    from bicall.emulator.digits.samples import taught

    rng = np.random.default_rng(seed)
    trains = [
        (
            SpikeTrain.from_dense(rng.random((ticks, pre)) < 0.08),
            SpikeTrain.from_dense(rng.random((ticks, post)) < 0.15),
        )
        for _ in range(count)
    ]
    return [taught(*sample, post) for sample in trains]


class Layer(NamedTuple):
    """The processes of a plastic layer, connected by hand; `recorder` is there if it was asked for."""

    source: object
    teacher: object
    connection: object
    neuron: object
    recorder: object


def connected_layer(description, state, pre: SpikeTrain, teacher: SpikeTrain, seed: int, record: int = 0) -> Layer:
    """A dense layer that goes on from a `LayerState`; `record`: how many time steps the recorder holds."""
    from bicall.lava_procs.bicall_dense.process import BiCaLLDense
    from bicall.lava_procs.build.recorder import LayerRecorder
    from bicall.lava_procs.calcium_lif.process import CalciumLIF
    from bicall.lava_procs.spike_input.process import SpikeInput
    from bicall.lava_procs.teacher.process import Teacher

    post_count, pre_count = state.h.T.shape
    shared = dict(description=description, seed=seed, tick=state.tick)
    source = SpikeInput(shape=(pre_count,), spikes=pre)
    teaching = Teacher(shape=(post_count,), spikes=teacher, description=description)
    connection = BiCaLLDense(hidden=state.h.T, **shared)
    neuron = CalciumLIF(shape=(post_count,), **shared)
    source.s_out.connect(connection.s_in)
    teaching.a_out.connect(neuron.a_in)
    connection.feed(neuron)
    recorder = LayerRecorder(neuron=neuron, connection=connection, capacity=record) if record else None
    return Layer(source, teaching, connection, neuron, recorder)


class Wire:
    """Stands for a Lava port at either end of a channel within one operating-system process."""

    def __init__(self):
        self.messages = queue.SimpleQueue()

    def send(self, data: np.ndarray) -> None:
        self.messages.put(np.array(data))

    def recv(self) -> np.ndarray:
        return self.messages.get(timeout=5)


def run_in_step(connection, connection_model, neuron, neuron_model, pre, arriving, states):
    """Run a connection's and a neuron's model against each other, without Lava's runtime.

    Args:
        connection, neuron: processes, with the model classes to run.
        pre: bool[ticks, pre], spikes into the connection.
        arriving: [ticks, post], input to add to the connection's.
        states: called after each tick with both models and the neurons' spikes, bool[post].
    """
    models = []
    for process, model_class in ((connection, connection_model), (neuron, neuron_model)):
        model = model_class(process.proc_params)
        for port in [*process.in_ports, *process.out_ports]:
            setattr(model, port.name, Wire())
        for var in process.vars:
            values = np.empty(var.shape, getattr(model_class, var.name).d_type)
            values[...] = var.init
            setattr(model, var.name, values)
        models.append(model)
    synapses, cells = models
    synapses.depress_in, synapses.learn_in = cells.depress_out, cells.learn_out
    for spikes, more in zip(pre, arriving, strict=True):
        synapses.s_in.send(spikes)
        cells.a_in.recv = lambda more=more: synapses.a_out.recv() + more
        synapses.time_step += 1
        cells.time_step += 1
        other = threading.Thread(target=synapses.run_spk)
        other.start()
        cells.run_spk()
        other.join()
        states(synapses, cells, cells.s_out.recv() != 0)


@pytest.fixture(scope="session")
def busy_description(configuration):
    return partial(make_busy_description, configuration)


@pytest.fixture
def samples():
    """Three samples of 50 ticks for `digits-256`."""
    return draw_samples(3, 50, 256, 10)


@pytest.fixture(scope="session")
def build_layer():
    return connected_layer


@pytest.fixture(scope="session")
def in_step():
    return run_in_step


@pytest.fixture
def make_samples():
    return draw_samples
