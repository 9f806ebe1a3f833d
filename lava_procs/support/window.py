"""Memory that the process which starts a network shares with its models: what they did, or what they are to do."""

import mmap
from collections.abc import Mapping

import numpy as np

MOST_TICKS, MOST_BYTES = 1000, 2**26


class Window:
    """One array [time steps, ...] a name, over some time steps in a row.

    Lava hands over Vars value by value. This one costs the two sides a copy. It lives in memory that is shared over a
    fork, so it must be made before the network is started.

    Args:
        shapes: of the arrays' values in one time step, by name.
        steps: how many time steps it holds.

    Attributes:
        steps: as given.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]], steps: int):
        self.steps = steps
        self._shapes = dict(shapes)
        # 8 bytes a value serve both arithmetics; pages that are never written cost nothing
        self._memory = {name: mmap.mmap(-1, max(8, 8 * steps * _values(shape))) for name, shape in shapes.items()}
        self._span = np.frombuffer(mmap.mmap(-1, 16), np.int64)  # the first time step in it, and the last one written

    @property
    def first(self) -> int:
        """The first time step in it; what is earlier is not kept."""
        return int(self._span[0])

    @first.setter
    def first(self, time_step: int) -> None:
        self._span[0] = time_step

    @property
    def last(self) -> int:
        """The last time step that a model was through with."""
        return int(self._span[1])

    def view(self, name: str, dtype: np.dtype | type) -> np.ndarray:
        """[steps, ...]: the memory of a name; time step t is at t - first, or a multiple of `steps` earlier."""
        shape = (self.steps, *self._shapes[name])
        return np.frombuffer(self._memory[name], dtype, count=self.steps * _values(shape[1:])).reshape(shape)

    def write(self, time_step: int, model: object) -> None:
        """Keep the attributes of a model that have the arrays' names, at the end of its time step."""
        self._span[1] = time_step
        place = time_step - self.first
        if place >= 0:
            for name in self._shapes:
                values = getattr(model, name)
                self.view(name, values.dtype)[place % self.steps] = values


def fitting_steps(*shapes: tuple[int, ...]) -> int:
    """How many time steps of values of these shapes go into one window."""
    return int(np.clip(MOST_BYTES // (8 * max(1, sum(map(_values, shapes)))), 1, MOST_TICKS))


def _values(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.int64))
