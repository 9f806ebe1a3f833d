"""Classes that come later: what a network forgets of its first classes while it learns others, without their images."""

import numpy as np
from sklearn.linear_model import SGDClassifier

from bicall.emulator.configuration.description import Description
from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

CHUNK = 100  # images between two steps of the progress bar, and of a step of the linear readout
READOUT_PENALTY = 1e-5  # of the squared weights


def continual(
    description: Description, data: Data, first: int, images: int, arithmetic: str, seed: int
) -> dict[str, dict]:
    """Learn the classes 0 to first - 1, then the others, each image once; test on all classes after each part.

    A linear readout with real weights (logistic regression, one class against all, by stochastic gradient) learns from
    the same inputs in the same order.

    Args:
        images: how many training images of each part, at most.

    Raises:
        BadInput: one of the parts has no class, or the encoder gives spikes.

    Returns:
        for `network` and `readout` each `before` and `after` the second part: accuracy in % on the test images of the
        `first` classes, of the `other` ones and of `all`, each answer being one of all classes; and `forgotten`, the
        points that the first classes lost.
    """
    if not 1 <= first < len(data.classes):
        raise BadInput(f"first is {first}, must be from 1 to {len(data.classes) - 1}")
    network = Classifier.for_data(description, arithmetic, seed, data)
    linear = SGDClassifier(loss="log_loss", alpha=READOUT_PENALTY, random_state=seed)
    test = network.encode(data.test.samples)
    if not isinstance(test, np.ndarray):
        raise BadInput(f"encoder {description.encoder.kind}: gives spikes, must give levels of inputs")
    found: dict[str, dict] = {"network": {}, "readout": {}}
    for when, part in (("before", data.train.labels < first), ("after", data.train.labels >= first)):
        chosen = data.train.take(np.flatnonzero(part)[:images])
        for start in progress(range(0, len(chosen.labels), CHUNK), f"learning, {when}"):
            rows = slice(start, start + CHUNK)
            active, labels = network.encode(chosen.samples[rows]), chosen.labels[rows]
            network.train(active, labels)
            linear.partial_fit(active, labels, classes=np.arange(len(data.classes)))
        found["network"][when] = _accuracies(network.answer(test)[0], data.test.labels, first)
        found["readout"][when] = _accuracies(linear.predict(test), data.test.labels, first)
    for result in found.values():
        result["forgotten"] = result["before"]["first"] - result["after"]["first"]
    return found


def _accuracies(answers: np.ndarray, labels: np.ndarray, first: int) -> dict[str, float]:
    right = 100.0 * (answers == labels)
    return {
        "first": float(right[labels < first].mean()),
        "other": float(right[labels >= first].mean()),
        "all": float(right.mean()),
    }
