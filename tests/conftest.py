"""What all tests share: hypothesis draws the same examples in every run, whatever the clock."""

import importlib.util
import os
from collections import Counter
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


def pytest_terminal_summary(terminalreporter) -> None:
    """One line that names all that has not run, so that a green run does not hide it."""
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped"))
    left_out = [f"{count} ({reason})" for reason, count in reasons.most_common()]
    if importlib.util.find_spec("lava") is None:
        left_out.append("tests/lava_procs (Lava needs Python 3.10: `make test` runs them there)")
    if left_out:
        terminalreporter.write_line(f"not run: {', '.join(left_out)}", yellow=True)
