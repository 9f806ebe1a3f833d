"""The mesh model: cycles counted by hand, hops as the routes say, energy as the chip says."""

import numpy as np
import pytest

from bicall.emulator.network.hypergraph import hypergraph_of
from bicall.emulator.network.network import Network
from bicall.mapping.benchmarks import generators
from bicall.mapping.chips import chip as chips
from bicall.mapping.configuration.configuration import configure
from bicall.mapping.machine.estimates import activity_at_rates, estimates
from bicall.mapping.machine.mesh import Mesh
from bicall.mapping.mapper.mapper import map_network

ROW, LAZY_UPDATE, EVENT, NEURON, TICK, HOP = 10, 4, 3, 2, 7, 5
CHIP = chips.with_values(
    chips.load("odin-mesh"), costs__cycles_per_row=ROW, costs__cycles_per_catch_up=LAZY_UPDATE,
    costs__cycles_per_event=EVENT, costs__cycles_per_neuron=NEURON, costs__cycles_per_tick=TICK,
    costs__cycles_per_hop=HOP,
)  # fmt: skip


def chain(multicast: bool = False) -> Mesh:
    """Neurons 0, 1, 2 on core 0 and 3, 4 on core 2 of the first row: 0 and 1 reach both cores' last neurons."""
    network = Network("chain")
    network.add_neurons("all", (5,))
    weights = np.zeros((5, 5), int)
    weights[:2, 2] = weights[:2, 4] = 1
    network.connect("all", "all", weights, 8)
    chip = chips.with_values(CHIP, routing__multicast=multicast)
    return Mesh(configure(hypergraph_of(network), chip, np.array([0, 0, 0, 2, 2], np.int32)))


BARRIER = 2 * 2 * HOP  # core 2 is two links from the port


def test_a_silent_tick_is_its_neurons_and_the_barrier():
    mesh = chain()
    mesh.begin_tick(1, np.zeros(0, np.int64))
    mesh.end_tick(0)
    assert mesh.activity.cycles == 3 * NEURON + TICK + BARRIER


def test_one_spike_travels_two_links():
    mesh = chain()
    mesh.begin_tick(1, np.array([0]))
    axons, events, sums = mesh.arrived(1)
    assert axons.tolist() == [True, False] and not events.any() and not sums.any()
    mesh.end_tick(1, [1])
    # its packets: to the own core in cycle 0, to core 2 in cycle 1, arriving two hops later
    assert mesh.activity.cycles == 1 + 2 * HOP + ROW + 2 * NEURON + TICK + BARRIER
    assert (mesh.activity.packets, mesh.activity.hops, mesh.activity.synaptic_events) == (2, 2, 2)
    # neuron 4 spiked since, so the row has one tick to be updated for; axon 1's too, once
    before = mesh.activity.cycles
    mesh.begin_tick(2, np.array([0]))
    mesh.end_tick(0)
    assert mesh.activity.cycles - before == 1 + 2 * HOP + ROW + LAZY_UPDATE + 2 * NEURON + TICK + BARRIER


def test_packets_of_one_core_leave_one_a_cycle_and_rows_queue_at_the_core():
    mesh = chain()
    mesh.begin_tick(1, np.array([0, 1]))
    mesh.end_tick(0)
    assert mesh.activity.busiest_link == 2 and mesh.activity.waited == 0
    assert mesh.activity.cycles == 1 + 2 * HOP + 2 * ROW + 2 * NEURON + TICK + BARRIER


def test_a_full_archive_brings_all_rows_up_to_date():
    mesh, silent = chain(), np.zeros(0, np.int64)
    taken = []
    for tick in range(1, 68):
        before = mesh.activity.cycles
        mesh.begin_tick(tick, np.array([0]) if tick == 30 else silent)
        mesh.end_tick(1, [1] if tick % 2 else [])
        taken.append(mesh.activity.cycles - before)
    idle = 3 * NEURON + TICK + BARRIER
    # the 32nd tick with learning is tick 63; axon 0's row is up to date with 15 of them already
    assert [tick for tick, cycles in enumerate(taken, start=1) if cycles > idle] == [30, 63]
    assert taken[62] == 256 * ROW + LAZY_UPDATE * (255 * 32 + 17) + 2 * NEURON + TICK + BARRIER


