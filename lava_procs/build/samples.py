"""A classifier's samples, as any backend can run them."""

from collections.abc import Callable
from functools import partial

import numpy as np

from bicall.emulator.data import mnist
from bicall.emulator.digits import margin, schedule
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.presentation import test_sample, training_sample
from bicall.emulator.encoders.encoder import Encoded, Trains
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput

Run = Callable[[margin.Part], np.ndarray]  # runs a part, going on from the one before; returns bool[ticks, outputs]
Sample = Callable[[Run], np.ndarray]  # shows a sample, from a reset on; likewise returns all its output spikes


def training_samples(classifier: Classifier, images: int) -> tuple[list[Sample], str]:
    """A classifier's next training images of MNIST, as `bicall train` presents them, and which data they are from.

    Raises:
        BadInput: more images than there are, or steps or drift that have changed or do so meanwhile.
    """
    digits, described, first = mnist.load(), classifier.description, classifier.presented
    _check_images("images", first + images, len(digits.train.samples))
    if any(piece != described for piece, _ in schedule.pieces(described, first, images)):
        raise BadInput(
            f"configuration {described.name}: presentation.step_schedule or drift_schedule changes the rule within "
            f"presentations {first} to {first + images - 1}, must not in Lava; compiled and plain can"
        )
    chosen = slice(first, first + images)
    active, labels = classifier.encode(digits.train.samples[chosen]), digits.train.labels[chosen]
    outputs = len(classifier.state.y)
    if described.presentation.learn_from_ms > 0:
        samples = [
            partial(margin.present, described, classifier.constants, _one(active, k), int(labels[k]), outputs,
                    classifier.seed, first + k)
            for k in range(images)
        ]  # fmt: skip
    else:
        samples = [
            taught(*training_sample(described, _one(active, k), labels[k], classifier.seed, first + k), outputs)
            for k in range(images)
        ]
    return samples, digits.source


def test_samples(classifier: Classifier, images: int) -> tuple[list[Sample], str]:
    """The first test images of MNIST, as `bicall evaluate` presents them, and which data they are from.

    Raises:
        BadInput: more images than there are.
    """
    digits = mnist.load()
    _check_images("test images", images, len(digits.test.samples))
    active, outputs = classifier.encode(digits.test.samples[:images]), len(classifier.state.y)
    samples = [
        taught(*test_sample(classifier.description, _one(active, k), classifier.seed, k), outputs)
        for k in range(images)
    ]
    return samples, digits.source


def taught(pre: SpikeTrain, teacher: SpikeTrain, outputs: int) -> Sample:
    """A sample of one part: spikes of the inputs and of a teacher, whatever the answer."""
    part = margin.Part(pre, teacher, None, np.ones(outputs, bool))
    return lambda run: run(part)


def _one(active: Encoded, k: int) -> Encoded:
    return active[k : k + 1] if isinstance(active, Trains) else active[k]


def _check_images(what: str, images: int, available: int) -> None:
    if not 1 <= images <= available:
        raise BadInput(f"{what} is {images}, must be from 1 to {available}")
