"""Seeds that learn at the same time learn what they learn one after the other."""

import json
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from bicall import cli
from bicall.emulator.data import mnist
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.comparison import compare
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.workers import shared_out


def learned(result):
    return [
        (run["seed"], run["arithmetic"], run["test"]["predictions"], run["training"]["post_spikes"])
        for run in result["runs"]
    ]


def test_compare(configuration):
    digits = mnist.load()
    digits = replace(digits, test=digits.test.take(np.arange(100)))
    one, several = (compare(configuration, digits, 60, [1, 2], workers=workers) for workers in (1, 4))
    assert learned(one) == learned(several) and one["agreement"] == several["agreement"]
    assert [run[:2] for run in learned(one)] == [(1, "float"), (1, "fixed"), (2, "float"), (2, "fixed")]


def test_train_on_the_command_line(tmp_path, monkeypatch, capsys):
    place = tmp_path / "trained.npz"
    arguments = ["train", "--images", "100", "--seed", "3,4", "--workers", "2", "--save", str(place), "--json"]
    monkeypatch.setattr(sys, "argv", ["bicall", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert not stop.value.code
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [run["seed"] for run in runs] == [3, 4]
    networks = [Classifier.load(run["saved"]) for run in runs]
    assert [network.seed for network in networks] == [3, 4] and networks[0].presented == 100
    assert not np.array_equal(networks[0].state.h, networks[1].state.h)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["trained-seed-3.npz", "trained-seed-4.npz"]


def test_items_are_done_at_the_same_time_and_kept_in_order():
    meeting = threading.Barrier(3, timeout=20)

    def work(item):
        meeting.wait()
        return item * 10

    assert shared_out(work, [3, 1, 2], 3, "meeting") == [30, 10, 20]


def test_an_error_ends_all():
    with pytest.raises(ZeroDivisionError):
        shared_out(lambda item: 1 // item, [1, 0, 2], 2, "dividing")
    with pytest.raises(BadInput, match="workers is 0, must be at least 1"):
        shared_out(abs, [1], 0, "nothing")
