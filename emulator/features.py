"""From images to active inputs, in integers throughout, so that every machine and backend sees the same bits."""

import math

import numpy as np
from numba import njit

from emulator.datasets import IMAGE
from emulator.description import Description

PLACES = 8  # binary places of pixel positions and of bilinear weights
CROP = 20  # pixels a side of the middle that holds the digit (MNIST's digits are fitted into 20 x 20)
PIXELS = 16  # a side, of `pixels-16`: ODIN's input


def inputs(description: Description) -> int:
    """How many inputs the description's features make."""
    return {"pixels-16": PIXELS * PIXELS}[description.network.features]


def active_inputs(description: Description, images: np.ndarray) -> np.ndarray:
    """Which inputs are active for each image.

    Args:
        images: uint8[n, 28, 28].

    Returns:
        bool[n, inputs].
    """
    network = description.network
    images = np.ascontiguousarray(images)
    if network.deskew:
        images = deskew(images)
    features, full = pixels(images, PIXELS)
    return features.reshape(len(images), -1) > network.binarise_above * full


@njit(cache=True)
def deskew(images):
    """Shear each image upright and centre it, by the moments of its ink.

    Row by row the image moves so that the line of regression of column on row becomes vertical, and the centre of mass
    comes to the middle; pixels between the grid's are interpolated bilinearly. Positions have 8 binary places.

    Args:
        images: uint8[n, 28, 28].

    Returns:
        uint8[n, 28, 28]; a blank image stays as it is.
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


def pixels(images: np.ndarray, side: int) -> tuple[np.ndarray, int]:
    """The middle 20 x 20 pixels, averaged down to side x side.

    Returns:
        int64[n, side, side], sums of ink, and the sum that stands for full ink.
    """
    margin = (IMAGE - CROP) // 2
    crop = images[:, margin : margin + CROP, margin : margin + CROP].astype(np.float32)
    # in units of which `finer` make a pixel of the crop and `coarser` one of the result, overlaps are whole numbers
    common = math.gcd(side, CROP)
    finer, coarser = side // common, CROP // common
    starts = np.arange(side)[:, None] * coarser, np.arange(CROP)[None, :] * finer
    overlap = np.minimum(starts[0] + coarser, starts[1] + finer) - np.maximum(starts[0], starts[1])
    overlap = np.maximum(overlap, 0).astype(np.float32)
    sums = overlap @ crop @ overlap.T  # whole numbers far below 2^24: exact in float32
    return sums.astype(np.int64), 255 * coarser * coarser
