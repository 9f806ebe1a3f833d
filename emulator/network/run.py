"""A network, run by any backend of this room."""

from types import MappingProxyType

import numpy as np

from bicall.emulator.network import compiled, plain
from bicall.emulator.network.network import Network
from bicall.emulator.network.recording import NetworkRecorder
from bicall.emulator.network.spikes import Spikes
from bicall.emulator.support.errors import BadInput

LOOPS = MappingProxyType({"plain": plain.run, "compiled": compiled.run})


def run(
    network: Network,
    inputs: Spikes,
    backend: str = "compiled",
    learning: bool = True,
    recorder: NetworkRecorder | None = None,
    drive: dict[str, np.ndarray] | None = None,
    learns: dict[str, np.ndarray] | None = None,
) -> Spikes:
    """Run a started network over the ticks of its inputs, changing its state in place.

    Args:
        inputs: the spikes of input populations by name, all of one length; those that are missing are silent.
        backend: "plain", the reference, or "compiled", equal to it bit for bit.
        learning: if false, no step and no drift touches any h.
        recorder: takes the state of every population after every tick.
        drive: by population of neurons, [ticks, neurons], added to each neuron's input of a tick: float64 in thresholds
            in float, int32 in units of the weights in fixed point.
        learns: by population of neurons, bool[neurons], the learning enables; populations that are missing learn.

    Returns:
        The spikes of each population of neurons.

    Raises:
        BadInput: an unknown backend, a network that was not started, or inputs, a drive or enables that do not fit it.
    """
    if backend not in LOOPS:
        raise BadInput(f"backend is {backend!r}, must be one of {', '.join(LOOPS)}")
    return LOOPS[backend](network, inputs, learning, recorder, drive, learns)
