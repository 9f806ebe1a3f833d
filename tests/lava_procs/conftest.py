"""Layers in which much happens, and the rule that no test leaves an operating-system process behind."""

import multiprocessing
import time

import numpy as np
import pytest

from emulator import description
from emulator.state import SpikeTrain


@pytest.fixture(autouse=True)
def no_process_left():
    before = set(multiprocessing.active_children())
    yield
    deadline = time.monotonic() + 5
    while set(multiprocessing.active_children()) - before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert set(multiprocessing.active_children()) <= before


def make_busy_description(rounding: str = "stochastic", **values):
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
    return description.with_values(description.load("digits-256"), **(busy | values))


def make_samples(count: int, ticks: int, pre: int, post: int, seed: int = 1) -> list[tuple[SpikeTrain, SpikeTrain]]:
    """Random samples: input spikes [ticks, pre], teacher spikes [ticks, post]."""
    rng = np.random.default_rng(seed)
    densities = ((pre, 0.08), (post, 0.15))
    return [
        tuple(SpikeTrain.from_dense(rng.random((ticks, sources)) < density) for sources, density in densities)
        for _ in range(count)
    ]


@pytest.fixture
def busy_description():
    return make_busy_description


@pytest.fixture
def samples():
    """Three samples of 50 ticks for `digits-256`."""
    return make_samples(3, 50, 256, 10)
