"""What all tests share: hypothesis draws the same examples in every run, whatever the clock."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("bicall", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("bicall")

os.environ.setdefault("COLUMNS", "200")  # tables are not wrapped, whatever the terminal


@pytest.fixture(scope="session")
def configuration():
    """A description that stays as it is when the toolkit's own are tuned; change it with `with_values`."""
    from bicall.emulator.rule import description

    return description.load(Path(__file__).parent / "emulator" / "example.toml")
