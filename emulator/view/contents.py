"""What the page shows of a recording: spikes as lists, all other variables narrowed and within a budget.

A variable of a network's recording is called POPULATION.VARIABLE, of a layer's recording VARIABLE; docs/recordings.md
says what `about` may tell of them (shapes, gates).
"""

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bicall.emulator.data.recordings import Events
from bicall.emulator.rule.recording import Recording, Variable, compare
from bicall.emulator.support.errors import BadInput

BUDGET = 16 * 2**20  # bytes of each variable but spikes; what does not fit is thinned, and the page says so
FIRST, SECOND, BOTH = "first", "second", "both"
NARROW = (np.uint8, np.int16, np.uint16, np.int32)
SMALLEST_PICTURE = 64  # inputs that are a square number of at least so many are shown as a square


def contents(title: str, first: Recording, second: Recording | None = None, budget: int = BUDGET) -> dict:
    """What a page shows, JSON-ready; `omitted` has a sentence for each thing that was left out.

    Args:
        second: another recording of the same variables, to be shown over the first.

    Raises:
        BadInput: the recordings cannot be compared, or hold nothing that is shown.
    """
    difference = None if second is None else compare(first, second)
    others = {} if second is None else second.variables
    omitted: list[str] = []
    spikes: list[Any] = []
    layers: dict[str, Any] = {}
    for name, variable in first.variables.items():
        population, _, kind = name.rpartition(".")
        if variable.values.dtype == bool and variable.values.ndim == 2:
            second_one = others.get(name)
            at = variable.ticks if second_one is None else np.union1d(variable.ticks, second_one.ticks)
            spikes.append({
                "name": name,
                "size": variable.values.shape[1],
                "shape": _shape(first.about, name, variable.values.shape[1]),
                "ticks": packed(at),
                "parts": _spike_parts(at, variable, second_one),
            })  # fmt: skip
            continue
        layer = layers.setdefault(population, {"name": population, "traces": [], "hidden": None})
        if variable.values.ndim == 2:
            layer["traces"].append(_traces(name, kind, variable, others.get(name), budget, omitted))
        elif variable.values.ndim == 3:
            hidden = _hidden(name, kind, variable, others.get(name), budget, omitted)
            layer["hidden"] = hidden | {"shape": _shape(first.about, name, variable.values.shape[1])}
    for population, layer in layers.items():
        layer["gate"] = _gate(first.about, population)
    if not spikes and not layers:
        raise BadInput(f"recording {title}: has no variable of spikes, traces or weights, must have at least one")
    ticks = [variable.ticks for variable in [*first.variables.values(), *others.values()] if len(variable.ticks)]
    return _page(
        title,
        {key: value for key, value in first.about.items() if isinstance(value, str | int | float)},
        (int(min(each[0] for each in ticks)), int(max(each[-1] for each in ticks))),
        spikes,
        layers=list(layers.values()),
        compared=second is not None,
        difference=difference and {
            "text": str(difference), "tick": difference.tick, "variable": difference.variable,
            "index": list(difference.index),
        },
        omitted=omitted,
    )  # fmt: skip


def contents_of_events(title: str, events: Events) -> dict:
    """As `contents`, of a recording of events, which is a film: a tick is a millisecond, from the first event on.

    Raises:
        BadInput: no events.
    """
    if not len(events.t):
        raise BadInput(f"recording {title}: has no events, must have at least one")
    ticks = (events.t - events.t[0]) // 1000
    height, width = int(events.y.max()) + 1, int(events.x.max()) + 1
    sources = (events.p.astype(np.int64) * height + events.y) * width + events.x
    starts = np.concatenate([[0], np.cumsum(np.bincount(ticks))])
    spikes = {
        "name": "events",
        "size": 2 * height * width,
        "shape": [2, height, width],
        "ticks": packed(np.arange(len(starts) - 1)),
        "parts": [_part(BOTH, starts, sources)],
    }
    return _page(title, {"events": len(ticks), "pixels": f"{width} x {height}"}, (0, int(ticks[-1])), [spikes])


def _page(
    title: str,
    made: dict,
    ticks: tuple[int, int],
    spikes: list[dict],
    layers: Sequence[dict] = (),
    compared: bool = False,
    difference: dict | None = None,
    omitted: Sequence[str] = (),
) -> dict:
    return {
        "title": title,
        "made": made,
        "first": ticks[0],
        "last": ticks[1],
        "spikes": spikes,
        "layers": layers,
        "compared": compared,
        "difference": difference,
        "omitted": omitted,
    }


