"""Events: where, when and which way a pixel changed; many recordings in one set of arrays."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from bicall.emulator.data.gathering import Gathering
from bicall.emulator.support.errors import BadInput

LIMIT = 2**15  # pixels a side


class Events(NamedTuple):
    """One recording, in order of time."""

    x: np.ndarray  # int16[events], column
    y: np.ndarray  # int16[events], row
    t: np.ndarray  # int64[events], microseconds
    p: np.ndarray  # bool[events], True: brighter

    @property
    def duration_us(self) -> int:
        """From the first event to the last."""
        return int(self.t[-1] - self.t[0]) if len(self.t) else 0


class Recordings:
    """Recordings one after the other: events `starts[k]` to `starts[k + 1] - 1` are those of recording k."""

    def __init__(self, starts: np.ndarray, events: Events):
        self.starts, self.events = starts, events

    def __len__(self) -> int:
        return len(self.starts) - 1

    def one(self, k: int) -> Events:
        """Recording k."""
        return Events(*(field[self.starts[k] : self.starts[k + 1]] for field in self.events))

    def __getitem__(self, chosen) -> "Recordings":
        """Some of them: a slice, or int64[k] or bool[n]."""
        chosen = np.arange(len(self))[chosen]
        return Recordings.of(self.one(k) for k in chosen)

    @classmethod
    def of(cls, recordings: Iterable[Events]) -> "Recordings":
        """From single ones."""
        fields = [Gathering((), kind) for kind in (np.int16, np.int16, np.int64, np.bool_)]
        starts = [0]
        for each in recordings:
            for field, values in zip(fields, each, strict=True):
                field.add(values)
            starts.append(starts[-1] + len(each.t))
        return cls(np.array(starts, np.int64), Events(*(field.array() for field in fields)))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) that the events need."""
        events = self.events
        return (int(events.y.max()) + 1, int(events.x.max()) + 1) if len(events.t) else (1, 1)


def checked(where: str, x, y, t, p) -> Events:
    """Events from any four arrays of numbers.

    Raises:
        BadInput: lengths differ, a value is not a whole number, time runs backwards, a coordinate is negative or too
            large, a polarity is neither of two.
    """
    arrays = {name: np.asarray(values) for name, values in zip("xytp", (x, y, t, p), strict=True)}
    lengths = {name: values.shape for name, values in arrays.items()}
    if len(set(lengths.values())) != 1 or len(arrays["t"].shape) != 1:
        shapes = ", ".join(f"{name} {list(shape)}" for name, shape in lengths.items())
        raise BadInput(f"{where}: fields have shapes {shapes}, must be as long as each other")
    for name, values in arrays.items():
        if values.dtype.kind == "f":
            odd = np.flatnonzero(~(np.isfinite(values) & (values == np.rint(values))))
            if len(odd):
                raise BadInput(f"{where}: event {odd[0]}: {name} is {values[odd[0]]}, must be a whole number")
        elif values.dtype.kind not in "iub":
            raise BadInput(f"{where}: field {name} is {values.dtype}, must be whole numbers")
    for name in "xy":
        odd = np.flatnonzero((arrays[name] < 0) | (arrays[name] >= LIMIT))
        if len(odd):
            raise BadInput(f"{where}: event {odd[0]}: {name} is {arrays[name][odd[0]]}, must be from 0 to {LIMIT - 1}")
    time = arrays["t"].astype(np.int64)
    back = np.flatnonzero(time[1:] < time[:-1])
    if len(back):
        k = int(back[0]) + 1
        raise BadInput(f"{where}: event {k}: t is {time[k]}, must be at least {time[k - 1]}, that of the event before")
    polarity = arrays["p"]
    odd = np.flatnonzero((polarity != 0) & (polarity != 1) & (polarity != -1))
    if len(odd):
        raise BadInput(f"{where}: event {odd[0]}: p is {polarity[odd[0]]}, must be 0 or 1, or -1 or 1")
    return Events(arrays["x"].astype(np.int16), arrays["y"].astype(np.int16), time, polarity > 0)
