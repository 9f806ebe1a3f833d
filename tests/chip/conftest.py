"""Networks at random on a small chip in Verilog, which is built once for all of them."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def small_chips():
    """The module `small_chips.py`, which the mutants' processes load too."""
    spec = importlib.util.spec_from_file_location("small_chips", Path(__file__).with_name("small_chips.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