def packed(values: np.ndarray) -> dict:
    """An array for the page's script: the name of its type, and its bytes (little-endian, C order) in base 64.

    Integers take the narrowest type that holds them; all other numbers are float32.
    """
    kind: type
    if values.dtype.kind in "biu":
        low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
        fitting = (kind for kind in NARROW if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
        kind = next(fitting, np.float64)
    else:
        kind = np.float32
    data = np.ascontiguousarray(values, np.dtype(kind).newbyteorder("<"))
    return {"type": np.dtype(kind).name, "data": base64.b64encode(data.tobytes()).decode("ascii")}


def _spike_parts(ticks: np.ndarray, first: Variable, second: Variable | None) -> list[dict]:
    """By `ticks`, the spikes that both recordings have, and those of one alone; of both if there is no second."""
    if second is None:
        return [_spike_list(BOTH, first.values)]
    a, b = (_at(ticks, variable) for variable in (first, second))
    return [_spike_list(BOTH, a & b), _spike_list(FIRST, a & ~b), _spike_list(SECOND, b & ~a)]


def _at(ticks: np.ndarray, variable: Variable) -> np.ndarray:
    """bool[ticks, sources], silent where there is no record."""
    values = np.zeros((len(ticks), variable.values.shape[1]), bool)
    np.logical_or.at(values, np.searchsorted(ticks, variable.ticks), variable.values)
    return values


def _spike_list(whose: str, values: np.ndarray) -> dict:
    """`starts[k]` to `starts[k + 1]` - 1 are the spikes of record k, `sources` who fired."""
    records, sources = np.nonzero(values)
    starts = np.concatenate([[0], np.cumsum(np.bincount(records, minlength=len(values)))])
    return _part(whose, starts, sources)


def _part(whose: str, starts: np.ndarray, sources: np.ndarray) -> dict:
    return {"whose": whose, "count": len(sources), "starts": packed(starts), "sources": packed(sources)}


def _traces(name: str, kind: str, first: Variable, second: Variable | None, budget: int, omitted: list[str]) -> dict:
    """[neurons in the page, records], a neuron's values side by side."""
    records, size = first.values.shape
    width = 2 * 4 if second is not None else 4
    most = max(1, budget // max(1, records * width))
    shown = np.arange(min(size, most))
    if most < size:
        omitted.append(f"{name}: the first {most:,} of {size:,} traces are in this page")
    return {
        "name": kind,
        "size": size,
        "shown": len(shown),
        "ticks": packed(first.ticks),
        "first": packed(first.values[:, shown].T),
        "second": None if second is None else packed(second.values[:, shown].T),
        "second_ticks": None if second is None else packed(second.ticks),
    }


def _hidden(name: str, kind: str, first: Variable, second: Variable | None, budget: int, omitted: list[str]) -> dict:
    """[records in the page, pre, post]."""
    records, pre, post = first.values.shape
    width = 2 if first.values.dtype.kind in "iub" else 4
    most = max(1, budget // (pre * post * width))
    kept = np.unique(np.linspace(0, records - 1, min(records, most)).astype(int)) if most > 1 else np.array([-1])
    if len(kept) < records:
        omitted.append(f"{name}: {len(kept):,} of {records:,} records are in this page")
    values = first.values[kept]
    return {
        "name": kind,
        "pre": pre,
        "post": post,
        "full": 1.0 if values.dtype.kind == "f" else float(2 ** max(1, int(values.max(initial=1)).bit_length()) - 1),
        "ticks": packed(first.ticks[kept]),
        "first": packed(values),
        "second": None if second is None or len(second.values) != records else packed(second.values[kept]),
    }


def _shape(about: dict, name: str, size: int) -> list[int] | None:
    """[height, width] or [2, height, width] of sources that form a picture: as `about` says, or a square; else None."""
    shapes = about.get("shapes")
    said = shapes.get(name) if isinstance(shapes, dict) else None
    if isinstance(said, list) and all(isinstance(side, int) for side in said) and math.prod(said) == size:
        if len(said) == 2 or (len(said) == 3 and said[0] <= 2):
            return said
        return None
    side = math.isqrt(size)
    return [side, side] if side * side == size >= SMALLEST_PICTURE else None


def _gate(about: dict, population: str) -> list[float] | None:
    """The two thresholds between which s opens the gate, where `about` says them."""
    gates = about.get("gates")
    said = gates.get(population) if isinstance(gates, dict) else None
    numbers = isinstance(said, list) and len(said) == 2 and all(isinstance(each, int | float) for each in said)
    return said if numbers else None
