"""The command line of this room."""

import json
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from bicall import cli
from bicall.emulator.digits import datasets
from bicall.emulator.digits.classifier import Network
from bicall.emulator.digits.features import active_inputs
from bicall.emulator.rule import description, recording
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs import commands


def test_where_lava_cannot_run_the_commands_say_so(monkeypatch, capsys):
    monkeypatch.setattr(commands.sys, "version_info", _Version(3, 12))
    monkeypatch.setattr(sys, "argv", ["bicall", "lava", "check"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert capsys.readouterr().err.strip() == (
        "bicall: Lava: Python is 3.12, must be 3.10 (lava-nc supports no newer one)"
    )


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(commands.sys, "version_info", _Version(3, 10))
    monkeypatch.setattr(commands.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match="lava-nc is not installed"):
        commands.require_lava()


class _Version(tuple):
    major, minor = property(lambda self: self[0]), property(lambda self: self[1])

    def __new__(cls, *numbers):
        return super().__new__(cls, numbers)


@pytest.fixture
def lava():
    pytest.importorskip("lava.magma", reason="Lava needs Python 3.10")


def test_check_prints_its_counts(lava):
    done = CliRunner().invoke(cli.app, ["lava", "check", "--images", "1", "--arithmetic", "fixed", "--json"])
    assert done.exit_code == 0, done.output
    (result,) = json.loads(done.stdout)["results"]
    assert result["difference"] is None and result["compared"] > 10**5


def test_run_learns_records_and_saves(lava, tmp_path):
    record, save = tmp_path / "run.npz", tmp_path / "network.npz"
    options = ["--images", "2", "--record", str(record), "--save", str(save), "--json"]
    done = CliRunner().invoke(cli.app, ["lava", "run", *options])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["ticks"] == recording.Recording.load(record).variables["h"].ticks[-1]
    digits, described = datasets.load(), description.load("digits-256")
    expected = Network.fresh(described, "fixed", 1)
    expected.train(active_inputs(described, digits.train_images[:2]), digits.train_labels[:2])
    found = Network.load(save)
    np.testing.assert_array_equal(found.state.h, expected.state.h)
    assert (found.state.tick, found.presented) == (expected.state.tick, 2)


def test_check_goes_on_from_a_saved_network_and_classifies(lava, configuration, tmp_path):
    network = Network.fresh(configuration, "float", 3)
    network.save(tmp_path / "network.npz")
    options = ["--images", "1", "--test", "1", "--json"]
    done = CliRunner().invoke(cli.app, ["lava", "check", str(tmp_path / "network.npz"), *options])
    assert done.exit_code == 0, done.output
    learning, classifying = json.loads(done.stdout)["results"]
    assert learning["difference"] is None and learning["h_changes"] > 0 and learning["arithmetic"] == "float"
    assert classifying["difference"] is None and classifying["h_changes"] == 0 and classifying["post_spikes"] > 0


@pytest.mark.parametrize(
    "options, message",
    [
        (["--arithmetic", "double"], "arithmetic is 'double', must be float or fixed"),
        (["--images", "70000"], "images is 70000, must be from 1 to"),
        (["--seed", "-1"], "seed is -1, must be from 0 to"),
        (["no-such-network"], "configuration 'no-such-network' is unknown"),
    ],
)
def test_bad_input_ends_in_one_line(lava, monkeypatch, capsys, options, message):
    monkeypatch.setattr(sys, "argv", ["bicall", "lava", "check", *options])
    with pytest.raises(SystemExit) as end:
        cli.main()
    error = capsys.readouterr().err.strip()
    assert end.value.code == 2 and message in error and "\n" not in error
