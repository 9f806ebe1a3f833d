"""The compiled loop of a network: as `network.plain`, bit for bit, each population by `rule.compiled.advance`.

Populations are run one after the other for as many ticks as their delays allow (`network.order`), so what a call costs
is shared by many ticks, and the whole run is one compiled call.
"""

from typing import NamedTuple

import numba
import numpy as np

from bicall.emulator.network.arrivals import Bundle, History, append, bundle_of, inputs_of
from bicall.emulator.network.network import DIRECT, FIXED, PLASTIC, Network, Population
from bicall.emulator.network.order import circles
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.spikes import Spikes, in_pieces, run_length
from bicall.emulator.rule.compiled import Layer, advance
from bicall.emulator.rule.state import LayerState
from bicall.emulator.support.caching import cached_njit

MOST_AT_ONCE = 2**23  # neurons times ticks of a compiled call, which keeps room for a spike of each


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
    recorder: PopulationRecorder | None = None,
    drive: dict[str, np.ndarray] | None = None,
    learns: dict[str, np.ndarray] | None = None,
) -> Spikes:
    """Run a started network over the ticks of its inputs. Arguments, result and errors: `bicall.run`."""
    drive, learns = drive or {}, learns or {}
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
            self._units, self._circle_ends, self._circle_ticks, history.trains,
            history.before, ticks, self._state.seed, self._state.tick, learning,
        )  # fmt: skip
        self._state.advance(ticks)
        return history.remember()

    def _unit(self, population: Population, learns: np.ndarray | None) -> Unit:
        name, constants = population.name, population.constants_in(self._state.arithmetic)
        layer = self._state.layers[name]
        arrays = Layer.of(constants, layer) if isinstance(layer, LayerState) else Layer.of_lif(layer)
        return Unit(
            number=list(self.network.populations).index(name),
            constants=constants,
            layer=arrays,
            **{kind: bundle_of(self.network, name, kind) for kind in (PLASTIC, FIXED, DIRECT)},
            drive=np.zeros((0, population.size), arrays.current.dtype),
            learns=np.ones(population.size, bool) if learns is None else learns,
            scale=float(population.mantissa) if self._state.arithmetic == "float" else 1.0,
        )


@cached_njit
def _run(units, circle_ends, circle_ticks, trains, before, ticks, seed, tick, learning):
    """Circle by circle, each for as many ticks at a time as it can be."""
    begin = 0
    for g in range(len(circle_ends)):
        if circle_ends[g] - begin == 1:  # taking a unit out of the list costs as much as a small population's tick
            unit = units[begin]
            for first in range(0, ticks, circle_ticks[g]):
                last = min(first + circle_ticks[g], ticks)
                _stretch(unit, trains, before, first, last, seed, tick + first, learning)
            begin = circle_ends[g]
            continue
        for first in range(0, ticks, circle_ticks[g]):
            last = min(first + circle_ticks[g], ticks)
            for u in range(begin, circle_ends[g]):
                _stretch(units[u], trains, before, first, last, seed, tick + first, learning)
        begin = circle_ends[g]


@cached_njit
def _stretch(unit, trains, before, first, last, seed, tick, learning):
    """Ticks `first` to `last` - 1 of one population."""
    ticks, neurons = last - first, len(unit.layer.current)
    pre_starts, pre_sources, teacher_starts, teacher_sources, drive = inputs_of(
        unit.plastic, unit.fixed, unit.direct, unit.scale, neurons, trains, before + first, ticks,
        unit.drive[first:last],
    )  # fmt: skip
    fired = np.zeros((ticks, neurons), np.bool_)
    advance(
        unit.constants, seed, tick, unit.layer, pre_starts, pre_sources, teacher_starts, teacher_sources,
        learning, fired, drive, unit.learns,
    )  # fmt: skip
    append(trains, unit.number, before + first, fired)
