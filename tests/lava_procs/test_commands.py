"""The command line of this room."""

import json
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from bicall import cli
from bicall.emulator.configuration import description
from bicall.emulator.data import mnist
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.features import active_inputs
from bicall.emulator.rule import recording


def test_check_prints_its_counts():
    done = CliRunner().invoke(cli.app, ["lava", "check", "--images", "1", "--arithmetic", "fixed", "--json"])
    assert done.exit_code == 0, done.output
    (result,) = json.loads(done.stdout)["results"]
    assert result["difference"] is None and result["compared"] > 10**5


def test_run_learns_records_and_saves(tmp_path):
    record, save = tmp_path / "run.npz", tmp_path / "network.npz"
    options = ["--images", "2", "--record", str(record), "--save", str(save), "--json"]
    done = CliRunner().invoke(cli.app, ["lava", "run", *options])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["ticks"] == recording.Recording.load(record).variables["h"].ticks[-1]
    digits, described = mnist.load(), description.load("digits-256")
    expected = Classifier.fresh(described, "fixed", 1)
    expected.train(active_inputs(described, digits.train.samples[:2]), digits.train.labels[:2])
    found = Classifier.load(save)
    np.testing.assert_array_equal(found.state.h, expected.state.h)
    assert (found.state.tick, found.presented) == (expected.state.tick, 2)


def test_check_goes_on_from_a_saved_network_and_classifies(configuration, tmp_path):
    network = Classifier.fresh(configuration, "float", 3)
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
def test_bad_input_ends_in_one_line(monkeypatch, capsys, options, message):
    monkeypatch.setattr(sys, "argv", ["bicall", "lava", "check", *options])
    with pytest.raises(SystemExit) as end:
        cli.main()
    error = capsys.readouterr().err.strip()
    assert end.value.code == 2 and message in error and "\n" not in error
