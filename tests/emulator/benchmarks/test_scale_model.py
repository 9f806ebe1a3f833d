"""The model of scaling: what must hold whatever the numbers are."""

import pytest

from bicall.emulator.benchmarks.scale_model import Machine, Size, scaling, seconds

MACHINE, SIZE = Machine(20.0, 5.0, 2.0, 10.0), Size(100_000, 1000, 10.0, 2)


def test_one_rank_is_its_work():
    alone = seconds(MACHINE, SIZE, 1)
    assert alone["synapses"] == pytest.approx(100_000 * 10 * 1000 * 20e-9)
    assert alone["neurons"] == pytest.approx(100_000 * 1000 * 5e-9) and alone["exchange"] == 0


def test_an_exchange_costs_latency_and_bytes():
    two = seconds(MACHINE, SIZE, 2)
    messages, received = 500 * 2 * 2e-6, (1_000_000 * 4 + 500 * 2 * 2 * 4) / 2 / 10e9
    assert two["exchange"] == pytest.approx(messages + received)
    assert seconds(MACHINE, SIZE._replace(delay=4), 2)["exchange"] < two["exchange"]


def test_strong_scaling_ends_in_the_exchange_and_weak_scaling_keeps_the_work():
    strong = scaling(MACHINE, SIZE, [1, 64, 4096], weak=False)
    assert strong[0]["all"] > strong[1]["all"] and strong[2]["exchange"] > strong[2]["synapses"]
    weak = scaling(MACHINE, SIZE, [1, 64, 4096], weak=True)
    assert weak[0]["synapses"] == pytest.approx(weak[2]["synapses"])
    assert weak[0]["exchange"] < weak[1]["exchange"] < weak[2]["exchange"]