def test_two_packets_for_one_link_wait_a_cycle():
    network = Network("meeting")
    network.add_inputs("in", (1,))
    network.add_neurons("all", (2,))
    network.connect("in", "all", [[0, 1]], 8)
    network.connect("all", "all", [[0, 1], [0, 0]], 8)
    mesh = Mesh(configure(hypergraph_of(network), CHIP, np.array([-1, 0, 1], np.int32)))
    mesh.begin_tick(1, np.array([0, 1]))  # the host at the port and core 0 want the link to core 1 in cycle 0
    mesh.end_tick(0)
    assert mesh.activity.waited == 1
    assert mesh.activity.cycles == HOP + 2 * ROW + NEURON + TICK + 2 * HOP


def test_multicast_sends_a_packet_over_a_link_once():
    for multicast, hops in ((False, 2 * 3 + 2 * 4), (True, 2 * 4)):
        network = Network("tree")
        network.add_neurons("all", (4,))
        network.connect("all", "all", [[0, 0, 1, 1], [0, 0, 1, 1], [0] * 4, [0] * 4], 8)
        chip = chips.with_values(CHIP, routing__multicast=multicast)
        mesh = Mesh(configure(hypergraph_of(network), chip, np.array([0, 0, 3, 7], np.int32)))
        mesh.begin_tick(1, np.array([0, 1]))
        assert all(mesh.arrived(position)[0].all() for position in (1, 2))
        mesh.end_tick(0)
        assert mesh.activity.hops == hops


def test_delayed_spikes_act_later_and_take_their_cycles_then():
    network = Network("late")
    network.add_neurons("all", (2,))
    network.connect("all", "all", [[0, 1], [0, 0]], 8, delay=3)
    chip = chips.with_values(CHIP, core__longest_delay=3)
    mesh = Mesh(configure(hypergraph_of(network), chip, np.array([0, 0], np.int32)))
    taken, acted = [], []
    for tick, nodes in enumerate(([0], [], [], []), start=1):
        before = mesh.activity.cycles
        mesh.begin_tick(tick, np.array(nodes, np.int64))
        acted.append(bool(mesh.arrived(0)[0].any()))
        mesh.end_tick(0)
        taken.append(mesh.activity.cycles - before)
    assert acted == [False, False, True, False]
    idle = 2 * NEURON + TICK
    assert taken == [idle, idle, ROW + idle, idle]


@pytest.mark.parametrize("multicast", [False, True])
@pytest.mark.parametrize("torus", [False, True])
def test_measured_hops_are_the_mappings(multicast, torus):
    """Spikes drawn at the rates pass about as many links as the mapping promises; helpers' sums are among them."""
    network, rng = Network("dense"), np.random.default_rng(1)
    network.add_inputs("in", (50,))
    network.add_neurons("out", (60,), read=True)
    network.connect("in", "out", rng.random((50, 60)) < 0.5, 8)
    network.connect("out", "out", rng.random((60, 60)) < 0.3, 8)
    network.rates = np.full(network.nodes, 0.1)
    chip = chips.with_values(
        CHIP, core__neurons=12, core__axons=30, mesh__width=6, mesh__height=6, mesh__torus=torus, mesh__port=[2, 1],
        routing__multicast=multicast,
    )  # fmt: skip
    mapping = map_network(network, chip, effort=1e-3)
    assert mapping.graph.nodes > network.nodes  # neurons are split
    activity = activity_at_rates(mapping.graph, configure(mapping.graph, chip, mapping.core_of), 1)
    result = estimates(activity, chip)
    assert result["hops"] == pytest.approx(mapping.spike_hops, rel=0.05)
    assert result["energy_pj"]["hops"] == pytest.approx(3.0 * result["hops"])
    assert result["energy_pj"]["synapses"] == pytest.approx(12.7 * result["synaptic_events"])
    assert result["longest_tick"] >= result["cycles"] > 0


def test_a_chip_without_energies_claims_none():
    network = generators.local_sheet(100, 8, 1.0, 1)
    mapping = map_network(network, chips.load("dynap-like"), effort=1e-7)
    activity = activity_at_rates(mapping.graph, configure(mapping.graph, mapping.chip, mapping.core_of), 1)
    assert estimates(activity, mapping.chip)["energy_pj"] is None
