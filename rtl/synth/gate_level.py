"""A core as its netlist of standard cells, in a file that takes the Verilog's place in a simulation."""

import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_text
from bicall.rtl.driver import simulator
from bicall.rtl.synth.synthesis import OSU018, WITHOUT_MEMORIES, check_liberty, read_design, to_standard_cells
from bicall.rtl.synth.yosys import run_yosys

CELLS = Path(__file__).with_name("osu018_cells.v")
TOP, NETLIST = "bicall_core", "bicall_netlist"
_KINDS = "|".join(re.findall(r"^module (\w+)", CELLS.read_text(), re.MULTILINE))
INSTANCE = re.compile(rf"^\s+({_KINDS}) \S+ \($", re.MULTILINE)
# signals that the driver can watch in the Verilog have no place in a netlist: they stay 0
WATCHED = """
    wire [31:0] tick /* verilator public_flat_rd */ = 0;
    generate
        if (1) begin : rows
            wire [31:0] row /* verilator public_flat_rd */ = 0;
            wire sweeping /* verilator public_flat_rd */ = 0;
        end
        if (1) begin : row_update
            wire group_done /* verilator public_flat_rd */ = 0;
            wire [31:0] group /* verilator public_flat_rd */ = 0;
            wire [LANES*H_BITS-1:0] h_next /* verilator public_flat_rd */ = 0;
        end
    endgenerate
"""


def write_core(parameters: Mapping[str, int], folder: Path, liberty: Path = OSU018) -> dict[str, int]:
    """Synthesise bicall_core and write files that `driver.core.Core` takes instead of the Verilog.

    Args:
        parameters: of the core; only such a core is what the netlist is of.
        folder: gets bicall_core.v, with the core's own ports, and bicall_netlist.v: cells, what they do, and memories,
            which stay as arrays.
        liberty: the library osu018.

    Returns:
        number of cells by kind.

    Raises:
        BadInput: no pyosys, no library, or a failed synthesis.
    """
    check_liberty(liberty)
    with tempfile.TemporaryDirectory() as name:
        aside = Path(name)
        passes = [
            *read_design(TOP, parameters),
            *WITHOUT_MEMORIES,
            *to_standard_cells(liberty),
            f"rename -top {NETLIST}",
        ]
        ended, output = run_yosys([*passes, f"write_verilog -noattr {aside}/netlist.v"], aside)
        if ended:
            errors = [line for line in output.splitlines() if "ERROR" in line] or ["no output"]
            raise BadInput(f"netlist of {TOP}: {errors[0].strip()}")
        netlist = (aside / "netlist.v").read_text()
    write_text(folder / f"{NETLIST}.v", netlist + CELLS.read_text())
    text = (simulator.ROOM / f"{TOP}.v").read_text()
    header = text[text.index(f"module {TOP} #(") : text.index("\n);\n") + 4]
    ports = re.findall(r"^    (?:input|output) +wire +(?:\[.*?\] +)?(\w+),?$", header, re.MULTILINE)
    connected = ", ".join(f".{port}({port})" for port in ports)
    made = f'`include "bicall_constants.vh"\n{header}    {NETLIST} netlist ({connected});\n{WATCHED}endmodule\n'
    write_text(folder / f"{TOP}.v", made)
    return dict(Counter(INSTANCE.findall(netlist)))
