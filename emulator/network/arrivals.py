"""Which spikes arrive where and when, for compiled loops: histories of all populations, and projections as arrays."""

from typing import Any, NamedTuple, TypeAlias

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
        parts: list[tuple[int, np.ndarray]] = []
        base, end = np.zeros(len(populations), np.int64), 0
        for k, (name, population) in enumerate(populations.items()):
            train = recent_spikes(network.started, name, self.before)
            if population.is_input:
                train = joined(train, inputs.get(name, SpikeTrain.silent(ticks)))
                room = 0
            else:  # every neuron may spike in every tick
                room = ticks * population.size
            starts[k, : len(train.starts)] = train.starts
            base[k] = end
            parts.append((end, train.sources))
            end += len(train.sources) + room
        sources = np.empty(end, np.int32)  # room that no spike needs takes no memory
        for first, given in parts:
            sources[first : first + len(given)] = given
        self.trains = Trains(starts, base, sources)

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


PROJECTION = np.dtype(
    [
        ("pre", np.int64),  # number of the population
        ("row", np.int64),  # of source 0 in the wiring
        ("rows", np.int64),
        ("first", np.int64),  # what stands for source 0: of a plastic projection its layer's axon, of others its row
        ("shift", np.int64),  # 1 where the sources are inputs: their spikes arrive a tick sooner
        ("uniform", np.int64),  # the delay, or 0 where the axons' delays differ
        ("shortest", np.int64),
        ("longest", np.int64),
        ("whole", np.bool_),  # weights are whole numbers, so their sum is the same in any order
    ]
)


class Wiring(NamedTuple):
    """A network's projections, those into one population together, there by kind."""

    projections: np.ndarray  # PROJECTION[projections]
    delays: np.ndarray  # int64[rows]
    # synapses by rows, for fixed weights and direct events
    starts: np.ndarray  # int64[rows + 1]
    targets: np.ndarray  # int32[synapses]
    weights: np.ndarray  # int32[synapses], or float64[synapses] in float


Ends: TypeAlias = tuple[int, int]  # of some projections: the first, and the one after the last


class Incoming(NamedTuple):
    """The projections of each kind into a population."""

    plastic: Ends
    fixed: Ends
    direct: Ends


def wiring_of(network: Network) -> tuple[Wiring, dict[str, Incoming]]:
    """The projections of a started network, and which come into each population of neurons."""
    number = {name: k for k, name in enumerate(network.populations)}
    table: list[tuple[Any, ...]] = []
    row, synapse = 0, 0
    parts: dict[str, list[np.ndarray]] = {"delays": [], "starts": [], "targets": [], "weights": []}
    incoming = {}
    for population in network.neuron_populations:
        ends = []
        for kind in Incoming._fields:
            begin, axon = len(table), 0
            for each in network.inputs_of(population.name, kind):
                matrix, size = each.matrix, each.matrix.shape[0]
                learns = kind == PLASTIC
                shortest, longest = int(each.delays.min(initial=255)), int(each.delays.max(initial=1))
                table.append(
                    (
                        number[each.pre], row, size, axon if learns else row, network.populations[each.pre].is_input,
                        longest if shortest == longest else 0, shortest, longest,
                        np.issubdtype(matrix.dtype, np.integer),
                    )
                )  # fmt: skip
                parts["delays"].append(each.delays)
                parts["starts"].append(np.full(size, synapse) if learns else matrix.indptr[:-1] + synapse)
                if not learns:
                    parts["targets"].append(matrix.indices)
                    parts["weights"].append(matrix.data)
                    synapse += matrix.nnz
                row, axon = row + size, axon + size
            ends.append((begin, len(table)))
        incoming[population.name] = Incoming(*ends)
    parts["starts"].append(np.array([synapse]))
    weights = np.int32 if network.started.arithmetic == "fixed" else np.float64
    dtypes = {"delays": np.int64, "starts": np.int64, "targets": np.int32, "weights": weights}
    arrays = {
        name: np.concatenate([np.zeros(0, dtype), *parts[name]]).astype(dtype, copy=False)
        for name, dtype in dtypes.items()
    }
    return Wiring(np.array(table, PROJECTION), **arrays), incoming


