"""Training and testing with figures of merit."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from bicall.emulator.data.samples import Data, Samples
from bicall.emulator.digits import batch
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.encoders.encoder import Encoded
from bicall.emulator.rule.compiled import Counts
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

CHUNK = 100  # images between two looks at the clock, and whether to stop


def train(
    network: Classifier, digits: Data, images: int, passes: int = 1, stopped: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """Train until the first `images` training images have been presented `passes` times, from where the network is.

    Presentation n shows image n modulo their number; more images than there are begin again.

    Args:
        stopped: asked between presentations; once it is true, training ends early. `network.presented` tells how far it
            has come, and a later call goes on from there.

    Returns:
        what was done: images, ticks that they were shown, seconds, ms_per_image, and the sums of `Counts`.

    Raises:
        BadInput: more images were presented already.
    """
    first, last = network.presented, images * passes
    if last < first:
        times = f" x passes is {last}" if passes > 1 else f" is {images}"
        raise BadInput(f"images{times}, must be at least {first}, which the network has seen already")
    available = min(images, len(digits.train.samples))
    done: list[Counts] = []
    ticks, seconds = network.state.tick, 0.0
    encoded = EncodedSamples(network, digits.train.samples)
    for start in progress(range(first, last, CHUNK), f"training ({network.arithmetic})"):
        chosen = np.arange(start, min(start + CHUNK, last)) % available
        active = encoded[chosen]
        began = time.perf_counter()
        done.append(network.train(active, digits.train.labels[chosen]))
        seconds += time.perf_counter() - began
        if stopped():
            break
    shown = network.presented - first
    return {
        "images": shown,
        "ticks": network.state.tick - ticks,
        "seconds": seconds,
        "ms_per_image": 1e3 * seconds / max(shown, 1),
        **batch.total(done)._asdict(),
    }


class EncodedSamples:
    """Encoded samples. Active inputs are kept as bits, so that they need not be made again."""

    def __init__(self, network: Classifier, samples: Samples):
        self.network, self.samples = network, samples
        self.bits = np.zeros((len(samples), -(-network.encoder.inputs // 8)), np.uint8)
        self.known = np.zeros(len(samples), bool)

    def __getitem__(self, chosen: np.ndarray) -> Encoded:
        """Those with these numbers."""
        if self.known[chosen].all():
            return np.unpackbits(self.bits[chosen], axis=1, count=self.network.encoder.inputs).view(bool)
        encoded = self.network.encode(self.samples[chosen])
        if isinstance(encoded, np.ndarray) and encoded.dtype == bool:
            self.bits[chosen], self.known[chosen] = np.packbits(encoded, axis=1), True
        return encoded


def evaluate(network: Classifier, digits: Data, images: int | None = None) -> dict[str, Any]:
    """Test on the first `images` test images (all, if None).

    Returns:
        images, accuracy in %, predictions, confusion (true by predicted), seconds, ms_per_image, sums of `Counts`.

    Raises:
        BadInput: more images than there are.
    """
    available = len(digits.test.samples)
    images = available if images is None else images
    if not 1 <= images <= available:
        raise BadInput(f"test images is {images}, must be from 1 to {available}")
    labels = digits.test.labels[:images]
    predicted, done, seconds = [], [], 0.0
    for start in progress(range(0, images, CHUNK), f"testing ({network.arithmetic})"):
        active = network.encode(digits.test.samples[start : min(start + CHUNK, images)])
        began = time.perf_counter()
        classes, counts = network.answer(active, start)
        seconds += time.perf_counter() - began
        predicted.append(classes)
        done.append(counts)
    predictions = np.concatenate(predicted)
    confusion = np.zeros((len(network.classes), len(network.classes)), int)
    np.add.at(confusion, (labels, predictions), 1)
    return {
        "images": images,
        "accuracy": 100 * float(np.mean(predictions == labels)),
        "predictions": predictions.tolist(),
        "confusion": confusion.tolist(),
        "seconds": seconds,
        "ms_per_image": 1e3 * seconds / images,
        **batch.total(done)._asdict(),
    }


def compile_loops(network: Classifier) -> None:
    """Have Numba compile what the network needs, so that no measured time contains it."""
    blank = np.zeros((1, len(network.state.x)), bool)
    scratch = replace(network, state=network.state.copy())
    scratch.train(blank, np.zeros(1, np.int64))
    scratch.answer(blank)
