"""What loops take for granted of a state and of what is given with it: whoever made it, none works on other shapes."""

import sys

import numpy as np

from bicall.emulator.rule.constants import MEMBRANE_LIMIT, Constants
from bicall.emulator.rule.randomness import INDEX_BITS
from bicall.emulator.rule.state import LayerState, LifState, is_fixed
from bicall.emulator.support.arrays import ANY, check_number, checked
from bicall.emulator.support.errors import BadInput

LAST_TICK = 2**32 - 1


def check_layer(constants: Constants, state: object, where: str = "state") -> LayerState:
    """Hold a layer's state against the constants of its arithmetic. Loops change it in place.

    Returns:
        the state.

    Raises:
        BadInput: an array of another type or shape, not in one piece or not to be written, or a value out of range.
    """
    if not isinstance(state, LayerState):
        raise BadInput(f"{where}: is a {type(state).__name__}, must be a LayerState of neurons that learn")
    check_number(f"{where}: tick", state.tick, 0, LAST_TICK)
    dtype = _dtype(constants)
    pre, post = _lengths(state.h, f"{where}: h")
    for name, length in (("x", pre), ("y", post), ("s", post)):
        _check(f"{where}: {name}", getattr(state, name), dtype, (length,), (0, getattr(constants, f"{name}_full")))
    _check_neurons(state, dtype, post, where)
    _check(f"{where}: h", state.h, dtype, (pre, post), (0, constants.h_full))
    for name, length in (("rows", pre), ("columns", post)):
        numbers = getattr(state, name)
        _check(f"{where}: {name}", numbers, np.dtype(np.int32), (length,), (0, 2**INDEX_BITS - 1))
        if np.any(numbers[1:] <= numbers[:-1]):
            raise BadInput(f"{where}: {name} must ascend, none twice")
    if state.connected is not None:
        checked(f"{where}: connected", state.connected, bool, (pre, post))
        if np.any(state.h[~state.connected]):
            raise BadInput(f"{where}: h is not 0 where connected says that there is no synapse, must be 0 there")
    return state


def check_lif(constants: Constants, state: object, where: str = "state") -> LifState:
    """Likewise the state of neurons without plastic synapses. Raises: as `check_layer`."""
    if not isinstance(state, LifState):
        raise BadInput(f"{where}: is a {type(state).__name__}, must be a LifState of neurons that do not learn")
    _check_neurons(state, _dtype(constants), ANY, where)
    return state


def check_drive(drive: np.ndarray, dtype: np.dtype, shape: tuple[int, int], name: str = "drive") -> None:
    """Raises: BadInput: another shape or type, or a number that is not finite or too large."""
    checked(name, drive, dtype, shape)
    limit = 2 * MEMBRANE_LIMIT  # as for the sum of fixed weights: the current stays within 32 bits
    if drive.dtype == np.int32 and drive.size and not -limit < drive.min() <= drive.max() < limit:
        worst = drive.ravel()[np.abs(drive.astype(np.int64)).argmax()]
        raise BadInput(f"{name}: is {worst} at a tick, must be within +-{limit - 1}")
    if drive.dtype != np.int32 and not np.all(np.isfinite(drive)):
        raise BadInput(f"{name}: holds numbers that are not finite, must hold none")


def check_learns(learns: np.ndarray, neurons: int, name: str = "learns") -> None:
    """Raises: BadInput: another shape or type."""
    checked(name, learns, bool, (neurons,))


def _check_neurons(state: LayerState | LifState, dtype: np.dtype, post: int | None, where: str) -> None:
    if post is ANY:
        (post,) = checked(f"{where}: current", state.current, dtype, (ANY,)).shape
    # a current that grows far beyond its 24 bits within a tick wraps around once only
    largest = sys.float_info.max if dtype == np.float64 else 2**31 - 1
    _check(f"{where}: current", state.current, dtype, (post,), (-largest, largest))
    largest = sys.float_info.max if dtype == np.float64 else MEMBRANE_LIMIT - 1
    _check(f"{where}: membrane", state.membrane, dtype, (post,), (-largest, largest))
    _check(f"{where}: refractory", state.refractory, np.dtype(np.int32), (post,), (0, 2**31 - 1))


def _check(
    where: str, values: np.ndarray, dtype: np.dtype, shape: tuple[int | None, ...], limits: tuple[float, float]
) -> None:
    checked(where, values, dtype, shape, limits)
    if not isinstance(values, np.ndarray) or values.dtype != dtype:
        raise BadInput(f"{where}: must be an array of {dtype}, which a loop changes in place")
    in_one_piece = values.flags.c_contiguous or values.ndim == 2  # h is brought into its order
    if not values.flags.writeable or not in_one_piece:
        raise BadInput(f"{where}: must lie in memory in one piece and be writable, as a loop changes it in place")


def _lengths(values: np.ndarray, where: str) -> tuple[int, int]:
    if np.ndim(values) != 2:
        raise BadInput(f"{where}: has {np.ndim(values)} axes, must have 2, [pre, post]")
    pre, post = np.shape(values)
    return pre, post


def _dtype(constants: Constants) -> np.dtype:
    return np.dtype(np.int32 if is_fixed(constants) else np.float64)
