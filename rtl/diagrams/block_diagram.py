"""Block diagram of bicall_core, drawn from its netlist: a box an instance, an arrow wherever one drives another."""

import json
import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from bicall.emulator.support.errors import BadInput
from bicall.rtl.synth.synthesis import read_design
from bicall.rtl.synth.yosys import run_yosys

# where each instance of the core stands, and its ports: x, y
PLACES = {
    "events in": (0.0, 3.0), "event_input": (1.0, 3.0), "rows": (2.25, 3.0), "row_update": (3.75, 3.0),
    "ticks": (1.0, 2.0), "archive": (2.25, 2.0), "random": (1.0, 1.0), "population": (3.75, 2.0),
    "spikes out": (3.75, 0.0), "spike_output": (3.75, 1.0), "registers": (2.25, 1.0), "AXI4-Lite": (0.0, 0.0),
    "host": (1.6, 0.0),
}  # fmt: skip
QUIET = ("host", "registers")  # configuration: their arrows are thin
WIDTH, HEIGHT = 0.84, 0.56


def connections(top: str = "bicall_core") -> tuple[dict[str, Counter], Counter]:
    """What is inside each instance of a module, and how many bits one drives of another.

    Returns:
        per instance its submodules (without `bicall_`) and how many of each, itself under ""; and bits by (from, to),
        where ports of the module count as "events in", "spikes out" and "AXI4-Lite". Data are followed through the
        module's own logic, selections and single bits of control are not. Clock and reset are left out.
    """
    with tempfile.TemporaryDirectory() as folder:
        ended, output = run_yosys([*read_design(top, {}), "proc", f"write_json {folder}/core.json"], Path(folder))
        if ended:
            errors = [line for line in output.splitlines() if "ERROR" in line] or ["no output"]
            raise BadInput(f"block diagram: {errors[0]}")
        modules = json.loads((Path(folder) / "core.json").read_text())["modules"]
    core = next(module for module in modules.values() if int(module["attributes"].get("top", "0"), 2))
    cells = {name: cell for name, cell in core["cells"].items() if "bicall_" in cell["type"]}
    ends: dict[str, list] = {"output": [], "input": []}  # (bit, instance)
    for name, cell in cells.items():
        for port, bits in cell["connections"].items():
            ends[cell["port_directions"][port]] += [(bit, name) for bit in bits]
    for port, made in core["ports"].items():
        if port not in ("clk", "rst"):
            bus = "AXI4-Lite" if "axil" in port else "events in" if port.startswith("s_") else "spikes out"
            # from inside, the module's inputs drive
            ends["output" if made["direction"] == "input" else "input"] += [(bit, bus) for bit in made["bits"]]
    driver = {bit: {name} for bit, name in ends["output"] if isinstance(bit, int)}
    direct = Counter((name, sink) for bit, sink in ends["input"] for name in driver.get(bit, ()))
    logic: dict[int, set[int]] = {}  # bit: bits that it is made from
    for cell in core["cells"].values():
        if "bicall_" not in cell["type"] and "dff" not in cell["type"]:
            ports = [p for p, way in cell["port_directions"].items() if way == "input" and p not in _SELECTIONS]
            made_from = {bit for port in ports for bit in cell["connections"][port]}
            logic |= dict.fromkeys(cell["connections"]["Y"], made_from)

    def sources(bit) -> set[str]:
        if bit not in driver:
            driver[bit] = set()  # a loop ends here
            driver[bit] = {name for made_from in logic.get(bit, ()) for name in sources(made_from)}
        return driver[bit]

    bits = Counter((name, sink) for bit, sink in ends["input"] for name in sources(bit))
    bits = Counter({ends: n for ends, n in bits.items() if ends[0] != ends[1] and (n >= _DATA or direct[ends])})
    return {name: _inside(cell["type"], modules) for name, cell in cells.items()}, bits


_SELECTIONS = ("S", "CLK", "SRST")
_DATA = 8  # bits: what fewer bits are made from is control


def draw() -> Figure:
    """The diagram; raises BadInput if PLACES and the core's instances are not the same."""
    inside, bits = connections()
    missing = set(inside) ^ set(PLACES) - {"events in", "spikes out", "AXI4-Lite"}
    if missing:
        raise BadInput(f"block diagram: {', '.join(sorted(missing))} must be both in PLACES and in bicall_core")
    figure = Figure(figsize=(11, 7.6), layout="constrained")
    axes = figure.subplots()
    for (source, sink), count in bits.items():
        _arrow(axes, source, sink, count)
    for name, (x, y) in PLACES.items():
        _box(axes, name, x, y, inside.get(name))
    axes.set(xlim=(-0.6, 4.4), ylim=(-0.45, 3.45))
    axes.axis("off")
    return figure


def _inside(kind: str, modules: Mapping) -> Counter:
    """Kinds of submodules, all levels down, and the module's own under the empty name."""
    found = Counter({"": 1})
    for cell in modules[kind]["cells"].values():
        if "bicall_" in cell["type"]:
            found[re.findall(r"bicall_(\w+)", cell["type"])[0]] += 1
            found += Counter({name: n for name, n in _inside(cell["type"], modules).items() if name})
    return found


def _box(axes: Axes, name: str, x: float, y: float, inside: Counter | None) -> None:
    port = inside is None
    axes.add_patch(
        FancyBboxPatch(
            (x - WIDTH / 2, y - HEIGHT / 2),
            WIDTH,
            HEIGHT,
            boxstyle="round,pad=0,rounding_size=0.05",
            facecolor="white" if port else "#e8eef7",
            edgecolor="none" if port else "black",
            zorder=3,
        )  # fmt: skip
    )
    parts = [f"{count} × {part}" if count > 1 else part for part, count in (inside or {}).items() if part]
    lines = [", ".join(parts[k : k + 2]) for k in range(0, len(parts), 2)]
    axes.text(x, y + 0.035 * len(lines), name, ha="center", va="center", weight="bold", zorder=4)
    axes.text(x, y - 0.06, "\n".join(lines), ha="center", va="top", size=8, zorder=4)


def _arrow(axes: Axes, source: str, sink: str, bits: int) -> None:
    quiet = source in QUIET or sink in QUIET
    color = "0.7" if quiet else "black"
    (x0, y0), (x1, y1) = PLACES[source], PLACES[sink]
    # both ways between two boxes: side by side
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    dx, dy = -0.07 * (y1 - y0) / length, 0.07 * (x1 - x0) / length
    start, end = (_edge(x0, y0, x1 - x0, y1 - y0, dx, dy), _edge(x1, y1, x0 - x1, y0 - y1, dx, dy))
    arrow: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 9, "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(start, end, color=color, linewidth=0.6 + bits / 60, zorder=1 + (not quiet), **arrow))
    if not quiet:
        at = (0.5 * start[0] + 0.5 * end[0] + dx, 0.5 * start[1] + 0.5 * end[1] + dy)
        axes.text(*at, str(bits), size=8, ha="center", va="center", zorder=5)


def _edge(x: float, y: float, towards_x: float, towards_y: float, dx: float, dy: float) -> tuple[float, float]:
    """Where a line from (x, y) + (dx, dy) leaves the box around (x, y)."""
    reach = min(
        (half - offset * (1 if towards > 0 else -1)) / abs(towards)
        for half, offset, towards in ((WIDTH / 2, dx, towards_x), (HEIGHT / 2, dy, towards_y))
        if towards
    )
    return x + dx + reach * towards_x, y + dy + reach * towards_y
