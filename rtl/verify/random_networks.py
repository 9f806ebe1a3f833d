"""Small random networks of many shapes, with constants and state from all over their ranges."""

from typing import NamedTuple

import numpy as np

from bicall.emulator.configuration.description import Description, load, with_values
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.rtl.driver.core_words import Size
from bicall.rtl.driver.registers import BY_NAME, CONSTANTS

TICKS = 60


class Shape(NamedTuple):
    """A core's size, and the widths and roundings that differ from `digits-256`."""

    size: Size
    changes: dict


SHAPES = {
    "one group": Shape(Size(24, 10, 10, 8, sparse=True), {}),
    "odd groups, tiny archive": Shape(Size(17, 13, 4, 2), {}),
    "few bits, no fraction": Shape(
        Size(9, 7, 3, 4),
        {"hidden_weight__bits": 4, "hidden_weight__step_fraction_bits": 0, "hidden_weight__rounding": "truncate"}
        | {"post_trace__rounding": "stochastic"},
    ),
    "all stochastic": Shape(
        Size(12, 9, 4, 4),
        {f"{trace}_trace__rounding": "stochastic" for trace in ("pre", "post", "gate")} | {"pre_trace__bits": 8},
    ),
    "all nearest, wide": Shape(
        Size(12, 6, 2, 4, sparse=True),
        {f"{trace}_trace__rounding": "nearest" for trace in ("pre", "post", "gate")}
        | {"hidden_weight__bits": 16, "hidden_weight__step_fraction_bits": 12, "hidden_weight__rounding": "nearest"}
        | {"pre_trace__bits": 16, "post_trace__bits": 5, "gate_trace__bits": 16},
    ),
    "with a current, fine steps": Shape(
        Size(8, 8, 8, 8),
        {"neuron__current_time_constant_ms": 5.0, "neuron__floor": "none", "hidden_weight__step_fraction_bits": 12},
    ),
}


def lively(changes: dict, seed: int) -> Description:
    """A description with large steps, quick drift and wide gates; widths and roundings by `changes`."""
    random = np.random.default_rng(seed)
    period = int(random.integers(1, 12))
    return with_values(
        load("digits-256"),
        time__drift_period_ticks=period,
        hidden_weight__drift_up_per_s=random.uniform(0, 30) / period,
        hidden_weight__drift_down_per_s=random.uniform(0, 30) / period,
        plasticity__potentiation=random.uniform(0, 0.5),
        plasticity__depression_pre=-random.uniform(0, 0.3),
        plasticity__depression_post=-random.uniform(0, 0.3),
        plasticity__pre_threshold=random.uniform(0, 0.5),
        plasticity__post_threshold=random.uniform(0, 0.3),
        plasticity__gate_low=random.uniform(-0.1, 0.2),
        plasticity__gate_high=random.uniform(0.3, 1.2),
        **changes,
    )


def trains(size: Size, random: np.random.Generator, ticks: int = TICKS) -> tuple[SpikeTrain, SpikeTrain]:
    """Presynaptic and teacher's spikes; sources differ in their rates."""
    rates = random.uniform(0, 0.15, size.axons), random.uniform(0, 0.3, size.neurons)
    pre, teacher = (SpikeTrain.from_dense(random.random((ticks, len(rate))) < rate) for rate in rates)
    return pre, teacher


def connected(size: Size, random: np.random.Generator) -> np.ndarray | None:
    """Which synapses of a sparse core exist; None for a dense one."""
    return random.random((size.axons, size.neurons)) < 0.9 if size.sparse else None


def wild_constants(c: Constants, random: np.random.Generator) -> Constants:
    """Each register anywhere in its range, often small or at an end."""
    values = {}
    for name in CONSTANTS:
        low, high = BY_NAME[name].range(c)
        value = int(random.integers(low, high + 1))
        shift = int(random.integers(0, 12)) * int(random.integers(0, 2))
        values[name] = low if random.random() < 0.05 else high if random.random() < 0.05 else max(low, value >> shift)
    if random.random() < 0.5:
        values["drift_period"] = int(random.integers(1, 6))
    if random.random() < 0.3:
        values["current_decay"] = values["membrane_decay"] = 4096  # then the ends of their ranges last
    return c._replace(**values)


def wild_state(c: Constants, size: Size, random: np.random.Generator) -> LayerState:
    """All state anywhere in its range; a tick with room for some thousand more."""
    seed = int(random.integers(2**32))
    state = LayerState.initial(c, size.axons, size.neurons, seed, connected(size, random))
    state.tick = int(random.integers(2**32 - 10_000))
    for name in ("x", "y", "s"):
        values = getattr(state, name)
        values[:] = random.integers(0, getattr(c, f"{name}_full") + 1, len(values))
    for values, ends in (
        (state.current, (-(2**24), -(2**23), 2**23, 2**24 - 1)),
        (state.membrane, (-(2**23), 2**23 - 1)),
    ):
        anywhere = random.integers(min(ends), max(ends) + 1, size.neurons)
        values[:] = np.where(random.random(size.neurons) < 0.5, anywhere, random.choice(ends, size.neurons))
    state.refractory[:] = random.integers(0, 256, size.neurons) * random.integers(0, 2, size.neurons)
    state.rows = state.rows + np.int32(random.integers(2**28 - size.axons))
    state.columns = state.columns + np.int32(random.integers(2**28 - size.neurons))
    return state