@cached_njit
def append(trains: Trains, number: int, at: int, fired: np.ndarray) -> None:
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
def gather(wiring: Wiring, ends: Ends, trains: Trains, at: int, found: np.ndarray) -> int:
    """Which spikes arrive through some projections in tick index `at`: axons or rows, in the first of int32 `found`.

    Args:
        ends: the first projection, and the one after the last.
        found: has room for one of each row.

    Returns:
        how many.
    """
    count = 0
    for p in range(ends[0], ends[1]):
        one = wiring.projections[p]
        begins, base, now = trains.starts[one.pre], trains.base[one.pre], at + one.shift
        if one.uniform:
            sent = trains.sources[base + begins[now - one.uniform] : base + begins[now - one.uniform + 1]]
            room, first = found[count : count + len(sent)], np.int32(one.first)
            for e in range(len(sent)):
                room[e] = sent[e] + first
            count += len(sent)
            continue
        before = count
        for delay in range(one.shortest, one.longest + 1):
            for e in range(begins[now - delay], begins[now - delay + 1]):
                source = trains.sources[base + e]
                if wiring.delays[one.row + source] == delay:
                    found[count] = one.first + source
                    count += 1
        found[before:count].sort()
    return count


@cached_njit
def reach(wiring: Wiring, rows: np.ndarray, marked: np.ndarray, found: np.ndarray) -> int:
    """The neurons that direct events of the rows reach, ascending: the first of int32[neurons] `found`.

    Args:
        marked: bool[neurons], all False before and after.

    Returns:
        how many.
    """
    for row in rows:
        for synapse in range(wiring.starts[row], wiring.starts[row + 1]):
            marked[wiring.targets[synapse]] = True
    count = 0
    for j in range(len(marked) if len(rows) else 0):
        if marked[j]:
            found[count] = j
            count += 1
            marked[j] = False
    return count


class Sums(NamedTuple):
    """What each projection of fixed weights into a population brought last: it stays while the same sources spike."""

    rows: np.ndarray  # int32[rows], one projection after the other
    counts: np.ndarray  # int64[projections], how many of them spiked, -1 before the first tick
    sums: np.ndarray  # [projections, neurons]


@cached_njit
def rows_of(wiring: Wiring, ends: Ends) -> int:
    """How many rows some projections have."""
    rows = 0
    for p in range(ends[0], ends[1]):
        rows += wiring.projections[p].rows
    return rows


@cached_njit
def no_sums(wiring: Wiring, ends: Ends, neurons: int) -> Sums:
    """`Sums` before a run."""
    projections = ends[1] - ends[0]
    return Sums(
        np.empty(rows_of(wiring, ends), np.int32),
        np.full(projections, -1, np.int64),
        np.empty((projections, neurons), wiring.weights.dtype),
    )


@cached_njit
def _add_fixed(wiring: Wiring, ends: Ends, rows: np.ndarray, kept: Sums, total: np.ndarray) -> None:
    """Add the fixed weights of the rows to `total`, [neurons], projection by projection, source by source."""
    begin, first = 0, 0
    for p in range(ends[0], ends[1]):
        one = wiring.projections[p]
        end = np.searchsorted(rows, one.row + one.rows)
        if one.whole:
            last, sums = kept.rows[first : first + one.rows], kept.sums[p - ends[0]]
            if not _same(rows[begin:end], last, kept.counts[p - ends[0]]):
                last[: end - begin] = rows[begin:end]
                kept.counts[p - ends[0]] = end - begin
                sums[:] = 0
                _add(wiring, rows[begin:end], sums)
            for j in range(len(total)):
                total[j] += sums[j]
        else:
            _add(wiring, rows[begin:end], total)
        begin, first = end, first + one.rows


@cached_njit
def _same(rows: np.ndarray, last: np.ndarray, count: int) -> bool:
    if len(rows) != count:
        return False
    different = np.int32(0)
    for e in range(len(rows)):
        different |= rows[e] ^ last[e]
    return bool(different == 0)


