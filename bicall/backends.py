"""A network on any backend: one call, the same spikes and the same state."""

import numpy as np

from bicall.emulator.network.backend import Backend
from bicall.emulator.network.network import Network
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.spikes import Spikes, check_named
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.extras import missing

BACKENDS = ("plain", "compiled", "events", "lava", "verilog")


def run(
    network: Network,
    inputs: Spikes,
    backend: str | Backend = "compiled",
    learning: bool = True,
    recorder: PopulationRecorder | None = None,
    drive: dict[str, np.ndarray] | None = None,
    learns: dict[str, np.ndarray] | None = None,
) -> Spikes:
    """Run a started network over the ticks of its inputs, changing its state in place.

    Args:
        inputs: the spikes of input populations by name, all of one length; those that are missing are silent.
        backend: "plain", the reference; "compiled", equal to it bit for bit; "events", equal in fixed point, which
            updates synapses only at spikes; "lava", equal, as processes on Lava's CPU backend (it needs Python 3.10);
            "verilog", each population that learns on a core of its own; or a function with the other arguments:
            `OnChip(network, chip).run`.
        learning: if false, no step and no drift touches any h.
        recorder: takes the state of every population after every tick.
        drive: by population of neurons, [ticks, neurons], added to each neuron's input of a tick: float64 in thresholds
            in float, int32 in units of the weights in fixed point.
        learns: by population of neurons, bool[neurons], the learning enables; populations that are missing learn.

    Returns:
        The spikes of each population of neurons.

    Raises:
        BadInput: an unknown backend, a network that was not started, inputs, a drive or enables that do not fit it, or
            something that the backend cannot hold, with those that can.
    """
    if not isinstance(network, Network):
        raise BadInput(f"network is a {type(network).__name__}, must be a Network")
    check_named(inputs=inputs, drive={} if drive is None else drive, learns={} if learns is None else learns)
    if recorder is not None and not isinstance(recorder, PopulationRecorder):
        raise BadInput(f"recorder is a {type(recorder).__name__}, must be a PopulationRecorder")
    if not isinstance(learning, bool | np.bool_):
        raise BadInput(f"learning is {learning!r}, must be True or False")
    if not isinstance(backend, str) and not callable(backend):
        raise BadInput(f"backend is {backend!r}, must be a function or one of {', '.join(BACKENDS)}")
    called = _loaded(backend) if isinstance(backend, str) else backend
    return called(network, inputs, bool(learning), recorder, drive, learns)


def _loaded(backend: str) -> Backend:
    """A backend by its name, loaded when first asked for: it may need an extra."""
    try:
        match backend:
            case "plain":
                from bicall.emulator.network import plain

                return plain.run
            case "compiled":
                from bicall.emulator.network import compiled

                return compiled.run
            case "events":
                from bicall.emulator.schemes.bicall import network as events

                return events.run
            case "lava":
                from bicall.lava_procs.build import network as lava

                return lava.run
            case "verilog":
                from bicall.rtl.driver import network as verilog

                return verilog.run
    except ModuleNotFoundError as error:
        raise (missing(error.name) or error) from None
    raise BadInput(f"backend is {backend!r}, must be one of {', '.join(BACKENDS)}")
