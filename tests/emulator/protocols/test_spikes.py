"""The trains of protocols: rates, correlation, and what shuffling keeps."""

import numpy as np
import pytest

from bicall.emulator.protocols import spikes
from bicall.emulator.protocols.bootstrap import ratio_interval
from bicall.emulator.support.errors import BadInput


def test_poisson_trains_have_their_rates_and_no_memory():
    rates = np.repeat([0.0, 5.0, 50.0, 1000.0], 20)
    trains = spikes.poisson(rates, 20_000, 1.0, spikes.key(1, 0))
    found = trains.mean(axis=0).reshape(4, 20).mean(axis=1) * 1e3
    assert found[0] == 0 and found[3] == 1000
    assert np.allclose(found[1:3], [5, 50], rtol=0.05)
    counts = trains[:, 40:60].reshape(200, 100, 20).sum(axis=1)  # windows of 100 ms at 50 Hz
    assert 0.85 < (counts.var(axis=0) / counts.mean(axis=0)).mean() < 1.05  # Fano factor; binomial: 0.95
    assert abs(spikes.correlation_coefficient(trains[:, 40:60], 50)) < 0.01


@pytest.mark.parametrize("correlation", [0.1, 0.5])
def test_correlated_trains_have_the_rate_and_the_correlation(correlation):
    trains = spikes.correlated(20.0, correlation, 20, 60_000, 10, 1.0, spikes.key(1, 0))
    assert trains.mean() * 1e3 == pytest.approx(20.0, rel=0.05)
    assert spikes.correlation_coefficient(trains, 200) == pytest.approx(correlation, rel=0.25)


def test_shuffling_keeps_counts_and_intervals_and_takes_the_correlation():
    trains = spikes.correlated(20.0, 0.5, 20, 60_000, 10, 1.0, spikes.key(2, 0))
    turned = spikes.shuffled(trains, spikes.key(3, 0))
    assert np.array_equal(trains.sum(axis=0), turned.sum(axis=0))
    for before, after in zip(trains.T, turned.T, strict=True):
        assert any(np.array_equal(np.roll(before, turn), after) for turn in np.flatnonzero(after) - before.argmax())
    assert abs(spikes.correlation_coefficient(turned, 100)) < 0.02


def test_keys_and_trains_are_functions_of_their_arguments():
    assert len({spikes.key(seed, purpose, n) for seed in (1, 2) for purpose in range(3) for n in range(3)}) == 18
    same = [spikes.poisson(np.full(3, 30.0), 500, 1.0, 77) for _ in range(2)]
    assert np.array_equal(*same)


@pytest.mark.parametrize("rate", [-1.0, 1001.0])
def test_rates_out_of_range_are_refused(rate):
    with pytest.raises(BadInput, match=rf"rate is {rate:g} Hz, must be from 0 to 1000 Hz"):
        spikes.poisson(np.array([5.0, rate]), 10, 1.0, 1)


def test_a_correlation_out_of_range_is_refused():
    with pytest.raises(BadInput, match="correlation is 0, must be above 0 and at most 1"):
        spikes.correlated(10.0, 0.0, 2, 10, 1, 1.0, 1)
    with pytest.raises(BadInput, match="rate is 2000 Hz"):
        spikes.correlated(20.0, 0.01, 2, 10, 1, 1.0, 1)


def test_bootstrap_intervals_cover_the_ratio_as_often_as_they_say():
    rng = np.random.default_rng(1)
    covered = 0
    for seed in range(200):
        below = rng.normal(1.0, 0.1, 30)
        interval = ratio_interval(1.5 * below + rng.normal(0, 0.1, 30), below, seed)
        assert interval["low"] < interval["ratio"] < interval["high"]
        covered += interval["low"] < 1.5 < interval["high"]
    assert 180 <= covered <= 198  # 95 %, somewhat fewer for 30 samples
