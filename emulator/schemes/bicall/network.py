"""The event-driven engine as a backend of networks: as `network.plain`, bit for bit, in fixed point."""

import numpy as np

from bicall.emulator.network import by_population
from bicall.emulator.network.network import Network
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.spikes import Spikes
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.schemes.bicall import run as engine
from bicall.emulator.schemes.bicall.layer import from_layer, to_layer
from bicall.emulator.support.errors import BadInput


def run(
    network: Network,
    inputs: Spikes,
    learning: bool = True,
    recorder: PopulationRecorder | None = None,
    drive: dict[str, np.ndarray] | None = None,
    learns: dict[str, np.ndarray] | None = None,
) -> Spikes:
    """Run a started network over the ticks of its inputs. Arguments, result and errors: `bicall.run`.

    Raises:
        BadInput: learning enables, or float, in which the engine rounds drift otherwise than the plain loop.
    """
    if learns:
        raise BadInput(f"learns: {next(iter(learns))} has enables, must have none for events; plain and compiled can")
    return by_population.run(network, inputs, learning, recorder, drive, learns, "events", _Population)


class _Population:
    """A population that learns, on the engine; its synapses are brought up to date when its state is asked for."""

    def __init__(self, constants: Constants, state: LayerState, seed: int):
        self._constants, self._seed = constants, seed
        self._connectivity, self._state = from_layer(constants, state)

    def run(
        self, pre: SpikeTrain, teacher: SpikeTrain, drive: np.ndarray | None, learning: bool, learns: np.ndarray
    ) -> np.ndarray:
        fired, _ = engine.run(
            self._constants, self._connectivity, self._state, pre, teacher, self._seed, learning, drive=drive
        )
        return fired.dense(self._connectivity.neurons)

    def state(self) -> LayerState:
        return to_layer(self._constants, self._connectivity, self._state, self._seed)
