"""Classes that come later: what a network forgets of its first classes while it learns others, without their images."""

import numpy as np
from sklearn.linear_model import SGDClassifier

from bicall.emulator.configuration.description import Description
from bicall.emulator.data.samples import Data, Samples
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
    the same inputs in the same order. There are two of either: all of one learns in both parts; the other is protected,
    so that what stands for the first classes does not learn in the second part (the host, who knows which classes are
    taught, leaves those neurons' learning enables 0).

    Args:
        images: how many training images of each part, at most.

    Raises:
        BadInput: one of the parts has no class, or the encoder gives spikes.

    Returns:
        for `network`, `network, protected`, `readout` and `readout, protected` `before` and `after` the second part:
        accuracy in % on the test images of the `first` classes, of the `other` ones and of `all`, each answer being one
        of all classes; and `forgotten`, the points that the first classes lost.
    """
    if not 1 <= first < len(data.classes):
        raise BadInput(f"first is {first}, must be from 1 to {len(data.classes) - 1}")
    network = Classifier.for_data(description, arithmetic, seed, data)
    learners: dict[str, _Network | _Readout] = {
        "network": _Network(network),
        "network, protected": _Network(Classifier.fresh(description, arithmetic, seed, network.encoder, data.classes)),
        "readout": _Readout(seed, len(data.classes)),
        "readout, protected": _Readout(seed, len(data.classes)),
    }
    found: dict[str, dict] = {name: {} for name in learners}
    for when, part in (("before", data.train.labels < first), ("after", data.train.labels >= first)):
        chosen = data.train.take(np.flatnonzero(part)[:images])
        for start in progress(range(0, len(chosen.labels), CHUNK), f"learning, {when}"):
            rows = slice(start, start + CHUNK)
            active, labels = _levels(network, chosen.samples[rows]), chosen.labels[rows]
            for name, learner in learners.items():
                learner.learn(active, labels, first if when == "after" and name.endswith("protected") else 0)
        answers: dict[str, list[np.ndarray]] = {name: [] for name in learners}
        for start in progress(range(0, len(data.test.labels), CHUNK), f"testing, {when}"):
            active = _levels(network, data.test.samples[start : start + CHUNK])
            for name, learner in learners.items():
                answers[name].append(learner.answer(active, start))
        for name in learners:
            found[name][when] = _accuracies(np.concatenate(answers[name]), data.test.labels, first)
    for result in found.values():
        result["forgotten"] = result["before"]["first"] - result["after"]["first"]
    return found


def _levels(network: Classifier, samples: Samples) -> np.ndarray:
    active = network.encode(samples)
    if not isinstance(active, np.ndarray):
        raise BadInput(f"encoder {network.description.encoder.kind}: gives spikes, must give levels of inputs")
    return active


class _Network:
    """A classifier, of whose outputs those of the first classes can be kept from learning."""

    def __init__(self, classifier: Classifier):
        self._classifier = classifier

    def learn(self, active: np.ndarray, labels: np.ndarray, protected: int) -> None:
        """Learn from encoded samples; the first `protected` classes' neurons do not."""
        outputs = np.arange(len(self._classifier.state.y))
        self._classifier.train(
            active, labels, outputs >= protected * self._classifier.description.decoder.outputs_per_class
        )

    def answer(self, active: np.ndarray, first: int) -> np.ndarray:
        """Classes int[n]; `first` numbers the first sample."""
        return self._classifier.answer(active, first)[0]


class _Readout:
    """A linear readout, of which the first classes' weights can be kept."""

    def __init__(self, seed: int, classes: int):
        self._linear = SGDClassifier(loss="log_loss", alpha=READOUT_PENALTY, random_state=seed)
        self._classes = np.arange(classes)

    def learn(self, active: np.ndarray, labels: np.ndarray, protected: int) -> None:
        """As `_Network.learn`."""
        if protected:
            kept = self._linear.coef_[:protected].copy(), self._linear.intercept_[:protected].copy()
        self._linear.partial_fit(active, labels, classes=self._classes)
        if protected:
            self._linear.coef_[:protected], self._linear.intercept_[:protected] = kept

    def answer(self, active: np.ndarray, first: int) -> np.ndarray:
        """Classes int[n]."""
        return self._linear.predict(active)


def _accuracies(answers: np.ndarray, labels: np.ndarray, first: int) -> dict[str, float]:
    right = 100.0 * (answers == labels)
    return {
        "first": float(right[labels < first].mean()),
        "other": float(right[labels >= first].mean()),
        "all": float(right.mean()),
    }
