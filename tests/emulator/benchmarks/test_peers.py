"""`bicall bench peers`: which peers are there, and that one whose results differ is not timed."""

import sys

import pytest

from bicall import cli
from bicall.emulator.benchmarks import peers
from bicall.emulator.support.errors import BadInput


@pytest.fixture
def nobody(tmp_path, monkeypatch):
    for peer in peers.MODULES:
        monkeypatch.setenv(f"BICALL_{peer.upper()}", str(tmp_path / peer))
    return tmp_path


def pretend(folder, prints, code=0):
    """A Python that prints a line, whatever it is asked."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho '{prints}'\nexit {code}\n")
    python.chmod(0o755)


def test_without_peers_one_line_says_where_they_were_looked_for(nobody, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bicall", "bench", "peers"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and out == "" and "peers: none is there" in err and str(nobody / "NEST") in err


def test_which_are_there(nobody):
    pretend(nobody / "NEST", "version 3.10.0")
    pretend(nobody / "GeNN", "No module named pygenn", 1)
    assert peers.version_of("NEST") == "3.10.0"
    assert peers.version_of("GeNN") is None and peers.version_of("Brian2") is None


def test_a_peer_that_differs_is_not_timed(nobody, monkeypatch):
    pretend(nobody / "NEST", "version 3.10.0")
    wrong = {"schemes": {scheme: {"max_deviation_sent": 1e-3} for scheme in ("TD", "ED")}}
    monkeypatch.setattr(peers, "replay", lambda path: wrong)
    result = peers.bench_peers()
    assert result["comparisons"] == [{"peer": "NEST", "what": "Clopath", "agree": False}]
    assert result["peers"]["Brian2"]["version"] is None


def test_its_failure_is_told(nobody):
    pretend(nobody / "NEST", "no such kernel", 1)
    with pytest.raises(BadInput, match="NEST failed: it said nothing"):
        peers._said(nobody / "NEST" / "bin" / "python", "record.py", "somewhere")
