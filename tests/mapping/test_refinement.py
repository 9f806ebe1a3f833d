"""What the refinement and the placement claim is what a full recomputation says, and limits hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.network.network import Network
from bicall.mapping.benchmarks import generators
from bicall.mapping.chips import chip as chips
from bicall.mapping.mapper import refinement
from bicall.mapping.mapper.growth import grow
from bicall.mapping.mapper.limits import check
from bicall.mapping.mapper.mapper import baseline, map_network
from bicall.mapping.mapper.partition import by_partitioner, fill
from bicall.mapping.mapper.placement import flows, place, spike_hops
from bicall.mapping.mapper.routing import traffic

SMALL = chips.with_values(
    chips.load("loihi-like"), core__neurons=16, core__axons=200, core__out_entries=300, mesh__width=5, mesh__height=5
)


def with_everything(seed: int) -> Network:
    """Inputs, direct events, recurrence with self-connections, a delay, and neurons that are read."""
    rng = np.random.default_rng(seed)
    network = Network("everything")
    network.add_inputs("in", (12,))
    network.add_neurons("a", (60,))
    network.add_neurons("b", (30,), read=True)
    network.connect("in", "a", rng.random((12, 60)) < 0.2, 8)
    network.connect("in", "b", np.eye(12, 30, dtype=int), 8, kind="direct")
    network.connect("a", "a", rng.random((60, 60)) < 0.1, 8)
    network.connect("a", "b", rng.random((60, 30)) < 0.2, 6, delay=3)
    network.connect("b", "a", rng.random((30, 60)) < 0.1, 4)
    network.rates = rng.random(network.nodes)
    return network


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), torus=st.booleans())
def test_incremental_cost_is_the_full_recomputation(seed, torus):
    network = with_everything(seed)
    graph = network.hypergraph()
    chip = chips.with_values(SMALL, core__direct_events=True, mesh__torus=torus, mesh__port=[seed % 5, 2])
    part = grow(graph, chip, 0.5)
    start = np.where(part >= 0, place(flows(graph, chip, part, part.max() + 1), chip)[part], -1).astype(np.int32)
    core_of = start.copy()
    problem, state = refinement._problem(graph, chip), refinement._state(graph, chip, core_of)
    change = refinement._anneal(problem, state, np.flatnonzero(~graph.is_input).astype(np.int32), seed, 5000, 0.1)
    before, after = traffic(graph, chip, start).sum(), traffic(graph, chip, core_of).sum()
    assert after - before == pytest.approx(change, abs=1e-6)
    fresh = refinement._state(graph, chip, core_of)
    for name in ("counts", "n_ends", "axon_load", "memory", "out_load"):
        assert np.array_equal(getattr(state, name), getattr(fresh, name)), name
    check(network, graph, chip, core_of)


@pytest.mark.parametrize("torus", [False, True])
def test_flow_times_distance_is_the_traffic(torus):
    network = with_everything(1)
    graph, chip = network.hypergraph(), chips.with_values(SMALL, core__direct_events=True, mesh__torus=torus)
    part = fill(graph, chip, np.flatnonzero(~graph.is_input).astype(np.int32))
    flow = flows(graph, chip, part, part.max() + 1)
    core = place(flow, chip)
    core_of = np.where(part >= 0, core[part], -1).astype(np.int32)
    assert spike_hops(flow, chip, core) == pytest.approx(traffic(graph, chip, core_of).sum())
    tree = chips.with_values(chip, routing__multicast=True)
    assert traffic(graph, tree, core_of).sum() < traffic(graph, chip, core_of).sum()


@pytest.mark.parametrize("make", [lambda: generators.local_sheet(400, 12, 1.5, 1), lambda: with_everything(3)])
def test_mapping_keeps_limits_and_is_the_same_each_time(make):
    network = make()
    chip = chips.with_values(SMALL, core__direct_events=True, mesh__width=8, mesh__height=8)
    first, second = (map_network(network, chip, operations=10**6) for _ in range(2))
    assert np.array_equal(first.core_of, second.core_of)
    assert first.spike_hops < baseline(network, chip).spike_hops
    check(network, first.graph, chip, first.core_of)


def test_tight_limits_hold():
    """Four destinations a neuron and few entries: the limits that only routes can break."""
    network = generators.local_sheet(100, 8, 1.0, 1)
    chip = chips.with_values(SMALL, core__neurons=20, core__destinations=4, core__out_entries=60)
    mapping = map_network(network, chip, operations=10**6)
    check(network, mapping.graph, chip, mapping.core_of)


def test_the_partitioner_repairs_what_breaks_a_limit():
    network = generators.local_sheet(100, 8, 1.0, 1)
    chip = chips.with_values(SMALL, core__neurons=25, core__axons=40)
    graph = network.hypergraph()
    part = by_partitioner(graph, chip, 4)
    assert part.max() + 1 > 4
    check(network, graph, chip, place(flows(graph, chip, part, part.max() + 1), chip)[part].astype(np.int32))
