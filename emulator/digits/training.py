"""Training and testing with figures of merit."""

import time
from collections.abc import Callable

import numpy as np

from bicall.emulator.digits import batch
from bicall.emulator.digits.classifier import CLASSES, Network
from bicall.emulator.digits.datasets import Digits
from bicall.emulator.digits.features import active_inputs
from bicall.emulator.rule.compiled import Counts
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

CHUNK = 100  # images between two looks at the clock, and whether to stop


def train(
    network: Network, digits: Digits, images: int, passes: int = 1, stopped: Callable[[], bool] = lambda: False
) -> dict:
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
    available = min(images, len(digits.train_images))
    done: list[Counts] = []
    ticks, seconds = network.state.tick, 0.0
    for start in progress(range(first, last, CHUNK), f"training ({network.arithmetic})"):
        chosen = np.arange(start, min(start + CHUNK, last)) % available
        active = active_inputs(network.description, digits.train_images[chosen])
        began = time.perf_counter()
        done.append(network.train(active, digits.train_labels[chosen]))
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
    spikes, done = [], []
    began = time.perf_counter()
    for start in progress(range(0, images, CHUNK), f"testing ({network.arithmetic})"):
        chunk_spikes, counts = network.test(active[start : start + CHUNK], start)
        spikes.append(chunk_spikes)
        done.append(counts)
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
        **batch.total(done)._asdict(),
    }


def compile_loops(network: Network) -> None:
    """Have Numba compile what the network needs, so that no measured time contains it."""
    blank = np.zeros((1, len(network.state.x)), bool)
    scratch = Network(network.description, network.arithmetic, network.seed, network.state.copy())
    scratch.train(blank, np.zeros(1, np.uint8))
    scratch.test(blank)
