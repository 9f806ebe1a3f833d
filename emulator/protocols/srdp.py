"""Spike-rate-dependent plasticity: change of h and transitions over a grid of pre- and postsynaptic rates."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import Description
from bicall.emulator.protocols import spikes
from bicall.emulator.protocols.forced import ARITHMETICS, ForcedLayer
from bicall.emulator.protocols.gates import gated
from bicall.emulator.support.reporting import progress

RATES_HZ = np.arange(0, 101, 10)
TRAINS = 20  # a rate and side: 400 synapses a point of the grid
DURATION_MS = 10_000
STARTS = {"low": 0.0, "high": 1.0}
GATES_SHOWN = ["slow gate (600 ms, 0.09)", "fast gate (300 ms, 0.03)"]


def measure(description: Description, seed: int, gates: list[str] = GATES_SHOWN) -> dict:
    """Poisson spikes on both sides for 10 s, from both stable ends, under two gates.

    Returns:
        for each gate, arithmetic and start, [pre rate][post rate]: `change`, mean change of h, and `transitions`, part
        of the synapses whose transmitted bit ends up changed.
    """
    ticks, tick_ms = description.ticks(DURATION_MS), description.time.tick_ms
    rates = np.repeat(RATES_HZ, TRAINS)
    pre, post = (spikes.poisson(rates, ticks, tick_ms, spikes.key(seed, side)) for side in (0, 1))
    result: dict[str, Any] = {
        "configuration": description.name,
        "seed": seed,
        "rates_hz": RATES_HZ.tolist(),
        "synapses_a_point": TRAINS**2,
        "duration_ms": DURATION_MS,
        "gates": {},
    }
    runs = [(gate, arithmetic, start) for gate in gates for arithmetic in ARITHMETICS for start in STARTS]
    for gate, arithmetic, start in progress(runs, "spike rates"):
        layer = ForcedLayer(gated(description, gate), arithmetic, len(rates), len(rates), STARTS[start], seed)
        before, w_before = layer.h, layer.w
        layer.run(pre, post)
        found = {"change": layer.h - before, "transitions": layer.w != w_before}
        result["gates"].setdefault(gate, {}).setdefault(arithmetic, {})[start] = {
            name: _by_rate(values).tolist() for name, values in found.items()
        }
    return result


def _by_rate(values: np.ndarray) -> np.ndarray:
    """Means over the trains of each pair of rates."""
    n = len(RATES_HZ)
    return values.reshape(n, TRAINS, n, TRAINS).mean(axis=(1, 3))


def rows(result: dict) -> tuple[tuple, list]:
    """The postsynaptic rates at which most synapses change, for three presynaptic rates."""
    columns = ("gate", "arithmetic", "start", *(f"pre {rate} Hz" for rate in (0, 20, 50)))
    made = []
    for gate, arithmetic, start in (
        (gate, arithmetic, start) for gate in result["gates"] for arithmetic in ARITHMETICS for start in STARTS
    ):
        moved = np.array(result["gates"][gate][arithmetic][start]["transitions"]) > 0.5
        post = [RATES_HZ[moved[RATES_HZ.tolist().index(rate)]] for rate in (0, 20, 50)]
        made.append((gate, arithmetic, start, *(_range(p) for p in post)))
    return columns, made


def _range(rates: np.ndarray) -> str:
    return (
        "none" if len(rates) == 0 else f"{rates.min()} Hz" if len(rates) == 1 else f"{rates.min()} to {rates.max()} Hz"
    )


def draw(result: dict) -> Figure:
    figure = Figure(figsize=(13, 3.1 * 2 * len(result["gates"])), dpi=120, layout="constrained")
    extent = (-5, 105, -5, 105)
    panels = figure.subplots(2 * len(result["gates"]), 4)
    rows = [(gate, start) for gate in result["gates"] for start in STARTS]
    for row, (gate, start) in zip(panels, rows, strict=True):
        for pair, arithmetic in ((row[:2], "float"), (row[2:], "fixed")):
            found = result["gates"][gate][arithmetic][start]
            change = pair[0].imshow(found["change"], origin="lower", extent=extent, cmap="RdBu_r", vmin=-1, vmax=1)
            moved = pair[1].imshow(found["transitions"], origin="lower", extent=extent, cmap="Greys", vmin=0, vmax=1)
            pair[0].set_title(f"{arithmetic}: change of h from {start}", fontsize=8)
            pair[1].set_title(f"{arithmetic}: transitions from {start}", fontsize=8)
        row[0].set_ylabel(f"{gate}\npre rate (Hz)", fontsize=8)
    for axes in panels[-1]:
        axes.set_xlabel("post rate (Hz)")
    figure.colorbar(change, ax=panels[:, 2], shrink=0.4)
    figure.colorbar(moved, ax=panels[:, 3], shrink=0.4)
    figure.suptitle(
        f"SRDP: Poisson spikes for {result['duration_ms'] / 1e3:g} s, {result['synapses_a_point']} synapses a point, "
        f"{result['configuration']}, seed {result['seed']}"
    )
    return figure
