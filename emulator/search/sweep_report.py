"""A sweep as a table and as a figure."""

from statistics import mean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.markup import escape
from rich.table import Table

from bicall.emulator.configuration.description import Description
from bicall.emulator.rule.constants import ROUNDINGS
from bicall.emulator.search.sweep import Outcome, Point, Sweep, deviation
from bicall.emulator.support.terminal import table

FLOAT_COLOUR = "#4477aa"
ROUNDING_COLOURS = dict(zip(ROUNDINGS, ("#ee6677", "#ccbb44", "#228833"), strict=True))
AXES = {"trace_bits": "bits of the traces", "h_bits": "bits of h", "drift_period": "drift period (ticks)"}
FAILED = "[bold red]failed[/]"


def sweep_table(sweep: Sweep, smallest: Outcome | None = None) -> Table:
    """All points of a sweep; the smallest one in bold."""
    title = (
        f"{sweep.description.name}: {sweep.training_images:,} training and {sweep.validation_images:,} validation "
        f"images, seeds {', '.join(map(str, sweep.seeds))}; in float {_plus_minus(sweep.float_accuracies)} %"
    )
    columns = ("traces", "h", "drift", "synapse bits", "with traces", "accuracy (%)", "loss (points)")
    made = table(title, columns, ())
    for outcome in sweep.outcomes:
        point = outcome.point
        up, down = outcome.drift_steps
        step = f"{up}" if up == down else f"+{up} -{down}"
        cells = [
            f"{point.trace_bits} {point.trace_rounding}",
            f"{point.h_bits} {point.h_rounding}",
            f"{step} in {point.drift_period:,}",
            f"{outcome.synapse_bits:,}",
            f"{outcome.state_bits:,}",
        ]
        if outcome.error is None:
            loss = f"{outcome.loss:.2f}"
            if outcome.loss_error is not None:
                loss += f" ± {outcome.loss_error:.2f}"
            cells += [_plus_minus(outcome.accuracies), loss]
        else:
            cells += [FAILED, escape(outcome.error)]
        made.add_row(*cells, style="bold" if outcome is smallest else None)
    return made


def sweep_figure(sweep: Sweep, max_loss: float | None = None) -> Figure:
    """Accuracy against bits: of the traces, of h, and against the drift period if several were swept.

    Each panel varies one of them and its rounding; the others stay where the configuration has them, or, if the sweep
    leaves that out, at the widest.
    """
    points = [outcome.point for outcome in sweep.outcomes]
    centre = _centre(sweep.description, points)
    # one period for each width of h: the period follows the width, and both vary together
    follows = all(len({p.drift_period for p in points if p.h_bits == bits}) == 1 for bits in {p.h_bits for p in points})
    panels = {
        "trace_bits": {"trace_bits", "trace_rounding"},
        "h_bits": {"h_bits", "h_rounding"} | ({"drift_period"} if follows else set()),
    }
    if not follows:
        panels["drift_period"] = {"drift_period", "h_rounding"}
    figure = Figure(figsize=(1.2 + 4.6 * len(panels), 4.2), dpi=150, layout="constrained")
    every_axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (name, free) in zip(every_axes, panels.items(), strict=True):
        held = [f for f in Point._fields if f not in free]
        section = [o for o in sweep.outcomes if all(getattr(o.point, f) == getattr(centre, f) for f in held)]
        _panel(axes, name, section)
        _float_band(axes, sweep.float_accuracies, max_loss)
        if name == "trace_bits":
            axes.set_title(f"h: {centre.h_bits} bits, {centre.h_rounding}", fontsize=9)
        else:
            axes.set_title(f"traces: {centre.trace_bits} bits, {centre.trace_rounding}", fontsize=9)
    every_axes[0].set_ylabel("accuracy on validation images (%)")
    # each rounding once, whichever panel has it
    handles: dict[str, Any] = {}
    for axes in every_axes:
        handles |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure.legend(list(handles.values()), list(handles), loc="outside right center", fontsize=8)
    bars = f", bars: standard deviation over {len(sweep.seeds)} seeds" if len(sweep.seeds) > 1 else ""
    figure.suptitle(f"{sweep.description.name}, {sweep.training_images:,} training images{bars}", fontsize=10)
    return figure


def _centre(description: Description, points: list[Point]) -> Point:
    """The point that the figure's panels go through."""
    wanted = {
        "trace_bits": description.gate_trace.bits,
        "trace_rounding": description.gate_trace.rounding,
        "h_bits": description.hidden_weight.bits,
        "h_rounding": description.hidden_weight.rounding,
        "drift_period": description.time.drift_period_ticks,
    }
    for name, value in wanted.items():
        if all(getattr(point, name) != value for point in points):
            value = getattr(points[-1], name)
        points = [point for point in points if getattr(point, name) == value]
    return points[0]


def _panel(axes: Axes, name: str, section: list[Outcome]) -> None:
    which_rounding = "trace_rounding" if name == "trace_bits" else "h_rounding"
    positions = sorted({getattr(outcome.point, name) for outcome in section})
    for shift, rounding in zip((-0.06, 0.0, 0.06), ROUNDINGS, strict=True):
        line = [o for o in section if getattr(o.point, which_rounding) == rounding and o.error is None]
        line.sort(key=lambda outcome: getattr(outcome.point, name))
        if line:
            axes.errorbar(
                [positions.index(getattr(o.point, name)) + shift for o in line],
                [mean(o.accuracies) for o in line],
                [deviation(o.accuracies) or 0 for o in line],
                marker="o", ms=4, lw=1.2, capsize=3, color=ROUNDING_COLOURS[rounding], label=rounding,
            )  # fmt: skip
    axes.set_xticks(range(len(positions)), [f"{position:,}" for position in positions])
    axes.set(xlabel=AXES[name], xlim=(-0.4, len(positions) - 0.6))
    axes.grid(axis="y", lw=0.3)


def _float_band(axes: Axes, accuracies: list[float], max_loss: float | None) -> None:
    if not accuracies:
        return
    middle, spread = mean(accuracies), deviation(accuracies) or 0
    axes.axhline(middle, color=FLOAT_COLOUR, lw=1.2, label="float")
    axes.axhspan(middle - spread, middle + spread, color=FLOAT_COLOUR, alpha=0.15, lw=0)
    if max_loss is not None:
        axes.axhline(middle - max_loss, color=FLOAT_COLOUR, lw=0.8, ls=":", label=f"float - {max_loss:g}")


def _plus_minus(accuracies: list[float]) -> str:
    if not accuracies:
        return FAILED
    text = f"{mean(accuracies):.2f}"
    return text if len(accuracies) == 1 else f"{text} ± {deviation(accuracies):.2f}"
