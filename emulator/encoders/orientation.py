"""Orientation-selective cells: the rectified gradient of a picture in several directions, its maximum over squares."""

from typing import Literal

import numpy as np
from pydantic import Field

from bicall.emulator.encoders.pictures import PLACES, ThresholdEncoder
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput


class Orientation(ThresholdEncoder):
    """Cells for each direction, colour and square of the picture."""

    kind: Literal["orientation"] = "orientation"
    directions: int = Field(ge=1, le=64, description="of the gradient, evenly spaced")
    pool: int = Field(ge=1, le=64, description="pixels a side of the square that a cell looks at")

    def shape(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        colours, height, width = self._size(sample)
        if self.pool > min(height, width):
            raise BadInput(f"encoder orientation: pool is {self.pool}, must be at most {min(height, width)}")
        return colours * self.directions, -(-height // self.pool), -(-width // self.pool)

    def responses(self, planes: np.ndarray) -> tuple[np.ndarray, int]:
        """Gradients, and the value that stands for a step from no ink to full ink."""
        n, colours, height, width = planes.shape
        found = _gradients(planes.reshape(n * colours, height, width), directions(self.directions), self.pool)
        return found.reshape(n, -1, *found.shape[2:]), 255 << PLACES


def directions(count: int) -> np.ndarray:
    """int64[count, 2], cosine and sine of the gradient directions, in units of 1 / 2^8."""
    angles = 2 * np.pi * np.arange(count) / count
    return np.rint(np.stack([np.cos(angles), np.sin(angles)], axis=1) * (1 << PLACES)).astype(np.int64)


@cached_njit
def _gradients(images, directions, pool):
    n, height, width = images.shape
    result = np.zeros((n, len(directions), (height + pool - 1) // pool, (width + pool - 1) // pool), np.int64)
    for k in range(n):
        image = images[k]
        for row in range(height):
            for column in range(width):
                # central differences; beyond the border there is no ink
                right = np.int64(image[row, column + 1]) if column + 1 < width else 0
                left = np.int64(image[row, column - 1]) if column > 0 else 0
                below = np.int64(image[row + 1, column]) if row + 1 < height else 0
                above = np.int64(image[row - 1, column]) if row > 0 else 0
                dx, dy = right - left, below - above
                if dx == 0 and dy == 0:
                    continue
                for d in range(len(directions)):
                    value = dx * directions[d, 0] + dy * directions[d, 1]
                    if value > result[k, d, row // pool, column // pool]:
                        result[k, d, row // pool, column // pool] = value
    return result
