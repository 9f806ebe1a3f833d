"""What the refinement and the placement claim is what a full recomputation says, and limits hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.network.hypergraph import hypergraph_of
from bicall.emulator.network.network import Network
from bicall.mapping.benchmarks import generators
from bicall.mapping.chips import chip as chips
from bicall.mapping.mapper import annealing, levels, multilevel, refinement, trees
from bicall.mapping.mapper.growth import grow
from bicall.mapping.mapper.limits import TooSmall, check
from bicall.mapping.mapper.mapper import baseline, map_network
from bicall.mapping.mapper.multilevel import Cooling, anneal
from bicall.mapping.mapper.partition import by_partitioner, fill
from bicall.mapping.mapper.placement import flows, place, spike_hops
from bicall.mapping.mapper.routing import packet_cost, traffic

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


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), torus=st.booleans(), multicast=st.booleans(), energy=st.booleans())
def test_incremental_cost_is_the_full_recomputation(seed, torus, multicast, energy):
    network = with_everything(seed)
    graph = hypergraph_of(network)
    kind = {"routing__cost": "energy", "costs__router_pj": 1.7} if energy and not multicast else {}
    chip = chips.with_values(
        SMALL,
        core__direct_events=True,
        mesh__torus=torus,
        mesh__port=[seed % 5, 2],
        routing__multicast=multicast,
        **kind,
    )
    part = grow(graph, chip, 0.5)
    start = np.where(part >= 0, place(flows(graph, chip, part, part.max() + 1), chip)[part], -1).astype(np.int32)
    neurons = np.flatnonzero(~graph.is_input)
    level, cost, limits = levels.finest(graph, chip), refinement.chip_cost(chip), refinement.chip_limits(chip)
    state = annealing.state_of(level, start[neurons], limits, cost)
    annealing.seed_compiled(seed)
    cooling = Cooling(20, float(graph.rate.mean()), 1e-3, 0.0)
    if multicast:
        change = trees.anneal_trees(level, state, cost, limits, cooling, seed, lambda done: None)
    else:
        change = anneal(level, state, cost, limits, annealing.scratch(chip.cores), cooling, seed, True)
    core_of = start.copy()
    core_of[neurons] = state.core
    assert not np.array_equal(core_of, start)
    before, after = packet_cost(graph, chip, start), packet_cost(graph, chip, core_of)
    assert after - before == pytest.approx(change, abs=1e-6)
    check(network, graph, chip, core_of)
    if multicast:
        return  # the state is put back to the best that was met, its loads are not
    fresh = annealing.state_of(level, state.core, limits, cost)
    for name in ("core", "neurons", "axons", "memory", "out"):
        assert np.array_equal(getattr(state, name), getattr(fresh, name)), name
    assert annealing.cost_of(level, state, cost) == pytest.approx(annealing.cost_of(level, fresh, cost))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_level_of_clusters_costs_and_holds_what_its_neurons_do(seed):
    graph = hypergraph_of(with_everything(seed))
    fine = levels.finest(graph, SMALL)
    cluster = levels.clusters(fine, 4, seed)
    coarse = levels.coarser(fine, cluster)
    assert 1 < coarse.nodes < fine.nodes and coarse.size.max() <= 4
    core = np.random.default_rng(seed).integers(0, 6, coarse.nodes).astype(np.int32)
    cost, limits = annealing.Cost(1.0, 0.5, 3, 2, False, 0), multilevel.part_limits(SMALL, 6)
    above, below = (annealing.state_of(*each, limits, cost) for each in ((coarse, core), (fine, core[cluster])))
    assert annealing.cost_of(coarse, above, cost) == pytest.approx(annealing.cost_of(fine, below, cost))
    for name in ("neurons", "axons", "memory", "out"):
        assert np.array_equal(getattr(above, name), getattr(below, name)), name


def test_the_partitioner_keeps_limits_and_is_the_same_each_time():
    network = generators.local_sheet(400, 12, 1.5, 1)
    graph = hypergraph_of(network)
    chip = chips.with_values(SMALL, core__axons=60, core__out_entries="none", mesh__width=10, mesh__height=10)
    first, second = (multilevel.partition(graph, chip, effort=0.05) for _ in range(2))
    assert np.array_equal(first, second)
    check(network, graph, chip, first)
    level = levels.finest(graph, chip)
    parts = first.max() + 1
    sliced = fill(graph, chip, np.arange(400, dtype=np.int32))
    assert multilevel.connectivity(level, first, parts) < 0.5 * multilevel.connectivity(level, sliced, sliced.max() + 1)


def test_parts_grow_in_number_until_axons_are_few_enough():
    network = generators.local_sheet(400, 12, 1.5, 1)
    chip = chips.with_values(SMALL, core__neurons=200, core__axons=64, core__out_entries="none")
    with pytest.raises(TooSmall, match=r"needs \d+ axons on one of 4 cores, core.axons is 64"):
        multilevel.partition(
            hypergraph_of(network), chips.with_values(chip, mesh__width=2, mesh__height=2), effort=0.05
        )


def test_a_node_that_is_weighed_costs_what_a_full_count_says():
    """A heat bath draws by the costs of all cores; each is the difference of two full counts."""
    graph = hypergraph_of(with_everything(2))
    chip = chips.with_values(SMALL, core__direct_events=True)
    level, cost, limits = levels.finest(graph, chip), refinement.chip_cost(chip), refinement.chip_limits(chip)
    core = np.random.default_rng(1).integers(0, 25, level.nodes).astype(np.int32)
    state, room = annealing.state_of(level, core, limits, cost), annealing.scratch(chip.cores)
    for v in (0, 17, 80):
        n, needed, _ = annealing._weigh(level, state, cost, room, v)
        assert needed == (level.kind[level.in_starts[v] : level.in_starts[v + 1]] & levels.COUNTED).sum()
        whole = annealing._whole(room, n)
        costs = {int(to): annealing._cost_on(cost, room, n, whole, to) for to in room.touched[:n]}
        annealing._clear(room, n)
        for to in costs:
            moved = core.copy()
            moved[v] = to
            full = [
                annealing.cost_of(level, annealing.state_of(level, each, limits, cost), cost) for each in (core, moved)
            ]
            assert costs[to] - costs[int(core[v])] == pytest.approx(full[1] - full[0], abs=1e-9)


@pytest.mark.parametrize("least", [0, 3])
def test_cores_at_fault_hold_nothing_and_others_at_least_what_they_have_to(least):
    network = generators.local_sheet(100, 8, 1.0, 1)
    chip = chips.with_values(
        SMALL, core__neurons=8, core__least_neurons=least, faults__cores=[3, 12], mesh__port=[2, 2]
    )
    mapping = map_network(network, chip, effort=1e-3)
    assert not mapping.loads.neurons[[3, 12]].any()
    assert np.delete(mapping.loads.neurons, [3, 12]).min() >= least
    with pytest.raises(TooSmall, match="needs 100 neurons, the chip has 96 .24 cores"):
        map_network(network, chips.with_values(chip, core__neurons=4, core__least_neurons=0, faults__cores=[0]))


def test_an_interrupt_keeps_the_best_so_far_and_a_mapping_can_be_gone_on_from():
    network, seen = generators.local_sheet(225, 10, 1.5, 1), []

    def interrupt(done: float) -> None:
        seen.append(done)
        if done > 0.45:
            raise KeyboardInterrupt

    chip = chips.with_values(SMALL, mesh__width=8, mesh__height=8)
    stopped = map_network(network, chip, effort=0.05, watch=interrupt)
    assert 0 < max(seen) < 1 and seen == sorted(seen)
    resumed = map_network(network, chip, effort=0.05, start=stopped.core_of)
    assert resumed.cost <= stopped.cost <= baseline(network, chip).cost
    check(network, resumed.graph, chip, resumed.core_of)


@pytest.mark.parametrize("torus", [False, True])
def test_flow_times_distance_is_the_traffic(torus):
    network = with_everything(1)
    graph, chip = hypergraph_of(network), chips.with_values(SMALL, core__direct_events=True, mesh__torus=torus)
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
    first, second = (map_network(network, chip, effort=1e-2) for _ in range(2))
    assert np.array_equal(first.core_of, second.core_of)
    assert first.spike_hops < baseline(network, chip).spike_hops
    check(network, first.graph, chip, first.core_of)


def test_tight_limits_hold():
    """Four destinations a neuron and few entries: the limits that only routes can break."""
    network = generators.local_sheet(100, 8, 1.0, 1)
    chip = chips.with_values(SMALL, core__neurons=20, core__destinations=4, core__out_entries=60)
    mapping = map_network(network, chip, effort=1e-2)
    check(network, mapping.graph, chip, mapping.core_of)


def test_the_partitioner_repairs_what_breaks_a_limit():
    network = generators.local_sheet(100, 8, 1.0, 1)
    chip = chips.with_values(SMALL, core__neurons=25, core__axons=40)
    graph = hypergraph_of(network)
    part = by_partitioner(graph, chip, 4)
    assert part.max() + 1 > 4
    check(network, graph, chip, place(flows(graph, chip, part, part.max() + 1), chip)[part].astype(np.int32))


@pytest.mark.parametrize("multicast", [False, True])
def test_refinement_that_is_stopped_keeps_the_best_that_was_met(multicast):
    """Also when one long annealing is stopped in the middle."""
    network = generators.local_sheet(100, 8, 1.0, 1)
    chip = chips.with_values(SMALL, routing__multicast=multicast, core__out_entries="none")
    start = baseline(network, chip)

    def stop(done: float) -> None:
        if done > 0.9:
            raise KeyboardInterrupt

    with pytest.raises(refinement.Stopped) as stopped:
        refinement.refine(start.graph, chip, start.core_of, effort=1e-2, told=stop)
    check(network, start.graph, chip, stopped.value.core_of)
    assert packet_cost(start.graph, chip, stopped.value.core_of) < start.cost


def test_a_partitioner_that_is_stopped_still_keeps_the_limits():
    network = generators.local_sheet(400, 12, 1.5, 1)
    chip = chips.with_values(SMALL, core__axons=60, core__out_entries="none", mesh__width=10, mesh__height=10)

    def stop(done: float) -> None:
        raise KeyboardInterrupt

    watch = multilevel.Watch(stop)
    graph = hypergraph_of(network)
    part = multilevel.partition(graph, chip, effort=0.05, watch=watch)
    assert watch.stopped
    check(network, graph, chip, part)
