"""Who reaches whom: axons, their synapses and their delays, stored row by row, in parts for threads."""

from typing import NamedTuple

import numpy as np

from bicall.emulator.rule.randomness import Stream, counter_random
from bicall.emulator.schemes.bicall.row_of import row_bounds, row_targets
from bicall.emulator.schemes.rule import implements
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.pointers import address, beyond

MOST_TICKS = 16  # of a window
LONGEST_DELAY = 255  # ticks; spikes under way are kept for so long
CONNECTIVITY = int(Stream.CONNECTIVITY)


class Connectivity(NamedTuple):
    """Axons, neurons and the synapses that exist.

    The first `external` axons carry spikes from outside. If there are more, axon `external` + j carries those of
    neuron j.

    A part is a range of neurons with all their synapses. Parts write to nothing in common, so each can have a thread.
    The synapses of axon i onto the neurons of part p are `first[p, i]` to `first[p, i + 1]` - 1.

    Attributes:
        first: int64[parts, axons + 1].
        targets: uint32[synapses], ascending in each row.
        delays: int32[axons], ticks from a spike to its arrival, 1 to LONGEST_DELAY; 0, which is in the same tick, for
            axons from outside only.
        bounds: int64[parts + 1]; part p has the neurons from bounds[p] to bounds[p + 1] - 1.
        external: number of axons from outside.
    """

    first: np.ndarray
    targets: np.ndarray
    delays: np.ndarray
    bounds: np.ndarray
    external: int

    @property
    def parts(self) -> int:
        return len(self.bounds) - 1

    @property
    def axons(self) -> int:
        return len(self.delays)

    @property
    def neurons(self) -> int:
        return int(self.bounds[-1])

    @property
    def synapses(self) -> int:
        return len(self.targets)

    @property
    def window(self) -> int:
        return window_of(self.delays, self.external)

    @property
    def longest_row(self) -> int:
        """Synapses of the longest row of a part."""
        return int(np.diff(self.first, axis=1).max(initial=0))

    @property
    def is_dense(self) -> bool:
        """Whether every axon reaches every neuron."""
        return bool((np.diff(self.first, axis=1) == np.diff(self.bounds)[:, None]).all())

    def synapses_of(self, part: int) -> int:
        return int(self.first[part, -1] - self.first[part, 0])

    def largest_in_degree(self) -> int:
        counts, piece = np.zeros(self.neurons, np.int64), 2**24  # bincount copies its argument to 64 bits
        for begin in range(0, len(self.targets), piece):
            counts += np.bincount(self.targets[begin : begin + piece], minlength=self.neurons)
        return int(counts.max(initial=0))


@implements(row_bounds, Connectivity)
def _row_bounds(network, p, i):
    return network.first[p, i], network.first[p, i + 1]


@implements(row_targets, Connectivity)
def _row_targets(network, p, i, room):
    return beyond(address(network.targets), network.first[p, i])


def from_matrix(connected: np.ndarray, delays, recurrent: bool = False, parts: int = 1) -> Connectivity:
    """The synapses of a bool[axons, neurons] matrix.

    Args:
        delays: ticks, one for all axons or one for each; 0 is for axons from outside.
        recurrent: the last axons, one a neuron, carry the neurons' own spikes.

    Raises:
        BadInput: a delay out of range, fewer axons than recurrent neurons, or more parts than neurons.
    """
    axons, neurons = connected.shape
    bounds, external = _bounds(neurons, parts), external_axons(axons, neurons, recurrent)
    firsts, targets = [], []
    start = 0
    for low, high in zip(bounds, bounds[1:], strict=False):
        block = connected[:, low:high]
        firsts.append(start + np.concatenate([[0], np.cumsum(block.sum(axis=1))]))
        targets.append(np.nonzero(block)[1] + low)
        start = firsts[-1][-1]
    return Connectivity(
        np.array(firsts, np.int64),
        np.concatenate(targets).astype(np.uint32),
        checked_delays(delays, axons, external),
        bounds,
        external,
    )


