"""A layer whose learning is done by Lava's own learning engine, from a description and a `LayerState`.

How the rule becomes a `Loihi3FLearningRule`:

- The hidden weight is the synapse's tag: t = 2 h - full scale, so half scale is 0 and both ends saturate where the tag
  does (9 bits, signed, for 8 bits of h).
- dt = 2^-7 y0 x1 y2 - 2^-5 x0 y1 + 2^-e u9 sgn(t): a postsynaptic spike (y0) potentiates by the pre trace x1 if the
  gate (y2) is open; a presynaptic spike (x0) depresses if y1 says so; the drift is a term of every 512th tick (u9).
- dw = 2^8 x0 sgn(t) + 2^8 y0 sgn(t): the weight jumps to 0 or 255, the sign of the tag, at the synapse's next spike.
- A fixed Dense beside it gives every input spike the lower of the two transmitted weights.
"""

import math
from dataclasses import dataclass

import numpy as np
from lava.magma.core.learning.learning_rule import Loihi3FLearningRule
from lava.proc.dense.process import Dense, LearningDense
from lava.utils.weightutils import SignMode

from bicall.emulator.configuration.description import Description, with_values
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.learning_calcium_lif.process import TRACE_FULL, LearningCalciumLIF
from bicall.lava_procs.spike_input.process import SpikeInput
from bicall.lava_procs.teacher.process import Teacher

WEIGHT_FULL = 255  # a weight has 8 bits
TAG_SCALE = 2 * WEIGHT_FULL  # what h from 0 to 1 is on the tag
DRIFT_EXPONENT = 9  # u9: the rarest term that the engine has, every 2^9 ticks
PRODUCT_SHIFT = 3  # bits that the fixed-point engine drops from a product of two traces and the scaling factor


@dataclass
class LoihiLayer:
    """The connected processes. `synapses.tag_1` holds the hidden weights."""

    source: SpikeInput
    teacher: Teacher
    synapses: LearningDense
    lower: Dense
    neuron: LearningCalciumLIF


def native_description(description: Description) -> Description:
    """The description with the threshold at which the two transmitted weights are 255 apart.

    Raises:
        BadInput: the widths or the weights do not fit Loihi's.
    """
    transmission, bits = description.transmission, description.hidden_weight.bits
    step = transmission.weight_high - transmission.weight_low
    if bits != 8:
        raise BadInput(f"configuration {description.name}: hidden_weight.bits is {bits}, must be 8 for Loihi's tags")
    if step <= 0:
        raise BadInput(f"configuration {description.name}: weight_high - weight_low is {step}, must be above 0")
    scaled = with_values(description, neuron__threshold_mantissa=round(WEIGHT_FULL / step))
    low = fixed(scaled).weight_low
    if abs(low) > WEIGHT_FULL:
        raise BadInput(f"configuration {description.name}: weight_low is {low} where the step is 255, must be to +-255")
    return scaled


def learning_rule(description: Description, seed: int) -> tuple[Loihi3FLearningRule, int, int]:
    """The rule of the learning engine, and the values of y1 and y2 that carry its two steps.

    x1 grows by a constant at each spike, where x saturates; the constant gives both the same mean at the rate of an
    active input.

    Raises:
        BadInput: a step is too large for a 7-bit trace.
    """
    p, trace, tick = description.plasticity, description.pre_trace, description.time.tick_ms
    spikes = description.presentation.input_rate_hz * trace.time_constant_ms / 1e3
    impulse = TRACE_FULL * trace.bump / (1 + spikes * trace.bump)
    y1 = round(-p.depression_pre * TAG_SCALE * 2**5)
    y2 = round(p.potentiation * TAG_SCALE * 2 ** (7 + PRODUCT_SHIFT) / TRACE_FULL)
    for name, value in (("depression_pre", y1), ("potentiation", y2)):
        if value > TRACE_FULL:
            raise BadInput(f"configuration {description.name}: plasticity.{name} is {value} on a trace, must be to 127")
    dt = "2^-7*y0*x1*y2 - 2^-5*x0*y1"
    drift = description.hidden_weight.drift_up_per_s * TAG_SCALE * 2**DRIFT_EXPONENT * tick / 1e3
    if drift > 0:
        exponent = max(-7, round(math.log2(drift)))  # 2^-7 is the least that the engine has
        dt += f" + 2^{exponent}*u{DRIFT_EXPONENT}*sgn(t)"
    rule = Loihi3FLearningRule(
        dw="2^8*x0*sgn(t) + 2^8*y0*sgn(t)",
        dt=dt,
        x1_impulse=impulse,
        x1_tau=trace.time_constant_ms / tick,
        t_epoch=1,
        rng_seed=seed,
    )
    return rule, y1, y2


def build_loihi_layer(
    description: Description,
    state: LayerState,
    pre: SpikeTrain,
    teacher: SpikeTrain,
    seed: int,
) -> LoihiLayer:
    """A layer that begins with the h of `state` (fixed point).

    Args:
        pre: spikes that arrive, by tick.
        teacher: teacher spikes, by tick.
        seed: of stochastic rounding.

    Raises:
        BadInput: the description does not fit Loihi's widths, or the layer is sparse.
    """
    if state.connected is not None:
        kind = description.network.connectivity
        raise BadInput(f"configuration {description.name}: network.connectivity is {kind}, must be dense for this form")
    scaled = native_description(description)
    rule, y1, y2 = learning_rule(scaled, seed)
    post_count, pre_count = state.h.T.shape
    tags = tags_of(state.h.T)
    low = fixed(scaled).weight_low
    source = SpikeInput(shape=(pre_count,), spikes=pre)
    teaching = Teacher(shape=(post_count,), spikes=teacher, description=scaled)
    synapses = LearningDense(
        weights=np.where(tags > 0, WEIGHT_FULL, 0), tag_1=tags, learning_rule=rule, sign_mode=SignMode.EXCITATORY
    )
    lower = Dense(
        weights=np.full((post_count, pre_count), low),
        sign_mode=SignMode.EXCITATORY if low > 0 else SignMode.INHIBITORY,
    )
    neuron = LearningCalciumLIF(
        shape=(post_count,),
        depression=y1,
        potentiation=y2,
        description=scaled,
        seed=seed,
    )
    for connection in (synapses, lower):
        source.s_out.connect(connection.s_in)
        connection.a_out.connect(neuron.a_in)
    teaching.a_out.connect(neuron.a_in)
    neuron.s_out_bap.connect(synapses.s_in_bap)
    neuron.s_out_y1.connect(synapses.s_in_y1)
    neuron.s_out_y2.connect(synapses.s_in_y2)
    neuron.s_out_y3.connect(synapses.s_in_y3)
    return LoihiLayer(source, teaching, synapses, lower, neuron)


def tags_of(hidden: np.ndarray) -> np.ndarray:
    """Tags of hidden weights of 8 bits."""
    return 2 * hidden.astype(np.int64) - WEIGHT_FULL


def hidden_of(tags: np.ndarray) -> np.ndarray:
    """Hidden weights of 8 bits, as int64, of tags."""
    return (np.clip(tags, -WEIGHT_FULL, WEIGHT_FULL).astype(np.int64) + WEIGHT_FULL) // 2
