"""Training and testing with a progress bar, checkpoints and figures of merit."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from bicall.emulator.digits.classifier import CLASSES, Network
from bicall.emulator.digits.datasets import Digits
from bicall.emulator.digits.features import active_inputs
from bicall.emulator.rule.compiled import Counts
from bicall.emulator.support.errors import BadInput, Interrupted
from bicall.emulator.support.reporting import progress

CHUNK = 100  # images between two looks at the clock and at the keyboard


def train(network: Network, digits: Digits, images: int, checkpoint: str | os.PathLike | None = None) -> dict:
    """Train until `images` training images have been presented, from where the network is.

    Presentation n shows training image n modulo their number. On Ctrl-C the presentation under way is finished and the
    network saved to `checkpoint`.

    Returns:
        what was done: images, seconds, ms_per_image, and the sums of `Counts`.

    Raises:
        BadInput: more images were presented already.
        Interrupted: after Ctrl-C.
    """
    if images < network.presented:
        raise BadInput(f"images is {images}, must be at least {network.presented}, which the network has seen already")
    available = len(digits.train_images)
    first = network.presented
    total = Counts(0, 0, 0, 0, 0)
    seconds = 0.0
    with _flag_on_interrupt() as interrupted:
        chunks = range(first, images, CHUNK)
        for start in progress(chunks, f"training ({network.arithmetic})", total=len(chunks)):
            chosen = np.arange(start, min(start + CHUNK, images)) % available
            active = active_inputs(network.description, digits.train_images[chosen])
            began = time.perf_counter()
            counts = network.train(active, digits.train_labels[chosen])
            seconds += time.perf_counter() - began
            total = Counts(*(a + b for a, b in zip(total, counts, strict=True)))
            if interrupted:
                if checkpoint is None:
                    raise KeyboardInterrupt
                network.save(checkpoint)
                raise Interrupted(
                    f"interrupted after {network.presented} images; go on with --resume {checkpoint} --images {images}"
                )
    done = images - first
    return {"images": done, "seconds": seconds, "ms_per_image": 1e3 * seconds / max(done, 1), **_numbers(total)}


def evaluate(network: Network, digits: Digits, images: int | None = None) -> dict:
    """Test on the first `images` test images (all, if None).

    Returns:
        images, accuracy in %, predictions, confusion (true by predicted), seconds, ms_per_image, sums of `Counts`.

    Raises:
        BadInput: more images than there are.
    """
    available = len(digits.test_images)
    images = available if images is None else images
    if not 1 <= images <= available:
        raise BadInput(f"test images is {images}, must be from 1 to {available}")
    active = active_inputs(network.description, digits.test_images[:images])
    labels = digits.test_labels[:images]
    spikes, total = [], Counts(0, 0, 0, 0, 0)
    began = time.perf_counter()
    for start in progress(range(0, images, CHUNK), f"testing ({network.arithmetic})"):
        chunk_spikes, counts = network.test(active[start : start + CHUNK], start)
        spikes.append(chunk_spikes)
        total = Counts(*(a + b for a, b in zip(total, counts, strict=True)))
    seconds = time.perf_counter() - began
    predictions = network.classify(np.concatenate(spikes))
    confusion = np.zeros((CLASSES, CLASSES), int)
    np.add.at(confusion, (labels, predictions), 1)
    return {
        "images": images,
        "accuracy": 100 * float(np.mean(predictions == labels)),
        "predictions": predictions.tolist(),
        "confusion": confusion.tolist(),
        "seconds": seconds,
        "ms_per_image": 1e3 * seconds / images,
        **_numbers(total),
    }


def compile_loops(network: Network) -> None:
    """Have Numba compile what the network needs, so that no measured time contains it."""
    blank = np.zeros((1, len(network.state.x)), bool)
    scratch = Network(network.description, network.arithmetic, network.seed, network.state.copy())
    scratch.train(blank, np.zeros(1, np.uint8))
    scratch.test(blank)


@contextmanager
def _flag_on_interrupt() -> Iterator[list]:
    """A list that is empty until Ctrl-C: a compiled call cannot be cut short without leaving its state half-changed."""
    flag: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: flag.append(number))
    try:
        yield flag
    finally:
        signal.signal(signal.SIGINT, before)


def _numbers(counts: Counts) -> dict:
    return {name: int(value) for name, value in counts._asdict().items()}