def random_connectivity(
    neurons: int,
    in_degree: int,
    delays,
    seed: int,
    external: int = 0,
    recurrent: bool = True,
    parts: int = 1,
    only: range | None = None,
) -> Connectivity:
    """Every neuron has exactly `in_degree` inputs, none twice, a pure function of the seed.

    The axons are cut into `in_degree` slices of (nearly) equal size, and each neuron draws one axon from each slice. So
    a draw needs no memory of the others, and there is nothing in memory but the result.

    Args:
        delays: ticks, one for all axons or one for each; 0 is for axons from outside.
        external: axons from outside.
        recurrent: the neurons' own axons follow those from outside.
        only: the parts to build, next to each other, as for a rank. Their neurons are numbered from 0 on, and all axons
            carry spikes from outside.

    Raises:
        BadInput: an in-degree that the axons cannot give, a delay out of range, or more parts than neurons.
    """
    axons = external + (neurons if recurrent else 0)
    if not 1 <= in_degree <= axons:
        raise BadInput(f"in_degree is {in_degree}, must be from 1 to {axons}, the number of axons")
    bounds = _bounds(neurons, parts)
    delays = checked_delays(delays, axons, external)
    if only is not None:
        bounds, external = bounds[only.start : only.stop + 1], axons
    first = np.zeros((len(bounds) - 1, axons + 1), np.int64)
    _count(first, bounds, in_degree, axons, seed)
    first[1:, 0] = np.cumsum(first.sum(axis=1))[:-1]
    np.cumsum(first, axis=1, out=first)
    targets = np.empty((bounds[-1] - bounds[0]) * in_degree, np.uint32)
    _place(first, targets, bounds, in_degree, axons, seed)
    return Connectivity(first, targets, delays, bounds - bounds[0], external)


def matrix(connectivity: Connectivity, values: np.ndarray) -> np.ndarray:
    """Values of the synapses as a [axons, neurons] matrix, 0 where there is no synapse. For small networks."""
    result = np.zeros((connectivity.axons, connectivity.neurons), values.dtype)
    for first in connectivity.first:
        row = np.repeat(np.arange(connectivity.axons), np.diff(first))
        result[row, connectivity.targets[first[0] : first[-1]]] = values[first[0] : first[-1]]
    return result


def _bounds(neurons: int, parts: int) -> np.ndarray:
    if not 1 <= parts <= neurons:
        raise BadInput(f"parts is {parts}, must be from 1 to {neurons}, the number of neurons")
    return np.arange(parts + 1, dtype=np.int64) * neurons // parts


def external_axons(axons: int, neurons: int, recurrent: bool) -> int:
    """How many of the axons carry spikes from outside."""
    if recurrent and axons < neurons:
        raise BadInput(f"axons is {axons}, must be at least {neurons}, one for each recurrent neuron")
    return axons - neurons if recurrent else axons


def checked_delays(delays, axons: int, external: int) -> np.ndarray:
    """int32[axons] from one delay or one for each axon, if they are in range."""
    values = np.asarray(delays)
    if values.shape not in ((), (axons,)):
        raise BadInput(f"delays: has shape {list(values.shape)}, must have one value, or {axons}, one an axon")
    values = np.broadcast_to(values, axons)
    least = np.where(np.arange(axons) < external, 0, 1)
    bad = np.flatnonzero(~((values >= least) & (values <= LONGEST_DELAY) & (values == np.floor(values))))
    if len(bad):
        limit = f"from {least[bad[0]]} to {LONGEST_DELAY} ticks, the longest that is kept under way"
        raise BadInput(f"axon {bad[0]}: delay is {values[bad[0]]:g}, must be a whole number {limit}")
    return values.astype(np.int32)


def window_of(delays: np.ndarray, external: int) -> int:
    """For how many ticks parts can run without each other's spikes: the smallest delay of the neurons' own axons."""
    return int(delays[external:].min(initial=MOST_TICKS))


@cached_njit(inline="always")
def _drawn(seed, neuron, k, in_degree, axons):
    """The axon of input k of a neuron: one of slice k."""
    low, high = k * axons // in_degree, (k + 1) * axons // in_degree
    word = np.int64(counter_random(seed, CONNECTIVITY, neuron, k))
    return low + ((word * (high - low)) >> 32)


@cached_njit
def _count(first, bounds, in_degree, axons, seed):
    for p in range(len(first)):
        for j in range(bounds[p], bounds[p + 1]):
            for k in range(in_degree):
                first[p, _drawn(seed, j, k, in_degree, axons) + 1] += 1


@cached_njit
def _place(first, targets, bounds, in_degree, axons, seed):
    for p in range(len(first)):
        free = first[p].copy()
        for j in range(bounds[p], bounds[p + 1]):  # ascending, so every row's targets ascend
            for k in range(in_degree):
                i = _drawn(seed, j, k, in_degree, axons)
                targets[free[i]] = j - bounds[0]
                free[i] += 1
