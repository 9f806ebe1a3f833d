"""Runs a cocotb bench: builds the Verilog once (cached, as all builds), then simulates under Python's control."""

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

from bicall.rtl.driver import simulator


class BenchFailed(AssertionError):
    """A cocotb test failed; the message holds the end of its log."""


def run_bench(
    bench: Path,
    top: str,
    parameters: Mapping[str, int | str],
    results: Path,
    inputs: Mapping[str, str | os.PathLike] | None = None,
    folder: Path = simulator.ROOM,
    waves: bool = False,
) -> int:
    """Run all cocotb tests of a Python file against a Verilog module.

    Args:
        bench: Python file with the cocotb tests.
        top: the Verilog module on top.
        parameters: Verilog parameters; the bench reads them with `rtl.verify.clocked.parameters`.
        results: folder for the log, the result file and waves.
        inputs: environment variables that the bench reads.
        folder: where Verilog files lie that take the place of this room's.
        waves: write results/dump.vcd.

    Returns:
        how many cocotb tests ran.

    Raises:
        BenchFailed: at least one of them failed.
        BadInput: a tool is missing, or the build fails.
    """
    build = simulator.build_bench(top, simulator.verilog(top, folder), parameters, waves)
    log = results / "bench.log"
    runner = get_runner("verilator")
    path = [str(bench.parent), *sys.path]  # the runner hands it on
    variables = {**simulator.environment(), **{name: str(value) for name, value in (inputs or {}).items()}}
    variables["PARAMETERS"] = json.dumps(dict(parameters))
    variables.pop("PYTEST_CURRENT_TEST", None)  # with it, the runner exits instead of returning
    with mock.patch.dict(os.environ, variables, clear=True), mock.patch.object(sys, "path", path):
        try:
            found = runner.test(
                test_module=bench.stem, hdl_toplevel=top, hdl_toplevel_lang="verilog", parameters=parameters,
                build_dir=build, test_dir=results, results_xml=str(results / "results.xml"), log_file=log,
                waves=waves, seed=1,
            )  # fmt: skip
            tests, failed = get_results(found)
        except (SystemExit, RuntimeError):
            tests, failed = 0, 1
    if failed or not tests:
        text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(errors="replace")) if log.exists() else "no log"
        raise BenchFailed(f"{bench.stem}: {failed} of {tests} tests failed\n{text[-6000:]}")
    return tests
