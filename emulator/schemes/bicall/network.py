"""The event-driven engine as a backend of networks: as `network.plain`, bit for bit, in fixed point.

Each population that learns is run by the engine for as many ticks as its delays allow; the synapses are only brought up
to date at the end, or for a recorder.
"""

import numpy as np

from bicall.emulator.network.arrivals import History, append, bundle_of, inputs_of, room_for
from bicall.emulator.network.network import DIRECT, FIXED, PLASTIC, Network, Population
from bicall.emulator.network.order import circles
from bicall.emulator.network.recording import NetworkRecorder
from bicall.emulator.network.spikes import Spikes, in_pieces, run_length
from bicall.emulator.rule.compiled import Layer, advance
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, LifState, SpikeTrain
from bicall.emulator.schemes.bicall import run as engine
from bicall.emulator.schemes.bicall.layer import from_layer, to_layer
from bicall.emulator.support.errors import BadInput

MOST_AT_ONCE = 2**24  # neurons times ticks


def run(
    network: Network,
    inputs: Spikes,
    learning: bool = True,
    recorder: NetworkRecorder | None = None,
    drive: dict[str, np.ndarray] | None = None,
    learns: dict[str, np.ndarray] | None = None,
) -> Spikes:
    """Run a started network over the ticks of its inputs. Arguments, result and errors: `bicall.run`.

    Raises:
        BadInput: learning enables, or float, in which the engine rounds drift otherwise than the plain loop.
    """
    drive = drive or {}
    ticks = run_length(network, inputs, drive, learns or {})
    if network.started.arithmetic != "fixed":
        raise BadInput(f"arithmetic is {network.started.arithmetic}, must be fixed for events; plain and compiled can")
    if learns:
        raise BadInput(f"learns: {next(iter(learns))} has enables, must have none for events; plain and compiled can")
    loop = _Loop(network)
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
    """The populations of a started network, each as the engine or the compiled loop wants it."""

    def __init__(self, network: Network):
        self._network, self._circles = network, circles(network)
        self._populations = {
            population.name: (_Learning if network.plastic_inputs(population.name) else _Lif)(network, population)
            for population in network.neuron_populations
        }

    def run(self, inputs: Spikes, drive: dict[str, np.ndarray], ticks: int, learning: bool) -> Spikes:
        """Run some ticks; the spikes of all populations of neurons."""
        history = History(self._network, inputs, ticks)
        for circle in self._circles:
            members = [self._populations[name] for name in circle.members]
            for member in members:
                room_for(history.sources, member.number, ticks * member.neurons)
            for first in range(0, ticks, circle.ticks or ticks):
                last = min(first + (circle.ticks or ticks), ticks)
                for name, member in zip(circle.members, members, strict=True):
                    driven = drive[name][first:last] if name in drive else member.no_drive
                    fired = member.run(history, first, last, driven, learning)
                    append(history.starts, history.sources, member.number, history.before + first, fired)
            for member in members:
                end = history.starts[member.number][-1]
                history.sources[member.number] = history.sources[member.number][:end].copy()
        self._network.started.tick += ticks
        return history.remember()

    def write_back(self) -> None:
        """Bring the network's state up to date."""
        for name, population in self._populations.items():
            population.write_back(self._network.started.layers[name])


class _Population:
    """What both kinds share: who comes in."""

    def __init__(self, network: Network, population: Population):
        self.number, self.neurons = list(network.populations).index(population.name), population.size
        self.no_drive = np.zeros((0, self.neurons), np.int32)
        self.constants, self.seed = population.constants_in("fixed"), network.started.seed
        self._tick = network.started.tick
        self._bundles = [bundle_of(network, population.name, kind) for kind in (PLASTIC, FIXED, DIRECT)]

    def run(self, history: History, first: int, last: int, drive: np.ndarray, learning: bool) -> np.ndarray:
        """Ticks first to last - 1 of the run; bool[ticks, neurons], the spikes."""
        *spikes, drive = inputs_of(
            *self._bundles, 1.0, self.neurons, history.starts, history.sources, history.before + first, last - first,
            np.ascontiguousarray(drive),
        )  # fmt: skip
        fired = self._run(spikes, drive, last - first, learning)
        self._tick += last - first
        return fired

    def _run(self, spikes: list[np.ndarray], drive: np.ndarray, ticks: int, learning: bool) -> np.ndarray:
        raise NotImplementedError


class _Learning(_Population):
    """A population that learns: the engine."""

    def __init__(self, network: Network, population: Population):
        super().__init__(network, population)
        layer = network.started.layers[population.name]
        assert isinstance(layer, LayerState)
        self._connectivity, self._state = from_layer(self.constants, layer)

    def _run(self, spikes: list[np.ndarray], drive: np.ndarray, ticks: int, learning: bool) -> np.ndarray:
        pre, teacher = SpikeTrain(*spikes[:2]), SpikeTrain(*spikes[2:])
        fired, _ = engine.run(
            self.constants, self._connectivity, self._state, pre, teacher, self.seed, learning,
            drive=drive if len(drive) else None,
        )  # fmt: skip
        return fired.dense(self.neurons)

    def write_back(self, layer: LayerState) -> None:
        found = to_layer(self.constants, self._connectivity, self._state, self.seed)
        for name in (*STATE_VARIABLES, "tick"):
            setattr(layer, name, getattr(found, name))


class _Lif(_Population):
    """Neurons without plastic synapses: the compiled loop, in the state's own arrays."""

    def __init__(self, network: Network, population: Population):
        super().__init__(network, population)
        layer = network.started.layers[population.name]
        assert isinstance(layer, LifState)
        self._layer = Layer.of_lif(layer)

    def _run(self, spikes: list[np.ndarray], drive: np.ndarray, ticks: int, learning: bool) -> np.ndarray:
        fired = np.zeros((ticks, self.neurons), bool)
        everybody = np.ones(self.neurons, bool)
        advance(self.constants, self.seed, self._tick, self._layer, *spikes, learning, fired, drive, everybody)
        return fired

    def write_back(self, layer: LifState) -> None:
        """Nothing to do."""
