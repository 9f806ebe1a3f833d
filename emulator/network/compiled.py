"""The compiled loop of a network: as `network.plain`, bit for bit, each population by `rule.compiled.advance`.

Populations are run one after the other for as many ticks as their delays allow (`network.order`), so what a call costs
is shared by many ticks, and the whole run is one compiled call.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np
from numba import types
from numba.extending import overload

from bicall.emulator.network.arrivals import (
    History,
    Incoming,
    Sums,
    Trains,
    Wiring,
    gather,
    no_sums,
    other_input,
    reach,
    rows_of,
    wiring_of,
)
from bicall.emulator.network.network import Network, Population
from bicall.emulator.network.order import circles
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.spikes import Spikes, in_pieces, run_length
from bicall.emulator.rule.compiled import before_tick, run_ticks, send
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.layer import Layer
from bicall.emulator.rule.operations import Body
from bicall.emulator.rule.state import LayerState
from bicall.emulator.support.caching import cached_njit

MOST_AT_ONCE = 2**23  # neurons times ticks of a compiled call, which keeps room for a spike of each


class Unit(NamedTuple):
    """What the compiled loop knows of a population of neurons."""

    number: int
    constants: Constants
    layer: Layer
    incoming: Incoming
    drive: np.ndarray  # [ticks, post], or [0, post]
    learns: np.ndarray  # bool[post]
    scale: float  # weights of a threshold in float; 1 in fixed point


def run(
    network: Network,
    inputs: Spikes,
    learning: bool = True,
    recorder: PopulationRecorder | None = None,
    drive: dict[str, np.ndarray] | None = None,
    learns: dict[str, np.ndarray] | None = None,
) -> Spikes:
    """Run a started network over the ticks of its inputs. Arguments, result and errors: `bicall.run`."""
    drive, learns = {} if drive is None else drive, {} if learns is None else learns
    ticks = run_length(network, inputs, drive, learns)
    loop = Loop(network, learns)
    at_once = max(1, MOST_AT_ONCE // max(1, network.neurons))
    return in_pieces(network, inputs, drive, ticks, at_once, learning, recorder, loop.run)


class Loop:
    """A started network's arrays as the compiled loop wants them; they share memory with its state.

    Args:
        learns: as of `run`.
    """

    def __init__(self, network: Network, learns: dict[str, np.ndarray]):
        self.network, self._state, self._driven = network, network.started, False
        found = circles(network)
        self._order = [name for circle in found for name in circle.members]
        self._circle_ends = np.cumsum([len(circle.members) for circle in found])
        self._circle_ticks = np.array([circle.ticks or 2**31 for circle in found], np.int64)
        self._wiring, self._incoming = wiring_of(network)
        self._units = numba.typed.List()
        for name in self._order:
            self._units.append(self._unit(network.populations[name], learns.get(name)))
        self._no_drives = [unit.drive for unit in self._units]

    def run(self, inputs: Spikes, drive: dict[str, np.ndarray], ticks: int, learning: bool) -> Spikes:
        """Run some ticks; the spikes of all populations of neurons."""
        history = History(self.network, inputs, ticks)
        for k, name in enumerate(self._order if drive or self._driven else ()):
            driven = np.ascontiguousarray(drive[name]) if name in drive else self._no_drives[k]
            self._units[k] = self._units[k]._replace(drive=driven)
        self._driven = bool(drive)
        _run(
            self._units, self._circle_ends, self._circle_ticks, self._wiring, history.trains,
            history.before, ticks, self._state.seed, self._state.tick, learning,
        )  # fmt: skip
        self._state.advance(ticks)
        return history.remember()

    def _unit(self, population: Population, learns: np.ndarray | None) -> Unit:
        name, constants = population.name, population.constants_in(self._state.arithmetic)
        layer = self._state.layers[name]
        arrays = Layer.of(constants, layer) if isinstance(layer, LayerState) else Layer.of_lif(constants, layer)
        return Unit(
            number=list(self.network.populations).index(name),
            constants=constants,
            layer=arrays,
            incoming=self._incoming[name],
            drive=np.zeros((0, population.size), arrays.current.dtype),
            learns=np.ones(population.size, bool) if learns is None else np.ascontiguousarray(learns),
            scale=float(population.mantissa) if self._state.arithmetic == "float" else 1.0,
        )


class Surroundings(NamedTuple):
    """Of what a population is a part while it is run: what comes in is written where its layer reads it."""

    number: int
    incoming: Incoming
    scale: float
    wiring: Wiring
    trains: Trains
    at: int  # index of the first tick in the trains
    first: int  # and in the drive
    drive: np.ndarray  # [ticks, post], or [0, post]
    kept: Sums
    rows: np.ndarray  # int32, room for those whose spikes arrive
    marked: np.ndarray  # bool[post], all False
    pre_ends: np.ndarray  # int64[ticks]
    pre_sources: np.ndarray  # int32[axons]
    teacher_ends: np.ndarray  # int64[ticks]
    teacher_sources: np.ndarray  # int32[post]
    total: np.ndarray  # [1, post], or [0, post] where nothing but axons and teachers comes in


def _in_network(outside: types.Type) -> bool:
    return getattr(outside, "instance_class", None) is Surroundings


@overload(before_tick, strict=False)
def _before_tick_in_network(outside: types.Type, k: types.Type) -> Body | None:
    if not _in_network(outside):
        return None

    def before_tick(outside: Surroundings, k: int) -> None:
        wiring, trains, incoming, at = outside.wiring, outside.trains, outside.incoming, outside.at + k
        trains.starts[outside.number, at + 1] = trains.starts[outside.number, at]
        outside.pre_ends[k] = gather(wiring, incoming.plastic, trains, at, outside.pre_sources)
        if len(outside.teacher_sources):
            events = outside.rows[: gather(wiring, incoming.direct, trains, at, outside.rows)]
            outside.teacher_ends[k] = reach(wiring, events, outside.marked, outside.teacher_sources)
        if len(outside.total):
            neurons, tick = len(outside.marked), outside.first + k
            drive = outside.drive.reshape(-1)[tick * neurons : (tick + 1) * neurons]
            other_input(
                wiring, incoming.fixed, outside.scale, trains, at, outside.rows, outside.kept, drive, outside.total[0]
            )

    return before_tick


@overload(send, strict=False)
def _send_in_network(outside: types.Type, k: types.Type, j: types.Type) -> Body | None:
    if not _in_network(outside):
        return None

    def send(outside: Surroundings, k: int, j: int) -> None:
        trains, number, at = outside.trains, outside.number, outside.at + k + 1
        trains.sources[trains.base[number] + trains.starts[number, at]] = j
        trains.starts[number, at] += 1

    return send


@cached_njit
def _run(
    units: Sequence[Unit], circle_ends: np.ndarray, circle_ticks: np.ndarray, wiring: Wiring, trains: Trains,
    before: int, ticks: int, seed: int, tick: int, learning: bool,
) -> None:  # fmt: skip
    """Circle by circle, each for as many ticks at a time as it can be."""
    begin = 0
    for g in range(len(circle_ends)):
        if circle_ends[g] - begin == 1:  # a population alone may feed itself: its spikes are there in the next tick
            _stretch(units[begin], wiring, trains, before, 0, ticks, seed, tick, learning)
        else:
            for first in range(0, ticks, circle_ticks[g]):
                last = min(first + circle_ticks[g], ticks)
                for u in range(begin, circle_ends[g]):
                    _stretch(units[u], wiring, trains, before, first, last, seed, tick + first, learning)
        begin = circle_ends[g]


@cached_njit
def _stretch(
    unit: Unit, wiring: Wiring, trains: Trains, before: int, first: int, last: int, seed: int, tick: int,
    learning: bool,
) -> None:  # fmt: skip
    """Ticks `first` to `last` - 1 of one population."""
    ticks, neurons, incoming = last - first, len(unit.layer.current), unit.incoming
    plastic, fixed = rows_of(wiring, incoming.plastic), rows_of(wiring, incoming.fixed)
    direct = rows_of(wiring, incoming.direct)
    outside = Surroundings(
        unit.number, incoming, unit.scale, wiring, trains, before + first, first, unit.drive,
        no_sums(wiring, incoming.fixed, neurons),
        np.empty(max(fixed, direct), np.int32), np.zeros(neurons, np.bool_),
        np.zeros(ticks, np.int64), np.empty(plastic, np.int32),
        np.zeros(ticks, np.int64), np.empty(neurons if direct else 0, np.int32),
        np.zeros((1 if fixed or len(unit.drive) else 0, neurons), unit.drive.dtype),
    )  # fmt: skip
    begins = np.zeros(ticks, np.int64)
    run_ticks(
        unit.constants, seed, tick, unit.layer, outside, begins, outside.pre_ends, outside.pre_sources,
        begins, outside.teacher_ends, outside.teacher_sources, learning, outside.total, unit.learns,
    )  # fmt: skip
