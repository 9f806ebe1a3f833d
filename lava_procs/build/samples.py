"""Spikes of presentations, one after the other, as the processes play them."""

from collections.abc import Sequence

import numpy as np

from bicall.emulator.configuration.description import Description
from bicall.emulator.data import mnist
from bicall.emulator.digits.features import active_inputs
from bicall.emulator.digits.presentation import test_sample, training_sample
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput

Sample = tuple[SpikeTrain, SpikeTrain]  # input and teacher spikes of one presentation


def training_samples(description: Description, images: int, seed: int, first: int = 0) -> tuple[list[Sample], str]:
    """Spikes of training images, as `bicall train` presents them, and which data they are from.

    Args:
        first: number of the first presentation; presentation n shows training image n.

    Raises:
        BadInput: more images than there are.
    """
    digits = mnist.load()
    _check_images("images", first + images, len(digits.train.samples))
    active = active_inputs(description, digits.train.samples[first : first + images])
    labels = digits.train.labels[first : first + images]
    samples = [training_sample(description, active[k], labels[k], seed, first + k) for k in range(images)]
    return samples, digits.source


def test_samples(description: Description, images: int, seed: int) -> tuple[list[Sample], str]:
    """Spikes of the first test images, as `bicall evaluate` presents them, and which data they are from.

    Raises:
        BadInput: more images than there are.
    """
    digits = mnist.load()
    _check_images("test images", images, len(digits.test.samples))
    active = active_inputs(description, digits.test.samples[:images])
    return [test_sample(description, active[k], seed, k) for k in range(images)], digits.source


def joined(samples: Sequence[Sample]) -> tuple[SpikeTrain, SpikeTrain, int]:
    """Input and teacher spikes of all samples in a row, and the ticks of one sample.

    Raises:
        BadInput: no samples, or samples of different lengths.
    """
    lengths = sorted({train.ticks for sample in samples for train in sample})
    if len(lengths) != 1:
        raise BadInput(f"samples: have {lengths} ticks, must be at least one sample, all of one length")
    pre, teacher = (_in_a_row(trains) for trains in zip(*samples, strict=True))
    return pre, teacher, lengths[0]


def _in_a_row(trains: Sequence[SpikeTrain]) -> SpikeTrain:
    ends = np.cumsum([0] + [len(train.sources) for train in trains])
    starts = [train.starts[:-1] + end for train, end in zip(trains, ends, strict=False)]
    return SpikeTrain(np.concatenate([*starts, ends[-1:]]), np.concatenate([train.sources for train in trains]))


def _check_images(what: str, images: int, available: int) -> None:
    if not 1 <= images <= available:
        raise BadInput(f"{what} is {images}, must be from 1 to {available}")
