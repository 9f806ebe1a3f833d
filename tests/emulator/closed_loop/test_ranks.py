"""Clopath networks and layers of two-compartment neurons on ranks: the same doubles as on one."""

import numpy as np
import pytest
from talk import on_ranks

from bicall.emulator.closed_loop import ranks
from bicall.emulator.closed_loop.network import random_network, simulate
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.ranks import Alone

STEPS, NEURONS = 2000, 30
DRIVE = {"drive_rate": 60.0}


def alone():
    network = random_network(NEURONS, 8, 1.0, seed=3)
    activity = simulate(network, STEPS, **DRIVE)
    return activity.spike_steps, activity.spike_neurons, network.weights, activity.counters


def on(size):
    network = random_network(NEURONS, 8, 1.0, seed=3)
    found = on_ranks(size, lambda communicator: ranks.simulate(communicator, network, STEPS, **DRIVE))
    steps, neurons = (np.concatenate([getattr(a, name) for a, _ in found]) for name in ("spike_steps", "spike_neurons"))
    order, weights = np.lexsort((neurons, steps)), np.empty(len(network.weights))
    for rank, (_, mine) in enumerate(found):
        here = ranks.range_of(rank, size, NEURONS)
        weights[(network.targets >= here.start) & (network.targets < here.stop)] = mine.weights
    visits = sum(activity.counters["synapse_visits"] for activity, _ in found)
    return steps[order], neurons[order], weights, visits


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_clopath_networks_give_the_same_doubles(size):
    steps, neurons, weights, counters = alone()
    assert len(steps) > 100 and np.unique(weights).size > 100
    found = on(size)
    assert np.array_equal(found[0], steps) and np.array_equal(found[1], neurons)
    assert np.array_equal(found[2], weights)  # bit for bit
    assert found[3] == counters["synapse_visits"]


def test_an_exchange_one_step_late_is_noticed(monkeypatch):
    right = ranks.gathered

    def late(communicator, values):
        return [each + np.tile([1, 0], len(each) // 2) for each in right(communicator, values)]

    monkeypatch.setattr(ranks, "gathered", late)
    assert not np.array_equal(on(2)[2], alone()[2])


def test_a_layer_of_two_compartment_neurons():
    rng = np.random.default_rng(1)
    inputs = {
        "spike_steps": np.sort(rng.integers(1, 2000, 300)), "spike_inputs": rng.integers(0, 20, 300),
        "excitation": np.full(2001, 20.0), "inhibition": np.zeros(2001), "weight": 90.0, "eta": 0.17, "w_max": 1350.0,
    }  # fmt: skip
    expected = ranks.learn_layer(Alone(), 5, **inputs)
    found = sum(on_ranks(3, lambda communicator: ranks.learn_layer(communicator, 5, **inputs)), [])
    assert [each.sent.tolist() for each in found] == [each.sent.tolist() for each in expected]
    assert any(not np.array_equal(each.spikes, expected[0].spikes) for each in expected[1:])


def test_more_ranks_than_neurons():
    with pytest.raises(BadInput, match="ranks is 4, must be from 1 to 3, the number of neurons"):
        ranks.range_of(0, 4, 3)
