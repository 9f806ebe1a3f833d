"""One run of a sweep: train and judge one network. What is here travels to worker processes."""

import hashlib
import json
from typing import NamedTuple

import numpy as np

from bicall.emulator.configuration.description import Description
from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import CLASSES, Classifier
from bicall.emulator.digits.features import encoder_of
from bicall.emulator.encoders.encoder import Fitted, Trains
from bicall.emulator.support.caching import digest_of
from bicall.emulator.support.errors import BadInput


class Images(NamedTuple):
    """Active inputs of the images that train and of those that judge, eight to a byte, with their labels."""

    train: np.ndarray  # uint8[n, bytes]
    train_labels: np.ndarray  # int64[n]
    judge: np.ndarray
    judge_labels: np.ndarray
    inputs: int
    encoder: Fitted | None = None  # None: the configuration's, for MNIST
    classes: tuple[str, ...] = CLASSES

    @classmethod
    def of(cls, description: Description, digits: Data, images: int, validation: int) -> "Images":
        """The first `images` training images train, the last `validation` training images judge.

        Raises:
            BadInput: the two overlap, or inputs are not active or not, but graded or spikes.
        """
        available = len(digits.train.labels)
        if images + validation > available:
            raise BadInput(
                f"images is {images}, must be at most {available - validation}, as {validation} of the {available} "
                "training images judge"
            )
        encoder = encoder_of(description, digits)
        active = [
            encoder.encode(samples, description.time.tick_ms)
            for samples in (digits.train.samples[:images], digits.train.samples[available - validation :])
        ]
        if any(isinstance(each, Trains) or each.dtype != bool for each in active):
            raise BadInput(
                f"encoder {encoder.encoder.kind}: its inputs are graded or spikes, must be active or not here"
            )
        return cls(
            np.packbits(active[0], axis=1),  # type: ignore[arg-type]
            digits.train.labels[:images],
            np.packbits(active[1], axis=1),  # type: ignore[arg-type]
            digits.train.labels[available - validation :],
            encoder.inputs,
            encoder,
            digits.classes,
        )

    def unpacked(self, packed: np.ndarray) -> np.ndarray:
        """bool[n, inputs]"""
        return np.unpackbits(packed, axis=1, count=self.inputs).view(bool)

    def digest(self) -> str:
        return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in self[:4])).hexdigest()


class Run(NamedTuple):
    """What one accuracy is the accuracy of."""

    description: Description
    arithmetic: str
    seed: int

    def key(self, images_digest: str) -> str:
        """A name that changes with whatever may change the accuracy: every value, the images, the toolkit's code."""
        parts = self.description.model_dump(), self.arithmetic, self.seed, images_digest, code_digest()
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def train_and_judge(run: Run, images: Images, expected_digest: str) -> float:
    """Accuracy in % on the judging images after one presentation of each training image.

    Args:
        expected_digest: `code_digest()` where the sweep was started.

    Raises:
        RuntimeError: this process has other code, so its result would not be comparable.
    """
    if code_digest() != expected_digest:
        raise RuntimeError("the worker has another version of the toolkit")
    network = Classifier.fresh(run.description, run.arithmetic, run.seed, images.encoder, images.classes)
    network.train(images.unpacked(images.train), images.train_labels)
    predicted, _ = network.answer(images.unpacked(images.judge))
    return 100 * float(np.mean(predicted == images.judge_labels))


def code_digest() -> str:
    """SHA-256 of the code that an accuracy depends on."""
    return digest_of(__name__)
