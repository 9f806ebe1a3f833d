"""Pixels: the middle of a picture averaged down, one input a pixel for each level of ink that it can be above."""

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from bicall.emulator.encoders.encoder import Fitted, flat
from bicall.emulator.encoders.pictures import PictureEncoder
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.typed_files import as_tuples

EXACT = 2**24  # whole numbers below it are exact in float32


class Pixels(PictureEncoder):
    """Averages of pixels; with several levels a thermometer of each."""

    kind: Literal["pixels"] = "pixels"
    crop: int = Field(ge=0, le=4096, description="pixels a side of the middle that is kept; 0: all of the picture")
    side: int = Field(ge=1, le=1024, description="averages a side that it becomes")
    above: Annotated[tuple[Annotated[float, Field(ge=0, lt=1)], ...], BeforeValidator(as_tuples)] = Field(
        min_length=1, max_length=64, description="parts of full ink; an average has an input for each"
    )

    def shape(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        colours, height, width = self._size(sample)
        if self.crop > min(height, width):
            raise BadInput(f"encoder pixels: crop is {self.crop}, must be at most {min(height, width)}")
        return colours * len(self.above), self.side, self.side

    def responses(self, planes: np.ndarray) -> tuple[np.ndarray, int]:
        """Sums of ink, and the sum that stands for full ink."""
        height, width = planes.shape[2:]
        rows, columns = (self.crop or height), (self.crop or width)
        top, left = (height - rows) // 2, (width - columns) // 2
        down, across = _overlap(self.side, rows), _overlap(self.side, columns)
        full = 255 * int(down[0].sum()) * int(across[0].sum())
        exact: type = np.float32 if full < EXACT else np.float64
        middle: np.ndarray = planes[:, :, top : top + rows, left : left + columns].astype(exact)
        return (down.astype(exact) @ middle @ across.astype(exact).T).astype(np.int64), full

    def encode(self, samples: np.ndarray, fitted: Fitted, tick_ms: float) -> np.ndarray:
        sums, full = self.responses(self.planes(samples))
        limits = np.array([above * full for above in self.above])
        return flat(sums[:, :, None] > limits[:, None, None])


def _overlap(side: int, pixels: int) -> np.ndarray:
    """int64[side, pixels], how much of each pixel lies in each of `side` equal parts, in the largest common unit."""
    # in units of which `finer` make a pixel and `coarser` one of the parts, overlaps are whole numbers
    common = math.gcd(side, pixels)
    finer, coarser = side // common, pixels // common
    starts = np.arange(side)[:, None] * coarser, np.arange(pixels)[None, :] * finer
    overlap = np.minimum(starts[0] + coarser, starts[1] + finer) - np.maximum(starts[0], starts[1])
    return np.maximum(overlap, 0)
