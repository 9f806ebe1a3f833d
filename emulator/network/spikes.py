"""Spikes of populations: what goes into a run, what comes out, and what is still under way."""

from collections.abc import Callable

import numpy as np

from bicall.emulator.network.network import Network
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.state import RunState
from bicall.emulator.rule.checks import LAST_TICK, check_drive, check_layer, check_learns, check_lif
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.arrays import check_number, checked
from bicall.emulator.support.errors import BadInput

Spikes = dict[str, SpikeTrain]  # by the name of the population


def run_length(network: Network, inputs: Spikes, drive: dict[str, np.ndarray], learns: dict[str, np.ndarray]) -> int:
    """The ticks of a run, whose arguments are those of `bicall.run`: all that a backend takes for granted is looked at.

    Raises:
        BadInput: no inputs, inputs of several lengths, not those of an input population, or spikes of sources that are
            not there or not in order; a drive or learning enables of populations that are not there, or of another
            shape or type.
    """
    check_named(inputs=inputs, drive=drive, learns=learns)
    _check_state(network)
    for name, train in inputs.items():
        if not isinstance(train, SpikeTrain):
            raise BadInput(f"inputs: {name} is a {type(train).__name__}, must be a SpikeTrain")
        if name not in network.populations or not network.populations[name].is_input:
            known = ", ".join(each.name for each in network.populations.values() if each.is_input)
            raise BadInput(f"inputs: {name!r} is not an input of network {network.name}, must be one of {known}")
        train.check(name, network.populations[name].size)
    lengths = sorted({train.ticks for train in inputs.values()})
    if len(lengths) != 1:
        raise BadInput(f"inputs: have {lengths} ticks, must have one length")
    if network.started.tick + lengths[0] > LAST_TICK:
        raise BadInput(f"tick: would reach {network.started.tick + lengths[0]}, must be at most {LAST_TICK}")
    for name, values in drive.items():
        size, dtype = _neurons(network, "drive", name)
        check_drive(values, dtype, (lengths[0], size), f"drive of {name}")
    for name, enabled in learns.items():
        size, _ = _neurons(network, "learns", name)
        check_learns(enabled, size, f"learns of {name}")
    return lengths[0]


def check_named(**given: object) -> None:
    """Raises: BadInput: one of what is given by the names of populations is no dict."""
    for what, values in given.items():
        if not isinstance(values, dict):
            raise BadInput(f"{what}: is a {type(values).__name__}, must be a dict by the names of populations")


def _check_state(network: Network) -> None:
    """Whether the state is that of the network as it is now, and fit for a loop.

    Raises:
        BadInput: the network was changed after its start, or its state in a way that no loop can bear.
    """
    state = network.started
    check_number("seed", state.seed, 0, LAST_TICK)
    check_number("tick", state.tick, 0, LAST_TICK)
    neurons = {each.name: each for each in network.neuron_populations}
    if state.layers.keys() != neurons.keys():
        known = ", ".join(neurons)
        raise BadInput(f"state: is of {', '.join(state.layers)}, must be of {known}: start {network.name} anew")
    for name, layer in state.layers.items():
        where, constants = f"state of {name}", neurons[name].constants_in(state.arithmetic)
        axons = sum(network.populations[each.pre].size for each in network.plastic_inputs(name))
        size = neurons[name].size
        network.check_weights(name, state.arithmetic)
        if network.plastic_inputs(name):
            learning = check_layer(constants, layer, where)
            if learning.h.shape != (axons, size):
                found = list(learning.h.shape)
                raise BadInput(f"{where}: h is {found}, must be [{axons}, {size}]: start {network.name} anew")
            if learning.tick != state.tick:
                raise BadInput(f"{where}: tick is {learning.tick}, must be {state.tick} as of the network")
        else:
            current = check_lif(constants, layer, where).current
            checked(f"{where}: current", current, current.dtype, (size,))
    for name, train in state.recent.items():
        if name not in network.populations or not isinstance(train, SpikeTrain):
            raise BadInput(f"state: has recent spikes of {name!r}, must be SpikeTrains of the network's populations")
        train.check(f"recent {name}", network.populations[name].size)


