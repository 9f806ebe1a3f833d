"""Bistability and retention: where drift leads, and how long both states survive spontaneous activity."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import Description
from bicall.emulator.digits.figures import FIXED_COLOUR, FLOAT_COLOUR
from bicall.emulator.protocols import spikes
from bicall.emulator.protocols.forced import ARITHMETICS, ForcedLayer, without_drift
from bicall.emulator.support.reporting import progress

DRIFT_STARTS = (0.05, 0.2, 0.35, 0.45, 0.55, 0.65, 0.8, 0.95)
DRIFT_SECONDS = 20
RATES_HZ = (1, 2, 5, 8, 10, 15)  # spontaneous, the same on both sides
NEURONS = 24  # on each side
SECONDS = 120
STATES = {"potentiated": 1.0, "depressed": 0.0}
RULES = ("with drift", "without drift")


def measure(description: Description, seed: int, rates_hz: tuple[int, ...] = RATES_HZ, seconds: int = SECONDS) -> dict:
    """Drift without spikes; then survival under Poisson spikes on both sides, and without drift as a control.

    Returns:
        `drift`: for each arithmetic, h[start][second]; `survival`: for each arithmetic, with or without drift, state
        and rate, the part of the synapses that have never changed their transmitted bit, by second.
    """
    result: dict[str, Any] = {
        "configuration": description.name,
        "seed": seed,
        "drift_starts": list(DRIFT_STARTS),
        "rates_hz": list(rates_hz),
        "seconds": seconds,
        "synapses": NEURONS**2,
        "drift": {arithmetic: _drift(description, arithmetic, seed) for arithmetic in ARITHMETICS},
        "survival": {},
    }
    rules = dict(zip(RULES, (description, without_drift(description)), strict=True))
    runs = [
        (arithmetic, rule, state, rate)
        for arithmetic in ARITHMETICS
        for rule in RULES
        for state in STATES
        for rate in rates_hz
    ]
    for arithmetic, rule, state, rate in progress(runs, "retention"):
        kept = _survival(rules[rule], arithmetic, STATES[state], rate, seconds, seed)
        by_state = result["survival"].setdefault(arithmetic, {}).setdefault(rule, {})
        by_state.setdefault(state, {})[str(rate)] = kept.tolist()
    return result


def _drift(description: Description, arithmetic: str, seed: int) -> list[list[float]]:
    second = description.ticks(1e3)
    courses = []
    for start in DRIFT_STARTS:
        layer = ForcedLayer(description, arithmetic, 1, 1, start, seed)
        course = [float(layer.h[0, 0])]
        for _ in range(DRIFT_SECONDS):
            layer.run(np.zeros((second, 1), bool), np.zeros((second, 1), bool))
            course.append(float(layer.h[0, 0]))
        courses.append(course)
    return courses


def _survival(description: Description, arithmetic: str, start: float, rate: float, seconds: int, seed: int):
    second, tick_ms = description.ticks(1e3), description.time.tick_ms
    rates = np.full(NEURONS, float(rate))
    pre, post = (spikes.poisson(rates, seconds * second, tick_ms, spikes.key(seed, side)) for side in (0, 1))
    layer = ForcedLayer(description, arithmetic, NEURONS, NEURONS, start, seed)
    first = layer.w
    kept, survival = np.ones(first.shape, bool), np.ones(seconds + 1)
    for k in range(seconds):
        during = slice(k * second, (k + 1) * second)
        layer.run(pre[during], post[during])
        kept &= layer.w == first
        survival[k + 1] = kept.mean()
    return survival


def rows(result: dict) -> tuple[tuple, list]:
    """Part of the synapses that survive to the end, and when half were lost, by rate."""
    columns = ("state", "rule", "arithmetic", *(f"{rate} Hz" for rate in result["rates_hz"]))
    return columns, [
        (state, rule, name, *(_shown(course) for course in result["survival"][name][rule][state].values()))
        for state in STATES
        for rule in RULES
        for name in ARITHMETICS
    ]


def _shown(survival: list[float]) -> str:
    lost = [second for second, part in enumerate(survival) if part <= 0.5]
    return f"{100 * survival[-1]:.1f} %" + (f", half by {lost[0]} s" if lost else "")


def draw(result: dict) -> Figure:
    figure = Figure(figsize=(13, 3.8), dpi=150, layout="constrained")
    drift, *panels = figure.subplots(1, 3)
    for arithmetic, colour, style in (("float", FLOAT_COLOUR, "-"), ("fixed", FIXED_COLOUR, "--")):
        lines = drift.plot(np.array(result["drift"][arithmetic]).T, style, color=colour, lw=1)
        lines[0].set_label(arithmetic)
    drift.set(xlabel="time (s)", ylabel="h", title="drift without spikes")
    drift.legend()
    for axes, state in zip(panels, STATES, strict=True):
        for rule, style in (("with drift", "o-"), ("without drift", "s:")):
            for arithmetic, colour in (("float", FLOAT_COLOUR), ("fixed", FIXED_COLOUR)):
                last = [courses[-1] for courses in result["survival"][arithmetic][rule][state].values()]
                axes.plot(result["rates_hz"], last, style, color=colour, label=f"{arithmetic}, {rule}")
        axes.set(xlabel="spontaneous rate, pre and post (Hz)", ylim=(-0.03, 1.03))
        axes.set_title(f"{state} synapses that survive {result['seconds']} s")
    panels[0].set_ylabel("part of the synapses")
    panels[0].legend(fontsize=7)
    figure.suptitle(
        f"Bistability and retention: {result['synapses']} synapses a point, {result['configuration']}, "
        f"seed {result['seed']}"
    )
    return figure
