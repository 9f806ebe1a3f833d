"""A convolution of orientation-selective spiking neurons in front of a layer that learns: digits that need a mapper.

784 pixels -> 8 directions x 14 x 14 neurons with fixed weights (gradient of the image, rectified by the threshold,
averaged over 2 x 2 pixels by the stride) -> pools of outputs with plastic synapses from all of them.
"""

import numpy as np

from emulator import constants
from emulator.datasets import IMAGE
from emulator.description import Description, with_values
from emulator.features import deskew
from emulator.network import CLASSES
from emulator.network import Network as Digits
from emulator.state import LayerState
from mapping.convolution import convolution
from mapping.digits import add_readout
from mapping.network import Network

DIRECTIONS = 8
FIXED_BITS = 8
GAIN = 0.4  # thresholds that a spike adds through the largest weight


def gradient_kernels(full: int) -> np.ndarray:
    """int32[directions, 1, 4, 4]: central differences along each direction, summed over 2 x 2 positions."""
    across = np.zeros((4, 4))
    across[1:3] = [-1, -1, 1, 1]
    angles = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    kernels = np.cos(angles)[:, None, None] * across + np.sin(angles)[:, None, None] * across.T
    return np.rint(full * kernels / np.abs(kernels).max(axis=(1, 2), keepdims=True)).astype(np.int32)[:, None]


def digits_v1(description: Description, outputs_per_class: int, seed: int) -> tuple[Network, Digits]:
    """The network, and the digits network that is its readout (for its constants, seed and state).

    Args:
        description: of the rule and of all neurons, for example that of digits-256.
    """
    readout = with_values(description, network__outputs_per_class=outputs_per_class)
    learned = constants.fixed(readout)
    network = Network("digits-v1-conv")
    network.add_inputs("inputs", (1, IMAGE, IMAGE))
    mantissa = description.neuron.threshold_mantissa
    step = round(GAIN * mantissa) // 2 ** (FIXED_BITS - 1)  # weights are 8-bit numbers times a power of the layer
    weights, shape = convolution(gradient_kernels(2 ** (FIXED_BITS - 1) - 1) * step, (1, IMAGE, IMAGE), (2, 2), (1, 1))
    network.add_neurons("v1", shape, constants.fixed(description))
    network.connect("inputs", "v1", weights, FIXED_BITS)
    state = LayerState.initial(learned, network.populations["v1"].size, CLASSES * outputs_per_class, seed)
    digits = Digits(readout, "fixed", seed, state)
    add_readout(network, digits, "v1", CLASSES * outputs_per_class)
    return network, digits


def active_pixels(images: np.ndarray) -> np.ndarray:
    """bool[n, 784]: deskewed images, cut at half ink."""
    return (deskew(np.ascontiguousarray(images)) > 127).reshape(len(images), -1)
