"""The keys of a recording, whatever form they were stored in."""

import ast
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bicall.emulator.support.errors import BadInput


@dataclass(frozen=True)
class Fields:
    """The contents of an `.npz`; the neuron's parameters from `par_*` keys or the text of a `params` dictionary."""

    path: str
    contents: dict[str, np.ndarray]
    neuron: dict

    @classmethod
    def read(cls, path: str | Path) -> "Fields":
        """Raises BadInput where the file cannot be read."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                contents = {key: array for key in stored.files if (array := _plain(stored, key)) is not None}
        except (OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
            raise BadInput(f"{path}: not a recording that can be read ({str(error).splitlines()[0]})") from None
        neuron = _dictionary(path, "params", contents["params"]) if "params" in contents else {}
        for key, value in contents.items():
            if key.startswith("par_"):
                _put(neuron, key[4:], value)
        return cls(str(path), contents, neuron)

    def __contains__(self, key: str) -> bool:
        return key in self.contents

    def array(self, key: str) -> np.ndarray:
        """A numeric key as a flat float64 array."""
        if key not in self.contents:
            raise BadInput(f"{self.path}: key {key} is missing, must be there")
        try:
            return np.atleast_1d(self.contents[key]).astype(np.float64).ravel()
        except (TypeError, ValueError):
            raise BadInput(f"{self.path}: key {key} is {self.contents[key]!r:.60}, must be numbers") from None

    def per_synapse(self, key: str, synapses: int) -> np.ndarray:
        """A finite value for each synapse, from one for all or one for each; shape (synapses,)."""
        values = self.array(key)
        if values.size not in (1, synapses):
            raise BadInput(f"{self.path}: key {key} has {values.size} values, must have 1 or {synapses}")
        values = np.broadcast_to(values, (synapses,))
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            raise BadInput(f"{self.path}: synapse {bad[0]}: {key} is {values[bad[0]]}, must be finite")
        return values

    def positive(self, key: str) -> float:
        """A key with one value above 0 (which may be repeated for each synapse)."""
        values = self.array(key)
        if values.size == 0 or not (np.isfinite(values) & (values > 0)).all():
            raise BadInput(f"{self.path}: {key} is {values[:1]}, must be above 0")
        if (values != values[0]).any():
            spread = f"{values.min():g} to {values.max():g}"
            raise BadInput(f"{self.path}: {key} is {spread}, must be the same for all synapses")
        return float(values[0])

    def parameters(self, names: tuple[str, ...]) -> dict:
        """The neuron's parameters of these names."""
        return {name: self._number(self.neuron, name, name) for name in names}

    def compartment(self, compartment: str, names: tuple[str, ...]) -> dict:
        """The parameters of one of the neuron's compartments."""
        found = self.neuron.get(compartment)
        if not isinstance(found, dict):
            raise BadInput(f"{self.path}: the neuron's parameter {compartment} is missing, must be a dictionary")
        return {name: self._number(found, name, f"{compartment}.{name}") for name in names}

    def _number(self, where: dict, name: str, shown: str) -> float | bool:
        try:
            value = np.asarray(where[name]).item()
        except KeyError:
            raise BadInput(f"{self.path}: the neuron's parameter {shown} is missing, must be there") from None
        except ValueError:
            raise BadInput(f"{self.path}: the neuron's parameter {shown} has many values, must have one") from None
        if isinstance(value, (bool, int, float)) and np.isfinite(value):
            return value
        raise BadInput(f"{self.path}: the neuron's parameter {shown} is {value!r:.60}, must be a finite number")


def _plain(stored, key: str) -> np.ndarray | None:
    """An array of numbers or text; None for pickled objects, which are not loaded (they could run code)."""
    try:
        return stored[key]
    except ValueError:
        return None


def _put(neuron: dict, name: str, value: np.ndarray) -> None:
    """Store parameter `name`; soma.g_L (or soma_g_L) goes into the dictionary of the compartment."""
    for compartment in ("soma", "dendritic"):
        if name == compartment and value.dtype.kind in "US":
            neuron[name] = _dictionary("recording", f"par_{name}", value)
            return
        if name.startswith((f"{compartment}.", f"{compartment}_")):
            neuron.setdefault(compartment, {})[name[len(compartment) + 1 :]] = value
            return
    neuron[name] = value


def _dictionary(path, key: str, text: np.ndarray) -> dict:
    """A dictionary from its text, in Python's notation or JSON."""
    content = str(text.item()) if text.size == 1 else ""
    for parse in (ast.literal_eval, json.loads):
        try:
            parsed = parse(content)
        except (ValueError, SyntaxError):
            continue
        if isinstance(parsed, dict):
            return parsed
    raise BadInput(f"{path}: key {key} is {content!r:.60}, must be the text of a dictionary")
