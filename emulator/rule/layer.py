"""A layer's arrays as the compiled loop wants them."""

from typing import NamedTuple

import numpy as np

from bicall.emulator.rule.checks import check_layer, check_lif
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.state import LayerState, LifState

LANES = 8  # bytes of a 64-bit word


class Layer(NamedTuple):
    """The arrays of a `LayerState` as the compiled loop wants them. They share memory with the state, but for `w`.

    h lies in memory neuron by neuron, w axon by axon, so both passes over the synapses run along memory.
    """

    rows: np.ndarray  # int32[pre]
    columns: np.ndarray  # int32[post]
    x: np.ndarray  # int32 or float64, as all that follow but w
    y: np.ndarray
    s: np.ndarray
    current: np.ndarray
    membrane: np.ndarray
    refractory: np.ndarray  # int32[post]
    h: np.ndarray  # [post, pre]
    w: np.ndarray  # uint8[pre, post padded to a multiple of LANES], which synapses transmit the high weight
    reached: np.ndarray  # uint8, as w: which synapses exist; [0, 0] in a dense layer
    connected: np.ndarray  # uint8[post, pre], likewise

    @classmethod
    def of(cls, constants: Constants, state: LayerState) -> "Layer":
        """A state's arrays. `state.h` becomes Fortran-ordered, if it is not. Raises: as `checks.check_layer`."""
        check_layer(constants, state)
        state.h = np.asfortranarray(state.h)
        if state.connected is None:
            reached = connected = np.zeros((0, 0), np.uint8)
        else:
            reached = _padded(state.connected)
            connected = np.ascontiguousarray(state.connected.T).view(np.uint8)
        return cls(
            state.rows, state.columns, state.x, state.y, state.s, state.current, state.membrane, state.refractory,
            state.h.T, _padded(state.h > constants.h_threshold), reached, connected,
        )  # fmt: skip

    @classmethod
    def of_lif(cls, constants: Constants, state: LifState) -> "Layer":
        """Neurons without plastic synapses: a layer without axons, whose traces nobody looks at.

        Raises: as `checks.check_lif`.
        """
        check_lif(constants, state)
        neurons, dtype = len(state.current), state.current.dtype
        none, nothing = np.zeros(0, dtype), np.zeros((0, 0), np.uint8)
        return cls(
            np.zeros(0, np.int32), np.arange(neurons, dtype=np.int32), none, np.zeros(neurons, dtype),
            np.zeros(neurons, dtype), state.current, state.membrane, state.refractory,
            np.zeros((neurons, 0), dtype), _padded(np.zeros((0, neurons), bool)), nothing, nothing,
        )  # fmt: skip


def no_drive(state: LayerState) -> np.ndarray:
    """What `advance` takes for the drive where there is none."""
    return np.zeros((0, len(state.y)), state.current.dtype)


def all_learn(state: LayerState) -> np.ndarray:
    """What `advance` takes for the learning enables where all neurons learn."""
    return np.ones(len(state.y), bool)


def _padded(bits: np.ndarray) -> np.ndarray:
    padded = np.zeros((len(bits), bits.shape[1] + -bits.shape[1] % LANES), np.uint8)
    padded[:, : bits.shape[1]] = bits
    return padded
