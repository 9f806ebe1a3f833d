"""The Verilog core as a backend of networks: each population that learns on a core of its own, bit for bit.

The host plays the mesh: it brings each core the spikes that arrive, and the events of its teachers.
"""

import numpy as np

from bicall.emulator.network import by_population
from bicall.emulator.network.network import FIXED, Network
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.spikes import Spikes
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver.core import Core
from bicall.rtl.driver.core_words import Size

LANES = 16  # synapses of a row that are updated at once
OTHERS = "plain, compiled, events and OnChip can"


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
        BadInput: what the core does not hold: neurons that do not learn, fixed weights, a drive of several strengths,
            float; or a missing tool.
    """
    for population in network.neuron_populations:
        if not network.plastic_inputs(population.name):
            raise BadInput(f"population {population.name}: does not learn, must learn in verilog; {OTHERS}")
        for projection in network.inputs_of(population.name, FIXED):
            raise BadInput(f"{projection}: has fixed weights, must be plastic or direct in verilog; {OTHERS}")
    return by_population.run(network, inputs, learning, recorder, drive, learns, "verilog", _Population)


class _Population:
    """A population on its core."""

    def __init__(self, constants: Constants, state: LayerState, seed: int):
        axons, neurons = state.h.shape
        size = Size(axons, neurons, min(LANES, neurons), sparse=state.connected is not None)
        self._core, self._learning = Core(constants, size), True
        self._core.load(state, seed)

    def run(
        self, pre: SpikeTrain, teacher: SpikeTrain, drive: np.ndarray | None, learning: bool, learns: np.ndarray
    ) -> np.ndarray:
        if learning != self._learning:
            self._core.write("learn", int(learning))
            self._learning = learning
        return self._core.run(pre, teacher, drive, learns)

    def state(self) -> LayerState:
        return self._core.state()

    def __del__(self) -> None:
        self._core.close()