@cached_njit
def _add(wiring: Wiring, rows: np.ndarray, total: np.ndarray) -> None:
    starts, targets, weights = wiring.starts, wiring.targets, wiring.weights
    for e in range(len(rows)):
        row = np.uint32(rows[e])  # an index that might be negative would be looked at
        for synapse in range(np.uint64(starts[row]), np.uint64(starts[row + np.uint32(1)])):
            total[np.uint32(targets[synapse])] += weights[synapse]


@cached_njit
def other_input(
    wiring: Wiring, ends: Ends, scale: float, trains: Trains, at: int, found: np.ndarray, kept: Sums,
    drive: np.ndarray, total: np.ndarray,
) -> None:  # fmt: skip
    """What comes into a population in tick index `at` but through its axons and teachers.

    Args:
        ends: its projections of fixed weights: the first, and the one after the last.
        scale: weights of a threshold in float; 1 in fixed point.
        found: int32[rows], room to work in.
        kept: `Sums` of the run.
        drive: [neurons], or [0] for none.
        total: [neurons], which is overwritten.
    """
    total[:] = 0
    _add_fixed(wiring, ends, found[: gather(wiring, ends, trains, at, found)], kept, total)
    if scale != 1.0:
        for j in range(len(total)):
            total[j] = total[j] / scale
    for j in range(len(drive)):
        total[j] += drive[j]


@cached_njit
def inputs_of(
    wiring: Wiring, incoming: Incoming, scale: float, neurons: int, trains: Trains, at: int, ticks: int,
    drive: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """All that comes into a population in `ticks` ticks from tick index `at` on, as `advance` takes it.

    Args:
        incoming: an `Incoming`.
        scale: weights of a threshold in float; 1 in fixed point.
        drive: [ticks, neurons], or [0, neurons] for none.

    Returns:
        axons' spikes (starts, sources), taught neurons (starts, sources), and the drive with the fixed weights' sums.
    """
    pre_starts, pre_sources = _all(wiring, incoming.plastic, trains, at, ticks)
    event_starts, events = _all(wiring, incoming.direct, trains, at, ticks)
    teacher_starts = np.zeros(ticks + 1, np.int64)
    teacher_sources = np.empty(ticks * neurons if len(events) else 0, np.int32)
    marked, taught = np.zeros(neurons, np.bool_), np.zeros(neurons, np.int32)
    for k in range(ticks if len(events) else 0):
        count = reach(wiring, events[event_starts[k] : event_starts[k + 1]], marked, taught)
        teacher_starts[k + 1] = teacher_starts[k] + count
        teacher_sources[teacher_starts[k] : teacher_starts[k + 1]] = taught[:count]
    if incoming.fixed[0] < incoming.fixed[1]:
        total, none = np.zeros((ticks, neurons), drive.dtype), np.zeros(0, drive.dtype)
        kept = no_sums(wiring, incoming.fixed, neurons)
        found = np.empty(len(kept.rows), np.int32)
        for k in range(ticks):
            given = drive[k] if len(drive) else none
            other_input(wiring, incoming.fixed, scale, trains, at + k, found, kept, given, total[k])
        drive = total
    return pre_starts, pre_sources, teacher_starts, teacher_sources[: teacher_starts[-1]], drive


@cached_njit
def _all(wiring: Wiring, ends: Ends, trains: Trains, at: int, ticks: int) -> tuple[np.ndarray, np.ndarray]:
    """`gather` for several ticks: int64[ticks + 1] and int32[spikes]."""
    starts, most = np.zeros(ticks + 1, np.int64), 0
    for p in range(ends[0], ends[1]):
        one = wiring.projections[p]
        begins = trains.starts[one.pre]
        low, high = at - one.longest + one.shift, at + ticks - one.shortest + one.shift
        most += begins[high] - begins[low]  # each arrives once at most
    sources = np.empty(most, np.int32)
    for k in range(ticks if most else 0):
        starts[k + 1] = starts[k] + gather(wiring, ends, trains, at + k, sources[starts[k] :])
    return starts, sources[: starts[-1]]
