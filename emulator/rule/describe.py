"""A description side by side: physical value, integer, what it stands for, and how far off that is."""

import math
from typing import Any

from rich.markup import escape
from rich.table import Table

from bicall.emulator.rule.constants import Constant, quantise
from bicall.emulator.rule.description import Rule
from bicall.emulator.support.terminal import table

LARGE_ERROR = 0.05  # a constant further off than this changes what the rule does; it is marked


def time_constants(description: Rule) -> list[Constant]:
    """The time constants, in ms, that the quantised decay factors stand for.

    A factor near 1 hides its error: for a trace of 800 ticks, half a unit of the factor's 12 binary places is a tenth
    of the time constant. Truncation shortens a decay further; that depends on the trace's value and is not in here.
    """
    neuron = description.neuron
    wanted = {
        "x_decay": description.pre_trace.time_constant_ms,
        "y_decay": description.post_trace.time_constant_ms,
        "s_decay": description.gate_trace.time_constant_ms,
        "current_decay": neuron.current_time_constant_ms,
        "membrane_decay": neuron.membrane_time_constant_ms,
    }
    tick = description.time.tick_ms
    made = []
    for constant in quantise(description):
        if constant.name not in wanted:
            continue
        factor = constant.represented
        represented = 0.0 if factor == 0 else math.inf if factor == 1 else -tick / math.log(factor)
        symbol, physical = constant.name.removesuffix("_decay"), wanted[constant.name]
        meaning = f"time constant of {symbol}"
        made.append(Constant(f"{symbol}_time_constant", meaning, "ms", physical, constant.integer, represented))
    return made


def is_large(constant: Constant) -> bool:
    """Whether a constant's quantisation error deserves a mark."""
    return abs(constant.error) > LARGE_ERROR


def as_result(description: Rule) -> dict[str, Any]:
    """All constants and time constants, ready for JSON."""
    return {
        "configuration": description.name,
        "summary": description.summary,
        "constants": [_as_json(constant) for constant in quantise(description)],
        "time_constants": [_as_json(constant) for constant in time_constants(description)],
    }


def as_view(description: Rule) -> list[Table | str]:
    """The same as two tables and a line about large errors."""
    columns = ("constant", "meaning", "unit", "physical", "integer", "stands for", "error")
    titles = escape(f"{description.name}: {description.summary}"), "Time constants of the decays"
    groups = quantise(description), time_constants(description)
    tables = [table(title, columns, map(_row, group)) for title, group in zip(titles, groups, strict=True)]
    for made in tables:
        made.columns[1].justify = made.columns[2].justify = "left"
    everything = sum(groups, [])
    n_large = sum(map(is_large, everything))
    return [*tables, f"{n_large} of {len(everything)} are off by more than {LARGE_ERROR:.0%} (marked !)"]


def _row(constant: Constant) -> list[str]:
    error = f"{round(100 * constant.error, 2) + 0.0:.2f} %"  # adding 0 drops the sign of a rounded -0
    return [
        constant.name,
        constant.meaning,
        constant.unit,
        f"{constant.physical:.6g}",
        str(constant.integer),
        f"{constant.represented:.6g}",
        f"[bold red]! {error}[/]" if is_large(constant) else error,
    ]


def _as_json(constant: Constant) -> dict[str, Any]:
    """JSON has no infinity: null stands for it (no floor; a decay that never ends)."""
    values = constant._asdict() | {"error": constant.error, "large_error": is_large(constant)}
    return {key: None if isinstance(value, float) and math.isinf(value) else value for key, value in values.items()}
