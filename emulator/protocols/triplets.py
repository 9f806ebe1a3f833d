"""Triplets of spikes, in the protocol of Wang, Gerkin, Nauen and Bi (2005)."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import Description
from bicall.emulator.digits.figures import FIXED_COLOUR, FLOAT_COLOUR
from bicall.emulator.protocols import measured
from bicall.emulator.protocols.forced import ARITHMETICS, summed_steps
from bicall.emulator.protocols.gates import GATES, gated
from bicall.emulator.support.reporting import progress

TRIPLETS, PERIOD_MS = 60, 1000
GATES_SHOWN = list(GATES)[:2]


def measure(description: Description, seed: int) -> dict:
    """Sum of the steps of h over 60 triplets at 1 Hz, by gate and arithmetic; and the agreement of shape."""
    result: dict[str, Any] = {
        "configuration": description.name,
        "seed": seed,
        "intervals_ms": [list(intervals) for intervals in measured.TRIPLETS_MS],
        "measured": measured.TRIPLETS,
        "measured_error": measured.TRIPLETS_ERROR,
        "gates": {},
    }
    outer = [[0, description.ticks(first + second)] for first, second in measured.TRIPLETS_MS]
    middle = [[description.ticks(first)] for first, _ in measured.TRIPLETS_MS]
    theirs, errors = (np.array(list(values.values())) for values in (measured.TRIPLETS, measured.TRIPLETS_ERROR))
    period = description.ticks(PERIOD_MS)
    runs = [(gate, arithmetic) for gate in GATES_SHOWN for arithmetic in ARITHMETICS]
    for gate, arithmetic in progress(runs, "triplets"):
        rule = gated(description, gate)
        change = summed_steps(rule, arithmetic, outer + middle, middle + outer, period, TRIPLETS, seed).reshape(2, -1)
        result["gates"].setdefault(gate, {})[arithmetic] = {
            **{name: values.tolist() for name, values in zip(measured.TRIPLETS, change, strict=True)},
            "agreement": measured.agreement(change, theirs, errors),
        }
    return result


def rows(result: dict) -> tuple[tuple, list]:
    """Changes by triplet, beside the measurements."""
    runs = [(gate, arithmetic) for gate in result["gates"] for arithmetic in ARITHMETICS]
    columns = ("triplet", "measured", *(f"{arithmetic}, {gate}" for gate, arithmetic in runs))
    return columns, [
        (f"{order} {a}, {b} ms", f"{result['measured'][order][k]:+.2f}", *(
            f"{result['gates'][gate][arithmetic][order][k]:+.2f}" for gate, arithmetic in runs
        ))
        for order in result["measured"] for k, (a, b) in enumerate(result["intervals_ms"])
    ]  # fmt: skip


def draw(result: dict) -> Figure:
    figure = Figure(figsize=(12, 4.2), dpi=150, layout="constrained")
    panels = figure.subplots(1, len(result["gates"]), sharey=True)
    labels = [f"{name}\n{a}, {b} ms" for name in result["measured"] for a, b in result["intervals_ms"]]
    place = np.arange(len(labels))
    theirs, errors = (np.concatenate(list(result[key].values())) for key in ("measured", "measured_error"))
    for axes, (gate, runs) in zip(panels, result["gates"].items(), strict=True):
        ours = {name: np.concatenate([runs[name][order] for order in result["measured"]]) for name in ARITHMETICS}
        # one free factor, fitted to float, as h's scale has no counterpart in the measurements
        scale = ours["float"] @ theirs / (ours["float"] @ ours["float"])
        axes.axhline(0, color="grey", lw=0.5)
        axes.bar(place - 0.27, theirs, 0.25, yerr=errors, color="lightgrey", capsize=2, label="measured")
        axes.bar(place, scale * ours["float"], 0.25, color=FLOAT_COLOUR, label=f"float, times {scale:.2f}")
        axes.bar(place + 0.27, scale * ours["fixed"], 0.25, color=FIXED_COLOUR, label=f"fixed, times {scale:.2f}")
        agreement = runs["float"]["agreement"]
        axes.set_xticks(place, labels, fontsize=6)
        axes.set_title(
            f"{gate}\ncosine {agreement['cosine']:.2f}, sign {agreement['same_sign']} of "
            f"{agreement['significant']}", fontsize=9,
        )  # fmt: skip
        axes.legend(fontsize=7)
    panels[0].set_ylabel("relative change")
    figure.suptitle(
        f"{TRIPLETS} triplets at 1 Hz (measured: Wang et al. 2005); {result['configuration']}, seed {result['seed']}"
    )
    return figure
