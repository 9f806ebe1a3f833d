"""bicall_core's ports under cocotb, with cocotbext-axi on the other side."""

from pathlib import Path

import pytest

from emulator.constants import fixed
from emulator.description import load
from rtl.bench import run_bench
from rtl.core import Size, parameters

pytest.importorskip("cocotbext.axi")


def test_ports(tmp_path):
    chosen = parameters(fixed(load("digits-256")), Size(12, 7, 3, 4))
    assert run_bench(Path(__file__).parent / "core_bench.py", "bicall_core", chosen, tmp_path) == 8
