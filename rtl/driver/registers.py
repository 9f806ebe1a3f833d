"""The core's address space, register by register: the one table behind the Verilog, this driver and docs/registers.md.

`bicall generate` makes rtl/bicall_registers.v, rtl/bicall_addresses.vh and docs/registers.md from it
(`rtl.driver.register_files`); the driver takes names, addresses and ranges from here.
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from bicall.emulator.rule.constants import Constants

IDENTITY = 0xB1CA11  # what a bicall_core says it is


class Kind(Enum):
    """What stands behind a register."""

    FIXED = "a number that never changes"
    SHOWN = "something of the core that only shows"
    KEPT_ELSEWHERE = "something of the core that another module keeps"
    STORED = "a value that is kept here"
    COUNTER = "counts pulses, around the end"
    COMMAND = "writing 1 starts something, which sets it back to 0"


class When(Enum):
    """When a write is taken; at all other times it is refused and changes nothing."""

    NEVER = "never"
    ALWAYS = "always"
    BETWEEN_TICKS = "between ticks"
    FLUSHED = "between ticks, all rows up to date"


class Register(NamedTuple):
    """A register. Numbers are expressions that hold in Verilog and in Python (`number`), over the core's `widths`."""

    name: str
    word: int  # address, in words of 32 bits
    kind: Kind
    when: When
    bits: str  # width
    meaning: str
    lowest: str = "0"
    highest: str = ""  # what fits the width, if empty
    initial: str = "0"  # after a hardware reset; of a fixed register its value
    signal: str = ""  # what is shown, what is counted, or what ends the command; the register's name, if empty

    @property
    def signed(self) -> bool:
        """Whether a constant takes negative numbers."""
        return self.lowest.startswith("-")

    def range(self, constants: Constants) -> tuple[int, int]:
        """Smallest and largest value that a write may have, in a core of the constants' widths."""
        by_name = widths(constants)
        highest = number(self.highest, by_name) if self.highest else (1 << number(self.bits, by_name)) - 1
        return number(self.lowest, by_name), highest


class Region(NamedTuple):
    """A quarter of the address space."""

    name: str
    number: int  # bits 21:20 of a word's address
    place: str  # how a word is found in it
    fields: tuple[tuple[str, str], ...] = ()  # name and meaning of an item's words, in order

    @property
    def first(self) -> int:
        """Address of the first word."""
        return self.number << 20


def widths(constants: Constants) -> dict[str, int]:
    """The names that expressions of the table may use."""
    c = constants
    return {
        "H_BITS": c.h_bits,
        "X_BITS": c.x_bits,
        "Y_BITS": c.y_bits,
        "S_BITS": c.s_bits,
        "STEP_BITS": c.h_bits + c.step_fraction_bits + 1,
    }


def number(expression: str, by_name: Mapping[str, int]) -> int:
    """The value of an expression of the table."""
    python = re.sub(r"\b\d+'d", "", expression).replace("/", "//")
    return int(eval(python, {"__builtins__": {}}, dict(by_name)))


def _factor(name: str, meaning: str) -> tuple:
    return name, "13", f"{meaning}, in 1/4096", "0", "4096"


_STEP = "2 ** (STEP_BITS - 1)"
_GATE = "2 ** (S_BITS + 1)"

# name, bits, meaning, lowest, highest; each starts from its macro in bicall_constants.vh
_CONSTANTS: tuple[tuple, ...] = (
    _factor("x_decay", "factor on x each tick"),
    _factor("x_bump", "part of the way to full scale per spike, x"),
    _factor("y_decay", "factor on y each tick"),
    _factor("y_bump", "part of the way to full scale per spike, y"),
    _factor("s_decay", "factor on s each tick"),
    _factor("s_bump", "part of the way to full scale per spike, s"),
    # a whole x gives a step that fits
    ("potentiation", "STEP_BITS", "c_p, times x at a postsynaptic spike", "0",
     "(64'd2 ** (STEP_BITS - 1 + X_BITS) - 64'd1) / (64'd2 ** X_BITS - 64'd1)"),
    ("depression_pre", "STEP_BITS", "c_d1, at a presynaptic spike", f"-({_STEP})", "0"),
    ("depression_post", "STEP_BITS", "c_d2, at a postsynaptic spike", f"-({_STEP})", "0"),
    ("pre_threshold", "X_BITS", "theta_i, on x"),
    ("post_threshold", "Y_BITS", "theta_j, on y"),
    ("gate_low", "S_BITS + 2", "theta_l, on s", f"-({_GATE})", f"{_GATE} - 1"),
    ("gate_high", "S_BITS + 2", "theta_h, on s", f"-({_GATE})", f"{_GATE} - 1"),
    ("drift_up", "H_BITS", "step towards 1 each drift period"),
    ("drift_down", "H_BITS", "step towards 0 each drift period"),
    ("weight_low", "17", "transmitted if h is low", "-65536", "65535"),
    ("weight_high", "17", "transmitted if h is high", "-65536", "65535"),
    ("teacher_weight", "17", "input from a teacher's spike", "-65536", "65535"),
    _factor("current_decay", "factor on the input current each tick"),
    _factor("membrane_decay", "factor on the membrane each tick"),
    ("membrane_threshold", "24", "the membrane fires above it", "-8388608", "8388607"),
    ("membrane_floor", "24", "lowest membrane", "-8388608", "8388607"),
    ("drift_period", "25", "ticks from one drift step to the next", "1"),
    ("refractory_ticks", "8", "ticks without integration after a spike"),
)  # fmt: skip
FIRST_CONSTANT = 32

