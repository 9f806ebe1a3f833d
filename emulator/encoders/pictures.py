"""What encoders of pictures share: planes of one channel each, deskewing, thresholds by value or by quantile."""

from typing import ClassVar, Literal, cast

import numpy as np
from pydantic import Field

from bicall.emulator.data.samples import Kind, Samples
from bicall.emulator.encoders.encoder import CHUNK, Encoder, Fitted, flat, quantiles
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput

PLACES = 8  # binary places of pixel positions, of bilinear weights and of sines
LEARNING_IMAGES = 10_000  # training images, at most, that set thresholds by quantile


class PictureEncoder(Encoder):
    """Makes integer responses of a picture; an input is active if its response is above its threshold."""

    takes: ClassVar[tuple[Kind, ...]] = ("images",)

    deskew: bool = Field(description="shear each image upright by its own moments first")

    def responses(self, planes: np.ndarray) -> tuple[np.ndarray, int]:
        """int64[n, channels, rows, columns] of uint8[n, colours, height, width], and what stands for full ink."""
        raise NotImplementedError

    def planes(self, images: np.ndarray) -> np.ndarray:
        """uint8[n, colours, height, width] of pictures, deskewed if that is asked for."""
        planes = images[:, None] if images.ndim == 3 else np.moveaxis(images, -1, 1)
        return deskew(np.ascontiguousarray(planes[:, 0]))[:, None] if self.deskew else np.ascontiguousarray(planes)

    def _size(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        """(colours, height, width) of a picture."""
        colours = sample[2] if len(sample) == 3 else 1
        if self.deskew and colours > 1:
            raise BadInput(f"encoder {self.kind}: deskew is true, must be false for pictures in colour")
        return colours, sample[0], sample[1]


class ThresholdEncoder(PictureEncoder):
    """One threshold an input: a part of full ink for all, or a quantile of the input's own responses."""

    threshold: Literal["value", "quantile"] = Field(
        description="what `above` is: a part of full ink, or of the training images, for each input by itself"
    )
    above: float = Field(ge=0, lt=1, description="an input is active above this part")

    def learn(self, samples: Samples, sample: tuple[int, ...]) -> dict[str, np.ndarray]:
        if self.threshold == "value":
            return {}
        images, count = cast(np.ndarray, samples), min(len(samples), LEARNING_IMAGES)
        responses = [
            self.responses(self.planes(images[first : min(first + CHUNK, count)]))[0].reshape(-1, self._inputs(sample))
            for first in range(0, count, CHUNK)
        ]
        return {"thresholds": np.maximum(quantiles(np.concatenate(responses), np.array([self.above]))[0], 0)}

    def encode(self, samples: np.ndarray, fitted: Fitted, tick_ms: float) -> np.ndarray:
        responses, full = self.responses(self.planes(samples))
        if self.threshold == "value":
            return flat(responses > self.above * full)
        return flat(responses.reshape(len(samples), -1) > fitted.arrays["thresholds"])

    def _inputs(self, sample: tuple[int, ...]) -> int:
        return int(np.prod(self.shape(sample)))


@cached_njit
def deskew(images):
    """Shear each image upright and centre it, by the moments of its ink.

    Row by row the image moves so that the line of regression of column on row becomes vertical, and the centre of mass
    comes to the middle; pixels between the grid's are interpolated bilinearly. Positions have 8 binary places.

    Args:
        images: uint8[n, height, width].

    Returns:
        uint8[n, height, width]; a blank image stays as it is.
    """
    n, height, width = images.shape
    one = 1 << PLACES
    result = np.zeros_like(images)
    for k in range(n):
        image = images[k]
        mass, sum_x, sum_y, sum_xy, sum_yy = 0, 0, 0, 0, 0
        for row in range(height):
            for column in range(width):
                ink = np.int64(image[row, column])
                mass += ink
                sum_x += ink * column
                sum_y += ink * row
                sum_xy += ink * row * column
                sum_yy += ink * row * row
        if mass == 0:
            continue
        variance = mass * sum_yy - sum_y * sum_y
        shear = ((mass * sum_xy - sum_x * sum_y) * one) // variance if variance > 0 else 0
        centre_x, centre_y = sum_x * one // mass, sum_y * one // mass
        for row in range(height):
            y = row * one + centre_y - (height - 1) * one // 2  # where this row comes from
            lean = shear * (y - centre_y) >> PLACES
            for column in range(width):
                x = column * one + centre_x - (width - 1) * one // 2 + lean
                x0, y0 = x >> PLACES, y >> PLACES
                fx, fy = x - x0 * one, y - y0 * one
                total = 0
                for dy in range(2):
                    for dx in range(2):
                        if 0 <= y0 + dy < height and 0 <= x0 + dx < width:
                            weight = (fy if dy else one - fy) * (fx if dx else one - fx)
                            total += weight * np.int64(image[y0 + dy, x0 + dx])
                result[k, row, column] = (total + one * one // 2) >> (2 * PLACES)
    return result
