"""`bicall cosim` as a user meets it."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bicall.cli import app
from bicall.emulator.rule.recording import Recording, compare
from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver import simulator

ARGUMENTS = ["cosim", "--updates", "20000", "--images", "2", "--seed", "4"]


def test_json_and_recordings(tmp_path):
    done = CliRunner().invoke(app, [*ARGUMENTS, "--json", "--save", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    result = json.loads(done.stdout)
    for workload in result["workloads"].values():
        assert workload["updates"] >= 20_000
        assert workload["different"] == 0 and workload["first"] is None
    emulator, rtl = (Recording.load(tmp_path / f"{name}.npz") for name in ("emulator", "rtl"))
    assert emulator.size == rtl.size > 500_000
    assert compare(emulator, rtl) is None


def test_a_difference_is_named_and_ends_with_1(tmp_path, monkeypatch):
    text = (simulator.ROOM / "bicall_synapse.v").read_text()
    (tmp_path / "bicall_synapse.v").write_text(text.replace("row_word + column_turn", "row_word"))
    original = simulator.verilog
    monkeypatch.setattr(simulator, "verilog", lambda top, folder: original(top, tmp_path))
    done = CliRunner().invoke(app, ARGUMENTS, catch_exceptions=False)
    assert done.exit_code == 1
    assert "first difference: tick " in done.stdout
    assert " and in Verilog " in done.stdout


def test_waves(tmp_path):
    waves = tmp_path / "core.vcd"
    done = CliRunner().invoke(app, ["cosim", "--core", "--images", "1", "--waves", str(waves), "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["lock-step"]["different"] == 0
    with waves.open() as file:
        head = file.read(100_000)
    for name in ("bicall_core", "population", "rows", "catch_up", "row_update", "archive", "host"):
        assert f"$scope module {name} $end" in head
    assert waves.stat().st_size > 1_000_000


@pytest.mark.parametrize("tool", ["g++", "perl", "make"])
def test_missing_tool_is_named(tool, monkeypatch):
    real = simulator.shutil.which
    monkeypatch.setattr(simulator.shutil, "which", lambda name, path: None if name == tool else real(name, path=path))
    with pytest.raises(BadInput, match=rf"tool {tool.replace('+', '.')}: is missing") as error:
        simulator.environment()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["no-such-network"], "no-such-network"),
        (["--images", "-1"], "images"),
        (["--seed", "4294967296"], "seed"),
        (["--waves", "out.vcd"], "--waves"),
        (["--core", "--images", "0"], "option --images: is 0, must be at least 1 with --core"),
        (["--coverage", "--core"], "--coverage"),
        (["--coverage", "--save", "out"], "--save"),
    ],
)
def test_bad_input_ends_with_2(arguments, named):
    command = [sys.executable, "-c", "from bicall.cli import main; main()", "cosim", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1
