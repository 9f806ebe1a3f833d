"""The benchmark's own claims: the counters it reports against the complexity table."""

import numpy as np
import pytest

from bicall.emulator.benchmarks import schemes as bench
from bicall.emulator.benchmarks.schemes import Point, measure
from bicall.emulator.schemes.prefix import FEW


@pytest.mark.parametrize("rule", ["clopath", "urbanczik"])
def test_counts_follow_the_table(rule):
    m = measure(Point(rule, 50, 20.0))
    for scheme in ("TD", "ED", "EC", "PS"):
        counted, expected = m["schemes"][scheme], m["table"][scheme]
        flush = 0 if scheme == "TD" else 50
        assert abs(counted["synapse_visits"] - flush - expected["synapse_visits"]) < 0.1 * expected["synapse_visits"]
        alone = FEW * counted["synapse_visits"] if scheme == "PS" else 0  # entries that are summed one by one
        assert counted["weight_computations"] >= 0.95 * expected["weight_computations"]
        assert counted["weight_computations"] <= 1.05 * expected["weight_computations"] + alone
    assert m["schemes"]["EC"]["peak_history"] == pytest.approx(m["table"]["EC"]["peak_history"], abs=5)


def test_distinct_spikes_are_counted_as_expected():
    """The expected number of distinct last spikes against a drawn one."""
    rng, interval, k = np.random.default_rng(1), 500.0, 200
    drawn = [len(np.unique(rng.geometric(1 / interval, k))) for _ in range(200)]
    expected = bench.table(Point("clopath", k, 20.0), 10, 100000)["EC"]["peak_history"]
    assert expected == pytest.approx(np.mean(drawn), rel=0.01)


def test_crossings():
    """Straight lines on logarithmic axes cross where they say; lines that do not cross have no crossing."""
    at = [10.0, 100.0, 1000.0]
    assert bench.crossings_of(at, [1.0, 10.0, 100.0], [20.0, 20.0, 20.0]) == pytest.approx([200.0])
    assert bench.crossings_of(at, [1.0, 10.0, 1.0], [5.0, 5.0, 5.0]) == pytest.approx([10**1.69897, 10**2.30103])
    assert bench.crossings_of(at, [1.0, 2.0, 3.0], [2.0, 3.0, 4.0]) == []


def test_a_layer_counts_what_all_its_neurons_do():
    one, two = bench.measure_layer(1), bench.measure_layer(2)
    assert two["synapses"] == 2 * one["synapses"] == 200
    assert two["synapse_visits"] > 1.5 * one["synapse_visits"] > 0
    assert two["weight_computations"] > 1.5 * one["weight_computations"] > 0
