"""The benchmarks' own claims: counters against the complexity table, sizes, and the bound of compression's rounding."""

import numpy as np
import pytest

from bicall.emulator.benchmarks import compression as rounding
from bicall.emulator.benchmarks import layers as bench
from bicall.emulator.benchmarks import scale
from bicall.emulator.benchmarks.layers import Point, measure


@pytest.mark.parametrize("inputs", [0, 80])
def test_counts_follow_the_table(monkeypatch, inputs):
    monkeypatch.setattr(bench, "REPEATS", 1)
    point = Point(40, 20, 20.0, inputs)
    m = measure(point)
    assert point.axons == (inputs or 40) and m["neurons"] == point.neurons == 20 * point.axons // 40
    flush = m["neurons"] * 40
    for scheme in m["schemes"]:
        counted, expected = m["schemes"][scheme], m["table"][scheme]
        sweeps = m["ticks"] // 100 if scheme == "EC" else 0  # all rows at each drift
        extra = {"TD": 0, "ED": flush, "EC": flush * (sweeps + 1)}[scheme]
        assert counted["synapse_visits"] - extra == pytest.approx(expected["synapse_visits"], rel=0.1)
    assert m["schemes"]["ED"]["weight_computations"] >= m["table"]["ED"]["weight_computations"] * 0.99
    assert (m["compiled_seconds_per_second"] is None) == bool(inputs) == ("EC" not in m["schemes"])


def test_networks_of_the_bench_of_scale_are_sparse():
    for synapses in (10**4, 10**5):
        network = scale.scale_network(synapses)
        in_degree = np.bincount(network.targets, minlength=network.neurons)
        assert network.synapses == pytest.approx(synapses, rel=0.02)
        assert (in_degree == in_degree[0]).all() and in_degree[0] <= 0.11 * network.neurons
    assert len(scale.scale_network(10**4, threads=2).first) == 2
    assert not network.is_dense


def test_a_point_of_scale():
    m = scale.measure_scale(10**4, 20.0)
    assert m["measured_rate"] == pytest.approx(20.0, rel=0.1)  # the refractory period takes some
    assert m["synapse_visits"] == pytest.approx(10**4 * m["measured_rate"] / 1000 * m["ticks"], rel=0.02)


def test_compression_to_nearest_is_within_its_bound():
    cases = rounding.bench_compression(inputs=50, neurons=20, ticks=2000)["cases"]
    for case in cases:
        assert case["drift"] or (case["within"] and 0 < case["largest_difference"] <= case["bound"])
    assert len(cases) == 4
