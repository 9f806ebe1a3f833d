"""The files that come from the table of registers: their Verilog, the macros of the address space, a page in docs/."""

from collections.abc import Iterable
from pathlib import Path

from bicall.rtl.driver.registers import FIRST_CONSTANT, REGIONS, REGISTERS, Kind, Register, When
from bicall.rtl.driver.simulator import ROOM

MADE = "Made by `bicall generate` from rtl/driver/registers.py: do not edit."
LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"
INDEX_BITS = 6
ALLOWED = {When.ALWAYS: "1'b1", When.BETWEEN_TICKS: "!in_tick", When.FLUSHED: "flushed"}


def files() -> dict[Path, str]:
    """Each generated file's path and text."""
    return {
        ROOM / "bicall_addresses.vh": addresses(),
        ROOM / "bicall_registers.v": verilog(),
        ROOM.parent / "docs" / "registers.md": documentation(),
    }


def addresses() -> str:
    """The text of rtl/bicall_addresses.vh: regions of the address space, and the words of an item in each."""
    lines = []
    for region in REGIONS.values():
        lines.append((f"REGION_{region.name}", f"2'd{region.number}", region.place))
        item = region.name.removesuffix("s")
        lines += [(f"{item}_{field}", f"2'd{k}", meaning) for k, (field, meaning) in enumerate(region.fields)]
    macros = "\n".join(f"`define BICALL_{name.upper():<17} {value} // {meaning}" for name, value, meaning in lines)
    return f"{LICENCE}// {MADE}\n`ifndef BICALL_ADDRESSES_VH\n`define BICALL_ADDRESSES_VH\n\n{macros}\n\n`endif\n"


def verilog() -> str:
    """The text of rtl/bicall_registers.v."""
    parts = {
        "ports": ",\n".join(port for register in REGISTERS for port in _ports(register)),
        "limits": "".join(_limit(register) for register in REGISTERS),
        "cases": "\n".join(_case(register) for register in REGISTERS),
        "instances": "\n".join(_instance(register, k) for k, register in enumerate(_limited())),
        "strobes": "\n".join(
            f"    assign write_{r.name} = accepted && index == {_word(r)};"
            for r in REGISTERS
            if r.kind is Kind.KEPT_ELSEWHERE
        ),
        "declarations": "\n".join(
            [f"    wire [{len(_limited()) - 1}:0] fits;", f"    wire [{32 * len(_limited()) - 1}:0] data;"]
            + [f"    reg  [31:0] {r.name};" for r in REGISTERS if r.kind is Kind.COUNTER]
        ),
        "clocked": "\n".join(line for register in REGISTERS for line in _clocked(register)),
        "cleared": "\n".join(
            f"            {r.name} <= {r.bits}'d0;" for r in REGISTERS if _kept_here(r)
        ),
    }  # fmt: skip
    return _MODULE.format(licence=LICENCE, made=MADE, index_bits=INDEX_BITS, index_top=INDEX_BITS - 1, **parts)


def documentation() -> str:
    """The text of docs/registers.md."""
    lines = [
        "# Registers and addresses of the core\n",
        f"{MADE} What the core does with them stands in [rtl.md](rtl.md).\n",
        "The host reaches all of it over AXI4-Lite, 32 bits at a time; the byte address is 4 times the word. A write "
        "that does not fit, comes at another time than the table says, has partial strobes, or goes to a register that "
        "can only be read gets SLVERR and changes nothing; so does an access to an address where nothing is.\n",
        "## Regions\n",
        "| words from | what | layout |\n|---|---|---|",
    ]
    for region in REGIONS.values():
        fields = "; ".join(f"{k} {name}: {meaning}" for k, (name, meaning) in enumerate(region.fields))
        lines.append(f"| 0x{region.first:06X} | {region.name} | {region.place}{': ' if fields else ''}{fields} |")
    lines += [
        "\nState can be read between two events. The words of neurons can be written between ticks, x and h only while "
        "all rows are up to date (after a flush, before the next tick).\n",
    ]
    for title, registers in (
        ("The core's own registers", [r for r in REGISTERS if r.word < FIRST_CONSTANT]),
        ("Constants of the rule and of the neuron", [r for r in REGISTERS if r.word >= FIRST_CONSTANT]),
    ):
        lines.append(
            f"## {title}\n\n| word | name | meaning | takes | written | after a reset |\n|---|---|---|---|---|---|"
        )
        lines += [_row(register) for register in registers]
        lines.append("")
    lines.append("Widths and first values in capitals are the core's parameters and the macros of bicall_constants.vh; "
                 "STEP_BITS is H_BITS + STEP_FRACTION_BITS + 1.\n")  # fmt: skip
    return "\n".join(lines)


