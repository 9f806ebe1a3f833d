"""The linear readout beside each network."""

import numpy as np
import pytest

from bicall.emulator.digits.datasets import Digits
from bicall.emulator.digits.readout import linear_readout
from bicall.emulator.rule.description import with_values
from bicall.emulator.support.errors import BadInput


@pytest.fixture
def bars():
    """Ten classes that a line can tell apart: a bar at a row of its own, and pixels at random elsewhere."""
    rng = np.random.default_rng(1)
    labels = np.arange(400) % 10
    images = np.where(rng.random((400, 28, 28)) < 0.05, 255, 0).astype(np.uint8)
    images[np.arange(400), 5 + 2 * labels % 20, 4:24] = 255
    return Digits(images[:300], labels[:300].astype(np.uint8), images[300:], labels[300:].astype(np.uint8), "bars")


def test_classes_that_a_line_tells_apart(configuration, bars):
    as_it_is = with_values(configuration, network__deskew=False)  # deskewing would bring all bars to the middle
    assert linear_readout(as_it_is, bars, 300)["accuracy"] > 90


def test_labels_at_random_are_not_learned(configuration, bars):
    shuffled = bars._replace(test_labels=np.random.default_rng(2).permutation(bars.test_labels))
    assert linear_readout(configuration, shuffled, 300)["accuracy"] < 30


def test_more_images_than_there_are(configuration, bars):
    with pytest.raises(BadInput, match="images is 301, must be from 1 to 300"):
        linear_readout(configuration, bars, 301)
