"""bicall_core's ports under cocotb, with cocotbext-axi on the other side."""

from pathlib import Path

import pytest

from bicall.emulator.configuration.description import load
from bicall.emulator.rule.constants import fixed
from bicall.rtl.driver.core_words import Size, parameters
from bicall.rtl.verify.bench import run_bench

pytest.importorskip("cocotbext.axi")


def test_ports(tmp_path):
    chosen = parameters(fixed(load("digits-256")), Size(12, 7, 3, 4))
    assert run_bench(Path(__file__).parent / "core_bench.py", "bicall_core", chosen, tmp_path) == 8