def _row(r: Register) -> str:
    takes = "" if r.when is When.NEVER else f"{_plain(r.lowest)} to {_plain(r.highest) or _full(r.bits)}"
    after = "" if r.kind in (Kind.SHOWN, Kind.KEPT_ELSEWHERE) else r.initial.strip("`")
    if r.kind is Kind.FIXED and after.isdigit():
        after = f"0x{int(after):X}"
    return f"| {r.word} | `{r.name}` | {r.meaning} | {takes} | {r.when.value} | {after} |"


def _plain(expression: str) -> str:
    return expression.replace("64'd", "").replace(" ** ", "^")


def _full(bits: str) -> str:
    return f"2^{bits} - 1" if bits.isidentifier() or bits.isdigit() else f"2^({bits}) - 1"


def _word(register: Register) -> str:
    return f"{INDEX_BITS}'d{register.word}"


def _range(bits: str) -> str:
    if bits == "1":
        return ""
    return f"[{int(bits) - 1}:0]" if bits.isdigit() else f"[{bits} - 1:0]"


def _port(direction: str, bits: str, name: str, signed: bool = False) -> str:
    kind = f"{direction} {'signed ' if signed else ''}{_range(bits)}".rstrip()
    return f"    {kind:<38} {name}"


def _ports(r: Register) -> Iterable[str]:
    if r.kind is Kind.STORED:
        yield _port("output reg" if _kept_here(r) else "output wire", r.bits, r.name, r.signed)
    elif r.kind is Kind.SHOWN:
        yield _port("input  wire", r.bits, r.name)
    elif r.kind is Kind.KEPT_ELSEWHERE:
        yield _port("input  wire", r.bits, r.name)
        yield _port("output wire", "1", f"write_{r.name}")
    elif r.kind is Kind.COMMAND:
        yield _port("output reg", "1", r.name)
    if r.kind is Kind.COUNTER:
        yield _port("input  wire", "1", r.signal)
    if r.kind is Kind.COMMAND and r.signal not in {c.signal for c in REGISTERS if c.kind is Kind.COUNTER}:
        yield _port("input  wire", "1", r.signal)


def _limit(r: Register) -> str:
    """A limit that needs more than 32 bits on its way."""
    return f"    localparam [63:0] HIGHEST_{r.name.upper()} = {r.highest};\n" if "64'd" in r.highest else ""


def _case(r: Register) -> str:
    if r.kind is Kind.FIXED:
        value = f"32'h{int(r.initial):08X}" if r.initial.isdigit() else r.initial
    elif r in _limited():
        value = f"data[{32 * _limited().index(r)} +: 32]"
    else:
        missing = 32 - int(r.bits)
        value = f"{{{missing}'d0, {r.name}}}" if missing else r.name
    steps = [f"read_data = {value};"]
    if r.when is not When.NEVER:
        fits = (
            f"fits[{_limited().index(r)}]" if r in _limited()
            else "write_data == 32'd1" if r.kind is Kind.COMMAND
            else f"write_data[31:{r.bits}] == 0" if r.bits != "32"
            else ""
        )  # fmt: skip
        allowed = [part for part in (ALLOWED[r.when] if r.when is not When.ALWAYS else "", fits) if part]
        steps.append(f"takes = {' && '.join(allowed) or ALLOWED[When.ALWAYS]};")
    return f"            {_word(r)}: begin {' '.join(steps)} end"


