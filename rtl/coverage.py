"""Coverage as Verilator counts it, read without its own tools."""

import re
import tempfile
from collections import defaultdict
from pathlib import Path

from rtl.core import Core

KINDS = ("line", "branch", "toggle")


def measured(core: Core) -> dict[str, dict[str, list[int]]]:
    """By module and kind of coverage point: [covered, all]."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.dat"
        core.write_coverage(path)
        return summarise(path.read_text(errors="replace"))


def summarise(text: str) -> dict[str, dict[str, list[int]]]:
    """As `measured`, from the text of a coverage.dat.

    A line reads C '<fields>' <count>; fields are \\x01 key \\x02 value. A point that several instances of a module
    share is covered if one of them covers it.
    """
    points: dict[tuple, int] = defaultdict(int)
    for line in text.splitlines():
        found = re.match(r"C '(.*)' (\d+)$", line)
        if not found:
            continue
        fields = dict(field.split("\x02", 1) for field in found[1].split("\x01") if "\x02" in field)
        kind = re.sub(r"^v_(\w+)/.*", r"\1", fields.get("page", ""))
        place = tuple(fields.get(key, "") for key in ("f", "l", "n", "o", "S"))
        points[(Path(fields.get("f", "")).stem, kind, place)] += int(found[2])
    summary: dict[str, dict[str, list[int]]] = {}
    for (module, kind, _), count in points.items():
        covered = summary.setdefault(module, {known: [0, 0] for known in KINDS}).setdefault(kind, [0, 0])
        covered[0] += count > 0
        covered[1] += 1
    return dict(sorted(summary.items()))
