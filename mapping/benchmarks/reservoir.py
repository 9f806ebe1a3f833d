"""Reservoirs of the published hypergraph-mapping benchmark (Ronzani and Silvano, arXiv 2601.16118), made anew.

Neurons on a grid in a cube reach others by distance and a few anywhere; spike rates are log-normal.
"""

import numpy as np

from bicall.emulator.support.caching import cached_njit

SIGMA = 0.01  # of the cube's side: targets are drawn without replacement by a Gaussian of the distance
LONG_RANGE = 0.01  # part of the targets that lies anywhere
NOISE = 16.0  # a target farther than others by so much, in units of 2 sigma^2, is as good as never drawn
VARIATION = 1.58  # of the rates, whose median is 1


def reservoir(neurons: int, fan_out: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Axons of a reservoir: int64[neurons + 1] starts, int32 targets (ascending within an axon), float64 rates."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(round(neurons ** (1 / 3), 9)))
    far = max(0, round(LONG_RANGE * fan_out))
    starts, targets = _targets(neurons, side, fan_out - far, far, _offsets(side, fan_out), seed)
    spread = np.sqrt(np.log1p(VARIATION**2))
    return starts, targets, np.exp(rng.normal(0.0, spread, neurons))


def _offsets(side: int, fan_out: int) -> np.ndarray:
    """int64[offsets, 4]: steps along each axis and the squared distance, the nearest first; enough for a corner."""
    radius = (6 * fan_out / np.pi) ** (1 / 3) + (2 * NOISE) ** 0.5 * SIGMA * side  # an eighth of a ball, in a corner
    reach = min(side - 1, int(radius) + 2)
    axis = np.arange(-reach, reach + 1)
    x, y, z = (each.ravel() for each in np.meshgrid(axis, axis, axis, indexing="ij"))
    square = x * x + y * y + z * z
    order = np.argsort(square, kind="stable")[1:]
    return np.stack([x, y, z, square], axis=1)[order]


@cached_njit
def _targets(neurons, side, near, far, offsets, seed):
    """Gumbel's trick: the `near` smallest of d^2 / (2 sigma^2) minus Gumbel noise are a draw without replacement."""
    np.random.seed(seed)
    scale = 1.0 / (2.0 * (SIGMA * side) ** 2)
    starts = np.zeros(neurons + 1, np.int64)
    targets = np.zeros(neurons * (near + far), np.int32)
    keys, others = np.zeros(len(offsets)), np.zeros(len(offsets), np.int32)
    at, enough = 0, 0.0
    for v in range(neurons):
        x, y, z = v % side, v // side % side, v // (side * side)
        n = 0
        for o in range(len(offsets)):
            if n == near:
                enough = offsets[o, 3] * scale
            if n >= near and offsets[o, 3] * scale > enough + NOISE:
                break
            i, j, k = x + offsets[o, 0], y + offsets[o, 1], z + offsets[o, 2]
            if 0 <= i < side and 0 <= j < side and 0 <= k < side:
                u = (k * side + j) * side + i
                if u < neurons:
                    keys[n] = offsets[o, 3] * scale + np.log(-np.log(np.random.random()))
                    others[n] = u
                    n += 1
        chosen = others[np.argsort(keys[:n])[:near]]
        begin = at
        for u in chosen:
            targets[at] = u
            at += 1
        for _ in range(far):
            u = np.random.randint(neurons)
            fresh = u != v
            for e in range(begin, at):
                fresh &= targets[e] != u
            if fresh:
                targets[at] = u
                at += 1
        targets[begin:at] = np.sort(targets[begin:at])
        starts[v + 1] = at
    return starts, targets[:at].copy()