REGISTERS: tuple[Register, ...] = (
    Register("identity", 0, Kind.FIXED, When.NEVER, "32", "says that this is a bicall_core", initial=f"{IDENTITY}"),
    Register("axons", 1, Kind.FIXED, When.NEVER, "32", "rows of synapses", initial="AXONS"),
    Register("neurons", 2, Kind.FIXED, When.NEVER, "32", "columns of synapses", initial="NEURONS"),
    Register("learn", 3, Kind.STORED, When.BETWEEN_TICKS, "1", "0: ticks without learning", initial="1"),
    Register("flush", 4, Kind.COMMAND, When.ALWAYS, "1", "brings all rows up to date after the tick that runs; reads 1 "
             "until that is done", "1", signal="swept"),
    Register("status", 5, Kind.SHOWN, When.NEVER, "3", "bit 0 busy, bit 1 in a tick, bit 2 all rows up to date"),
    Register("dropped", 6, Kind.COUNTER, When.ALWAYS, "32", "events that cannot be", signal="event_dropped"),
    Register("tick", 7, Kind.KEPT_ELSEWHERE, When.FLUSHED, "32", "number of the last tick"),
    Register("phase", 8, Kind.KEPT_ELSEWHERE, When.BETWEEN_TICKS, "25", "ticks since the last drift tick"),
    Register("seed", 9, Kind.STORED, When.FLUSHED, "32", "of the stochastic rounding"),
    Register("row_base", 10, Kind.STORED, When.FLUSHED, "28", "number of the first row in the whole layer"),
    Register("column_base", 11, Kind.STORED, When.FLUSHED, "28", "number of the first column in the whole layer"),
    Register("column_turn", 12, Kind.STORED, When.FLUSHED, "16", "column_base times 40503, modulo 2^16"),
    Register("sweeps", 13, Kind.COUNTER, When.ALWAYS, "32", "times that all rows were brought up to date",
             signal="swept"),
    Register("words_read", 14, Kind.COUNTER, When.ALWAYS, "32", "words of h read", signal="word_read"),
    Register("words_written", 15, Kind.COUNTER, When.ALWAYS, "32", "words of h written", signal="word_written"),
    Register("lanes", 16, Kind.FIXED, When.NEVER, "32", "synapses of a word", initial="LANES"),
    Register("drifts", 17, Kind.KEPT_ELSEWHERE, When.FLUSHED, "32", "drift ticks with learning so far"),
    Register("sparse", 18, Kind.FIXED, When.NEVER, "32", "1: a bit above each h says whether the synapse exists",
             initial="SPARSE"),
    Register("drive_weight", 19, Kind.STORED, When.BETWEEN_TICKS, "17", "input from a drive's event", "-65536",
             "65535"),
    *(
        Register(name, FIRST_CONSTANT + k, Kind.STORED, When.FLUSHED, *rest, initial=f"`BICALL_{name.upper()}")  # type: ignore[misc]  # with limits or without
        for k, (name, *rest) in enumerate(_CONSTANTS)
    ),
)  # fmt: skip
BY_NAME = {register.name: register for register in REGISTERS}
CONSTANTS = tuple(name for name, *_ in _CONSTANTS)  # fields of emulator.rule.constants.Constants

REGIONS = {
    region.name: region
    for region in (
        Region("registers", 0, "a word a register"),
        Region(
            "neurons", 1, "4 words a neuron",
            (("traces", "y in bits 15:0, s in bits 31:16"), ("current", "signed"), ("membrane", "signed"),
             ("refractory", "ticks that are left")),
        ),
        Region(
            "rows", 2, "4 words a row; only x can be written",
            (("x", "after the row's last access"), ("tick", "of the last access"),
             ("drifts", "drift ticks until the last access"), ("entries", "entries of the archive seen")),
        ),
        Region("h", 3, "a word a synapse: row, group, lane side by side; above h in a sparse core: whether it exists"),
    )
}  # fmt: skip
