"""Connectivity that is computed and not stored: the targets of a row come from the counter-based generator.

The neurons are cut into as many slices of (nearly) equal size as an axon has synapses, and each axon draws one neuron
from each slice. So a row's targets ascend, none comes twice, and synapse k of axon i is always the one in slice k: its
hidden weight has a place in memory without a list of targets, and its random words are those of its neuron's column.
The in-degrees are those of a random graph with a fixed out-degree (their standard deviation is about the root of the
mean).
"""

from typing import NamedTuple

import numpy as np

from bicall.emulator.rule.randomness import counter_random
from bicall.emulator.schemes.bicall.connectivity import (
    CONNECTIVITY,
    Connectivity,
    checked_delays,
    window_of,
)
from bicall.emulator.schemes.bicall.row_of import row_bounds, row_targets
from bicall.emulator.schemes.rule import implements
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.pointers import address


class Procedural(NamedTuple):
    """Axons and neurons as in `Connectivity`, without a list of synapses.

    A part has the slices `slices[p]` to `slices[p + 1]` - 1 with all their neurons. The synapses of axon i in part p
    follow each other, and the rows of a part too, as in `Connectivity`.

    Attributes:
        slices: int64[parts + 1].
        edges: uint32[slices + 1]; the k-th of these slices has the neurons from edges[k] to edges[k + 1] - 1.
        delays: int32[axons], as in `Connectivity`.
        bounds: int64[parts + 1]; the neurons of the parts.
        external: number of axons from outside.
        seed: 32 bits; the targets are a pure function of it.
    """

    slices: np.ndarray
    edges: np.ndarray
    delays: np.ndarray
    bounds: np.ndarray
    external: int
    seed: int

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
        return self.axons * (len(self.edges) - 1)

    @property
    def window(self) -> int:
        return window_of(self.delays, self.external)

    @property
    def longest_row(self) -> int:
        """Synapses of the longest row of a part."""
        return int(np.diff(self.slices).max())

    @property
    def is_dense(self) -> bool:
        return len(self.edges) - 1 == self.neurons

    def synapses_of(self, part: int) -> int:
        return self.axons * int(self.slices[part + 1] - self.slices[part])

    def largest_in_degree(self) -> int:
        """The mean and ten standard deviations; a neuron has more with a chance below 1e-15."""
        mean = self.synapses / self.neurons
        return min(self.axons, int(mean + 10 * max(mean, 1.0) ** 0.5 + 30))


def procedural_connectivity(
    neurons: int,
    out_degree: int,
    delays,
    seed: int,
    external: int = 0,
    recurrent: bool = True,
    parts: int = 1,
    only: range | None = None,
) -> Procedural:
    """Every axon reaches exactly `out_degree` neurons, none twice, a pure function of the seed and not of the parts.

    Args:
        delays: ticks, one for all axons or one for each; 0 is for axons from outside.
        external: axons from outside.
        recurrent: the neurons' own axons follow those from outside.
        only: the parts to build, as for `random_connectivity`.

    Raises:
        BadInput: an out-degree that the neurons cannot give, a delay out of range, or more parts than slices.
    """
    if not 1 <= out_degree <= neurons:
        raise BadInput(f"out_degree is {out_degree}, must be from 1 to {neurons}, the number of neurons")
    if not 1 <= parts <= out_degree:
        raise BadInput(f"parts is {parts}, must be from 1 to {out_degree}, the out-degree")
    axons = external + (neurons if recurrent else 0)
    edges = np.arange(out_degree + 1, dtype=np.int64) * neurons // out_degree
    slices = np.arange(parts + 1, dtype=np.int64) * out_degree // parts
    delays = checked_delays(delays, axons, external)
    if only is not None:
        slices, external = slices[only.start : only.stop + 1], axons
        edges = edges[slices[0] : slices[-1] + 1] - edges[slices[0]]
    return Procedural(slices, edges.astype(np.uint32), delays, edges[slices - slices[0]], external, seed)


def stored(network: Procedural) -> Connectivity:
    """The same synapses in the same order, with their targets in memory."""
    width = np.diff(network.slices)
    first = (network.axons * (network.slices[:-1] - network.slices[0]))[:, None] + np.arange(network.axons + 1) * width[
        :, None
    ]
    targets = np.empty(network.synapses, np.uint32)
    _list(network, targets, np.empty(network.longest_row, np.uint32))
    return Connectivity(first, targets, network.delays, network.bounds, network.external)


@implements(row_bounds, Procedural)
def _row_bounds(network, p, i):
    first, width = network.slices[p], network.slices[p + 1] - network.slices[p]
    begin = len(network.delays) * (first - network.slices[0]) + i * width
    return begin, begin + width


@implements(row_targets, Procedural)
def _row_targets(network, p, i, room):
    first = network.slices[p]
    edges = network.edges[first - network.slices[0] :]
    _draw(network.seed, i, first, network.slices[p + 1] - first, edges, room)
    return address(room)


@cached_njit(nogil=True)
def _draw(seed, axon, first, n, edges, targets):
    """The neurons of an axon in n slices from slice `first` on, where `edges` begins. Two loops of vector code."""
    for k in range(n):
        targets[k] = counter_random(seed, CONNECTIVITY, axon, first + k)
    for k in range(n):
        low = edges[k]
        targets[k] = low + np.uint32((np.uint64(targets[k]) * np.uint64(edges[k + 1] - low)) >> np.uint64(32))


@cached_njit
def _list(network, targets, room):
    for p in range(len(network.slices) - 1):
        for i in range(len(network.delays)):
            begin, end = row_bounds(network, p, i)
            row = row_targets(network, p, i, room)
            for k in range(end - begin):
                targets[begin + k] = row[k]
