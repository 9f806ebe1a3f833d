"""The compiled loop of a network: as `network.plain`, bit for bit, each population by `rule.compiled.advance`.

Populations are run one after the other for as many ticks as their delays allow (`network.order`), so what a call costs
is shared by many ticks, and the whole run is one compiled call.
"""

from typing import NamedTuple

import numba
import numpy as np

from bicall.emulator.network.network import DIRECT, FIXED, PLASTIC, Network, Population, Projection
from bicall.emulator.network.order import circles
from bicall.emulator.network.recording import NetworkRecorder
from bicall.emulator.network.spikes import Spikes, joined, recent_spikes, run_length
from bicall.emulator.rule.compiled import Layer, advance
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.caching import cached_njit

MOST_AT_ONCE = 2**24  # neurons times ticks of a compiled call: its spikes are kept, a byte each


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


class Unit(NamedTuple):
    """What the compiled loop knows of a population of neurons."""

    number: int
    constants: tuple
    layer: Layer
    plastic: Bundle
    fixed: Bundle
    direct: Bundle
    drive: np.ndarray  # [ticks, post], or [0, post]
    learns: np.ndarray  # bool[post]
    scale: float  # weights of a threshold in float; 1 in fixed point


def run(
    network: Network,
    inputs: Spikes,
    learning: bool = True,
    recorder: NetworkRecorder | None = None,
    drive: dict[str, np.ndarray] | None = None,
    learns: dict[str, np.ndarray] | None = None,
) -> Spikes:
    """Run a started network over the ticks of its inputs. Arguments, result and errors: `network.run.run`."""
    drive, learns = drive or {}, learns or {}
    state, ticks = network.started, run_length(network, inputs, drive, learns)
    loop = _Loop(network, learns)
    at_once = 1 if recorder else max(1, MOST_AT_ONCE // max(1, network.neurons))
    pieces: dict[str, list[SpikeTrain]] = {population.name: [] for population in network.neuron_populations}
    for first in range(0, ticks, at_once):
        last = min(first + at_once, ticks)
        piece = {name: SpikeTrain(train.starts[first : last + 1], train.sources) for name, train in inputs.items()}
        driven = {name: values[first:last] for name, values in drive.items()}
        fired = loop.run(piece, driven, last - first, learning)
        for name, train in fired.items():
            pieces[name].append(train)
        if recorder:
            for population in network.neuron_populations:
                name, layer = population.name, state.layers[population.name]
                arrived = loop.arrived(name) if isinstance(layer, LayerState) else np.zeros(0, bool)
                recorder.take(state.tick, name, layer, arrived, fired[name].dense(population.size)[0])
    result = {}
    for name, trains in pieces.items():
        result[name] = trains[0] if trains else SpikeTrain.silent(0)
        for train in trains[1:]:
            result[name] = joined(result[name], train)
    return result


class _Loop:
    """A network's arrays as the compiled loop wants them."""

    def __init__(self, network: Network, learns: dict[str, np.ndarray]):
        self.network, self.state = network, network.started
        self.before = network.remembered_ticks
        self.number = {name: k for k, name in enumerate(network.populations)}
        found = circles(network)
        self.order = [name for circle in found for name in circle.members]
        self.circle_ends = np.cumsum([len(circle.members) for circle in found])
        self.circle_ticks = np.array([circle.ticks or 2**31 for circle in found], np.int64)
        self.units = {name: self._unit(network.populations[name], learns.get(name)) for name in self.order}

    def run(self, inputs: Spikes, drive: dict[str, np.ndarray], ticks: int, learning: bool) -> Spikes:
        """Run some ticks; the spikes of all populations of neurons."""
        starts, sources, sizes = [], [], []
        for name, population in self.network.populations.items():
            recent = recent_spikes(self.state, name, self.before)
            if population.is_input:
                train = joined(recent, inputs.get(name, SpikeTrain.silent(ticks)))
                starts.append(train.starts)
                sources.append(train.sources)
            else:
                starts.append(np.concatenate([recent.starts, np.zeros(ticks, np.int64)]))
                sources.append(recent.sources)
            sizes.append(population.size)
        units = numba.typed.List()
        for name in self.order:
            unit = self.units[name]
            units.append(unit._replace(drive=np.ascontiguousarray(drive[name])) if name in drive else unit)
        sent = numba.typed.List([np.ascontiguousarray(each, np.int32) for each in sources])
        began = numba.typed.List([np.ascontiguousarray(each, np.int64) for each in starts])
        _run(
            units, self.circle_ends, self.circle_ticks, began, sent,
            self.before, ticks, self.state.seed, self.state.tick, learning,
        )  # fmt: skip
        self.state.tick += ticks
        for layer in self.state.layers.values():
            if isinstance(layer, LayerState):
                layer.tick = self.state.tick
        result = {}
        for name, population in self.network.populations.items():
            k = self.number[name]
            train = SpikeTrain(began[k], sent[k])
            self.state.recent[name] = train.last(self.before)
            if not population.is_input:
                result[name] = train.last(ticks)
        return result

    def arrived(self, name: str) -> np.ndarray:
        """bool[axons], the spikes that arrived at a population in the last tick."""
        parts = []
        for projection in self.network.plastic_inputs(name):
            pre = self.network.populations[projection.pre]
            sent = recent_spikes(self.state, projection.pre, self.before).dense(pre.size)
            parts.append(sent[self.before - 1 - projection.delays + pre.is_input, np.arange(pre.size)])
        return np.concatenate(parts)

    def _unit(self, population: Population, learns: np.ndarray | None) -> Unit:
        constants = population.constants_in(self.state.arithmetic)
        layer = self.state.layers[population.name]
        is_float = self.state.arithmetic == "float"
        plastic, fixed, direct = (
            self._bundle(self.network.inputs_of(population.name, kind), is_float) for kind in (PLASTIC, FIXED, DIRECT)
        )
        arrays = Layer.of(constants, layer) if isinstance(layer, LayerState) else Layer.of_lif(layer)
        drive = np.zeros((0, population.size), arrays.current.dtype)
        enabled = np.ones(population.size, bool) if learns is None else learns
        scale = float(population.mantissa) if is_float else 1.0
        return Unit(self.number[population.name], constants, arrays, plastic, fixed, direct, drive, enabled, scale)

    def _bundle(self, projections: list[Projection], is_float: bool) -> Bundle:
        populations, rows = self.network.populations, [each.matrix.shape[0] for each in projections]
        matrices = [] if not projections or projections[0].kind == PLASTIC else [each.matrix for each in projections]
        synapses = np.cumsum([0, *(matrix.nnz for matrix in matrices)])
        starts = [matrix.indptr[:-1] + before for matrix, before in zip(matrices, synapses, strict=False)]
        delays = [each.delays for each in projections]
        dtype = np.float64 if is_float else np.int32

        def together(parts, dtype) -> np.ndarray:
            return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype)

        def each_one(values) -> np.ndarray:
            return np.array(list(values), np.int64)

        return Bundle(
            pre=each_one(self.number[each.pre] for each in projections),
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
def _run(units, circle_ends, circle_ticks, starts, sources, before, ticks, seed, tick, learning):
    """Circle by circle, each for as many ticks at a time as it can be. `starts` and `sources` are histories."""
    begin = 0
    for g in range(len(circle_ends)):
        for u in range(begin, circle_ends[g]):  # room for every neuron to spike in every tick
            k = units[u].number
            room = np.empty(len(sources[k]) + ticks * len(units[u].layer.current), np.int32)
            room[: len(sources[k])] = sources[k]
            sources[k] = room
        for first in range(0, ticks, circle_ticks[g]):
            last = min(first + circle_ticks[g], ticks)
            for u in range(begin, circle_ends[g]):
                _stretch(units[u], starts, sources, before, first, last, seed, tick + first, learning)
        for u in range(begin, circle_ends[g]):
            k = units[u].number
            sources[k] = sources[k][: starts[k][-1]].copy()
        begin = circle_ends[g]


@cached_njit
def _stretch(unit, starts, sources, before, first, last, seed, tick, learning):
    """Ticks `first` to `last` - 1 of one population."""
    ticks, neurons = last - first, len(unit.layer.current)
    pre_starts, pre_sources = _gather(unit.plastic, starts, sources, before + first, ticks)
    teacher_starts, teacher_sources = _gather(unit.direct, starts, sources, before + first, ticks)
    if len(teacher_sources):
        teacher_starts, teacher_sources = _reached(unit.direct, teacher_starts, teacher_sources, neurons)
    drive = unit.drive[first:last]
    if len(unit.fixed.pre):
        drive = _fixed_input(unit, starts, sources, before + first, ticks, drive)
    fired = np.zeros((ticks, neurons), np.bool_)
    advance(
        unit.constants, seed, tick, unit.layer, pre_starts, pre_sources, teacher_starts, teacher_sources,
        learning, fired, drive, unit.learns,
    )  # fmt: skip
    own_starts, own_sources = starts[unit.number], sources[unit.number]
    count = own_starts[before + first]
    for k in range(ticks):
        for j in range(neurons):
            if fired[k, j]:
                own_sources[count] = j
                count += 1
        own_starts[before + first + k + 1] = count


@cached_njit
def _gather(bundle, starts, sources, at, ticks):
    """The rows of a bundle whose spikes arrive, tick by tick, ascending: int64[ticks + 1] and int32[spikes]."""
    arriving = np.zeros(ticks + 1, np.int64)
    most = 0
    for p in range(len(bundle.pre)):
        begins, shift = starts[bundle.pre[p]], bundle.shift[p]
        low = at - bundle.longest[p] + shift
        high = at + ticks - bundle.shortest[p] + shift
        most += begins[high] - begins[low]  # each arrives once at most
    found = np.empty(most, np.int32)
    count = 0
    for k in range(ticks):
        for p in range(len(bundle.pre)):
            begins, sent, offset = starts[bundle.pre[p]], sources[bundle.pre[p]], bundle.first[p]
            now = at + k + bundle.shift[p]
            if bundle.uniform[p]:
                for e in range(begins[now - bundle.uniform[p]], begins[now - bundle.uniform[p] + 1]):
                    found[count] = offset + sent[e]
                    count += 1
                continue
            before = count
            for delay in range(bundle.shortest[p], bundle.longest[p] + 1):
                for e in range(begins[now - delay], begins[now - delay + 1]):
                    if bundle.delays[offset + sent[e]] == delay:
                        found[count] = offset + sent[e]
                        count += 1
            found[before:count].sort()
        arriving[k + 1] = count
    return arriving, found[:count]


@cached_njit
def _reached(bundle, starts, rows, neurons):
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
def _fixed_input(unit, starts, sources, at, ticks, drive):
    """[ticks, post], the sums of fixed weights, projection by projection, source by source; and the drive."""
    bundle = unit.fixed
    arriving, rows = _gather(bundle, starts, sources, at, ticks)
    total = np.zeros((ticks, len(unit.layer.current)), unit.layer.current.dtype)
    for k in range(ticks):
        for e in range(arriving[k], arriving[k + 1]):
            for synapse in range(bundle.starts[rows[e]], bundle.starts[rows[e] + 1]):
                total[k, bundle.targets[synapse]] += bundle.weights[synapse]
        if unit.scale != 1.0:
            for j in range(total.shape[1]):
                total[k, j] = total[k, j] / unit.scale
        if len(drive):
            for j in range(total.shape[1]):
                total[k, j] += drive[k, j]
    return total
