"""Made event recordings: an edge that moves over a small sensor in one of four directions, with noise."""

import numpy as np

from bicall.emulator.data.recordings import Events, Recordings
from bicall.emulator.support.errors import BadInput

DIRECTIONS = ("right", "down", "left", "up")
DURATION_US = 100_000
NOISE = 0.1  # of all events
SEEN = 0.8  # of the pixels that the edge passes


def moving_edges(recordings: int, side: int, seed: int) -> tuple[Recordings, np.ndarray]:
    """Recordings of a bright bar, a quarter of the sensor wide, that crosses a part of a square sensor.

    Each pixel says brighter when the bar's front passes, and darker when its back does; start, speed and extent of the
    bar are random. Classes are `DIRECTIONS`, one after the other.

    Returns:
        the recordings, and their labels int64[recordings].

    Raises:
        BadInput: fewer recordings than directions, or a side that is not from 8 to 1024.
    """
    if recordings < len(DIRECTIONS):
        raise BadInput(f"recordings is {recordings}, must be at least {len(DIRECTIONS)}")
    if not 8 <= side <= 1024:
        raise BadInput(f"side is {side}, must be from 8 to 1024 pixels")
    rng = np.random.Generator(np.random.PCG64(seed))
    labels = np.arange(recordings) % len(DIRECTIONS)
    return Recordings.of([_one(rng, int(label), side) for label in labels]), labels


def _one(rng: np.random.Generator, direction: int, side: int) -> Events:
    first, width = int(rng.integers(0, side // 2)), int(rng.integers(side // 2, side + 1))
    begin = rng.uniform(-0.3, 0.2) * side
    speed = rng.uniform(0.7, 1.3) * side / DURATION_US
    along, across = (grid.ravel() for grid in np.meshgrid(np.arange(side), np.arange(first, min(first + width, side))))
    times, places = [], []
    for delay in (0, side / 4):  # front and back
        times.append((along - begin + delay) / speed + rng.normal(0, 500, along.size))
        places.append((along, across, np.full(along.size, delay == 0)))
    t = np.concatenate(times)
    along, across, p = (np.concatenate(part) for part in zip(*places, strict=True))
    kept = (t >= 0) & (t < DURATION_US) & (rng.random(t.size) < SEEN)
    t, along, across, p = t[kept], along[kept], across[kept], p[kept]
    noise = round(NOISE * t.size)
    t = np.concatenate([t, rng.uniform(0, DURATION_US, noise)]).astype(np.int64)
    along, across = (np.concatenate([part, rng.integers(0, side, noise)]) for part in (along, across))
    p = np.concatenate([p, rng.random(noise) < 0.5])
    if direction >= 2:
        along = side - 1 - along
    x, y = (along, across) if direction % 2 == 0 else (across, along)
    order = np.argsort(t, kind="stable")
    return Events(x[order].astype(np.int16), y[order].astype(np.int16), t[order], p[order])
