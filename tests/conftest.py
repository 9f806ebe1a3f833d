"""What all tests share: hypothesis draws the same examples in every run, whatever the clock."""

import importlib.util
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

from strategies.layers import arithmetic, busy_case, cases, rules  # noqa: F401 - fixtures
from strategies.networks import network_cases  # noqa: F401

settings.register_profile("bicall", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("bicall")

os.environ.setdefault("COLUMNS", "200")  # tables are not wrapped, whatever the terminal


@pytest.fixture(scope="session")
def configuration():
    """A description that stays as it is when the toolkit's own are tuned; change it with `with_values`."""
    from bicall.emulator.configuration import description

    return description.load(Path(__file__).parent / "emulator" / "example.toml")


@pytest.fixture(scope="session")
def browse():
    """A function (page, script) -> the page's text as a browser has it after a script that acts as a person would."""
    browser = next(filter(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome")), None)
    if browser is None:
        pytest.skip("needs a browser: chromium or google-chrome")

    def page_after(path: Path, script: str = "") -> str:
        acting = "<script>addEventListener('error', e => document.title = 'broken: ' + e.message)</script>"
        text = path.read_text().replace("<head>", f"<head>{acting}", 1)
        acted = path.with_name("acted.html")
        acted.write_text(text.replace("</body>", f"<script>{script}</script></body>"))
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        profile = f"--user-data-dir={path.parent / 'profile'}"
        done = subprocess.run(
            [browser, *flags, profile, "--window-size=1400,1600", "--dump-dom", acted.as_uri()],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        broken = done.stdout.partition("<title>broken: ")[2].partition("</title>")[0]
        assert done.returncode == 0 and not broken, broken or done.stderr
        return done.stdout

    return page_after


def pytest_terminal_summary(terminalreporter) -> None:
    """One line that names all that has not run, so that a green run does not hide it."""
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped"))
    left_out = [f"{count} ({reason})" for reason, count in reasons.most_common()]
    if importlib.util.find_spec("lava") is None:
        left_out.append("tests/lava_procs (Lava needs Python 3.10: `make test` runs them there)")
    if left_out:
        terminalreporter.write_line(f"not run: {', '.join(left_out)}", yellow=True)
