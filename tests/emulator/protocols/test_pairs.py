"""Spike timing: windows, rates of pairing and triplets, each claim of docs/protocols.md as a number."""

import numpy as np
import pytest

from bicall.emulator.protocols import frequency, measured, stdp, triplets
from bicall.emulator.rule.description import with_values


@pytest.fixture(scope="module")
def window(rule):
    return stdp.measure(rule, 1, rates_hz=(5, 50))


def change(result, arithmetic, rate):
    return dict(zip(result["lags_ms"], result[arithmetic][str(rate)]["change"], strict=True))


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_the_sign_turns_at_zero(window, arithmetic):
    found = change(window, arithmetic, 5)
    assert all(found[lag] > 0.01 for lag in range(0, 26))
    assert all(found[lag] < -0.02 for lag in range(-14, 0))  # until y is back at its threshold: 35 ms ln(0.5 / 0.33)
    assert all(-0.0025 < found[lag] < 0 for lag in range(-100, -15))  # only c_d2
    assert found[0] > found[10] > found[30] > found[60] > 0 > found[90]


@pytest.mark.parametrize("rate", [5, 50])
def test_float_and_fixed_agree(window, rate):
    """Within 0.001 a pairing (a fortieth of the largest), but for one lag at each edge of the depression window."""
    real, fixed = (np.array(window[name][str(rate)]["change"]) for name in ("float", "fixed"))
    apart = np.abs(real - fixed) > 0.001
    assert np.count_nonzero(apart) <= 1
    clear = ~apart & (np.abs(real) > 0.0012)
    assert clear.sum() > 150 and (np.sign(real) == np.sign(fixed))[clear].all()


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_the_whole_rule_keeps_what_pairing_decides(window, arithmetic):
    """With drift at 5 Hz: a low synapse goes up for short positive lags only, a high one down for short negative."""
    lags, kept = np.array(window["lags_ms"]), window[arithmetic]["5"]
    up = lags[np.array(kept["kept_from_low"]) == 1]
    down = lags[np.array(kept["kept_from_high"]) == 0]
    assert up.min() == 0 and 12 <= up.max() <= 22 and len(up) == up.max() + 1
    assert down.max() == -1 and -15 <= down.min() <= -13 and len(down) == -down.min()


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_at_50_hz_learning_stops(window, arithmetic):
    """After 13 pairings the slow trace passes the upper bound of the gate: little change, and no transition."""
    assert max(np.abs(window[arithmetic]["50"]["change"])) < 0.2 * max(np.abs(window[arithmetic]["5"]["change"]))
    assert not any(window[arithmetic]["50"]["kept_from_low"])
    assert all(window[arithmetic]["50"]["kept_from_high"])


@pytest.fixture(scope="module")
def pairs(rule):
    return frequency.measure(rule, 1)


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_rate_of_pairing_has_the_signs_of_sjostrom(pairs, arithmetic):
    """Post before pre: depression at 10 and 20 Hz, potentiation at 40 and 50 Hz. Pre before post: potentiation."""
    after, before = pairs[arithmetic]["post before pre"], pairs[arithmetic]["pre before post"]
    assert after[1] < -1 and after[2] < -0.5 and 0.1 < after[3] < after[4]
    assert all(value > 1 for value in before[1:])
    assert before[0] == 0  # and no change at 0.1 Hz, as measured
    assert pairs[arithmetic]["agreement"]["same_sign"] == 8 and pairs[arithmetic]["agreement"]["significant"] == 9


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_where_the_rule_departs_from_sjostrom(pairs, arithmetic):
    """No depression at 0.1 Hz (the gate is shut), and no rise of potentiation with the rate."""
    assert pairs[arithmetic]["post before pre"][0] == 0 and measured.PAIRS["post before pre"][0] < -0.2
    before = pairs[arithmetic]["pre before post"]
    assert before[4] < before[1] and measured.PAIRS["pre before post"][4] > measured.PAIRS["pre before post"][1]


@pytest.fixture(scope="module")
def three(rule):
    return triplets.measure(rule, 1)["gates"]


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_triplets(three, arithmetic):
    """A gate that needs two spikes makes the rule tell post-pre-post from pre-post-pre, as in Wang et al.; with a gate
    that one spike opens, pairs decide, and the order of three spikes hardly matters."""
    slow, two = (three[gate][arithmetic] for gate in triplets.GATES_SHOWN)
    assert two["pre-post-pre"] == [0, 0, 0, 0]
    assert min(two["post-pre-post"]) > 1
    assert two["agreement"]["cosine"] > 0.9 > 0.75 > slow["agreement"]["cosine"] > 0.6
    assert slow["pre-post-pre"][3] > 2 * max(slow["pre-post-pre"][:3])  # the one that potentiates in Wang et al. too
    assert slow["pre-post-pre"][0] == pytest.approx(slow["post-pre-post"][0], abs=0.12)


@pytest.mark.parametrize("gate", triplets.GATES_SHOWN)
def test_triplets_agree_in_float_and_fixed(three, gate):
    for order in measured.TRIPLETS:
        real, fixed = (np.array(three[gate][name][order]) for name in ("float", "fixed"))
        assert np.allclose(real, fixed, atol=0.06)  # of 60 triplets: 0.001 each


def test_agreement_by_hand():
    theirs, errors = np.array([1.0, -1.0, 0.1]), np.array([0.1, 0.1, 0.2])
    assert measured.agreement(3 * theirs, theirs, errors) == {
        "cosine": pytest.approx(1),
        "same_sign": 2,
        "significant": 2,
    }
    assert measured.agreement(-theirs, theirs, errors)["cosine"] == pytest.approx(-1)
    assert measured.agreement(np.array([1.0, 1.0, 0]), theirs, errors)["same_sign"] == 1


def test_a_rule_without_depression_fails_these_claims(rule):
    """The claims above can fail: without c_d1 the window has no depression."""
    blind = with_values(rule, plasticity__depression_pre=0.0)
    found = change(stdp.measure(blind, 1, rates_hz=(5,)), "float", 5)
    assert not any(found[lag] < -0.02 for lag in range(-14, 0))
