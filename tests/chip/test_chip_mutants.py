"""Automatic mutants of the chip's own Verilog: random networks on a small chip must notice at least 95 % of them."""

import importlib.util
from pathlib import Path

import pytest

from bicall.rtl.driver import simulator
from bicall.rtl.verify.mutation import Mutant, mutants, sample

COUNTS = {"bicall_router": 6, "bicall_pending": 6, "bicall_routes": 5, "bicall_network_interface": 7}
# what is for the host's reading only, or for what a good host never does (test_whole_chip.py checks these)
LEFT_ALONE = r"refused|strays|doubl|undeliver|lost|out_of_range|exists|fits|register_word|TILE_"


def bench():
    """The module tests/rtl/mutant_bench.py."""
    path = Path(__file__).parents[1] / "rtl" / "mutant_bench.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def chosen() -> list[Mutant]:
    made = []
    for module, count in COUNTS.items():
        text = (simulator.ROOM / f"{module}.v").read_text()
        made += sample(mutants(module, text, LEFT_ALONE), count, seed=1)
    return made


@pytest.mark.slow
def test_mutants_of_the_chip_are_noticed(small_chips):
    mutant_bench, outcomes = bench(), {}
    for mutant in chosen():
        outcomes[str(mutant)] = mutant_bench.outcome(mutant, small_chips.differs)
        print(f"{outcomes[str(mutant)]:9}", mutant, flush=True)
    noticed, survived = (
        sum(o == name for o in outcomes.values()) for name in (mutant_bench.NOTICED, mutant_bench.SURVIVED)
    )
    assert noticed + survived >= 20
    assert survived <= 0.05 * (noticed + survived)
