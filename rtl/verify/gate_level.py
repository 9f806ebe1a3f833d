"""A core's netlist of standard cells put through what the Verilog is put through, beside the emulator."""

import tempfile
from pathlib import Path

from bicall.emulator.rule.constants import fixed
from bicall.rtl.driver.core import parameters
from bicall.rtl.synth.gate_level import write_core
from bicall.rtl.synth.synthesis import OSU018
from bicall.rtl.verify.exercise import Exercise
from bicall.rtl.verify.random_networks import Shape, lively

SMALLEST = "few bits, no fraction"  # of the shapes


def check(shape: Shape, seed: int, liberty: Path = OSU018) -> dict:
    """Synthesise a core of some shape and exercise it.

    Returns:
        `values` compared, by kind; how many were `different`, and the `first` of them; events `dropped` and wrong
        answers at the `ports` (must be none); `sweeps`; `cells` of the netlist by kind.

    Raises:
        BadInput: as `synth.gate_level.write_core` and `Core`.
    """
    with tempfile.TemporaryDirectory() as name:
        cells = write_core(parameters(fixed(lively(shape.changes, seed)), shape.size), Path(name), liberty)
        result = Exercise(shape, seed, Path(name), netlist=True).run()
    values = {kind: result.pop(kind) for kind in ("spikes", "state")}
    del result["h"]  # at accesses, which a netlist does not show
    return {"values": values, **result, "cells": cells}
