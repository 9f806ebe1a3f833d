"""The benchmark's own claims: the counters it reports against the complexity table."""

import numpy as np
import pytest

from emulator.schemes import bench
from emulator.schemes.bench import Point, measure


@pytest.mark.parametrize("rule", ["clopath", "urbanczik"])
def test_counts_follow_the_table(rule):
    m = measure(Point(rule, 50, 20.0))
    for scheme in ("TD", "ED", "EC"):
        counted, expected = m["schemes"][scheme], m["table"][scheme]
        flush = 0 if scheme == "TD" else 50
        assert abs(counted["synapse_visits"] - flush - expected["synapse_visits"]) < 0.1 * expected["synapse_visits"]
        assert counted["weight_computations"] == pytest.approx(expected["weight_computations"], rel=0.05)
    assert m["schemes"]["EC"]["peak_history"] == pytest.approx(m["table"]["EC"]["peak_history"], abs=5)


def test_distinct_spikes_are_counted_as_expected():
    """The expected number of distinct last spikes against a drawn one."""
    rng, interval, k = np.random.default_rng(1), 500.0, 200
    drawn = [len(np.unique(rng.geometric(1 / interval, k))) for _ in range(200)]
    expected = bench.table(Point("clopath", k, 20.0), 10, 100000)["EC"]["peak_history"]
    assert expected == pytest.approx(np.mean(drawn), rel=0.01)
