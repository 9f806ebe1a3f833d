"""A digits network as the Verilog side takes it: its size, and the spikes of the images that it is shown."""

from collections.abc import Iterator

from bicall.emulator.data import mnist
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.presentation import test_sample, training_sample
from bicall.emulator.rule.state import SpikeTrain, is_fixed
from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver.core import Size

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


def training_trains(network: Classifier, images: int) -> Iterator[Spikes]:
    """The spikes of the next training samples: MNIST's first images, by the network's seed and count of presentations.

    Raises:
        BadInput: the presentation asks for what a host of the core does not do.
    """
    described, digits = network.description, mnist.load()
    shown = described.presentation
    for name, plain in (("learn_from_ms", 0), ("step_schedule", ()), ("drift_schedule", ())):
        if (value := getattr(shown, name)) != plain:
            raise BadInput(
                f"configuration {described.name}: presentation.{name} is {value}, must be {plain or 'empty'} for the "
                "co-simulation (the emulator, compiled or plain, does it)"
            )
    active = network.encode(digits.train.samples[:images])
    for k, label in enumerate(digits.train.labels[:images]):
        yield training_sample(described, active[k], label, network.seed, network.presented + k)


def test_trains(network: Classifier, images: int) -> Iterator[Spikes]:
    """The spikes of MNIST's first test images; no teacher."""
    active = network.encode(mnist.load().test.samples[:images])
    for k in range(len(active)):
        yield test_sample(network.description, active[k], network.seed, k)
