"""The judge of mapped networks: whole populations, whole matrices, no cores, the plain loop's arithmetic."""

import numpy as np

from bicall.emulator.network.network import DIRECT, PLASTIC, Network
from bicall.emulator.rule import compiled
from bicall.emulator.rule.plain import FixedPoint
from bicall.emulator.rule.state import LayerState, LifState, SpikeTrain
from bicall.emulator.support.errors import BadInput


class UnmappedNetwork:
    """A network's populations and their states.

    Args:
        states: the state of each plastic layer, by the name of its neurons' population; changed by running.
        seed: of the stochastic rounding.
    """

    def __init__(self, network: Network, states: dict[str, LayerState], seed: int):
        self.network, self.seed = network, seed
        neurons = [population for population in network.populations.values() if not population.is_input]
        self.states = {each.name: states.get(each.name) or LifState.rest(each.size, each.constants) for each in neurons}

    def reset(self) -> None:
        """Between two samples."""
        for state in self.states.values():
            state.reset()

    def run(self, inputs: dict[str, SpikeTrain], learning: bool = True) -> np.ndarray:
        """As `MappedNetwork.run`."""
        arriving = dense_inputs(self.network, inputs)
        spikes = np.zeros(arriving.shape, bool)
        for k in range(len(spikes)):
            for name in self.states:
                population = self.network.populations[name]
                step = self._plastic_tick if self.network.plastic_input(name) else self._fixed_tick
                spikes[k, population.nodes] = step(name, arriving, spikes, k, learning)
        return spikes

    def _arrived(self, projection, arriving: np.ndarray, spikes: np.ndarray, k: int) -> np.ndarray:
        """bool[pre], the spikes that a projection brings in tick k of the run."""
        pre = self.network.populations[projection.pre]
        history, k = (arriving, k - projection.delay + 1) if pre.is_input else (spikes, k - projection.delay)
        return history[k, pre.nodes] if k >= 0 else np.zeros(pre.size, bool)

    def _inputs_of(self, name: str, arriving, spikes, k):
        for projection in self.network.projections:
            if projection.post == name:
                yield projection, self._arrived(projection, arriving, spikes, k)

    def _plastic_tick(self, name: str, arriving, spikes, k, learning) -> np.ndarray:
        trains = {PLASTIC: None, DIRECT: SpikeTrain.silent(1)}
        for projection, arrived in self._inputs_of(name, arriving, spikes, k):
            if projection.kind == DIRECT:  # a matrix of zeros and ones: which neurons a teacher teaches
                arrived = (arrived @ projection.matrix) > 0
            trains[projection.kind] = SpikeTrain.from_dense(arrived[None])
        constants = self.network.populations[name].constants
        fired, _ = compiled.run(constants, self.states[name], trains[PLASTIC], trains[DIRECT], self.seed, learning)
        return fired[0]

    def _fixed_tick(self, name: str, arriving, spikes, k, learning) -> np.ndarray:
        constants, state = self.network.populations[name].constants, self.states[name]
        total = np.zeros(len(state.current), np.int64)
        for projection, arrived in self._inputs_of(name, arriving, spikes, k):
            into = arrived.astype(np.int64) @ projection.matrix
            total += (into > 0) * constants.teacher_weight if projection.kind == DIRECT else into
        current, membrane = FixedPoint(constants, self.seed).integrate(state.current, state.membrane, total)
        active = state.refractory == 0
        state.current[:] = current
        state.membrane[active] = np.maximum(membrane, constants.membrane_floor)[active]
        state.refractory[~active] -= 1
        fired = state.membrane > constants.membrane_threshold
        state.membrane[fired] = 0
        state.refractory[fired] = constants.refractory_ticks
        return fired


def dense_inputs(network: Network, inputs: dict[str, SpikeTrain]) -> np.ndarray:
    """bool[ticks, nodes], the spikes of the inputs; populations that are not given are silent.

    Raises:
        BadInput: the inputs' lengths differ, or a name is not that of an input.
    """
    ticks = {train.ticks for train in inputs.values()}
    if len(ticks) != 1:
        raise BadInput(f"inputs: have {sorted(ticks)} ticks, must have one length")
    arriving = np.zeros((ticks.pop(), network.nodes), bool)
    for name, train in inputs.items():
        if name not in network.populations or not network.populations[name].is_input:
            raise BadInput(f"inputs: {name!r} is not an input population of network {network.name}")
        population = network.populations[name]
        arriving[:, population.nodes] = train.dense(population.size)
    return arriving
