"""What every backend is: a function that runs a network."""

from typing import Protocol

import numpy as np

from bicall.emulator.network.network import Network
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.spikes import Spikes


class Backend(Protocol):
    """Runs a started network over the ticks of its inputs, changing its state in place.

    Arguments, result and errors: `bicall.run`, but `backend`.
    """

    def __call__(
        self,
        network: Network,
        inputs: Spikes,
        learning: bool = True,
        recorder: PopulationRecorder | None = None,
        drive: dict[str, np.ndarray] | None = None,
        learns: dict[str, np.ndarray] | None = None,
    ) -> Spikes: ...
