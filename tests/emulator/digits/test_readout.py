"""The linear readout beside each network."""

from dataclasses import replace

import numpy as np
import pytest

from bicall.emulator.data.samples import Found, assemble
from bicall.emulator.digits.features import encoder_of
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
    parts = {"train": (images[:300], labels[:300]), "test": (images[300:], labels[300:])}
    return assemble("bars", Found("images", parts, tuple("0123456789")), seed=1)


def test_classes_that_a_line_tells_apart(configuration, bars):
    as_it_is = with_values(configuration, encoder__deskew=False)  # deskewing would bring all bars to the middle
    assert linear_readout(encoder_of(as_it_is, bars), bars, 300)["accuracy"] > 90


def test_labels_at_random_are_not_learned(configuration, bars):
    labels = np.random.default_rng(2).permutation(bars.test.labels)
    shuffled = replace(bars, test=bars.test._replace(labels=labels))
    assert linear_readout(encoder_of(configuration, shuffled), shuffled, 300)["accuracy"] < 30


def test_more_images_than_there_are(configuration, bars):
    with pytest.raises(BadInput, match="images is 301, must be from 1 to 300"):
        linear_readout(encoder_of(configuration, bars), bars, 301)
