"""From a description to the numbers a backend computes with.

Each constant is derived once, here, with its physical value, its integer and the physical value that the integer
stands for. `fixed()` collects the integers and `real()` the physical values under the same names, so that every backend
is written against one set of names. The Verilog header and the table in docs/ come from the same list.
"""

import math
from typing import Any, NamedTuple, TypeAlias

from bicall.emulator.rule.description import Rule, Trace
from bicall.emulator.support.errors import BadInput

DECAY_FRACTION_BITS = 12  # binary places of decay and bump factors; 12 as in Loihi's decays
MEMBRANE_SHIFT = 6  # Loihi aligns weights and threshold with the membrane by this shift
MEMBRANE_LIMIT = 2**23  # Loihi's current and membrane are 24 bits wide, signed
ROUNDINGS = ("truncate", "nearest", "stochastic")  # their index is the code that the backends use
TRUNCATE, NEAREST, STOCHASTIC = range(3)

# a float in float; in fixed point an int, which can be shifted; where circuits differ an array of them
Number: TypeAlias = Any


class Constant(NamedTuple):
    """One constant in both arithmetics. `unit` is that of `physical`; `represented` is what `integer` stands for."""

    name: str
    meaning: str
    unit: str
    physical: float
    integer: int
    represented: float

    @property
    def error(self) -> float:
        """Quantisation error, relative to the physical value; 0 where both are 0, infinite where only that is 0."""
        if self.represented == self.physical:
            return 0.0
        return (self.represented - self.physical) / abs(self.physical) if self.physical else math.inf


class Constants(NamedTuple):
    """What the loops compute with: all integers (fixed point) or physical values where a field has them (float).

    The names are those of the equations in docs/specification.md. Fields that count something (periods, widths, codes)
    are integers in both arithmetics.

    A layer whose circuits differ has arrays (int64 or float64) in some fields, for the plain and the compiled loop:
    [pre] in those of `OF_AXONS`, [post] in those of `OF_NEURONS`.
    """

    x_decay: Number
    x_bump: Number
    x_full: Number
    y_decay: Number
    y_bump: Number
    y_full: Number
    s_decay: Number
    s_bump: Number
    s_full: Number
    potentiation: Number
    depression_pre: Number
    depression_post: Number
    pre_threshold: Number
    post_threshold: Number
    gate_low: Number
    gate_high: Number
    drift_up: Number
    drift_down: Number
    h_full: Number
    h_threshold: Number
    weight_low: Number
    weight_high: Number
    teacher_weight: Number
    current_decay: Number
    membrane_decay: Number
    membrane_threshold: Number
    membrane_floor: Number
    # counts and codes, the same in both arithmetics
    drift_period: int
    refractory_ticks: int
    x_bits: int
    y_bits: int
    s_bits: int
    h_bits: int
    step_fraction_bits: int
    x_rounding: int
    y_rounding: int
    s_rounding: int
    h_rounding: int
    # of neurons that come from other tools; a rule's own are reset to 0
    reset_by_subtraction: int = 0  # 1: a spike takes the threshold off the membrane


OF_AXONS = ("x_decay", "x_bump")
OF_NEURONS = (
    "y_decay", "y_bump", "s_decay", "s_bump", "potentiation", "depression_pre", "depression_post", "pre_threshold",
    "post_threshold", "gate_low", "gate_high", "weight_low", "weight_high", "teacher_weight", "current_decay",
    "membrane_decay", "membrane_threshold", "membrane_floor", "refractory_ticks",
)  # fmt: skip
COUNTS = Constants._fields[Constants._fields.index("drift_period") :]


