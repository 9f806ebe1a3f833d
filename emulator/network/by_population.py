"""A network on a backend that runs one population at a time, for as many ticks as its delays allow.

What such a backend brings is how it runs a population that learns (`Runner`); neurons without plastic synapses are run
by the compiled loop, in the state's own arrays.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from bicall.emulator.network.arrivals import History, Incoming, Wiring, append, inputs_of, wiring_of
from bicall.emulator.network.network import Network, Population
from bicall.emulator.network.order import circles
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.spikes import Spikes, in_pieces, run_length
from bicall.emulator.rule.compiled import advance
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.layer import Layer
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, LifState, SpikeTrain
from bicall.emulator.support.errors import BadInput

MOST_AT_ONCE = 2**23  # neurons times ticks


class Runner(Protocol):
    """A population that learns, at work somewhere else."""

    def run(
        self, pre: SpikeTrain, teacher: SpikeTrain, drive: np.ndarray | None, learning: bool, learns: np.ndarray
    ) -> np.ndarray:
        """Some ticks; bool[ticks, neurons], the spikes. Arguments: as of `rule.plain.run`."""

    def state(self) -> LayerState:
        """Its state now."""


Starter = Callable[[Constants, LayerState, int], Runner]  # constants, state and seed to a runner


def run(
    network: Network,
    inputs: Spikes,
    learning: bool,
    recorder: PopulationRecorder | None,
    drive: dict[str, np.ndarray] | None,
    learns: dict[str, np.ndarray] | None,
    backend: str,
    start: Starter,
) -> Spikes:
    """Run a started network over the ticks of its inputs. Arguments, result and errors: `bicall.run`.

    Args:
        backend: its name, for messages.
        start: puts a population that learns on the backend.

    Raises:
        BadInput: float, which such backends do not have.
    """
    drive, learns = {} if drive is None else drive, {} if learns is None else learns
    ticks = run_length(network, inputs, drive, learns)
    if network.started.arithmetic != "fixed":
        raise BadInput(
            f"arithmetic is {network.started.arithmetic}, must be fixed for {backend}; plain and compiled can"
        )
    loop = _Loop(network, start, learns)
    at_once = max(1, MOST_AT_ONCE // max(1, network.neurons))

    def piece(inputs: Spikes, drive: dict[str, np.ndarray], ticks: int, learning: bool) -> Spikes:
        fired = loop.run(inputs, drive, ticks, learning)
        if recorder:
            loop.write_back()
        return fired

    result = in_pieces(network, inputs, drive, ticks, at_once, learning, recorder, piece)
    loop.write_back()
    return result


class _Loop:
    """The populations of a started network, each where it is run."""

    def __init__(self, network: Network, start: Starter, learns: dict[str, np.ndarray]):
        self._network, self._circles = network, circles(network)
        wiring, incoming = wiring_of(network)
        self._populations = {
            each.name: _Population(network, each, wiring, incoming[each.name], start, learns.get(each.name))
            for each in network.neuron_populations
        }

    def run(self, inputs: Spikes, drive: dict[str, np.ndarray], ticks: int, learning: bool) -> Spikes:
        """Run some ticks; the spikes of all populations of neurons."""
        history = History(self._network, inputs, ticks)
        for circle in self._circles:
            members = [self._populations[name] for name in circle.members]
            for first in range(0, ticks, circle.ticks or ticks):
                last = min(first + (circle.ticks or ticks), ticks)
                for name, member in zip(circle.members, members, strict=True):
                    driven = drive[name][first:last] if name in drive else member.no_drive
                    fired = member.run(history, first, last, driven, learning)
                    append(history.trains, member.number, history.before + first, fired)
        self._network.started.tick += ticks
        return history.remember()

    def write_back(self) -> None:
        """Bring the network's state up to date."""
        for population in self._populations.values():
            population.write_back()
        self._network.started.advance(0)


class _Population:
    """A population with all that comes into it."""

    def __init__(
        self,
        network: Network,
        population: Population,
        wiring: Wiring,
        incoming: Incoming,
        start: Starter,
        learns: np.ndarray | None,
    ):
        name, state = population.name, network.started
        self.number, self.neurons = list(network.populations).index(name), population.size
        self.no_drive = np.zeros((0, self.neurons), np.int32)
        self._learns = np.ones(self.neurons, bool) if learns is None else learns
        self._wiring, self._incoming = wiring, incoming
        self._layer, constants = state.layers[name], population.constants_in("fixed")
        if isinstance(self._layer, LayerState):
            self._runner: Runner | _Lif = start(constants, self._layer, state.seed)
        else:
            self._runner = _Lif(constants, self._layer)

    def run(self, history: History, first: int, last: int, drive: np.ndarray, learning: bool) -> np.ndarray:
        """Ticks first to last - 1 of the run; bool[ticks, neurons], the spikes."""
        pre_starts, pre_sources, teacher_starts, teacher_sources, drive = inputs_of(
            self._wiring, self._incoming, 1.0, self.neurons, history.trains, history.before + first, last - first,
            np.ascontiguousarray(drive),
        )  # fmt: skip
        pre, teacher = SpikeTrain(pre_starts, pre_sources), SpikeTrain(teacher_starts, teacher_sources)
        return self._runner.run(pre, teacher, drive if len(drive) else None, learning, self._learns)

    def write_back(self) -> None:
        if isinstance(self._layer, LayerState) and not isinstance(self._runner, _Lif):
            found = self._runner.state()
            for name in (*STATE_VARIABLES, "tick"):
                setattr(self._layer, name, getattr(found, name))


class _Lif:
    """Neurons without plastic synapses, in the state's own arrays."""

    def __init__(self, constants: Constants, state: LifState):
        self._constants, self._layer = constants, Layer.of_lif(constants, state)

    def run(
        self, pre: SpikeTrain, teacher: SpikeTrain, drive: np.ndarray | None, learning: bool, learns: np.ndarray
    ) -> np.ndarray:
        neurons = len(self._layer.current)
        fired = np.zeros((pre.ticks, neurons), bool)
        more = np.zeros((0, neurons), np.int32) if drive is None else drive
        # neurons alone have no traces, so neither seed nor tick matters
        advance(self._constants, 0, 0, self._layer, *pre, *teacher, learning, fired, more, learns)
        return fired
