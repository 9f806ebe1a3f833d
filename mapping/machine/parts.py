"""What a core does in a tick with the neurons of one population, from nothing but what has arrived at it."""

from typing import NamedTuple

import numpy as np
import scipy.sparse

from bicall.emulator.rule import compiled
from bicall.emulator.rule.constants import DECAY_FRACTION_BITS, MEMBRANE_LIMIT, MEMBRANE_SHIFT, Constants
from bicall.emulator.rule.state import LayerState, LifState, SpikeTrain
from bicall.emulator.support.caching import cached_njit


class Host(NamedTuple):
    """What the host gives to the neurons of a part in a tick, beside packets: over the port, straight to the core."""

    drive: np.ndarray | None = None  # int32[columns], added to each neuron's input
    learns: np.ndarray | None = None  # bool[columns], the learning enables; None: all learn


NOTHING = Host()


class PlasticPart(NamedTuple):
    """Neurons of a layer that learns: the emulator's compiled loop on the part of the layer that the core holds."""

    core: int  # position in the configuration's list of cores
    population: str
    neurons: np.ndarray  # int64[columns], the core's neuron of each column
    axons: np.ndarray  # int64[rows], the core's axon behind each row of the state
    fixed: scipy.sparse.csr_array | None  # int32[axons of the core, columns], other synapses' weights, if there are any
    constants: Constants
    state: LayerState
    seed: int

    def tick(self, arrived: np.ndarray, direct: np.ndarray, sums: np.ndarray, learning: bool, host: Host) -> np.ndarray:
        """One tick.

        Args:
            arrived: bool[axons of the core], spikes; direct: bool[neurons of the core], direct events;
            sums: int64[neurons of the core], partial sums of helpers.
            host: what the host gives to each column.

        Returns:
            bool[columns], who fired.
        """
        pre = SpikeTrain.from_dense(arrived[None, self.axons])
        teacher = SpikeTrain.from_dense(direct[None, self.neurons])
        drive = None if host.drive is None else host.drive[None]
        if self.fixed is not None:
            sums = (arrived.astype(np.int64) @ self.fixed).astype(np.int32)[None]
            drive = sums if drive is None else drive + sums
        return compiled.run(
            self.constants, self.state, pre, teacher, self.seed, learning, drive=drive, learns=host.learns
        )[0][0]

    def reset(self) -> None:
        """Between two samples."""
        self.state.reset()

    def learns_from(self, fired: np.ndarray, host: Host) -> bool:
        """Whether synapses learn from the spikes of the tick that was: a gate is open, after step 6 of the contract."""
        gate = self.state.s[fired if host.learns is None else fired & host.learns]
        return bool(np.any((self.constants.gate_low < gate) & (gate < self.constants.gate_high)))


class FixedPart(NamedTuple):
    """Neurons whose weights stay."""

    core: int
    population: str
    neurons: np.ndarray  # int64[n], the core's neuron of each
    synapses: scipy.sparse.csr_array  # int32[axons of the core, n]
    constants: Constants
    state: LifState

    def tick(self, arrived: np.ndarray, direct: np.ndarray, sums: np.ndarray, learning: bool, host: Host) -> np.ndarray:
        """As `PlasticPart.tick`; a direct event adds the teacher's weight."""
        c, rows = self.constants, self.synapses
        arriving = direct[self.neurons] * np.int64(c.teacher_weight) + sums[self.neurons]
        if host.drive is not None:
            arriving += host.drive
        fired = np.zeros(len(arriving), bool)
        _integrate(c, rows.indptr, rows.indices, rows.data, np.flatnonzero(arrived), arriving, *self.state, fired)
        return fired

    def reset(self) -> None:
        """Between two samples."""
        self.state.reset()

    def learns_from(self, fired: np.ndarray, host: Host) -> bool:
        """Never."""
        return False


class HelperPart(NamedTuple):
    """Helpers of neurons that are split: they add up, and do nothing else."""

    core: int
    nodes: np.ndarray  # int32[n]
    synapses: scipy.sparse.csr_array  # int32[axons of the core, n]

    def sums(self, arrived: np.ndarray) -> np.ndarray:
        """int64[n], what each helper sends to its neuron."""
        return arrived.astype(np.int64) @ self.synapses


@cached_njit
def _integrate(c, starts, neurons, weights, arrived, arriving, current, membrane, refractory, fired):
    """Steps 4 and 5 of the tick contract, in integers."""
    for axon in arrived:
        for e in range(starts[axon], starts[axon + 1]):
            arriving[neurons[e]] += weights[e]
    for j in range(len(arriving)):
        u = _leak(current[j], c.current_decay) + (arriving[j] << MEMBRANE_SHIFT)
        if u > MEMBRANE_LIMIT:
            u -= 2 * MEMBRANE_LIMIT
        if u <= -MEMBRANE_LIMIT:
            u += 2 * MEMBRANE_LIMIT
        current[j] = u
        if refractory[j] > 0:
            refractory[j] -= 1
        else:
            v = _leak(membrane[j], c.membrane_decay) + u
            membrane[j] = max(min(max(v, -MEMBRANE_LIMIT + 1), MEMBRANE_LIMIT - 1), c.membrane_floor)
        fired[j] = membrane[j] > c.membrane_threshold
        if fired[j]:
            membrane[j] = (membrane[j] - c.membrane_threshold) * c.reset_by_subtraction
            refractory[j] = c.refractory_ticks


@cached_njit(inline="always")
def _leak(value, factor):
    product = np.int64(value) * factor
    return product >> DECAY_FRACTION_BITS if product >= 0 else -((-product) >> DECAY_FRACTION_BITS)
