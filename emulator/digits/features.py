"""From images to active inputs, in integers throughout, so that every machine and backend sees the same bits."""

import math
from functools import lru_cache

import numpy as np

from bicall.emulator.digits import convolution
from bicall.emulator.digits.datasets import IMAGE
from bicall.emulator.digits.datasets import load as load_digits
from bicall.emulator.rule.description import Description
from bicall.emulator.rule.randomness import Stream, random_words
from bicall.emulator.support.caching import cached_njit

PLACES = 8  # binary places of pixel positions, of bilinear weights and of sines
CROP = 20  # pixels a side of the middle that holds the digit (MNIST's digits are fitted into 20 x 20)
PIXELS = 16  # a side, of `pixels-16`: ODIN's input
DIRECTIONS, POOLED = 8, 14  # of `gradients-14`
GABOR_CELLS, GABOR_IMAGES = 3000, 10_000  # of `gabor-3000`; training images that set the cells' thresholds
GABOR_UNIT = 4096  # a filter of norm 1, in integers
# what the inputs of each kind are: [channels, rows, columns] of the image
KINDS = {
    "pixels-16": (1, PIXELS, PIXELS),
    "gradients-14": (DIRECTIONS, POOLED, POOLED),
    "convolution-14": (DIRECTIONS, POOLED, POOLED),
    "gabor-3000": (GABOR_CELLS, 1, 1),
}


def inputs(description: Description) -> int:
    """How many inputs the description's features make."""
    return math.prod(KINDS[description.network.features])


def delay(description: Description) -> int:
    """Ticks that the layer in front of the plastic one takes, if there is one."""
    return convolution.DELAY if description.network.features == "convolution-14" else 0


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
    if network.features == "pixels-16":
        features, full = pixels(images, PIXELS)
        active = features > network.binarise_above * full
    elif network.features == "gradients-14":
        features, full = gradients(images)
        active = features > network.binarise_above * full
    elif network.features == "convolution-14":
        active = convolution.responses(images) > convolution.threshold(description)
    else:
        active = gabor_responses(images) > _gabor_thresholds(network.deskew, network.binarise_above)
    return active.reshape(len(images), -1)


@cached_njit
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


def directions() -> np.ndarray:
    """int64[8, 2], cosine and sine of the gradient directions, in units of 1 / 2^8."""
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    return np.rint(np.stack([np.cos(angles), np.sin(angles)], axis=1) * (1 << PLACES)).astype(np.int64)


def gradients(images: np.ndarray) -> tuple[np.ndarray, int]:
    """Orientation-selective cells: the rectified image gradient in 8 directions, its maximum over 2 x 2 pixels.

    Args:
        images: uint8[n, 28, 28].

    Returns:
        int64[n, 8, 14, 14], and the value that stands for a step from no ink to full ink.
    """
    return _gradients(images, directions()), 255 << PLACES


@cached_njit
def _gradients(images, directions):
    n, side, _ = images.shape
    result = np.zeros((n, len(directions), side // 2, side // 2), np.int64)
    for k in range(n):
        image = images[k]
        for row in range(side):
            for column in range(side):
                # central differences; beyond the border there is no ink
                right = np.int64(image[row, column + 1]) if column + 1 < side else 0
                left = np.int64(image[row, column - 1]) if column > 0 else 0
                below = np.int64(image[row + 1, column]) if row + 1 < side else 0
                above = np.int64(image[row - 1, column]) if row > 0 else 0
                dx, dy = right - left, below - above
                if dx == 0 and dy == 0:
                    continue
                for d in range(len(directions)):
                    value = dx * directions[d, 0] + dy * directions[d, 1]
                    if value > result[k, d, row // 2, column // 2]:
                        result[k, d, row // 2, column // 2] = value
    return result


@lru_cache(maxsize=1)
def gabor_filters() -> np.ndarray:
    """Fixed, random, localized Gabor cells, as in Illing, Gerstner, Brea, Neural Networks 118 (2019).

    Centres uniform over the middle 20 x 20 pixels, frequency 0.08 to 0.2 cycles a pixel, width 1.5 to 3 pixels, any
    orientation and phase; zero mean, norm 1.

    Returns:
        float64[3000, 784] of whole numbers, the norm being 4096: sums with pixels stay exact.
    """
    cells = np.arange(GABOR_CELLS)
    x0, y0, frequency, width, angle, phase = (random_words(0, Stream.FEATURE, cells, draw) / 2**32 for draw in range(6))
    middle, half = (IMAGE - 1) / 2, CROP / 2
    x0, y0 = middle + (2 * x0 - 1) * half, middle + (2 * y0 - 1) * half
    frequency, width = 0.08 + 0.12 * frequency, 1.5 + 1.5 * width
    angle, phase = np.pi * angle, 2 * np.pi * phase
    row, column = np.indices((IMAGE, IMAGE)).reshape(2, -1)
    dx, dy = column - x0[:, None], row - y0[:, None]
    along = dx * np.cos(angle)[:, None] + dy * np.sin(angle)[:, None]
    envelope = np.exp(-(dx**2 + dy**2) / (2 * width[:, None] ** 2))
    filters = envelope * np.cos(2 * np.pi * frequency[:, None] * along + phase[:, None])
    filters -= envelope * (filters.sum(axis=1) / envelope.sum(axis=1))[:, None]
    filters /= np.linalg.norm(filters, axis=1, keepdims=True)
    return np.rint(filters * GABOR_UNIT)


def gabor_responses(images: np.ndarray) -> np.ndarray:
    """int64[n, 3000], what the Gabor cells say to images uint8[n, 28, 28]."""
    # whole numbers below 2^53 in float64: exact in any order of summation, and BLAS is quick
    return (images.reshape(len(images), -1).astype(np.float64) @ gabor_filters().T).astype(np.int64)


@lru_cache(maxsize=4)
def _gabor_thresholds(deskewed: bool, quantile: float) -> np.ndarray:
    """int64[3000], for each cell the response that the share `quantile` of training images stays at or below."""
    images = load_digits().train_images[:GABOR_IMAGES]
    responses = gabor_responses(deskew(np.ascontiguousarray(images)) if deskewed else images)
    place = min(int(quantile * len(responses)), len(responses) - 1)
    return np.maximum(np.partition(responses, place, axis=0)[place], 0)
