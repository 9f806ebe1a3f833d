"""Recordings: what every backend writes, one format, so that two of them can be compared.

A recording is a NumPy .npz file. `format` holds "bicall-recording-1", `about` a JSON object (what made it; not
compared). Each recorded variable NAME has two arrays:

    NAME.ticks    int64[records]       ticks, ascending; the state is the state after that tick
    NAME.values   [records, ...]       one entry a record; its shape is the variable's own

Variables in use: pre_spikes and post_spikes (bool), x, y, s, current, membrane, refractory, h [pre, post], and w, the
transmitted bit. A backend records the variables that it has; a comparison wants the same variables on both sides.
"""

import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside

FORMAT = "bicall-recording-1"
# in the order of the tick contract, so that of two differences in a tick the cause is named rather than its effect
ORDER = ("pre_spikes", "x", "w", "current", "membrane", "refractory", "post_spikes", "y", "s", "h")


class Variable(NamedTuple):
    """Records of one variable: `ticks` int64[records], `values` [records, ...]."""

    ticks: np.ndarray
    values: np.ndarray


class Difference(NamedTuple):
    """The first place where two recordings differ."""

    tick: int
    variable: str
    index: tuple[int, ...]  # type: ignore[assignment]  # in place of the method of tuples
    first: object
    second: object

    def __str__(self) -> str:
        place = f"{self.variable}[{', '.join(map(str, self.index))}]" if self.index else self.variable
        return f"tick {self.tick}: {place} is {self.first} and {self.second}"


