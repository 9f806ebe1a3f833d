"""Arrays that grow row by row: in memory while they are small, else in a file without a name that is mapped."""

import tempfile
from collections.abc import Iterable

import numpy as np

IN_MEMORY = 2**28  # bytes


class Gathering:
    """An array [n, *shape] in the making."""

    def __init__(self, shape: tuple[int, ...], dtype: type | np.dtype):
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed by `array`
        self._shape, self._dtype = shape, np.dtype(dtype)

    def add(self, rows: np.ndarray) -> None:
        """Some more rows."""
        self._file.write(np.ascontiguousarray(rows, self._dtype).data)

    def array(self) -> np.ndarray:
        """All of them; read-only where it is mapped. Nothing can be added afterwards."""
        with self._file as file:
            length = file.tell()
            if length == 0:
                return np.zeros((0, *self._shape), self._dtype)
            if length <= IN_MEMORY:
                file.seek(0)
                return np.frombuffer(bytearray(file.read()), self._dtype).reshape(-1, *self._shape)
            rows = length // (self._dtype.itemsize * int(np.prod(self._shape)))
            return np.memmap(file, self._dtype, "r", shape=(rows, *self._shape))


def gather(chunks: Iterable[np.ndarray], shape: tuple[int, ...], dtype: type | np.dtype) -> np.ndarray:
    """One array [n, *shape] of many [k, *shape]."""
    gathering = Gathering(shape, dtype)
    for chunk in chunks:
        gathering.add(chunk)
    return gathering.array()


class Rows:
    """Some rows of an array, looked at when asked for: a split of a mapped array does not copy it."""

    def __init__(self, values: np.ndarray, rows: np.ndarray):
        self.values, self.rows = values, rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.values.shape[1:])

    def __getitem__(self, chosen: slice | np.ndarray) -> np.ndarray:
        return np.asarray(self.values[self.rows[chosen]])
