"""Area of the Verilog modules: generic gates, FPGA cells, and standard cells where their library is installed."""

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver import simulator
from bicall.rtl.synth.yosys import run_yosys

# Debian's package qflow-tech-osu018; areas in square micrometres
OSU018 = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")
OSU018_GATE = 24.0  # area of one gate equivalent, as in the figures measured for ODIN

TARGETS = GENERIC, STANDARD_CELLS, ICE40, ECP5, XILINX = "generic", "osu018", "ice40", "ecp5", "xilinx"

# a memory becomes a black box: its ports stay as they are, so that logic around it is neither lost nor merged
WITHOUT_MEMORIES = ["proc", "flatten", "opt -full", "wreduce", "memory_dff", "memory_collect", "opt_clean"]
_TO_GATES = ["alumacc", "opt", "techmap", "opt -fast"]


def module_parameters(module: str, settings: list[str]) -> dict[str, int]:
    """Verilog parameters from NAME=VALUE texts.

    Raises:
        BadInput: no such module, no such parameter, or no number.
    """
    path = simulator.ROOM / f"{module}.v"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in simulator.ROOM.glob("bicall_*.v")))
        raise BadInput(f"module {module!r} is unknown, must be one of {known}")
    there = re.findall(r"parameter (\w+)", path.read_text())
    chosen = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in there:
            raise BadInput(f"option --set: parameter {name!r} is unknown, must be one of {', '.join(there) or 'none'}")
        if not value.isdigit():
            raise BadInput(f"option --set: {name} is {value!r}, must be a number")
        chosen[name] = int(value)
    return chosen


def read_design(top: str, parameters: Mapping[str, int], folder: Path = simulator.ROOM) -> list[str]:
    """Yosys passes that read this room's Verilog, or files of that name in `folder`, and take one module as the top."""
    # nothing else is read: names of cells, and with them abc's results, change with whatever is there
    sources = " ".join(str(path) for path in simulator.verilog(top, folder))
    chosen = " ".join(f"-set {name} {value}" for name, value in parameters.items())
    lines = [f"read_verilog -I{simulator.ROOM} {sources}", *([f"chparam {chosen} {top}"] if chosen else [])]
    return [*lines, f"hierarchy -check -top {top}"]


def synthesise(top: str, parameters: Mapping[str, int], target: str, liberty: Path = OSU018) -> dict:
    """Synthesise a module without its memories, in a process of its own.

    Args:
        top: module name.
        parameters: its Verilog parameters.
        target: one of the module's constants above.
        liberty: standard cells, for `osu018`.

    Returns:
        `cells`: number by kind; `flip_flops`; `logic` cells; `memory_bits`; `gate_equivalents` (osu018 only);
        `warnings`: lines, except of what was set aside.

    Raises:
        BadInput: no pyosys, no library, or a failed synthesis.
    """
    if target not in TARGETS:
        raise BadInput(f"target {target!r} is unknown, must be one of {', '.join(TARGETS)}")
    if target == STANDARD_CELLS:
        check_liberty(liberty)
    with tempfile.TemporaryDirectory() as folder:
        script = _script(top, parameters, target, liberty, Path(folder))
        ended, output = run_yosys(script.splitlines(), Path(folder))
        if ended:
            errors = [line for line in output.splitlines() if re.search(r"ERROR|Error", line)] or ["no output"]
            raise BadInput(f"synthesis of {top} for {target}: {errors[0].strip()}")
        memories = json.loads((Path(folder) / "memories.json").read_text())
        statistics = json.loads((Path(folder) / "stat.json").read_text())["design"]
    cells = {name: count for name, count in statistics["num_cells_by_type"].items() if name not in _NOT_LOGIC}
    flip_flops = sum(n for name, n in cells.items() if re.search(r"DFF|TRELLIS_FF|FDRE|FDSE|FDCE|FDPE|LATCH", name))
    result = {
        "module": top,
        "target": target,
        "parameters": dict(parameters),
        "cells": dict(sorted(cells.items())),
        "flip_flops": flip_flops,
        "logic": sum(cells.values()) - flip_flops,
        "memory_bits": _memory_bits(memories, top),
        "warnings": [line for line in output.splitlines() if line.startswith("Warning")],
    }
    if target == STANDARD_CELLS:
        result["gate_equivalents"] = round(statistics["area"] / OSU018_GATE, 1)
    return result


