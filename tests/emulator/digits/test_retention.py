"""A network left to itself: background activity wears its weights down, and drift keeps them."""

import numpy as np
import pytest

from bicall.emulator.configuration.description import load
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.retention import OWN, at_rest, draw, leave, measure, rows
from bicall.emulator.rule.constants import fixed
from bicall.emulator.support.errors import BadInput


@pytest.fixture
def network():
    found = Classifier.fresh(load("digits-256-margin"), "fixed", 3)
    found.state.h[:] = np.where(found.weights, 255, 0)
    return found


def test_drift_keeps_what_background_wears_down(network):
    before, changed = network.weights, {}
    for drift in (0.0, 0.05):
        left = Classifier.fresh(network.description, "fixed", 3)
        left.state.h[:] = network.state.h
        rate = leave(left, 20.0, drift, range(90), with_outputs=True)
        changed[drift] = int(np.count_nonzero(left.weights != before))
        assert 2 < rate < 25 and left.state.tick == 90_000
    assert changed[0.0] > 50 and changed[0.05] == 0


def test_silent_outputs_learn_nothing(network):
    h = network.state.h.copy()
    assert leave(network, 2.0, 0.0, range(5), with_outputs=False) == 0
    assert np.array_equal(network.state.h, h)


def test_time_in_pieces_is_time_in_one_go(network):
    other = Classifier.fresh(network.description, "fixed", 3)
    other.state.h[:] = network.state.h
    leave(network, 20.0, OWN, range(4), True)
    leave(other, 20.0, OWN, range(1), True)
    leave(other, 20.0, OWN, range(1, 4), True)
    assert np.array_equal(network.state.h, other.state.h) and network.state.tick == other.state.tick


def test_a_drift_is_a_step_of_the_last_bit(network):
    c = fixed(at_rest(network.description, 5.0, 0.05))
    assert (c.drift_up, c.drift_down, c.drift_period) == (1, 1, 78)  # 1 / (0.05 * 255) s
    assert fixed(at_rest(network.description, 5.0, 0.0)).drift_up == 0
    own = fixed(network.description)
    assert fixed(at_rest(network.description, 5.0, OWN))[16:18] == own[16:18]
    with pytest.raises(BadInput, match="drift is 50 a second, must be at most 3.9"):
        at_rest(network.description, 5.0, 50.0)


def test_a_measurement(network, blobs):
    result = measure(network, blobs, [5.0], [0.0, OWN], 0.002, test_images=5)
    assert [(run["rate_hz"], run["drift_per_s"]) for run in result["runs"]] == [(5.0, 0.0), (5.0, OWN)]
    for run in result["runs"]:
        assert len(run["hours"]) == len(run["accuracy"]) == len(run["changed"]) == len(run["output_rate_hz"]) + 1 == 5
        assert run["hours"][-1] == 7 / 3600 and run["accuracy"][0] == result["before"]
    assert len(rows(result)) == 2 and len(draw(result).axes) == 1
    with pytest.raises(BadInput, match="hours is 0, must be above 0"):
        measure(network, blobs, [5.0], [0.0], 0)