def _neurons(network: Network, what: str, name: str) -> tuple[int, np.dtype]:
    """How many neurons a population has, and the type of their state."""
    layers = network.started.layers
    if name not in layers:
        raise BadInput(f"{what}: {name!r} is not a population of neurons, must be one of {', '.join(layers)}")
    return len(layers[name].current), layers[name].current.dtype


def recent_spikes(state: RunState, name: str, ticks: int) -> SpikeTrain:
    """The spikes of a population in the last ticks before now, silent where there are no records."""
    train = state.recent.get(name, SpikeTrain.silent(0)).last(ticks)
    missing = ticks - train.ticks
    return SpikeTrain(np.concatenate([np.zeros(missing, np.int64), train.starts]), train.sources)


def remember(network: Network, spikes: Spikes) -> None:
    """Keep what a network's populations did in the ticks that just ended, as far as it may be under way."""
    for name, train in spikes.items():
        before = recent_spikes(network.started, name, network.remembered_ticks)
        network.started.recent[name] = joined(before, train).last(network.remembered_ticks)


def joined(first: SpikeTrain, second: SpikeTrain) -> SpikeTrain:
    """One train after the other."""
    return concatenated([first, second])


def concatenated(trains: list[SpikeTrain]) -> SpikeTrain:
    """Trains one after the other."""
    trains = [train.last(train.ticks) for train in trains]
    ends = np.cumsum([0, *(len(train.sources) for train in trains)])
    starts = [train.starts[:-1] + end for train, end in zip(trains, ends, strict=False)]
    return SpikeTrain(
        np.concatenate([*starts, ends[-1:]]).astype(np.int64), np.concatenate([train.sources for train in trains])
    )


def in_pieces(
    network: Network,
    inputs: Spikes,
    drive: dict[str, np.ndarray],
    ticks: int,
    at_once: int,
    learning: bool,
    recorder: PopulationRecorder | None,
    run: Callable[[Spikes, dict[str, np.ndarray], int, bool], Spikes],
) -> Spikes:
    """A run as several shorter ones, for a backend that records nothing by itself: tick by tick for a recorder.

    Args:
        at_once: most ticks of a piece.
        run: inputs, drive, ticks, learning -> spikes; it leaves the network's state as it is after those ticks.
    """
    state = network.started
    pieces: dict[str, list[SpikeTrain]] = {each.name: [SpikeTrain.silent(0)] for each in network.neuron_populations}
    for first in range(0, ticks, 1 if recorder else at_once):
        last = first + 1 if recorder else min(first + at_once, ticks)
        piece = {name: SpikeTrain(train.starts[first : last + 1], train.sources) for name, train in inputs.items()}
        fired = run(piece, {name: values[first:last] for name, values in drive.items()}, last - first, learning)
        for name, train in fired.items():
            pieces[name].append(train)
        if recorder:
            for name, train in fired.items():
                layer = state.layers[name]
                arrived = arrived_last(network, name) if isinstance(layer, LayerState) else np.zeros(0, bool)
                recorder.take(state.tick, name, layer, arrived, train.dense(len(layer.current))[0])
    return {name: concatenated(trains) for name, trains in pieces.items()}


def arrived_last(network: Network, name: str) -> np.ndarray:
    """bool[axons], the spikes that arrived at a population that learns in the last tick."""
    parts = []
    for projection in network.plastic_inputs(name):
        pre = network.populations[projection.pre]
        sent = recent_spikes(network.started, projection.pre, network.remembered_ticks).dense(pre.size)
        parts.append(sent[len(sent) - 1 - projection.delays + pre.is_input, np.arange(pre.size)])
    return np.concatenate(parts)