@dataclass
class Recording:
    """Named variables and a few words about where they come from."""

    variables: dict[str, Variable]
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many values it holds."""
        return sum(variable.values.size for variable in self.variables.values())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to `path`, whole or not at all."""
        arrays = {}
        for name, variable in self.variables.items():
            arrays[f"{name}.ticks"], arrays[f"{name}.values"] = variable.ticks, variable.values
        save_arrays(path, FORMAT, self.about, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Recording":
        """Read a recording.

        Raises:
            BadInput: no such file, or not a whole recording.
        """
        arrays = load_arrays(path, "recording", FORMAT)
        names = [key.removesuffix(".values") for key in arrays if key.endswith(".values")]
        variables = {}
        for name in names:
            ticks = arrays.get(f"{name}.ticks")
            values = arrays[f"{name}.values"]
            if ticks is None or ticks.ndim != 1 or values.ndim == 0 or len(ticks) != len(values):
                raise BadInput(f"recording {path}: variable {name} must have one tick a record")
            if not np.issubdtype(ticks.dtype, np.integer) or np.any(np.diff(ticks) < 0):
                raise BadInput(f"recording {path}: variable {name} must have ascending integer ticks")
            variables[name] = Variable(ticks, values)
        try:
            about = json.loads(str(arrays.get("about", "{}")))
        except ValueError as error:
            raise BadInput(f"recording {path}: about is not JSON ({error})") from None
        recording = cls(variables, about)
        if recording.size == 0:  # two empty recordings would be 'equal', which would prove nothing
            raise BadInput(f"recording {path}: holds no values, must hold at least one")
        return recording


def save_arrays(
    path: str | os.PathLike[str], form: str, about: dict[str, Any], arrays: Mapping[str, np.ndarray]
) -> None:
    """Write an .npz file that `load_arrays` reads, whole or not at all: `format`, `about` as JSON, and the arrays."""
    words = {"format": np.array(form), "about": np.array(json.dumps(about))}
    with write_aside(path) as aside, open(aside, "wb") as file:
        np.savez_compressed(file, **words, **arrays)  # type: ignore[arg-type]  # no array has an option's name


def load_arrays(path: str | os.PathLike[str], kind: str, *formats: str) -> dict[str, np.ndarray]:
    """All arrays of an .npz file whose array `format` holds one of the names in `formats`.

    Raises:
        BadInput: no such file, truncated, corrupt, or of another format.
    """
    try:
        with np.load(Path(path), allow_pickle=False) as file:
            arrays = dict(file)
    except OSError as error:
        raise BadInput(f"{kind} {path}: {error.strerror or 'cannot be read'}") from None
    except (ValueError, EOFError, AttributeError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error):
        # RuntimeError: a flipped bit makes a zip member look encrypted or of an unknown compression;
        # Attribute- or TypeError: one bare array instead of an archive, depending on Python's version
        raise BadInput(f"{kind} {path}: is corrupt or truncated, must be a whole .npz file") from None
    found = str(arrays.get("format", "none"))
    if found not in formats:
        raise BadInput(f"{kind} {path}: format is {found}, must be {' or '.join(formats)}")
    return arrays


class Recorder:
    """Collects the state of a layer after each tick.

    Args:
        h_every: record h at every so many ticks (and at none for 0): it is much larger than all the rest.
    """

    def __init__(self, h_every: int = 1):
        self.h_every = h_every
        self._records: dict[str, list[np.ndarray]] = {}
        self._ticks: dict[str, list[int]] = {}

    def add(self, tick: int, name: str, values: np.ndarray) -> None:
        """Record one variable's values (copied) at a tick."""
        self._records.setdefault(name, []).append(np.array(values))
        self._ticks.setdefault(name, []).append(tick)

    def take(self, state: Any, pre_spikes: np.ndarray, post_spikes: np.ndarray) -> None:
        """Record a layer's `LayerState` after a tick, and the tick's spikes as bool arrays."""
        self.add(state.tick, "pre_spikes", pre_spikes)
        self.add(state.tick, "post_spikes", post_spikes)
        for name in ("x", "y", "s", "current", "membrane", "refractory"):
            self.add(state.tick, name, getattr(state, name))
        if self.h_every and state.tick % self.h_every == 0:
            self.add(state.tick, "h", state.h)

    def recording(self, **about: Any) -> Recording:
        """What was collected so far."""
        variables = {
            name: Variable(np.array(self._ticks[name], np.int64), np.stack(records))
            for name, records in self._records.items()
        }
        return Recording(variables, about)


def compare(first: Recording, second: Recording) -> Difference | None:
    """The first difference of two recordings: smallest tick, then the contract's order, then smallest index.

    Values are equal when their numbers are equal; an int32 and an int64 of one value are. Two NaNs are equal.

    Raises:
        BadInput: the recordings do not hold the same variables, or a variable's shape or ticks differ.
    """
    if first.variables.keys() != second.variables.keys():
        lone = sorted(first.variables.keys() ^ second.variables.keys())[0]
        where = "first" if lone in first.variables else "second"
        raise BadInput(f"recordings: variable {lone} is only in the {where}, must be in both")
    differences = []
    for name in sorted(first.variables, key=_place):
        difference = _first_difference(name, first.variables[name], second.variables[name])
        if difference:
            differences.append(difference)
    return min(differences, key=lambda difference: difference.tick) if differences else None


def _place(name: str) -> tuple[int, str]:
    """Where a variable, of a layer or of a network's population, stands in the contract's order."""
    variable = name.rpartition(".")[2]
    return ORDER.index(variable) if variable in ORDER else len(ORDER), name


def _first_difference(name: str, first: Variable, second: Variable) -> Difference | None:
    if first.values.shape[1:] != second.values.shape[1:]:
        raise BadInput(
            f"recordings: variable {name} has shape {list(first.values.shape[1:])} in the first and "
            f"{list(second.values.shape[1:])} in the second, must be the same"
        )
    records = min(len(first.ticks), len(second.ticks))
    other_tick = np.flatnonzero(first.ticks[:records] != second.ticks[:records])
    if len(other_tick):
        records = int(other_tick[0])
    a, b = first.values[:records], second.values[:records]
    unequal = (a != b) & ~((a != a) & (b != b))
    if unequal.any():
        index = tuple(int(i) for i in np.argwhere(unequal)[0])
        return Difference(int(first.ticks[index[0]]), name, index[1:], a[index].item(), b[index].item())
    if records < max(len(first.ticks), len(second.ticks)):
        # one side has a record where the other has none, or one of another tick
        ticks = [v.ticks[records] if records < len(v.ticks) else None for v in (first, second)]
        tick = min(int(t) for t in ticks if t is not None)
        states = ["recorded" if t == tick else "not recorded" for t in ticks]
        return Difference(tick, name, (), *states)
    return None
