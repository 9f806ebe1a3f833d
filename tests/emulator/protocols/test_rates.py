"""Spike rates, retention and correlation, each claim of docs/protocols.md as a number."""

import numpy as np
import pytest

from bicall.emulator.protocols import correlation, retention, srdp


@pytest.fixture(scope="module")
def grid(rule):
    return srdp.measure(rule, 1)["gates"]


def moved(grid, gate, arithmetic, start):
    """Transitions, [pre rate][post rate], by rate in Hz."""
    return np.array(grid[srdp.GATES_SHOWN[gate]][arithmetic][start]["transitions"])


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_potentiation_needs_both_rates(grid, arithmetic):
    """From the low state, with the fast gate: none if either side is silent; from 20 Hz on both, nearly all."""
    up = moved(grid, 1, arithmetic, "low")
    assert (up[0] == 0).all() and (up[:, 0] == 0).all()
    assert (up[2:, 2:] > 0.95).all()
    assert up[1, 1] < 0.05 and up[2, 1] < 0.2  # the threshold: post 10 Hz is not enough at pre 10 and 20 Hz


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_the_slow_gate_stops_learning_at_high_postsynaptic_rates(grid, arithmetic):
    up = moved(grid, 0, arithmetic, "low")
    assert (up[4:, 2] > 0.95).all()  # post 20 Hz
    assert (up[:, 4] < 0.1).all() and (up[:, 5:] < 0.01).all()  # post 40 Hz, 50 Hz and more


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_depression_needs_a_silent_axon(grid, arithmetic):
    """From the high state only synapses of silent axons on fast neurons go down (c_d2 against drift)."""
    down = moved(grid, 1, arithmetic, "high")
    assert (down[0, 6:] > 0.95).all() and (down[0, :5] < 0.05).all()
    assert (down[1:] == 0).all()
    assert (moved(grid, 0, arithmetic, "high") == 0).all()  # the slow gate is shut at these rates


def test_rates_agree_in_float_and_fixed(grid):
    """Mean change within 0.15 at every point; the largest differences are where transitions are a matter of chance."""
    for gate in grid.values():
        for start in ("low", "high"):
            real, fixed = (np.array(gate[name][start]["change"]) for name in ("float", "fixed"))
            assert np.abs(real - fixed).max() < 0.15
            assert np.abs(real - fixed).mean() < 0.01
            clear = np.abs(real) > 0.1
            assert clear.any() == (start == "low" or clear.any())
            assert (np.sign(real) == np.sign(fixed))[clear].all()


@pytest.fixture(scope="module")
def kept(rule):
    return retention.measure(rule, 1, rates_hz=(2, 8, 15), seconds=40)


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_drift_goes_to_the_nearer_end(kept, arithmetic):
    for start, course in zip(kept["drift_starts"], kept["drift"][arithmetic], strict=True):
        end, step = (1.0, 0.05) if start > 0.5 else (0.0, -0.05)
        expected = np.clip(start + step * np.arange(21), 0, 1)
        assert course[-1] == end
        assert np.allclose(course, expected, atol=0.012)  # three steps of 8 bits


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_drift_keeps_both_states_through_spontaneous_activity(kept, arithmetic):
    """Up to 8 Hz nothing is lost; without drift, the depressed state is, in that time. At 15 Hz drift loses, too."""
    last = {
        (rule, state, rate): course[-1]
        for rule, states in kept["survival"][arithmetic].items()
        for state, rates in states.items()
        for rate, course in rates.items()
    }
    for state in retention.STATES:
        for rate in ("2", "8"):
            assert last["with drift", state, rate] == 1
    assert last["without drift", "depressed", "8"] < 0.6
    assert last["with drift", "depressed", "15"] < 0.1
    assert last["with drift", "potentiated", "15"] == 1


def test_survival_agrees_in_float_and_fixed(kept):
    for rule in retention.RULES:
        for state in retention.STATES:
            for rate in ("2", "8", "15"):
                real, fixed = (np.array(kept["survival"][name][rule][state][rate]) for name in ("float", "fixed"))
                assert np.abs(real - fixed).max() < 0.25 and (np.diff(real) <= 0).all()


@pytest.fixture(scope="module")
def learned(rule):
    return correlation.measure(rule, 1, correlations=(0.1, 0.6), repeats=5)


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_correlated_spikes_learn_faster(learned, arithmetic):
    """The interval of the ratio lies above 1, and rises with the correlation."""
    weak, strong = (learned[arithmetic][c]["ratio"] for c in ("0.1", "0.6"))
    assert strong["low"] > 1.5 > weak["high"]
    assert weak["low"] > 1


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_rates_are_equal_and_shuffling_leaves_nothing(learned, arithmetic):
    for c in ("0.1", "0.6"):
        run = learned[arithmetic][c]
        assert run["correlated"]["rate_hz"] == run["shuffled"]["rate_hz"]
        assert np.mean(run["independent"]["rate_hz"]) == pytest.approx(np.mean(run["shuffled"]["rate_hz"]), rel=0.01)
        assert 0.9 < run["control"]["ratio"] < 1.1
        assert run["correlated"]["correlation"] == pytest.approx([float(c)] * 5, rel=0.35)
        assert max(np.abs(run["shuffled"]["correlation"])) < 0.02


def test_correlation_agrees_in_float_and_fixed(learned):
    for c in ("0.1", "0.6"):
        real, fixed = (learned[name][c]["ratio"]["ratio"] for name in ("float", "fixed"))
        assert fixed == pytest.approx(real, rel=0.1)


def test_synchrony_within_the_delay_stops_learning(rule, monkeypatch):
    """Not every correlation helps: copies in the very same tick arrive a tick after the spike they share, and depress.

    Shuffled, the same spikes learn as ever.
    """
    monkeypatch.setattr(correlation, "JITTER_MS", 0)
    run = correlation.measure(rule, 1, correlations=(0.2,), repeats=2)["float"]["0.2"]
    assert run["correlated"]["speed_per_s"] == [0, 0]  # not within 30 s
    assert min(run["shuffled"]["speed_per_s"]) > 0.07
