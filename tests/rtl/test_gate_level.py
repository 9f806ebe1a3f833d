"""The core as a netlist of standard cells does what the Verilog does."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bicall.cli import app
from bicall.emulator.rule.constants import fixed
from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver.core import parameters
from bicall.rtl.synth import gate_level
from bicall.rtl.synth.synthesis import OSU018
from bicall.rtl.verify import random_networks
from bicall.rtl.verify.exercise import Exercise
from bicall.rtl.verify.gate_level import SMALLEST

needs_cells = pytest.mark.skipif(
    not OSU018.exists(), reason="osu018 is not installed (on Debian: apt install qflow-tech-osu018)"
)
SHAPE = random_networks.SHAPES[SMALLEST]


@pytest.fixture(scope="module")
def netlist(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("netlist")
    cells = gate_level.write_core(parameters(fixed(random_networks.lively(SHAPE.changes, 1)), SHAPE.size), folder)
    assert cells["DFFPOSX1"] > 1000 and sum(cells.values()) > 10_000
    assert not any("LATCH" in kind or "DFFNEG" in kind for kind in cells)
    return folder


@needs_cells
@pytest.mark.slow
def test_the_netlist_is_the_core(netlist):
    result = Exercise(SHAPE, 1, netlist, netlist=True).run(samples=2, wild=8)
    assert result["different"] == result["dropped"] == result["ports"] == 0
    assert result["spikes"] > 3000 and result["state"] > 2000


@needs_cells
@pytest.mark.slow
def test_a_wrong_cell_is_noticed(netlist, tmp_path):
    """One of thousands: its inputs are those of a NOR."""
    text = (netlist / "bicall_netlist.v").read_text()
    middle = text.index("  NAND2X1 ", len(text) // 3)
    changed = text[:middle] + text[middle:].replace("NAND2X1", "NOR2X1", 1)
    (tmp_path / "bicall_netlist.v").write_text(changed)
    (tmp_path / "bicall_core.v").write_text((netlist / "bicall_core.v").read_text())
    try:
        result = Exercise(SHAPE, 1, tmp_path, netlist=True).run(samples=2, wild=8)
    except (RuntimeError, AssertionError, BadInput):  # it hangs, says nonsense, or refuses what it must take
        return
    assert result["different"] + result["dropped"] + result["ports"] > 0


@needs_cells
@pytest.mark.slow
def test_command():
    done = CliRunner().invoke(app, ["gate-level", "--seed", "1", "--json"], catch_exceptions=False)
    result = json.loads(done.stdout)
    assert done.exit_code == 0 and result["different"] == 0 and result["values"]["spikes"] > 3000


def test_bad_input(tmp_path):
    with pytest.raises(BadInput, match="library .*: is missing"):
        gate_level.write_core({}, tmp_path, tmp_path / "none.lib")
    done = CliRunner().invoke(app, ["gate-level", "--shape", "round"])
    assert done.exit_code != 0
    assert list(tmp_path.iterdir()) == []
