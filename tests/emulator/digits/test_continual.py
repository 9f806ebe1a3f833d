"""Classes that come later: which images are shown when, and what is reported of them."""

import numpy as np
import pytest

from bicall.emulator.configuration.description import load, with_values
from bicall.emulator.data.samples import Found, assemble
from bicall.emulator.digits import continual as module
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.continual import continual
from bicall.emulator.support.errors import BadInput


@pytest.fixture
def bars():
    """Ten classes, each with a bar at a row of its own."""
    labels = np.arange(700) % 10
    images = np.zeros((700, 28, 28), np.uint8)
    images[np.arange(700), 5 + 2 * labels % 20, 4:24] = 255
    parts = {"train": (images[:600], labels[:600]), "test": (images[600:], labels[600:])}
    return assemble("bars", Found("images", parts, tuple("0123456789")), seed=1)


@pytest.fixture
def described():
    return with_values(load("digits-256-margin"), encoder__deskew=False)  # which would bring all bars to the middle


def test_each_part_shows_its_classes_once(described, bars, monkeypatch):
    shown, train = [], Classifier.train

    def watched(self, active, labels, may_learn):
        if may_learn.all():
            shown.extend(labels)
        return train(self, active, labels, may_learn)

    monkeypatch.setattr(Classifier, "train", watched)
    continual(described, bars, 3, 150, "fixed", 1)
    assert len(shown) == 2 * 150 + 150  # both networks learn the first part, one of them all of the second
    assert set(shown[:300]) == {0, 1, 2} and set(shown[300:]) == set(range(3, 10))


def test_the_first_classes_are_known_before_the_others_are(described, bars):
    found = continual(described, bars, 5, 300, "fixed", 1)
    for result in found.values():
        assert result["before"]["first"] > 60 and result["before"]["other"] < 40
        assert result["after"]["other"] > result["before"]["other"] + 5
        assert result["forgotten"] == result["before"]["first"] - result["after"]["first"]
        for when in ("before", "after"):
            assert result[when]["all"] == pytest.approx((result[when]["first"] + result[when]["other"]) / 2)
    for learner in ("network", "readout"):
        assert found[f"{learner}, protected"]["before"] == found[learner]["before"]
        assert found[f"{learner}, protected"]["forgotten"] <= found[learner]["forgotten"]
    assert found == continual(described, bars, 5, 300, "fixed", 1)


def test_accuracies_by_hand():
    answers, labels = np.array([0, 1, 2, 2, 0]), np.array([0, 0, 2, 3, 3])
    assert module._accuracies(answers, labels, 2) == {
        "first": 50.0, "other": pytest.approx(100 / 3), "all": pytest.approx(40.0)
    }  # fmt: skip


@pytest.mark.parametrize("first", [0, 10])
def test_a_part_without_classes_is_refused(described, bars, first):
    with pytest.raises(BadInput, match=f"first is {first}, must be from 1 to 9"):
        continual(described, bars, first, 10, "fixed", 1)
