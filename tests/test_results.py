"""docs/results.md: made from the numbers beside it, which commands of the toolkit gave."""

import json

import pytest

from bicall.emulator.support.errors import BadInput
from bicall.results import measurements, results


def shown() -> dict:
    return json.loads((results.DOCS / "results.json").read_text())


def test_the_page_is_made_from_its_numbers():
    """Nobody wrote a figure into it by hand."""
    assert results.page(shown()) == (results.DOCS / "results.md").read_text()


def test_all_on_the_page_comes_from_the_measurements():
    commands = {f"bicall {arguments}" for arguments in measurements.measurements().values()}
    rows = [row for table in ("digits", "equal", "speed", "protocols") for row in shown()[table]]
    assert {row["command"] for row in rows} <= commands
    assert len(rows) > 30
    assert all(
        (results.DOCS / "pictures" / "protocols" / f"{row['name']}.png").exists() for row in shown()["protocols"]
    )


def test_the_bars_of_the_page_are_met():
    """What the README and the page promise, of the numbers they show."""
    digits = {row["network"]: row for row in shown()["digits"]}
    assert digits["digits-256"]["fixed"] >= 87.0 and digits["digits-256"]["training_images"] == 6000
    assert digits["digits-v1"]["fixed"] >= 96.5
    assert digits["digits-v1-conv"]["fixed"] >= digits["digits-v1"]["fixed"] - 1.0
    assert digits["digits-gabor"]["fixed"] >= 97.0
    assert all(abs(row["gap"]) <= 0.3 and len(row["fixed_by_seed"]) == 3 for row in digits.values())
    assert all(row["different"] == 0 and row["values"] > 0 for row in shown()["equal"])


def test_measuring_goes_on_and_names_what_failed(tmp_path, monkeypatch):
    named = {"gone wrong": "describe no-such-network", "described": "describe digits-256"}
    monkeypatch.setattr(measurements, "measurements", lambda: named)
    with pytest.raises(BadInput, match="gone wrong failed"):
        measurements.measure(tmp_path)
    kept = tmp_path / "described.json"
    assert json.loads(kept.read_text())["command"] == "bicall describe digits-256"
    named.pop("gone wrong")
    kept.write_text(json.dumps({"command": "another"}))  # what is there is not measured again
    assert measurements.measure(tmp_path) == {"described": {"command": "another"}}


def test_a_full_disk_or_a_folder_in_the_way_is_noticed_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(measurements, "_run", lambda *_: pytest.fail("work began"))
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        measurements.measure(tmp_path / "file")
