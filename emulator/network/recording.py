"""Recordings of networks: the variables of each population, named POPULATION.VARIABLE."""

import numpy as np

from bicall.emulator.rule.recording import Recorder
from bicall.emulator.rule.state import LayerState, LifState


class NetworkRecorder(Recorder):
    """Collects the state of every population of neurons after each tick; arguments as of `Recorder`."""

    def take(  # type: ignore[override]
        self, tick: int, name: str, layer: LayerState | LifState, arrived: np.ndarray, fired: np.ndarray
    ) -> None:
        """Record a population's state after a tick.

        Args:
            arrived: bool[axons] of a population that learns, the spikes that arrived; fired: bool[neurons].
        """
        learns = isinstance(layer, LayerState)
        if learns:
            self.add(tick, f"{name}.pre_spikes", arrived)
        self.add(tick, f"{name}.post_spikes", fired)
        for variable in ("x", "y", "s", "current", "membrane", "refractory") if learns else LifState._fields:
            self.add(tick, f"{name}.{variable}", getattr(layer, variable))
        if learns and self.h_every and tick % self.h_every == 0:
            self.add(tick, f"{name}.h", layer.h)