def quantise(description: Rule) -> list[Constant]:
    """Every constant of a description in both arithmetics, in the order of `Constants`.

    Raises:
        BadInput: a constant does not fit its register.
    """
    d = description
    factor = 2**DECAY_FRACTION_BITS
    h_full = 2**d.hidden_weight.bits - 1
    step = h_full * 2**d.hidden_weight.step_fraction_bits
    mantissa = d.neuron.threshold_mantissa
    membrane = mantissa << MEMBRANE_SHIFT
    x_full, y_full, s_full = (2**trace.bits - 1 for trace in (d.pre_trace, d.post_trace, d.gate_trace))
    # x times this, shifted by x's width, is a step; the width's power of two instead of full scale saves a divider
    x_step = step * 2**d.pre_trace.bits / x_full
    drift_seconds = d.time.drift_period_ticks * d.time.tick_ms / 1e3

    constants: list[Constant] = []

    def add(name: str, meaning: str, unit: str, physical: float, scale: float) -> None:
        integer = round(physical * scale)
        constants.append(Constant(name, meaning, unit, physical, integer, integer / scale))

    def add_trace(symbol: str, trace: Trace) -> None:
        full = 2**trace.bits - 1
        add(
            f"{symbol}_decay",
            f"factor on {symbol} each tick",
            "",
            math.exp(-d.time.tick_ms / trace.time_constant_ms),
            factor,
        )
        add(f"{symbol}_bump", f"part of the way to full scale per spike, {symbol}", "", trace.bump, factor)
        add(f"{symbol}_full", f"full scale of {symbol}", "", 1.0, full)

    add_trace("x", d.pre_trace)
    add_trace("y", d.post_trace)
    add_trace("s", d.gate_trace)
    p = d.plasticity
    add("potentiation", "c_p, times x at a postsynaptic spike", "", p.potentiation, x_step)
    add("depression_pre", "c_d1, at a presynaptic spike", "", p.depression_pre, step)
    add("depression_post", "c_d2, at a postsynaptic spike", "", p.depression_post, step)
    add("pre_threshold", "theta_i, on x", "", p.pre_threshold, x_full)
    add("post_threshold", "theta_j, on y", "", p.post_threshold, y_full)
    add("gate_low", "theta_l, on s", "", p.gate_low, s_full)
    add("gate_high", "theta_h, on s", "", p.gate_high, s_full)
    add("drift_up", "step towards 1 each drift period", "", d.hidden_weight.drift_up_per_s * drift_seconds, h_full)
    add("drift_down", "step towards 0 each drift period", "", d.hidden_weight.drift_down_per_s * drift_seconds, h_full)
    add("h_full", "full scale of h", "", 1.0, h_full)
    # half scale lies between two integers; the lower one stands for it, as h is compared with 'above'
    constants.append(Constant("h_threshold", "theta_w: w is high above it", "", 0.5, h_full // 2, 0.5))
    t = d.transmission
    add("weight_low", "transmitted at or below theta_w", "threshold", t.weight_low, mantissa)
    add("weight_high", "transmitted above theta_w", "threshold", t.weight_high, mantissa)
    add("teacher_weight", "input from a teacher's spike", "threshold", t.teacher_weight, mantissa)
    n = d.neuron
    current = 0.0 if n.current_time_constant_ms == 0 else math.exp(-d.time.tick_ms / n.current_time_constant_ms)
    add("current_decay", "factor on the input current each tick", "", current, factor)
    add(
        "membrane_decay",
        "factor on the membrane each tick",
        "",
        math.exp(-d.time.tick_ms / n.membrane_time_constant_ms),
        factor,
    )
    add("membrane_threshold", "the membrane fires above it", "threshold", 1.0, membrane)
    if n.floor == "none":
        lowest = -MEMBRANE_LIMIT + 1
        constants.append(Constant("membrane_floor", "lowest membrane", "threshold", -math.inf, lowest, -math.inf))
    else:
        add("membrane_floor", "lowest membrane", "threshold", n.floor, membrane)

    def count(name: str, meaning: str, unit: str, value: int) -> None:
        constants.append(Constant(name, meaning, unit, value, value, value))

    count("drift_period", "ticks from one drift step to the next", "tick", d.time.drift_period_ticks)
    count("refractory_ticks", "ticks without integration after a spike", "tick", n.refractory_ticks)
    count("x_bits", "width of x", "bit", d.pre_trace.bits)
    count("y_bits", "width of y", "bit", d.post_trace.bits)
    count("s_bits", "width of s", "bit", d.gate_trace.bits)
    count("h_bits", "width of h", "bit", d.hidden_weight.bits)
    count("step_fraction_bits", "binary places of a step below h", "bit", d.hidden_weight.step_fraction_bits)
    codes = ", ".join(f"{code} {name}" for code, name in enumerate(ROUNDINGS))
    for name, section in (("x", d.pre_trace), ("y", d.post_trace), ("s", d.gate_trace), ("h", d.hidden_weight)):
        count(f"{name}_rounding", f"rounding of {name}: {codes}", "", ROUNDINGS.index(section.rounding))
    _check_ranges(d, constants)
    return constants


def _check_ranges(description: Rule, constants: list[Constant]) -> None:
    """Limits that follow from several values at once: registers of the weights, of the membrane and of h."""
    mantissa = "neuron.threshold_mantissa"
    h_full = 2**description.hidden_weight.bits - 1
    limits = {
        "weight_low": (2**16 - 1, mantissa),
        "weight_high": (2**16 - 1, mantissa),
        "teacher_weight": (2**16 - 1, mantissa),
        "membrane_floor": (MEMBRANE_LIMIT - 1, mantissa),
        "drift_up": (h_full, "time.drift_period_ticks or hidden_weight.drift_up_per_s"),
        "drift_down": (h_full, "time.drift_period_ticks or hidden_weight.drift_down_per_s"),
    }
    for constant in constants:
        limit, cause = limits.get(constant.name, (math.inf, ""))
        if abs(constant.integer) > limit:
            raise BadInput(
                f"configuration {description.name}: {constant.name} is {constant.integer} as an integer, "
                f"must be within +-{limit} (lower {cause})"
            )


def fixed(description: Rule) -> Constants:
    """The integers of a description. All fields are int."""
    return Constants(**{constant.name: constant.integer for constant in quantise(description)})


def real(description: Rule) -> Constants:
    """The physical values of a description. Fields are float, counts and codes are int."""
    values: dict[str, Number] = {
        constant.name: int(constant.physical) if constant.name in COUNTS else float(constant.physical)
        for constant in quantise(description)
    }
    return Constants(**values)