def _instance(r: Register, k: int) -> str:
    settings = {"BITS": r.bits}
    if r.lowest != "0":
        settings["LOWEST"] = r.lowest
    if r.highest:
        settings["HIGHEST"] = f"HIGHEST_{r.name.upper()}[31:0]" if "64'd" in r.highest else r.highest
    settings["INITIAL"] = r.initial
    parameters = ", ".join(f".{name}({value})" for name, value in settings.items())
    return (
        f"    bicall_register #({parameters}) {r.name}_register (\n"
        f"        .clk(clk), .rst(rst), .write(accepted && index == {_word(r)}), .write_data(write_data),\n"
        f"        .fits(fits[{k}]), .read_data(data[{32 * k} +: 32]), .value({r.name})\n    );"
    )


def _clocked(r: Register) -> Iterable[str]:
    if r.kind is Kind.COUNTER:
        yield f"        if (accepted && index == {_word(r)}) {r.name} <= write_data;"
        yield f"        else if ({r.signal}) {r.name} <= {r.name} + 32'd1;"
    elif r.kind is Kind.COMMAND:
        yield f"        if (accepted && index == {_word(r)}) {r.name} <= 1'b1;"
        yield f"        else if ({r.signal}) {r.name} <= 1'b0;"
    elif _kept_here(r):
        yield f"        if (accepted && index == {_word(r)}) {r.name} <= write_data;"


def _limited() -> list[Register]:
    """Registers that are a bicall_register each: not all values fit."""
    return [r for r in REGISTERS if r.kind is Kind.STORED and r.bits != "32"]


def _kept_here(r: Register) -> bool:
    """Whether the generated module itself holds the register."""
    return r.kind in (Kind.COUNTER, Kind.COMMAND) or (r.kind is Kind.STORED and r.bits == "32")


_MODULE = """\
{licence}// {made}
//
// bicall_registers: the core's own registers, and the constants of the rule and of the neuron (docs/registers.md).
//
// `error` is up for a register that is not there, and for a write that does not fit, that comes at another time than
// the table says, or that goes to a register which can only be read; such a write changes nothing. After a reset the
// constants hold the values of bicall_constants.vh.
//
// Latency:    a write acts in the next cycle; reads are combinational. Throughput: one access a cycle.
// Parameters: AXONS, NEURONS, LANES, SPARSE  size and kind of the core
//             widths in bits, as in bicall_constants.vh

`default_nettype none
`include "bicall_constants.vh"

module bicall_registers #(
    parameter AXONS = 256,
    parameter NEURONS = 256,
    parameter LANES = 16,
    parameter SPARSE = 0,
    parameter H_BITS = `BICALL_H_BITS,
    parameter STEP_FRACTION_BITS = `BICALL_STEP_FRACTION_BITS,
    parameter X_BITS = `BICALL_X_BITS,
    parameter Y_BITS = `BICALL_Y_BITS,
    parameter S_BITS = `BICALL_S_BITS,
    parameter STEP_BITS = H_BITS + STEP_FRACTION_BITS + 1
) (
    input  wire                            clk,
    input  wire                            rst,
    input  wire                            write,
    input  wire [{index_top}:0]                      index,
    input  wire [31:0]                     write_data,
    output reg  [31:0]                     read_data,
    output wire                            error,  // of the access at `index` with `write_data`
    input  wire                            in_tick,
    input  wire                            flushed,  // between ticks, all rows up to date

{ports}
);
{limits}{declarations}

    reg  takes;   // a write, here and now, of this value
    reg  exists;
    wire accepted = write && takes;
    assign error = !exists || (write && !takes);
    always @* begin
        exists = 1'b1;
        takes = 1'b0;
        case (index)
{cases}
            default: begin read_data = 32'd0; exists = 1'b0; end
        endcase
    end

{instances}

{strobes}

    always @(posedge clk) begin
{clocked}
        if (rst) begin
{cleared}
        end
    end
endmodule
`default_nettype wire
"""
