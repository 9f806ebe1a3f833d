"""The inputs of a configuration's network for digits: its encoder, fitted on MNIST's training images."""

from bicall.emulator.configuration.description import Description
from bicall.emulator.data import mnist
from bicall.emulator.data.samples import Data, Samples
from bicall.emulator.encoders.encoder import Encoded, Fitted

_FITTED: dict[str, Fitted] = {}


def encoder_of(description: Description, data: Data | None = None) -> Fitted:
    """A configuration's encoder, fitted on data; None: on MNIST's training images.

    Raises:
        BadInput: it does not encode samples of that kind or size.
    """
    if data is not None:
        return description.encoder.fit(data.train.samples, data.kind, data.shape)
    key = description.encoder.model_dump_json()
    if key not in _FITTED:
        _FITTED[key] = encoder_of(description, mnist.load())
    return _FITTED[key]


def inputs(description: Description) -> int:
    """How many inputs the encoder makes."""
    return encoder_of(description).inputs


def active_inputs(description: Description, images: Samples) -> Encoded:
    """The inputs for images uint8[n, 28, 28], as `Fitted.encode`: bool[n, inputs] of the shipped configurations."""
    return encoder_of(description).encode(images, description.time.tick_ms)
