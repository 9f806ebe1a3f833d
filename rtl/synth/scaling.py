"""How the Verilog's area grows: with lanes, with the width of h, with the width of the traces."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import load
from bicall.emulator.rule.constants import fixed
from bicall.emulator.support.reporting import progress
from bicall.rtl.driver.core_words import Size
from bicall.rtl.synth.synthesis import GENERIC, OSU018, STANDARD_CELLS, synthesise
from bicall.rtl.verify.cycles import Work, cycles_of_ticks


class Series(NamedTuple):
    """A module synthesised with several values of one or more parameters, all else as in bicall_constants.vh."""

    what: str
    module: str
    parameters: tuple[str, ...]
    values: tuple[int, ...]


SERIES = (
    Series("synapse: bits of h", "bicall_synapse", ("H_BITS",), (4, 6, 8, 10, 12)),
    Series("core: lanes", "bicall_core", ("LANES",), (1, 4, 16, 64)),
    Series("core: bits of h", "bicall_core", ("H_BITS",), (4, 8, 12)),
    Series("core: bits of the traces", "bicall_core", ("X_BITS", "Y_BITS", "S_BITS"), (8, 12, 16)),
)
CORE = Size(axons=256, neurons=256, lanes=16)  # bicall_core's defaults


def scaling(target: str | None = None, liberty: Path = OSU018) -> dict:
    """Synthesise all series.

    Args:
        target: GENERIC or STANDARD_CELLS; the latter where its library is installed, if missing.
        liberty: standard cells.

    Returns:
        `unit` ("gates" or "gate equivalents"), and `points`: `series`, `value`, `area` in that unit, `flip_flops`,
        `memory_bits`, and for lanes `cycles` of an axon's spike (no postsynaptic spike before it, x at rest).
    """
    target = target or (STANDARD_CELLS if liberty.exists() else GENERIC)
    points = []
    for series, value in progress([(s, v) for s in SERIES for v in s.values], "synthesising"):
        made = synthesise(series.module, dict.fromkeys(series.parameters, value), target, liberty)
        area = made["gate_equivalents"] if target == STANDARD_CELLS else made["logic"] + made["flip_flops"]
        point = {"series": series.what, "value": value, "area": area}
        point |= {name: made[name] for name in ("flip_flops", "memory_bits")}
        if series.parameters == ("LANES",):
            point["cycles"] = spike_cycles(CORE._replace(lanes=value))
        points.append(point)
    return {"unit": "gate equivalents" if target == STANDARD_CELLS else "gates", "points": points}


def spike_cycles(size: Size) -> int:
    """Cycles that an axon's spike adds to a tick, if no neuron has fired since its last one and x is 0."""
    c = fixed(load("digits-256"))
    one = np.ones(1, np.int64)
    nothing = Work(*[0 * one] * len(Work._fields))
    spike = nothing._replace(rows=one, items=one)
    return int((cycles_of_ticks(c, size, spike) - cycles_of_ticks(c, size, nothing))[0])


def draw(result: dict) -> Figure:
    """A panel a series."""
    figure = Figure(figsize=(11, 2.8), layout="constrained")
    for axes, series in zip(figure.subplots(1, len(SERIES)), SERIES, strict=True):
        points = [point for point in result["points"] if point["series"] == series.what]
        values = [point["value"] for point in points]
        axes.plot(values, [point["area"] for point in points], "o-", color="tab:blue")
        axes.set(xlabel=series.what, xticks=values, ylim=(0, None))
        if series.parameters == ("LANES",):
            axes.set_xscale("log", base=2)
            axes.set_xticks(values, values)
            beside = axes.twinx()
            beside.plot(values, [point["cycles"] for point in points], "s--", color="tab:orange")
            beside.set_ylabel("cycles a spike", color="tab:orange")
            beside.set_ylim(0, None)
        axes.spines["top"].set_visible(False)
    figure.axes[0].set_ylabel(result["unit"], color="tab:blue")
    return figure
