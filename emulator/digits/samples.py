"""A classifier's samples, as any backend can run them."""

from collections.abc import Callable
from functools import partial

import numpy as np

from bicall.emulator.data.samples import Data
from bicall.emulator.digits import margin, schedule
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.presentation import test_sample, training_sample
from bicall.emulator.encoders.encoder import Encoded, Trains
from bicall.emulator.network.spikes import Spikes
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput

Run = Callable[[margin.Part], np.ndarray]  # runs a part, going on from the one before; returns bool[ticks, outputs]
Sample = Callable[[Run], np.ndarray]  # shows a sample, from a reset on; likewise returns all its output spikes
NetworkRun = Callable[..., Spikes]  # runs a network further: inputs, and by name the other arguments of a backend


def training_samples(classifier: Classifier, images: int, data: Data | None = None) -> tuple[list[Sample], str]:
    """A classifier's next training samples, as `bicall train` presents them, and which data they are from.

    Args:
        classifier: one whose steps and drift stay the same meanwhile (`Classifier.held`).
        data: which to learn; None: those that it was made for.

    Raises:
        BadInput: more samples than there are, or steps or drift that have changed or do so meanwhile.
    """
    data, described, first = data or classifier.own_data(), classifier.description, classifier.presented
    _check_images("images", images, len(data.train.labels))
    if schedule.held(described, first, images).plasticity != described.plasticity:
        raise BadInput(
            f"configuration {described.name}: presentation.step_schedule has changed the rule by presentation {first}, "
            "must be that of `Classifier.held` here"
        )
    chosen = np.arange(first, first + images) % len(data.train.labels)
    return shown(classifier, classifier.encode(data.train.samples[chosen]), data.train.labels[chosen]), data.source


def shown(classifier: Classifier, active: Encoded, labels: np.ndarray) -> list[Sample]:
    """A classifier's next training samples, n encoded ones with labels int[n]."""
    described, seed, first = classifier.description, classifier.seed, classifier.presented
    c, outputs = classifier.constants, len(classifier.state.y)
    if described.presentation.learn_from_ms > 0:
        return [
            partial(margin.present, described, c, one(active, k), int(label), outputs, seed, first + k)
            for k, label in enumerate(labels)
        ]
    return [
        taught(*training_sample(described, one(active, k), label, seed, first + k), outputs)
        for k, label in enumerate(labels)
    ]


def test_samples(classifier: Classifier, images: int, data: Data | None = None) -> tuple[list[Sample], str]:
    """The first test samples, as `bicall evaluate` presents them, and which data they are from.

    Args:
        data: as of `training_samples`.

    Raises:
        BadInput: more samples than there are.
    """
    data = data or classifier.own_data()
    _check_images("test images", images, len(data.test.labels))
    active, outputs = classifier.encode(data.test.samples[:images]), len(classifier.state.y)
    samples = [
        taught(*test_sample(classifier.description, one(active, k), classifier.seed, k), outputs) for k in range(images)
    ]
    return samples, data.source


def of_parts(run: NetworkRun, learning: bool = True) -> Run:
    """What runs the parts of a classifier's sample, from what runs its network (`digits.graph`)."""

    def run_part(part: margin.Part) -> np.ndarray:
        drive = {} if part.drive is None else {"outputs": part.drive}
        spikes = run(
            {"inputs": part.pre, "teachers": part.teacher},
            learning=learning, drive=drive, learns={"outputs": part.learns},
        )  # fmt: skip
        return spikes["outputs"].dense(len(part.learns))

    return run_part


def taught(pre: SpikeTrain, teacher: SpikeTrain, outputs: int) -> Sample:
    """A sample of one part: spikes of the inputs and of a teacher, whatever the answer."""
    part = margin.Part(pre, teacher, None, np.ones(outputs, bool))
    return lambda run: run(part)


def one(active: Encoded, k: int) -> Encoded:
    return active[k : k + 1] if isinstance(active, Trains) else active[k]


def _check_images(what: str, images: int, available: int) -> None:
    if not 1 <= images <= available:
        raise BadInput(f"{what} is {images}, must be from 1 to {available}")
