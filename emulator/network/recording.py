"""Recordings of networks: the variables of each population, named POPULATION.VARIABLE."""

from typing import Any

import numpy as np

from bicall.emulator.network.network import Network
from bicall.emulator.rule.recording import Recorder
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, LifState


class PopulationRecorder(Recorder):
    """Collects the state of every population of neurons after each tick; arguments as of `Recorder`."""

    def take(  # type: ignore[override]  # one population at a time
        self, tick: int, name: str, layer: LayerState | LifState, arrived: np.ndarray, fired: np.ndarray
    ) -> None:
        """Record a population's state after a tick.

        Args:
            arrived: bool[axons] of a population that learns, the spikes that arrived; fired: bool[neurons].
        """
        if isinstance(layer, LayerState):
            self.add(tick, f"{name}.pre_spikes", arrived)
        self.add(tick, f"{name}.post_spikes", fired)
        every_tick = STATE_VARIABLES[:-1] if isinstance(layer, LayerState) else LifState._fields
        for variable in every_tick:
            self.add(tick, f"{name}.{variable}", getattr(layer, variable))
        if isinstance(layer, LayerState) and self.h_every and tick % self.h_every == 0:
            self.add(tick, f"{name}.h", layer.h)


def pictured(network: Network) -> dict[str, Any]:
    """What a recording's `about` says for `bicall view`: `shapes` of what forms a picture, `gates` on s; started."""
    shapes, gates = {}, {}
    for population in network.neuron_populations:
        shapes[f"{population.name}.post_spikes"] = list(population.shape)
        plastic = network.plastic_inputs(population.name)
        if plastic:
            constants = population.constants_in(network.started.arithmetic)
            gates[population.name] = [constants.gate_low, constants.gate_high]
        if len(plastic) == 1:
            shape = list(network.populations[plastic[0].pre].shape)
            shapes |= {f"{population.name}.{name}": shape for name in ("pre_spikes", "h")}
    return {"shapes": shapes, "gates": gates}
