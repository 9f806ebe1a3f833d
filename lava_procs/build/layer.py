"""A plastic layer built from the processes: spike input, teacher, connection and neurons, from a `LayerState`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from bicall.emulator.configuration.description import Description
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.lava_procs.bicall_dense.process import BiCaLLDense
from bicall.lava_procs.bicall_sparse.process import BiCaLLSparse
from bicall.lava_procs.calcium_lif.process import CalciumLIF
from bicall.lava_procs.layer_recorder.process import LayerRecorder
from bicall.lava_procs.spike_input.process import SpikeInput
from bicall.lava_procs.support.connection import BiCaLLConnection
from bicall.lava_procs.teacher.process import Teacher


@dataclass
class Layer:
    """The connected processes of a layer. `recorder` is there if it was asked for."""

    source: SpikeInput
    teacher: Teacher
    connection: BiCaLLConnection
    neuron: CalciumLIF
    recorder: LayerRecorder | None


def build_connection(state: LayerState, **parameters) -> BiCaLLConnection:
    """The synapses of a state: dense, or sparse where only some exist.

    Args:
        parameters: as of `BiCaLLConnection`.
    """
    if state.connected is None:
        return BiCaLLDense(hidden=state.h.T, **parameters)
    post, pre = np.nonzero(state.connected.T)
    return BiCaLLSparse(hidden=sparse.csr_matrix((state.h[pre, post], (post, pre)), state.h.T.shape), **parameters)


def build_layer(
    description: Description,
    state: LayerState,
    pre: SpikeTrain,
    teacher: SpikeTrain,
    seed: int,
    reset_interval: int = 0,
    learning: bool = True,
    record: int = 0,
) -> Layer:
    """A layer that goes on from `state`, in whose arithmetic it must be run.

    Args:
        pre: spikes that arrive, by tick.
        teacher: teacher spikes, by tick.
        seed: of stochastic rounding.
        reset_interval: ticks a sample; before each, all but h returns to 0. 0: never.
        record: how many ticks a recorder holds; 0: no recorder.
    """
    post_count, pre_count = state.h.T.shape
    source = SpikeInput(shape=(pre_count,), spikes=pre)
    teaching = Teacher(shape=(post_count,), spikes=teacher, description=description)
    shared: dict[str, Any] = dict(description=description, seed=seed, reset_interval=reset_interval, tick=state.tick)
    connection = build_connection(state, x=state.x, learning=learning, **shared)
    neuron = CalciumLIF(
        shape=(post_count,),
        u=state.current,
        v=state.membrane,
        y=state.y,
        s=state.s,
        refractory=state.refractory,
        **shared,
    )
    source.s_out.connect(connection.s_in)
    teaching.a_out.connect(neuron.a_in)
    connection.feed(neuron)
    recorder = None
    if record:
        recorder = LayerRecorder(neuron=neuron, connection=connection, source=source.s_out, capacity=record)
    return Layer(source, teaching, connection, neuron, recorder)
