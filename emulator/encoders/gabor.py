"""Gabor cells: fixed, random, localized, as in Illing, Gerstner, Brea, Neural Networks 118 (2019)."""

from functools import lru_cache
from typing import Literal

import numpy as np
from pydantic import Field

from bicall.emulator.encoders.pictures import ThresholdEncoder
from bicall.emulator.rule.randomness import Stream, random_words
from bicall.emulator.support.errors import BadInput

UNIT = 4096  # a filter of norm 1, in integers
SIDE = 28  # pixels of the pictures that frequencies and widths are meant for; they scale with the shorter side


class Gabor(ThresholdEncoder):
    """Cells that each look at some place of the picture, in one of its colours."""

    kind: Literal["gabor"] = "gabor"
    cells: int = Field(ge=1, le=2**16, description="how many")
    margin: int = Field(ge=0, le=4096, description="pixels at each border where no cell has its centre")
    size: float = Field(default=1.0, gt=0, le=100, description="factor on the cells' width and wavelength")

    def shape(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        _, height, width = self._size(sample)
        if 2 * self.margin >= min(height, width):
            limit = (min(height, width) - 1) // 2
            raise BadInput(f"encoder gabor: margin is {self.margin}, must be at most {limit}")
        return self.cells, 1, 1

    def picture(self, values: np.ndarray, sample: tuple[int, ...]) -> np.ndarray:
        colours, height, width = self._size(sample)
        filters = gabor_filters(self.cells, self.margin, colours, height, width, self.size)
        return ((values - values.mean()) @ filters).reshape(colours, height, width).mean(axis=0)

    def responses(self, planes: np.ndarray) -> tuple[np.ndarray, int]:
        """What the cells say; the norm of a filter times full ink stands for full."""
        filters = gabor_filters(self.cells, self.margin, *planes.shape[1:], self.size)
        # whole numbers below 2^53 in float64: exact in any order of summation, and BLAS is quick
        found = planes.reshape(len(planes), -1).astype(np.float64) @ filters.T
        return found.astype(np.int64)[:, :, None, None], 255 * UNIT


@lru_cache(maxsize=2)
def gabor_filters(cells: int, margin: int, colours: int, height: int, width: int, size: float = 1.0) -> np.ndarray:
    """The cells' filters.

    Centres uniform over the picture without its margin, frequency 0.08 to 0.2 cycles a pixel, standard deviation 1.5 to
    3 pixels (of 28 a side, times `size`), any orientation and phase; zero mean, norm 1. Cell c looks at colour c modulo
    their number.

    Returns:
        float64[cells, colours * height * width] of whole numbers, the norm being 4096: sums with pixels stay exact.
    """
    number = np.arange(cells)
    x0, y0, frequency, sigma, angle, phase = (
        random_words(0, Stream.FEATURE, number, draw) / 2**32 for draw in range(6)
    )
    scale = min(height, width) / SIDE
    x0 = (width - 1) / 2 + (2 * x0 - 1) * (width / 2 - margin)
    y0 = (height - 1) / 2 + (2 * y0 - 1) * (height / 2 - margin)
    frequency, sigma = (0.08 + 0.12 * frequency) / (scale * size), (1.5 + 1.5 * sigma) * scale * size
    angle, phase = np.pi * angle, 2 * np.pi * phase
    row, column = np.indices((height, width)).reshape(2, -1)
    dx, dy = column - x0[:, None], row - y0[:, None]
    along = dx * np.cos(angle)[:, None] + dy * np.sin(angle)[:, None]
    envelope = np.exp(-(dx**2 + dy**2) / (2 * sigma[:, None] ** 2))
    filters = envelope * np.cos(2 * np.pi * frequency[:, None] * along + phase[:, None])
    filters -= envelope * (filters.sum(axis=1) / envelope.sum(axis=1))[:, None]
    filters /= np.linalg.norm(filters, axis=1, keepdims=True)
    whole = np.zeros((cells, colours, height * width))
    whole[number, number % colours] = np.rint(filters * UNIT)
    return whole.reshape(cells, -1)
