"""Made event recordings of pictures that move before a model of a DVS pixel, as N-MNIST was recorded.

Orchard, Jayawant, Cohen, Thakor, Frontiers in Neuroscience 9:437 (2015): a picture makes three saccades, which end
where they began; a pixel emits an event where the logarithm of its intensity has changed by a threshold since its last.
"""

from collections.abc import Iterator
from typing import cast

import numpy as np

from bicall.emulator.data.recordings import Events, Recordings
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

MARGIN = 6  # pixels that the sensor has more than the picture, and that a saccade goes at most
CORNERS = np.array(
    [[0.0, 0.0], [6.0, 3.0], [0.0, 6.0], [0.0, 0.0]]
)  # of the way, [row, column] of the picture's corner
SACCADE_US, STEPS = 100_000, 16  # of one saccade: how long, and how many positions are looked at
DARK = 0.1  # intensity without ink; with full ink it is 1.1
THRESHOLD, MISMATCH = 1.0, 0.1  # change of log intensity, and its relative spread over the pixels
LEVELS = 4096  # of ink, that the logarithm is looked up for
LOGARITHM = np.log(DARK + np.arange(LEVELS + 2) / LEVELS)
NOISE = 0.05  # of all events: at random


def moving_pictures(pictures: np.ndarray, seed: int) -> Recordings:
    """Recordings of pictures uint8[n, height, width] by a sensor that is 6 pixels larger a side.

    Raises:
        BadInput: not such pictures, or a seed that is not a 32-bit number.
    """
    if pictures.ndim != 3 or pictures.dtype != np.uint8 or min(pictures.shape[1:]) < 1:
        raise BadInput(f"pictures are {pictures.dtype}{list(pictures.shape)}, must be uint8[n, height, width]")
    if not 0 <= seed < 2**32:
        raise BadInput(f"seed is {seed}, must be from 0 to {2**32 - 1}")

    def recordings() -> Iterator[Events]:
        for k in progress(range(len(pictures)), "making recordings"):
            yield _record(pictures[k], np.random.Generator(np.random.PCG64([seed, k])))

    return Recordings.of(recordings())


def _record(picture: np.ndarray, rng: np.random.Generator) -> Events:
    size = picture.shape[0] + MARGIN, picture.shape[1] + MARGIN
    threshold = THRESHOLD * np.exp(MISMATCH * rng.standard_normal(size))
    start = rng.random(size)  # where between two events a pixel begins
    y, x, t, p = _events(picture, threshold, start, _way(), SACCADE_US / STEPS)
    noise = round(NOISE * len(t))
    end = SACCADE_US * (len(CORNERS) - 1)
    t = np.concatenate([t, rng.uniform(0, end, noise)]).astype(np.int64)
    y = np.concatenate([y, rng.integers(0, size[0], noise)])
    x = np.concatenate([x, rng.integers(0, size[1], noise)])
    p = np.concatenate([p, rng.random(noise) < 0.5])
    order = np.argsort(t, kind="stable")
    return Events(x[order].astype(np.int16), y[order].astype(np.int16), t[order], cast(np.ndarray, p[order]))


def _way() -> np.ndarray:
    """float64[positions, 2], row and column of the picture's corner, one step apart; slow at both ends of a saccade."""
    along = (1 - np.cos(np.pi * np.arange(1, STEPS + 1) / STEPS)) / 2
    ways = [begin + along[:, None] * (end - begin) for begin, end in zip(CORNERS, CORNERS[1:], strict=False)]
    return np.concatenate([CORNERS[:1], *ways])


@cached_njit
def _events(picture, threshold, start, way, step_us):
    """Events of each pixel while the picture goes along a way, step by step.

    Returns:
        rows, columns, times in microseconds, and polarities, int64[events], float64[events] and bool[events].
    """
    rows, columns = threshold.shape
    capacity, n = 1024, 0
    y, x = np.zeros(capacity, np.int64), np.zeros(capacity, np.int64)
    t, p = np.zeros(capacity, np.float64), np.zeros(capacity, np.bool_)
    before, now = np.zeros((rows, columns)), np.zeros((rows, columns))
    _seen(picture, way[0], before)
    level = before + (start - 0.5) * threshold  # of the last event
    for step in range(1, len(way)):
        _seen(picture, way[step], now)
        for row in range(rows):
            for column in range(columns):
                change = now[row, column] - before[row, column]
                size = threshold[row, column]
                while abs(now[row, column] - level[row, column]) >= size:
                    level[row, column] += size if now[row, column] > level[row, column] else -size
                    part = (level[row, column] - before[row, column]) / change if change != 0 else 0.0
                    if n == capacity:
                        capacity *= 2
                        y, x = np.append(y, np.zeros_like(y)), np.append(x, np.zeros_like(x))
                        t, p = np.append(t, np.zeros_like(t)), np.append(p, np.zeros_like(p))
                    y[n], x[n], p[n] = row, column, change > 0
                    t[n] = step_us * (step - 1 + min(max(part, 0.0), 1.0))
                    n += 1
        before, now = now, before
    return y[:n], x[:n], t[:n], p[:n]


@cached_njit
def _seen(picture, corner, seen):
    """The logarithm of each pixel's intensity (bilinear, as the picture's corner lies between pixels), into `seen`."""
    height, width = picture.shape
    down, right = int(np.floor(corner[0])), int(np.floor(corner[1]))
    lower, later = corner[0] - down, corner[1] - right
    seen[:] = 0
    for row in range(height):
        for column in range(width):
            ink = picture[row, column] / 255
            if ink > 0:
                for i in range(2):
                    for j in range(2):
                        if row + down + i < seen.shape[0] and column + right + j < seen.shape[1]:
                            share = (lower if i else 1 - lower) * (later if j else 1 - later)
                            seen[row + down + i, column + right + j] += share * ink
    for row in range(seen.shape[0]):
        for column in range(seen.shape[1]):
            seen[row, column] = LOGARITHM[int(seen[row, column] * LEVELS + 0.5)]
