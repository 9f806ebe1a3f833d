"""Each module is clean for Verilator's lint with all warnings on, and for Icarus as Verilog-2005."""

import shutil
import subprocess

import pytest

from bicall.rtl.driver import simulator

MODULES = sorted(path.stem for path in simulator.ROOM.glob("bicall_*.v"))


@pytest.mark.parametrize("module", MODULES)
def test_verilator(module):
    assert simulator.lint(module, simulator.verilog(module)) == ""


@pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="Icarus is not installed (on Debian: apt install iverilog)"
)
@pytest.mark.parametrize("module", MODULES)
def test_icarus(module):
    command = ["iverilog", "-g2005", "-Wall", f"-I{simulator.ROOM}", "-t", "null", "-s", module]
    done = subprocess.run([*command, *map(str, simulator.verilog(module))], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
