"""What no run can have is refused, and the axon or neuron is named."""

import numpy as np
import pytest

from bicall.emulator.benchmarks.layers import random_spikes
from bicall.emulator.benchmarks.scale import bench_scale
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.schemes.bicall.connectivity import from_matrix, random_connectivity
from bicall.emulator.schemes.bicall.run import run
from bicall.emulator.schemes.bicall.state import SparseState
from bicall.emulator.support.errors import BadInput

ALL = np.ones((4, 3), bool)
SILENT = SpikeTrain.silent(2)


@pytest.mark.parametrize(
    "delays, message",
    [
        ([1, 2, -3, 4], "axon 2: delay is -3, must be a whole number from 0 to 255 ticks"),
        ([1, -1, 2, 4], "axon 1: delay is -1"),
        ([1, 2, 3, 256], "axon 3: delay is 256"),
        ([1, 2.5, 3, 4], "axon 1: delay is 2.5"),
        ([np.nan, 2, 3, 4], "axon 0: delay is nan"),
        ([1, 2], r"delays: has shape \[2\], must have one value, or 4"),
    ],
)
def test_delays(delays, message):
    with pytest.raises(BadInput, match=message):
        from_matrix(ALL, delays)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"in_degree": 0}, "in_degree is 0, must be from 1 to 10"),
        ({"in_degree": 11}, "in_degree is 11, must be from 1 to 10"),
        ({"in_degree": 2, "parts": 11}, "parts is 11, must be from 1 to 10"),
    ],
)
def test_connectivity(arguments, message):
    with pytest.raises(BadInput, match=message):
        random_connectivity(10, delays=1, seed=0, **arguments)


def test_fewer_axons_than_recurrent_neurons():
    with pytest.raises(BadInput, match="axons is 2, must be at least 3"):
        from_matrix(ALL[:2], 1, recurrent=True)


def train(*ticks):
    return SpikeTrain(np.cumsum([0, *map(len, ticks)]), np.array([i for t in ticks for i in t], np.int32))


@pytest.mark.parametrize(
    "pre, teacher, message",
    [
        (train([0, 4], []), SILENT, "pre spikes: axon is 4, must be from 0 to 3"),
        (train([0, -1], []), SILENT, "pre spikes: axon is -1"),
        (train([1], [2, 0]), SILENT, "pre spikes: axon 0 comes after 2 in tick 1 of the run, must ascend"),
        (train([1, 1], [0]), SILENT, "pre spikes: axon 1 comes after 1 in tick 0"),
        (SILENT, train([3], []), "teacher spikes: neuron is 3, must be from 0 to 2"),
        (SILENT, SpikeTrain.silent(3), "teacher: has 3 ticks, must have 2"),
        (SpikeTrain(np.array([0, 2, 1]), np.zeros(1, np.int32)), SILENT, "pre spikes: starts must ascend"),
    ],
)
def test_spikes(configuration, pre, teacher, message):
    c, network = fixed(configuration), from_matrix(ALL, 1)
    with pytest.raises(BadInput, match=message):
        run(c, network, SparseState.initial(c, network, 0), pre, teacher, 0)


@pytest.mark.parametrize(
    "how, message",
    [
        ({"scheme": "XD"}, "scheme is 'XD', must be one of TD, ED, EC"),
        ({"scheme": "TD", "learning": False}, "scheme is TD without learning, must be ED"),
    ],
)
def test_schemes(configuration, how, message):
    c, network = fixed(configuration), from_matrix(ALL, 1)
    with pytest.raises(BadInput, match=message):
        run(c, network, SparseState.initial(c, network, 0), SILENT, SILENT, 0, **how)


def test_ticks_and_archives(configuration):
    c, network = fixed(configuration), from_matrix(ALL, 1)
    state = SparseState.initial(c, network, 0)
    state.tick = 2**31 - 2
    with pytest.raises(BadInput, match="tick: would reach 2147483648"):
        run(c, network, state, SILENT, SILENT, 0)
    for archived in (0, 4, 24):
        with pytest.raises(BadInput, match=f"archived is {archived}, must be a power of two, at least 8"):
            SparseState.initial(c, network, 0, archived=archived)


@pytest.mark.parametrize("rate", [-1.0, 1001.0, float("nan")])
def test_rates_beyond_the_tick(rate):
    with pytest.raises(BadInput, match=f"rate is {rate} Hz, must be from 0 to 1000 Hz"):
        random_spikes(3, 10, rate, 0)


def test_bench():
    with pytest.raises(BadInput, match="largest is 5 synapses"):
        bench_scale(5)
    with pytest.raises(BadInput, match="rate is 0 Hz"):
        bench_scale(10**5, (0,))
