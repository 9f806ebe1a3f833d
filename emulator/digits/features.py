"""The inputs of a configuration's network for digits: its encoder, fitted on MNIST's training images."""

import numpy as np

from bicall.emulator.data import mnist
from bicall.emulator.encoders.encoder import Encoded, Fitted
from bicall.emulator.rule.description import Description

_FITTED: dict[str, Fitted] = {}


def encoder_of(description: Description) -> Fitted:
    """A configuration's encoder, fitted on MNIST's training images.

    Raises:
        BadInput: it encodes no pictures, or none of that size.
    """
    key = description.encoder.model_dump_json()
    if key not in _FITTED:
        data = mnist.load()
        _FITTED[key] = description.encoder.fit(data.train.samples, data.kind, data.shape)
    return _FITTED[key]


def inputs(description: Description) -> int:
    """How many inputs the encoder makes."""
    return encoder_of(description).inputs


def active_inputs(description: Description, images: np.ndarray) -> Encoded:
    """The inputs for images uint8[n, 28, 28], as `Fitted.encode`: bool[n, inputs] of the shipped configurations."""
    return encoder_of(description).encode(images, description.time.tick_ms)
