"""One run of a sweep: train and validate one network. What is here travels to worker processes."""

import hashlib
import json
from typing import NamedTuple

import numpy as np

from bicall.emulator.configuration.description import Description
from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import CLASSES, Classifier
from bicall.emulator.digits.features import encoder_of
from bicall.emulator.encoders.encoder import Encoded, Fitted, Trains
from bicall.emulator.support.caching import digest_of
from bicall.emulator.support.errors import BadInput


class Images(NamedTuple):
    """Encoded samples that train and that validate, with their labels; active inputs are packed, eight to a byte."""

    train: Encoded  # packed: uint8[n, bytes]
    train_labels: np.ndarray  # int64[n]
    validation: Encoded
    validation_labels: np.ndarray
    inputs: int
    packed: bool
    encoder: Fitted | None = None  # None: the configuration's, for MNIST
    classes: tuple[str, ...] = CLASSES

    @classmethod
    def of(cls, description: Description, digits: Data, images: int, validation: int) -> "Images":
        """The first `images` training images train, the last `validation` training images validate.

        Raises:
            BadInput: the two overlap.
        """
        available = len(digits.train.labels)
        if images + validation > available:
            raise BadInput(
                f"images is {images}, must be at most {available - validation}, as {validation} of the {available} "
                "training images validate"
            )
        encoder = encoder_of(description, digits)
        active = [
            encoder.encode(samples, description.time.tick_ms)
            for samples in (digits.train.samples[:images], digits.train.samples[available - validation :])
        ]
        packed = all(isinstance(each, np.ndarray) and each.dtype == bool for each in active)
        train, validate = (np.packbits(each, axis=1) for each in active) if packed else active  # type: ignore[arg-type]  # arrays
        return cls(
            train,
            digits.train.labels[:images],
            validate,
            digits.train.labels[available - validation :],
            encoder.inputs,
            packed,
            encoder,
            digits.classes,
        )

    def unpacked(self, samples: Encoded) -> Encoded:
        """As the encoder made them."""
        if isinstance(samples, Trains) or not self.packed:
            return samples
        return np.unpackbits(samples, axis=1, count=self.inputs).view(bool)

    def digest(self) -> str:
        arrays: list[np.ndarray] = []
        for each in self[:4]:
            arrays += [each.starts, each.ticks, each.sources] if isinstance(each, Trains) else [each]
        return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()


class Run(NamedTuple):
    """What one accuracy is the accuracy of."""

    description: Description
    arithmetic: str
    seed: int

    def key(self, images_digest: str) -> str:
        """A name that changes with whatever may change the accuracy: every value, the images, the toolkit's code."""
        parts = self.description.model_dump(), self.arithmetic, self.seed, images_digest, code_digest()
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def train_and_validate(run: Run, images: Images, expected_digest: str) -> float:
    """Accuracy in % on the validation images after one presentation of each training image.

    Args:
        expected_digest: `code_digest()` where the sweep was started.

    Raises:
        RuntimeError: this process has other code, so its result would not be comparable.
    """
    if code_digest() != expected_digest:
        raise RuntimeError("the worker has another version of the toolkit")
    network = Classifier.fresh(run.description, run.arithmetic, run.seed, images.encoder, images.classes)
    network.train(images.unpacked(images.train), images.train_labels)
    predicted, _ = network.answer(images.unpacked(images.validation))
    return 100 * float(np.mean(predicted == images.validation_labels))


def code_digest() -> str:
    """SHA-256 of the code that an accuracy depends on."""
    return digest_of(__name__)