def check_liberty(liberty: Path) -> None:
    """Standard cells must be there.

    Raises:
        BadInput: they are not.
    """
    if not liberty.exists():
        raise BadInput(f"library {liberty}: is missing (on Debian: apt install qflow-tech-osu018)")


def to_standard_cells(liberty: Path) -> list[str]:
    """Yosys passes from a design after `WITHOUT_MEMORIES` to standard cells."""
    return [*_TO_GATES, f"dfflibmap -liberty {liberty}", f"abc -liberty {liberty}", "opt_clean"]


def defects(top: str, parameters: Mapping[str, int], folder: Path = simulator.ROOM) -> list[str]:
    """What no design may have: latches, nets with several drivers or with none, loops of logic, warnings of Yosys.

    Args:
        top: module name.
        parameters: its Verilog parameters.
        folder: where Verilog files lie that take the place of this room's.
    """
    passes = [*read_design(top, parameters, folder), "proc", "flatten", "opt_clean", "check"]
    with tempfile.TemporaryDirectory() as aside:
        ended, output = run_yosys(passes, Path(aside))
    found = [line.strip() for line in output.splitlines() if re.match(r"Warning|ERROR", line)]
    return found if found or not ended else ["no output"]


def netlist_equals(top: str, netlist_of: Path, parameters: Mapping[str, int] | None = None) -> bool:
    """Whether the generic netlist of a combinational module, made from `netlist_of`, equals this room's Verilog.

    Raises:
        BadInput: no answer.
    """
    chosen = " ".join(f"-set {name} {value}" for name, value in (parameters or {}).items())
    lines = []
    for name, path in (("gold", simulator.ROOM / f"{top}.v"), ("gate", netlist_of)):
        lines += [f"read_verilog -I{simulator.ROOM} {path}", *([f"chparam {chosen} {top}"] if chosen else [])]
        lines += [f"hierarchy -top {top}", "proc", "flatten", "opt_clean"]
        lines += [f"synth -top {top}", "abc -g simple", "opt_clean"] if name == "gate" else []
        lines += [f"rename {top} {name}", f"design -stash {name}"]
    lines += [f"design -copy-from {name} -as {name} {name}" for name in ("gold", "gate")]
    lines += ["miter -equiv -flatten -make_outputs gold gate miter", "sat -verify -prove trigger 0 miter"]
    with tempfile.TemporaryDirectory() as folder:
        _, output = run_yosys(lines, Path(folder))
    if "SAT proof finished - no model found: SUCCESS" in output:
        return True
    if "SAT proof finished - model found: FAIL" in output:
        return False
    errors = [line for line in output.splitlines() if "ERROR" in line] or ["no answer"]
    raise BadInput(f"netlist of {top}: {errors[0].strip()}")


_NOT_LOGIC = {"$mem_v2", "$scopeinfo", "$_SCOPEINFO_", "memory"}


def _script(top: str, parameters: Mapping[str, int], target: str, liberty: Path, folder: Path) -> str:
    lines = [*read_design(top, parameters), *WITHOUT_MEMORIES, f"write_json {folder}/memories.json"]
    if target == GENERIC:
        lines += [*_TO_GATES, "abc -g simple", "opt_clean", f"tee -o {folder}/stat.json stat -json"]
    elif target == STANDARD_CELLS:
        lines += [*to_standard_cells(liberty), f"tee -o {folder}/stat.json stat -liberty {liberty} -json"]
    else:
        passes = {
            ICE40: "synth_ice40 -noflatten",
            ECP5: "synth_ecp5 -noflatten",
            XILINX: "synth_xilinx -noiopad -noclkbuf",
        }
        # the FPGA flows map memories to block RAM themselves
        lines += [f"{passes[target]} -top {top}", f"tee -o {folder}/stat.json stat -json"]
    return "\n".join(lines)


def _memory_bits(design: dict, top: str) -> int:
    bits = 0
    for name, module in design["modules"].items():
        if name.lstrip("\\").startswith(("$paramod", top)) or name == top:
            for cell in module["cells"].values():
                if cell["type"] == "$mem_v2":
                    bits += int(cell["parameters"]["SIZE"], 2) * int(cell["parameters"]["WIDTH"], 2)
    return bits
