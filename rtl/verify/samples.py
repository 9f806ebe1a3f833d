"""A classifier as the Verilog side takes it: its size, and the spikes of the samples that it is shown."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bicall.emulator.configuration.description import with_values
from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.presentation import test_sample, training_sample
from bicall.emulator.rule.state import SpikeTrain, is_fixed
from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver.core_words import Size

Spikes = tuple[SpikeTrain, SpikeTrain]  # of inputs and of teachers


def size_of(network: Classifier, lanes: int | None = None, depth: int = 32) -> Size:
    """The core that holds a network's layer.

    Args:
        network: in fixed point.
        lanes: synapses updated at once; as many as neurons if missing.
        depth: entries of the archive of postsynaptic spikes.

    Raises:
        BadInput: the network is of another arithmetic.
    """
    if not is_fixed(network.constants):
        raise BadInput(f"network {network.description.name}: is in float, must be in fixed point for the Verilog")
    axons, neurons = network.state.h.shape
    return Size(axons, neurons, lanes or neurons, depth, sparse=network.state.connected is not None)


def taught_throughout(network: Classifier, images: int) -> tuple[Classifier, bool]:
    """A network whose next presentations wait for no answer; and whether it is another than the given one.

    Steps and drift are those of these presentations; a margin-driven network (its state is shared) is taught from each
    sample's end as if it had no margin, as long as `teacher_ms` says.

    Raises:
        BadInput: steps or drift change meanwhile.
    """
    held = network.held(images)
    if held.description.presentation.learn_from_ms == 0:
        return held, False
    plain = {"learn_from_ms": 0.0, "margin": "none", "learners": "all", "wrong_teacher_weight": 0.0}
    described = with_values(held.description, **{f"presentation__{name}": value for name, value in plain.items()})
    return replace(held, description=described), True


def training_trains(network: Classifier, images: int, data: Data | None = None) -> Iterator[Spikes]:
    """The spikes of the first training samples, by the network's seed and count of presentations.

    Args:
        data: None: those that the network was made for.

    Raises:
        BadInput: the presentation asks for what a host of the core does not do, or more samples than there are.
    """
    described, data = network.description, data or network.own_data()
    shown = described.presentation
    for name, plain in (("learn_from_ms", 0), ("step_schedule", ()), ("drift_schedule", ())):
        if (value := getattr(shown, name)) != plain:
            raise BadInput(
                f"configuration {described.name}: presentation.{name} is {value}, must be {plain or 'empty'} for the "
                "co-simulation (the emulator, compiled or plain, does it)"
            )
    _check("training images", images, data.train.labels)
    active = network.encode(data.train.samples[:images])
    for k, label in enumerate(data.train.labels[:images]):
        yield training_sample(described, active[k], label, network.seed, network.presented + k)


def test_trains(network: Classifier, images: int, data: Data | None = None) -> Iterator[Spikes]:
    """The spikes of the first test samples; no teacher.

    Args:
        data: as of `training_trains`.

    Raises:
        BadInput: more samples than there are.
    """
    data = data or network.own_data()
    _check("test images", images, data.test.labels)
    active = network.encode(data.test.samples[:images])
    for k in range(len(active)):
        yield test_sample(network.description, active[k], network.seed, k)


def _check(what: str, images: int, labels: np.ndarray) -> None:
    if not 0 <= images <= len(labels):
        raise BadInput(f"{what} is {images}, must be from 0 to {len(labels)}")
