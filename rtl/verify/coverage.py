"""Coverage of the Verilog as Verilator counts it, read without its own tools.

A point is a line, a side of a branch, or one bit of a signal that goes up or down. A point that several instances of a
module, several sizes of it, or several runs share is one point, and covered if one of them covers it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

KINDS = ("line", "branch", "toggle")


class Point(NamedTuple):
    """A coverage point; for a toggle `what` is signal, bit and direction, as in `tick[31]:0->1`."""

    module: str
    kind: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.module}.v:{self.line}: {self.kind} {self.what}"


class Exclusion(NamedTuple):
    """Points that nothing can cover: of some modules and a kind; their `what` wholly matches a regular expression."""

    modules: tuple[str, ...]
    kind: str
    pattern: str
    reason: str

    def has(self, point: Point) -> bool:
        return point.module in self.modules and point.kind == self.kind and bool(re.fullmatch(self.pattern, point.what))


def read_points(text: str) -> Counter:
    """How often each `Point` was covered, from the text of a coverage.dat.

    A line reads C '<fields>' <count>; fields are \\x01 key \\x02 value.
    """
    points: Counter = Counter()
    for line in text.splitlines():
        found = re.match(r"C '(.*)' (\d+)$", line)
        if not found:
            continue
        fields = dict(field.split("\x02", 1) for field in found[1].split("\x01") if "\x02" in field)
        kind = re.sub(r"^v_(\w+)/.*", r"\1", fields.get("page", ""))
        # several branches may share a line: the column tells them apart
        place = () if kind == "toggle" else ("n",)
        what = " ".join(fields[key] for key in (*place, "o") if key in fields)
        points[Point(Path(fields.get("f", "")).stem, kind, int(fields.get("l", 0)), what)] += int(found[2])
    return points


def summarise(points: Mapping[Point, int], exclusions: Iterable[Exclusion] = ()) -> dict[str, dict[str, list[int]]]:
    """By module and kind: [covered, all that can be, excluded]."""
    exclusions = list(exclusions)
    summary: dict[str, dict[str, list[int]]] = {}
    for point, count in points.items():
        numbers = summary.setdefault(point.module, {kind: [0, 0, 0] for kind in KINDS})[point.kind]
        if any(exclusion.has(point) for exclusion in exclusions):
            numbers[2] += 1
        else:
            numbers[0] += count > 0
            numbers[1] += 1
    return dict(sorted(summary.items()))


def left(points: Mapping[Point, int], exclusions: Iterable[Exclusion]) -> list[Point]:
    """Points that are neither covered nor excluded."""
    exclusions = list(exclusions)
    return sorted(p for p, count in points.items() if not count and not any(e.has(p) for e in exclusions))


def wrong_exclusions(points: Mapping[Point, int], exclusions: Iterable[Exclusion]) -> list[str]:
    """Exclusions of nothing, and excluded points that are covered after all."""
    wrong = []
    for exclusion in exclusions:
        excluded = [point for point in points if exclusion.has(point)]
        wrong += [f"{exclusion.pattern} of {module}" for module in exclusion.modules
                  if not any(point.module == module for point in excluded)]  # fmt: skip
        wrong += [str(point) for point in excluded if points[point]]
    return wrong
