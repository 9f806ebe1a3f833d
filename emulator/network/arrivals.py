"""Which spikes arrive where and when, for compiled loops: histories of all populations, and projections as arrays."""

from typing import NamedTuple

import numpy as np

from bicall.emulator.network.network import PLASTIC, Network
from bicall.emulator.network.spikes import Spikes, joined, recent_spikes
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.caching import cached_njit


class Trains(NamedTuple):
    """Spikes of all populations in some ticks: those of population k in tick i are `sources[base[k] + e]` for e from
    `starts[k, i]` to `starts[k, i + 1]` - 1."""

    starts: np.ndarray  # int64[populations, ticks + 1]
    base: np.ndarray  # int64[populations]
    sources: np.ndarray  # int32[room for all]


class History:
    """The spikes of every population: in the ticks before a run that still matter, then in those of the run.

    Attributes:
        before: ticks before the run.
        trains: populations of neurons are filled in as they are run, with `append`.
    """

    def __init__(self, network: Network, inputs: Spikes, ticks: int):
        self._network, self.before, self._ticks = network, network.remembered_ticks, ticks
        populations = network.populations
        starts = np.zeros((len(populations), self.before + ticks + 1), np.int64)
        parts, base, end = [], np.zeros(len(populations), np.int64), 0
        for k, (name, population) in enumerate(populations.items()):
            train = recent_spikes(network.started, name, self.before)
            if population.is_input:
                train = joined(train, inputs.get(name, SpikeTrain.silent(ticks)))
                room = 0
            else:  # every neuron may spike in every tick
                room = ticks * population.size
            starts[k, : len(train.starts)] = train.starts
            base[k] = end
            parts += [train.sources, np.empty(room, np.int32)]
            end += len(train.sources) + room
        self.trains = Trains(starts, base, np.concatenate([np.zeros(0, np.int32), *parts]).astype(np.int32, copy=False))

    def remember(self) -> Spikes:
        """At the end of the run: keep what may be under way in the network's state. Returns: the neurons' spikes."""
        result = {}
        for k, (name, population) in enumerate(self._network.populations.items()):
            starts, first = self.trains.starts[k], self.trains.base[k]
            train = SpikeTrain(starts, self.trains.sources[first : first + starts[-1]])
            self._network.started.recent[name] = train.last(self.before).copy()
            if not population.is_input:
                result[name] = train.last(self._ticks).copy()
        return result


class Bundle(NamedTuple):
    """Projections of one kind into one population; row `first[p]` + i is source i of projection p."""

    pre: np.ndarray  # int64[projections], number of the population
    first: np.ndarray  # int64[projections + 1]
    shift: np.ndarray  # int64[projections], 1 where the sources are inputs: their spikes arrive a tick sooner
    uniform: np.ndarray  # int64[projections], the delay, or 0 where the axons' delays differ
    shortest: np.ndarray  # int64[projections]
    longest: np.ndarray  # int64[projections]
    delays: np.ndarray  # int64[rows]
    # synapses by rows, for fixed weights and direct events
    starts: np.ndarray  # int64[rows + 1]
    targets: np.ndarray  # int32[synapses]
    weights: np.ndarray  # int32[synapses] or float64[synapses]


def bundle_of(network: Network, post: str, kind: str) -> Bundle:
    """The projections of a kind into a population of a started network."""
    projections, populations = network.inputs_of(post, kind), network.populations
    number = {name: k for k, name in enumerate(populations)}
    rows = [each.matrix.shape[0] for each in projections]
    matrices = [] if kind == PLASTIC else [each.matrix for each in projections]
    synapses = np.cumsum([0, *(matrix.nnz for matrix in matrices)])
    starts = [matrix.indptr[:-1] + before for matrix, before in zip(matrices, synapses, strict=False)]
    delays = [each.delays for each in projections]
    dtype = network.started.layers[post].current.dtype

    def together(parts, dtype) -> np.ndarray:
        return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype)

    def each_one(values) -> np.ndarray:
        return np.array(list(values), np.int64)

    return Bundle(
        pre=each_one(number[each.pre] for each in projections),
        first=np.cumsum([0, *rows]).astype(np.int64),
        shift=each_one(populations[each.pre].is_input for each in projections),
        uniform=each_one(d[0] if len(d) and np.all(d == d[0]) else 0 for d in delays),
        shortest=each_one(d.min(initial=255) for d in delays),
        longest=each_one(d.max(initial=1) for d in delays),
        delays=together(delays, np.int64),
        starts=together([*starts, synapses[-1:]], np.int64),
        targets=together([matrix.indices for matrix in matrices], np.int32),
        weights=together([matrix.data for matrix in matrices], dtype),
    )


