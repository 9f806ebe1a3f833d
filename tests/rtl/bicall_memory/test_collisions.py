"""No memory of the core is read where it is written in the same cycle: nothing needs a promise of what comes then."""

from pathlib import Path

import pytest

from bicall.rtl.driver import simulator
from bicall.rtl.verify import random_networks
from bicall.rtl.verify.exercise import Exercise

INVERTED = "read_data <= ~words[read_address];"
# reads the counts of spikes in sweeps too, also in the one of each 256th reset, which clears them
GATED = ".group_read(group_read && !sweeping)"


def collisions(shape: str, folder: Path, capfd) -> tuple[int, int]:
    """How many values are different, and how often a memory was read where it was written."""
    memory = (simulator.ROOM / "bicall_memory.v").read_text()
    assert memory.count(INVERTED) == 1
    (folder / "bicall_memory.v").write_text(memory.replace(INVERTED, f'begin {INVERTED} $display("collision"); end'))
    capfd.readouterr()
    result = Exercise(random_networks.SHAPES[shape], 1, folder).run(samples=2, wild=6)
    return result["different"], capfd.readouterr().out.count("collision")


@pytest.mark.parametrize("shape", [
    "one group",
    *(pytest.param(name, marks=pytest.mark.slow) for name in random_networks.SHAPES if name != "one group"),
])  # fmt: skip
def test_none(shape, tmp_path, capfd):
    assert collisions(shape, tmp_path, capfd) == (0, 0)


@pytest.mark.slow
def test_a_collision_is_counted(tmp_path, capfd):
    core = (simulator.ROOM / "bicall_core.v").read_text()
    assert core.count(GATED) == 1
    (tmp_path / "bicall_core.v").write_text(core.replace(GATED, ".group_read(group_read)"))
    different, counted = collisions("one group", tmp_path, capfd)
    assert different == 0 and counted > 0
