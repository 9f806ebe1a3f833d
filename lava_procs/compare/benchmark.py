"""Ticks a second of our plastic connection, Lava's own learning one and the emulator, on the same spikes in one run."""

import time

import numpy as np
from lava.magma.core.run_conditions import RunSteps
from lava.proc.dense.process import LearningDense
from lava.proc.learning_rules.stdp_learning_rule import STDPLoihi
from lava.proc.lif.process import LIF

from bicall.emulator.configuration.description import Description
from bicall.emulator.digits.classifier import constants_of
from bicall.emulator.rule import compiled
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.reporting import progress
from bicall.lava_procs.bicall_dense.process import BiCaLLDense
from bicall.lava_procs.build.running import run_config, running
from bicall.lava_procs.calcium_lif.process import CalciumLIF
from bicall.lava_procs.spike_input.process import SpikeInput
from bicall.lava_procs.teacher.process import Teacher

WARM_UP = 20  # ticks before the clock starts, in which the operating-system processes get going
INPUT, TEACHER = 0.03, 0.05  # spikes a tick and source: about those of the digits, teacher included


def bench(description: Description, inputs: int, outputs: int, ticks: int, repeats: int = 3, seed: int = 1) -> dict:
    """Time a layer in each way, without recording.

    Lava's learning Dense runs STDPLoihi (fixed_pt, one learning epoch a tick) and feeds Lava's LIF; ours runs the
    bistable calcium rule and feeds a `CalciumLIF`. Both get the same Poisson input and the same teacher.

    Returns:
        inputs, outputs, ticks, repeats, seed; ticks_per_s, the best of `repeats` rounds, by "bicall fixed", "bicall
        float", "lava fixed", "emulator fixed"; and `ratio`, of bicall fixed over lava fixed.
    """
    spikes_of = _spikes(inputs, outputs, ticks + WARM_UP, seed)
    rounds = [_round(description, *spikes_of, ticks, seed) for _ in progress(range(repeats), f"{inputs} x {outputs}")]
    # the best round is the one that other work on the machine disturbed least
    rates = {way: max(each[way] for each in rounds) for way in rounds[0]}
    result = {"network": description.name, "inputs": inputs, "outputs": outputs, "ticks": ticks}
    result |= {"repeats": repeats, "seed": seed}
    return result | {"ticks_per_s": rates, "ratio": rates["bicall fixed"] / rates["lava fixed"]}


def _spikes(inputs: int, outputs: int, ticks: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random((ticks, inputs)) < INPUT, rng.random((ticks, outputs)) < TEACHER


def _round(description: Description, spikes: np.ndarray, lesson: np.ndarray, ticks: int, seed: int) -> dict:
    """Ticks a second of each way, one after the other."""
    pre, teacher = SpikeTrain.from_dense(spikes), SpikeTrain.from_dense(lesson)
    inputs, outputs = spikes.shape[1], lesson.shape[1]
    rates = {}
    for arithmetic in ("fixed", "float"):
        state = LayerState.initial(constants_of(description, arithmetic), inputs, outputs, seed)
        neuron = _our_layer(description, state, pre, teacher, seed)
        rates[f"bicall {arithmetic}"] = _ticks_per_s(neuron, run_config(arithmetic), ticks)
    neuron = _lavas_layer(description, pre, teacher, inputs, outputs, seed)
    rates["lava fixed"] = _ticks_per_s(neuron, run_config("fixed"), ticks)
    constants = constants_of(description, "fixed")
    for _ in range(2):  # the first time compiles
        state = LayerState.initial(constants, inputs, outputs, seed)
        began = time.perf_counter()
        compiled.run(constants, state, pre, teacher, seed)
        rates["emulator fixed"] = pre.ticks / (time.perf_counter() - began)
    return rates


def _our_layer(
    description: Description, state: LayerState, pre: SpikeTrain, teacher: SpikeTrain, seed: int
) -> CalciumLIF:
    """The plastic layer, connected as Lava's is."""
    inputs, outputs = state.h.shape
    source = SpikeInput(shape=(inputs,), spikes=pre)
    teaching = Teacher(shape=(outputs,), spikes=teacher, description=description)
    synapses = BiCaLLDense(hidden=state.h.T, description=description, seed=seed)
    neuron = CalciumLIF(shape=(outputs,), description=description, seed=seed)
    source.s_out.connect(synapses.s_in)
    teaching.a_out.connect(neuron.a_in)
    synapses.feed(neuron)
    return neuron


def _lavas_layer(
    description: Description, pre: SpikeTrain, teacher: SpikeTrain, inputs: int, outputs: int, seed: int
) -> LIF:
    """Lava's own learning layer of the same size, driven so that it fires as the teacher says."""
    constants = constants_of(description, "fixed")
    source = SpikeInput(shape=(inputs,), spikes=pre)
    teaching = Teacher(shape=(outputs,), spikes=teacher, description=description)
    rule = STDPLoihi(learning_rate=1, A_plus=1, A_minus=-1, tau_plus=20, tau_minus=35, t_epoch=1)
    weights = np.random.default_rng(seed).integers(0, 30, (outputs, inputs))
    synapses = LearningDense(weights=weights, learning_rule=rule)
    neuron = LIF(
        shape=(outputs,),
        du=4095 - constants.current_decay,
        dv=4096 - constants.membrane_decay,
        vth=description.neuron.threshold_mantissa,
    )
    source.s_out.connect(synapses.s_in)
    teaching.a_out.connect(neuron.a_in)
    synapses.a_out.connect(neuron.a_in)
    neuron.s_out.connect(synapses.s_in_bap)
    return neuron


def _ticks_per_s(process, config, ticks: int) -> float:
    with running(process, config):
        process.run(RunSteps(WARM_UP))
        began = time.perf_counter()
        process.run(RunSteps(ticks))
        return ticks / (time.perf_counter() - began)