@cached_njit
def append(trains, number, at, fired):
    """Add the spikes bool[ticks, neurons] of a population, from tick index `at` on."""
    starts, first = trains.starts[number], trains.base[number]
    count = starts[at]
    for k in range(len(fired)):
        for j in range(fired.shape[1]):
            if fired[k, j]:
                trains.sources[first + count] = j
                count += 1
        starts[at + k + 1] = count


@cached_njit
def gather(bundle, trains, at, ticks):
    """The rows of a bundle whose spikes arrive, tick by tick, ascending: int64[ticks + 1] and int32[spikes]."""
    arriving = np.zeros(ticks + 1, np.int64)
    most = 0
    for p in range(len(bundle.pre)):
        begins, shift = trains.starts[bundle.pre[p]], bundle.shift[p]
        low = at - bundle.longest[p] + shift
        high = at + ticks - bundle.shortest[p] + shift
        most += begins[high] - begins[low]  # each arrives once at most
    found = np.empty(most, np.int32)
    count = 0
    for k in range(ticks):
        for p in range(len(bundle.pre)):
            begins, first, offset = trains.starts[bundle.pre[p]], trains.base[bundle.pre[p]], bundle.first[p]
            now = at + k + bundle.shift[p]
            if bundle.uniform[p]:
                for e in range(begins[now - bundle.uniform[p]], begins[now - bundle.uniform[p] + 1]):
                    found[count] = offset + trains.sources[first + e]
                    count += 1
                continue
            before = count
            for delay in range(bundle.shortest[p], bundle.longest[p] + 1):
                for e in range(begins[now - delay], begins[now - delay + 1]):
                    if bundle.delays[offset + trains.sources[first + e]] == delay:
                        found[count] = offset + trains.sources[first + e]
                        count += 1
            found[before:count].sort()
        arriving[k + 1] = count
    return arriving, found[:count]


@cached_njit
def reached(bundle, starts, rows, neurons):
    """The neurons that direct events reach, each once a tick, ascending."""
    marked = np.zeros(neurons, np.bool_)
    arriving = np.zeros(len(starts), np.int64)
    most = 0
    for row in rows:
        most += bundle.starts[row + 1] - bundle.starts[row]
    found = np.empty(most, np.int32)
    count = 0
    for k in range(len(starts) - 1):
        for e in range(starts[k], starts[k + 1]):
            for synapse in range(bundle.starts[rows[e]], bundle.starts[rows[e] + 1]):
                marked[bundle.targets[synapse]] = True
        if starts[k + 1] > starts[k]:
            for j in range(neurons):
                if marked[j]:
                    found[count] = j
                    count += 1
                    marked[j] = False
        arriving[k + 1] = count
    return arriving, found[:count]


@cached_njit
def fixed_input(bundle, scale, neurons, trains, at, ticks, drive):
    """[ticks, post], the sums of fixed weights, projection by projection, source by source; and the drive.

    Args:
        scale: weights of a threshold in float; 1 in fixed point.
        drive: [ticks, post], or [0, post] for none; its type is the result's.
    """
    arriving, rows = gather(bundle, trains, at, ticks)
    total = np.zeros((ticks, neurons), drive.dtype)
    for k in range(ticks):
        for e in range(arriving[k], arriving[k + 1]):
            for synapse in range(bundle.starts[rows[e]], bundle.starts[rows[e] + 1]):
                total[k, bundle.targets[synapse]] += bundle.weights[synapse]
        if scale != 1.0:
            for j in range(neurons):
                total[k, j] = total[k, j] / scale
        if len(drive):
            for j in range(neurons):
                total[k, j] += drive[k, j]
    return total


@cached_njit
def inputs_of(plastic, fixed, direct, scale, neurons, trains, at, ticks, drive):
    """All that comes into a population in `ticks` ticks from tick index `at` on, as `advance` takes it.

    Returns:
        axons' spikes (starts, sources), taught neurons (starts, sources), and the drive with the fixed weights' sums.
    """
    pre_starts, pre_sources = gather(plastic, trains, at, ticks)
    teacher_starts, teacher_sources = gather(direct, trains, at, ticks)
    if len(teacher_sources):
        teacher_starts, teacher_sources = reached(direct, teacher_starts, teacher_sources, neurons)
    if len(fixed.pre):
        drive = fixed_input(fixed, scale, neurons, trains, at, ticks, drive)
    return pre_starts, pre_sources, teacher_starts, teacher_sources, drive
