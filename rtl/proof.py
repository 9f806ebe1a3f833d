"""Proofs of assertions in Verilog, for all inputs and, for circuits with state, for all times."""

import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from emulator.errors import BadInput
from rtl import simulator
from rtl.yosys import run_yosys

PROVED, REFUTED, OPEN = "proved", "refuted", "open"


def prove(
    top: str,
    sources: Iterable[Path],
    parameters: Mapping[str, int] | None = None,
    induction: int = 0,
    timeout_s: int = 120,
) -> str:
    """Whether every `assert` holds wherever every `assume` does, by the SAT solver of pyosys.

    Args:
        top: module with the assertions.
        sources: Verilog or SystemVerilog files.
        parameters: of the top module.
        induction: for circuits with state, the largest depth of temporal induction; the first step starts from the
            registers' initial values. 0: combinational.
        timeout_s: seconds.

    Returns:
        PROVED; REFUTED by a counterexample that begins at the start; or OPEN: no counterexample, and no proof up to the
        depth of induction.

    Raises:
        BadInput: the files cannot be read, or no answer came.
    """
    chosen = " ".join(f"-set {name} {value}" for name, value in (parameters or {}).items())
    lines = [f"read_verilog -formal -sv -I{simulator.ROOM} {path}" for path in sources]
    lines += [f"chparam {chosen} {top}"] if chosen else []
    lines += [f"prep -top {top} -flatten", "memory_map", "opt -full", "async2sync", "chformal -lower"]
    how = f"-tempinduct -maxsteps {induction}" if induction else ""
    lines += [f"sat -prove-asserts -set-assumes {how} -timeout {timeout_s} -verify {top}"]
    with tempfile.TemporaryDirectory() as folder:
        _, output = run_yosys(lines, Path(folder))
    if re.search(r"SAT proof finished - no model found: SUCCESS|Induction step proven: SUCCESS", output):
        return PROVED
    if re.search(r"SAT proof finished - model found: FAIL|model found for base case: FAIL", output):
        return REFUTED
    if "Reached maximum number of time steps" in output:
        return OPEN
    errors = [line for line in output.splitlines() if "ERROR" in line or "Interrupted" in line] or ["no answer"]
    raise BadInput(f"proof of {top}: {errors[0].strip()}")
