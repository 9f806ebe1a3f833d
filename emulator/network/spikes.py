"""Spikes of populations: what goes into a run, what comes out, and what is still under way."""

import numpy as np

from bicall.emulator.network.network import Network
from bicall.emulator.network.state import NetworkState
from bicall.emulator.rule.compiled import check_drive, check_learns
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput

Spikes = dict[str, SpikeTrain]  # by the name of the population
LAST_TICK = 2**32 - 1


def run_length(network: Network, inputs: Spikes, drive: dict[str, np.ndarray], learns: dict[str, np.ndarray]) -> int:
    """The ticks of a run, whose arguments are those of `network.run.run`.

    Raises:
        BadInput: no inputs, inputs of several lengths, not those of an input population, or spikes of sources that are
            not there or not in order; a drive or learning enables of populations that are not there, or of another
            shape or type.
    """
    for name, train in inputs.items():
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


def _neurons(network: Network, what: str, name: str) -> tuple[int, np.dtype]:
    """How many neurons a population has, and the type of their state."""
    layers = network.started.layers
    if name not in layers:
        raise BadInput(f"{what}: {name!r} is not a population of neurons, must be one of {', '.join(layers)}")
    return len(layers[name].current), layers[name].current.dtype


def recent_spikes(state: NetworkState, name: str, ticks: int) -> SpikeTrain:
    """The spikes of a population in the last ticks before now, silent where there are no records."""
    train = state.recent.get(name, SpikeTrain.silent(0)).last(ticks)
    missing = ticks - train.ticks
    return SpikeTrain(np.concatenate([np.zeros(missing, np.int64), train.starts]), train.sources)


def joined(first: SpikeTrain, second: SpikeTrain) -> SpikeTrain:
    """One train after the other."""
    first, second = first.last(first.ticks), second.last(second.ticks)
    return SpikeTrain(
        np.concatenate([first.starts, second.starts[1:] + first.starts[-1]]),
        np.concatenate([first.sources, second.sources]),
    )
