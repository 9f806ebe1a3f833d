"""What the processes check about their arguments before anything is compiled: one line, naming value and limit."""

import numpy as np

from bicall.emulator.support.errors import BadInput

MAX_DELAY = 63  # Loihi has 6 bits for delays


def check_population(what: str, shape) -> None:
    """A population's shape is (n,), n at least 1.

    Raises:
        BadInput: it is not.
    """
    if not (isinstance(shape, tuple) and len(shape) == 1 and shape[0] >= 1):
        raise BadInput(f"{what}: is {shape!r}, must be (n,) with n at least 1")


def check_count(what: str, value, low: int, high: int = 2**32 - 1) -> None:
    """A whole number within limits.

    Raises:
        BadInput: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise BadInput(f"{what}: is {value!r}, must be an integer from {low} to {high}")


def check_matrix(what: str, values) -> None:
    """A matrix [post, pre] with at least one entry.

    Raises:
        BadInput: it is something else.
    """
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.size == 0:
        found = f"shape {list(np.shape(values))}" if isinstance(values, np.ndarray) else type(values).__name__
        raise BadInput(f"{what}: is of {found}, must be a NumPy array of shape [post, pre]")


def check_delay(what: str, delay, pre: int) -> np.ndarray:
    """int64[pre], from one delay for all axons or one for each.

    Raises:
        BadInput: another shape, or a delay that is no whole number from 0 to MAX_DELAY.
    """
    delays = np.asarray(delay)
    if delays.shape not in ((), (pre,)):
        raise BadInput(f"{what}: has shape {list(delays.shape)}, must be one number or [{pre}]")
    if not np.issubdtype(delays.dtype, np.integer):
        raise BadInput(f"{what}: is of type {delays.dtype}, must be integer")
    if delays.min() < 0 or delays.max() > MAX_DELAY:
        raise BadInput(f"{what}: is {delays.max() if delays.min() >= 0 else delays.min()}, must be 0 to {MAX_DELAY}")
    return np.broadcast_to(delays, (pre,)).astype(np.int64)
