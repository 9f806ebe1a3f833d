"""What stands between a caller's arrays and a compiled loop, which looks at neither shapes nor limits."""

import numpy as np
import numpy.typing as npt

from bicall.emulator.support.errors import BadInput

ANY = None  # a length that is the caller's choice


def checked(
    where: str,
    values: npt.ArrayLike,
    dtype: npt.DTypeLike,
    shape: tuple[int | None, ...],
    limits: tuple[float, float] | None = None,
) -> np.ndarray:
    """An array of the type and shape that a loop takes for granted, in C order.

    Args:
        where: what it is, for the error message.
        dtype: its type; numbers of another integer type are taken over if they are integers and within `limits`.
        shape: the length of each axis, `ANY` where it does not matter.
        limits: the least and the largest value.

    Raises:
        BadInput: another type or shape, or a value that is not within the limits (NaN is not).
    """
    array, wanted = np.asarray(values), np.dtype(dtype)
    integers = limits is not None and array.dtype.kind in "iu" and wanted.kind in "iu"
    fits = array.ndim == len(shape) and all(
        expected in (ANY, found) for expected, found in zip(shape, array.shape, strict=True)
    )
    if not fits or not (array.dtype == wanted or integers):
        lengths = ", ".join("n" if length is ANY else str(length) for length in shape)
        raise BadInput(f"{where}: is {array.dtype}{list(array.shape)}, must be {wanted}[{lengths}]")
    if limits is not None and array.size:
        low, high = limits
        if not (array.min() >= low and array.max() <= high):  # nor is it where there is a NaN
            outside = ~((array >= low) & (array <= high))
            at = tuple(int(i) for i in np.argwhere(outside)[0])
            raise BadInput(f"{where}: is {array[at]} at {list(at)}, must be from {low} to {high}")
    return np.ascontiguousarray(array, wanted)


def check_number(where: str, value: int, low: int, high: int) -> None:
    """Hold a whole number against its limits.

    Raises:
        BadInput: it is not within them, or no whole number.
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise BadInput(f"{where} is {value}, must be a whole number from {low} to {high}")
