"""The search for parameters: begins where the configuration is, goes on from its journal, never sees test images."""

import json
from dataclasses import replace

import pytest

from bicall import cli
from bicall.emulator.configuration import description
from bicall.emulator.data import mnist
from bicall.emulator.search.search import LEAST, MOST, SEARCHED, search, values_of
from bicall.emulator.support.errors import BadInput


@pytest.fixture(scope="module")
def digits():
    """Without its test images, which the search may not look at."""
    return replace(mnist.load(), test=None)


def test_a_search_begins_with_its_start_and_goes_on_from_its_journal(configuration, digits, tmp_path):
    first = search(configuration, digits, 60, 40, 2, 1, tmp_path / "trials")
    assert [trial.number for trial in first.trials] == [0, 1]
    assert first.trials[0].params == dict.fromkeys(SEARCHED, 1.0)
    start = {key: getattr(getattr(configuration, key.split("__")[0]), key.split("__")[1]) for key in SEARCHED}
    assert values_of(configuration, first.trials[0].params) == pytest.approx(start, rel=1e-3)
    again = search(configuration, digits, 60, 40, 2, 1, tmp_path / "trials")
    assert len(again.trials) == 4 and again.trials[0].value == first.trials[0].value
    assert again.best_value == max(trial.value for trial in again.trials if trial.value is not None)
    factors = [value for trial in again.trials for value in trial.params.values()]
    assert LEAST <= min(factors) < 1 < max(factors) <= MOST


def test_images_that_validate_are_not_learned(configuration, digits, tmp_path):
    most = len(digits.train.labels) - 40
    with pytest.raises(BadInput, match=f"images is {most + 1}, must be at most {most}"):
        search(configuration, digits, most + 1, 40, 1, 1, tmp_path / "trials")


def test_the_command_writes_the_best_as_a_configuration(tmp_path, capsys, monkeypatch):
    arguments = ["--trials", "2", "--images", "60", "--validation", "40", "--output", str(tmp_path), "--json"]
    monkeypatch.setattr("sys.argv", ["bicall", "search", "digits-256", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    result = json.loads(capsys.readouterr().out)
    assert result["trials"] == 2 and result["accuracy"] >= result["start_accuracy"]
    best = description.load(result["configuration"])
    assert best.plasticity.potentiation == result["values"]["plasticity__potentiation"]
