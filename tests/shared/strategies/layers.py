"""Random rules and layers, and the spikes that drive them."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import strategies as st

from bicall.emulator.configuration import description
from bicall.emulator.rule.constants import ROUNDINGS, fixed, real
from bicall.emulator.rule.description import rule_from_values
from bicall.emulator.rule.recording import Recorder, Recording
from bicall.emulator.rule.state import LayerState, SpikeTrain

EXAMPLE = Path(__file__).parents[2] / "emulator" / "example.toml"


class Case(NamedTuple):
    """A description, the spikes of a run and how the run goes."""

    described: description.Description
    pre: np.ndarray  # bool[ticks, pre]
    teacher: np.ndarray  # bool[ticks, post]
    seed: int
    learning: bool = True
    resets: frozenset[int] = frozenset()  # a reset comes before these ticks (0-based)

    def constants(self, arithmetic: str):
        return (fixed if arithmetic == "fixed" else real)(self.described)

    def start(self, arithmetic: str) -> LayerState:
        return LayerState.initial(self.constants(arithmetic), self.pre.shape[1], self.teacher.shape[1], self.seed)

    def run(self, loop, arithmetic: str, cuts=()) -> tuple[LayerState, np.ndarray, Recording]:
        """Run it on a loop (a module with `run`), in pieces that begin at `cuts`.

        Returns:
            The state at the end, bool[ticks, post] spikes and a recording of everything.
        """
        state, recorder, spikes = self.start(arithmetic), Recorder(), []
        edges = sorted({0, len(self.pre), *self.resets, *(cut for cut in cuts if cut < len(self.pre))})
        for first, last in zip(edges, [*edges[1:], len(self.pre)], strict=True):
            if first in self.resets:
                state.reset()
            result = loop.run(
                self.constants(arithmetic),
                state,
                SpikeTrain.from_dense(self.pre[first:last]),
                SpikeTrain.from_dense(self.teacher[first:last]),
                self.seed,
                self.learning,
                recorder,
            )
            spikes.append(result[0] if isinstance(result, tuple) else result)
        return state, np.concatenate(spikes), recorder.recording() if len(self.pre) else Recording({})


def log_uniform(low: float, high: float):
    return st.floats(np.log(low), np.log(high)).map(lambda value: min(max(float(np.exp(value)), low), high))


@st.composite
def traces(draw, symbol: str) -> dict:
    return {
        f"{symbol}_trace__time_constant_ms": draw(log_uniform(0.1, 3e4)),
        f"{symbol}_trace__bump": draw(log_uniform(1e-4, 1.0)),
        f"{symbol}_trace__bits": draw(st.integers(2, 16)),
        f"{symbol}_trace__rounding": draw(st.sampled_from(ROUNDINGS)),
    }


@st.composite
def descriptions(draw) -> description.Description:
    """Any rule within the limits of the description, mostly one in which much happens."""
    # so large a mantissa that weights still fit 16 bits
    mantissa, weight = draw(st.sampled_from([(1, 16.0), (64, 16.0), (2048, 16.0), (4095, 16.0), (2**17 - 1, 0.5)]))
    weight -= weight / 512
    gate_low = draw(st.sampled_from([-1.0, 0.0, 0.05, 0.3]))
    steps = st.floats(0, 1) | log_uniform(1e-4, 0.1)
    values = {
        "time__tick_ms": draw(st.sampled_from([0.5, 1.0, 5.0])),
        "time__drift_period_ticks": draw(st.integers(1, 20)),
        **draw(traces("pre")),
        **draw(traces("post")),
        **draw(traces("gate")),
        "plasticity__potentiation": draw(steps),
        "plasticity__depression_pre": -draw(steps),
        "plasticity__depression_post": -draw(steps),
        "plasticity__pre_threshold": draw(st.floats(0, 1)),
        "plasticity__post_threshold": draw(st.floats(0, 0.5)),
        "plasticity__gate_low": gate_low,
        "plasticity__gate_high": draw(st.sampled_from([0.31, 0.6, 0.9, 2.0])),
        "hidden_weight__bits": draw(st.integers(2, 16)),
        "hidden_weight__step_fraction_bits": draw(st.integers(0, 12)),
        "hidden_weight__rounding": draw(st.sampled_from(ROUNDINGS)),
        "hidden_weight__drift_up_per_s": draw(st.floats(0, 5)),
        "hidden_weight__drift_down_per_s": draw(st.floats(0, 5)),
        "neuron__membrane_time_constant_ms": draw(log_uniform(0.2, 1e5)),
        "neuron__current_time_constant_ms": draw(st.just(0.0) | log_uniform(0.2, 1e5)),
        "neuron__threshold_mantissa": mantissa,
        "neuron__floor": draw(st.just("none") | st.floats(max(-60, -(2**16) / mantissa), 0)),
        "neuron__refractory_ticks": draw(st.integers(0, 5)),
        "transmission__weight_low": draw(st.floats(-weight, weight)),
        "transmission__weight_high": draw(st.floats(0, weight)),
        "transmission__teacher_weight": draw(st.floats(-weight, weight) | st.just(weight)),
    }
    return description.with_values(description.load(EXAMPLE), **values)


@st.composite
def drawn_cases(draw) -> Case:
    ticks, n_pre, n_post = draw(st.integers(0, 60)), draw(st.integers(1, 12)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    densities = st.sampled_from([0.0, 0.03, 0.3, 1.0])
    return Case(
        described=draw(descriptions()),
        pre=rng.random((ticks, n_pre)) < draw(densities),
        teacher=rng.random((ticks, n_post)) < draw(densities),
        seed=draw(st.integers(0, 2**32 - 1)),
        learning=draw(st.sampled_from([True, True, True, False])),
        resets=frozenset(draw(st.sets(st.integers(0, ticks - 1), max_size=3))) if ticks else frozenset(),
    )


@pytest.fixture(scope="session")
def rules():
    """A strategy of rules, to draw from."""
    return descriptions().map(lambda drawn: rule_from_values(drawn.model_dump(), "drawn"))


@pytest.fixture(scope="session")
def cases():
    """A strategy of `Case`s, to draw from."""
    return drawn_cases()


def make_busy_case(rounding: str, learning: bool = True) -> Case:
    """A fixed case in which every branch of the contract is taken many times."""
    described = description.with_values(
        description.load(EXAMPLE),
        time__drift_period_ticks=7,
        pre_trace__bits=6,  # few bits, so that traces often stand exactly at a threshold
        post_trace__bits=5,
        gate_trace__bits=8,
        pre_trace__time_constant_ms=20.83,  # a factor of 61/64, which reaches exact halves
        pre_trace__rounding=rounding,
        post_trace__rounding=rounding,
        gate_trace__rounding=rounding,
        gate_trace__time_constant_ms=40.0,
        gate_trace__bump=0.11,
        plasticity__potentiation=0.051,
        plasticity__depression_pre=-0.05,
        plasticity__depression_post=-0.01,
        plasticity__pre_threshold=0.3,
        plasticity__post_threshold=0.484,
        plasticity__gate_low=0.11,  # where one spike from 0 leaves s
        plasticity__gate_high=0.5,
        hidden_weight__step_fraction_bits=5,
        hidden_weight__rounding=rounding,
        hidden_weight__drift_up_per_s=0.6,
        hidden_weight__drift_down_per_s=0.6,
        neuron__current_time_constant_ms=3.0,
        neuron__refractory_ticks=1,
        transmission__weight_low=-0.12,
        transmission__weight_high=0.12,
        transmission__teacher_weight=0.4,
    )
    rng = np.random.default_rng(1)
    ticks, n_pre, n_post = 600, 24, 8
    return Case(
        described,
        pre=rng.random((ticks, n_pre)) < 0.06,
        teacher=rng.random((ticks, n_post)) < 0.1,
        seed=12345,
        learning=learning,
        resets=frozenset({200, 431}),
    )


@pytest.fixture(scope="session")
def busy_case():
    """`make_busy_case`, as tests of a folder cannot import from one another."""
    return make_busy_case


@pytest.fixture(params=["fixed", "float"])
def arithmetic(request) -> str:
    return request.param
