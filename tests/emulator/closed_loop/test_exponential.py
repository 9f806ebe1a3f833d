"""The polynomial exponential against the library's, and neurons stepped together against neurons stepped one by one."""

import numpy as np
import pytest

from bicall.emulator.closed_loop import adex
from bicall.emulator.closed_loop.exponential import ERROR, LARGEST, exponential
from bicall.emulator.support.caching import cached_njit


@cached_njit
def exponentials(x):
    result = np.empty_like(x)
    for i in range(len(x)):
        result[i] = exponential(x[i])
    return result


def test_the_error_is_within_what_is_stated():
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.uniform(-LARGEST, LARGEST, 20_000), rng.uniform(-1, 1, 20_000), [0.0, LARGEST, -LARGEST]])
    exact = np.exp(x.astype(np.longdouble))
    error = np.abs(exponentials(x) / exact - 1)
    assert 1e-17 < error.max() <= ERROR
    assert np.array_equal(exponentials(np.array([1e4, -1e4])), exponentials(np.array([LARGEST, -LARGEST])))


@pytest.mark.parametrize("seed", range(3))
def test_all_neurons_at_once_are_what_they_are_one_by_one(seed):
    """300 neurons kicked so that they are quiet, build up, spike and are clamped, in turns."""
    rng, neuron, count, steps = np.random.default_rng(seed), adex.AdEx(), 300, 800
    table = adex.coefficients(neuron, 0.1)
    y, clamp = adex.at_rest(neuron, count), np.zeros(count, np.int64)
    one_by_one, clamp_by_one = y.copy(), clamp.copy()
    quiet, fired = np.zeros(count, bool), np.zeros(count, np.int64)
    spikes = loud = 0
    for _ in range(steps):
        jumps = np.where(rng.random(count) < 0.005, rng.uniform(0, 100, count), rng.uniform(-0.1, 0.3, count))
        n = adex.step_all(neuron, table, y, clamp, jumps, quiet, fired)
        expected = [i for i in range(count) if adex.step(neuron, table, one_by_one, clamp_by_one, i, jumps[i])]
        assert fired[:n].tolist() == expected
        assert np.array_equal(clamp, clamp_by_one)
        assert np.abs(y - one_by_one).max() <= 1e-9  # mV; the same operations, which vector code may contract
        spikes, loud = spikes + n, loud + np.count_nonzero(~quiet)
    assert spikes > 100 and 0.01 < loud / (count * steps) < 0.9
