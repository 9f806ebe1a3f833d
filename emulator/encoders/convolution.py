"""A convolution on the chip: spiking neurons with fixed integer weights that make the inputs of the plastic layer.

Pixels -> 8 directions x rows / 2 x columns / 2 neurons. A pixel's ink is rounded to three bits; each bit that is set is
an axon that spikes in every tick, for as long as the image is shown. A neuron sums the gradient of the ink
over 2 x 2 pixels, along its direction. It forgets its input within a tick, and fires when a Poisson source of its own
spikes while the gradient is above the threshold: the source alone or the gradient alone never does it. So its spikes
are those that the encoder gives to an active input, one tick later; nothing else of the image is left to the encoder.
"""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from bicall.emulator.encoders.encoder import Fitted, flat
from bicall.emulator.encoders.pictures import PictureEncoder
from bicall.emulator.support.errors import BadInput

PLANES = 3  # bits of a pixel's ink
LEVELS = 2**PLANES - 1
KERNEL = 4  # a side: central differences, summed over 2 x 2 pixels
# (along columns, along rows) for each direction; 3 and 2 stand for 1 and the square root of 1/2
GRADIENTS = np.array([(3, 0), (2, 2), (0, 3), (-2, 2), (-3, 0), (-2, -2), (0, -3), (2, -2)])
FULL = 3 * 4 * LEVELS  # response to a step from no ink to full ink at all of the 2 x 2 pixels, along an axis
SOURCE_WEIGHT = 2 * 2 * 4 * LEVELS + 1  # of a Poisson source: more than any gradient


class Convolution(PictureEncoder):
    """The inputs that the convolution's neurons make; a spike takes a tick from its source through its neuron."""

    kind: Literal["convolution"] = "convolution"
    delay: ClassVar[int] = 1
    above: float = Field(ge=0, lt=1, description="an input is active above this part of a full step of ink")

    @property
    def threshold(self) -> int:
        """The gradient that a neuron with a spiking source must exceed."""
        return int(self.above * FULL)

    def shape(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        colours, height, width = self._size(sample)
        if colours > 1 or height % 2 or width % 2:
            raise BadInput(f"encoder convolution: samples are {list(sample)}, must be grey and of even sides")
        return len(GRADIENTS), height // 2, width // 2

    def encode(self, samples: np.ndarray, fitted: Fitted, tick_ms: float) -> np.ndarray:
        return flat(responses(self.planes(samples)[:, 0]) > self.threshold)


def bit_planes(images: np.ndarray) -> np.ndarray:
    """bool[n, 3, height, width], the bits of the ink of uint8[n, height, width], lowest first."""
    levels = _levels(images)
    return np.stack([levels >> bit & 1 for bit in range(PLANES)], axis=1).astype(bool)


def kernels() -> np.ndarray:
    """int32[8, 3, 4, 4]: weights of the convolution, [direction, bit, row, column]; stride 2, one pixel of padding."""
    across = np.zeros((KERNEL, KERNEL), np.int32)
    across[1:3] = [-1, -1, 1, 1]
    gradients: np.ndarray = GRADIENTS[:, 0, None, None] * across + GRADIENTS[:, 1, None, None] * across.T
    return (gradients[:, None] << np.arange(PLANES)[:, None, None]).astype(np.int32)


def responses(images: np.ndarray) -> np.ndarray:
    """What the convolution says to uint8[n, height, width]: int64[n, 8, height / 2, width / 2]; `FULL`: a full step."""
    levels = np.pad(_levels(images), ((0, 0), (1, 1), (1, 1)))
    along_columns = _pooled(levels[:, 1:-1, 2:] - levels[:, 1:-1, :-2])
    along_rows = _pooled(levels[:, 2:, 1:-1] - levels[:, :-2, 1:-1])
    return np.stack([a * along_columns + b * along_rows for a, b in GRADIENTS], axis=1)


def _levels(images: np.ndarray) -> np.ndarray:
    """int64[n, height, width], ink rounded to 0 to `LEVELS`."""
    return (images.astype(np.int64) * (2 * LEVELS) + 255) // 510


def _pooled(values: np.ndarray) -> np.ndarray:
    """Sums over 2 x 2 pixels."""
    n, rows, columns = values.shape
    return values.reshape(n, rows // 2, 2, columns // 2, 2).sum(axis=(2, 4))
