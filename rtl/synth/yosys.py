"""Runs Yosys passes in a process of their own, where they may fail without taking Python along."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from bicall.emulator.support.extras import require

PASSES = """import sys
from pyosys import libyosys as ys
design = ys.Design()
for line in sys.stdin:
    ys.run_pass(line, design)
"""


def run_yosys(passes: Iterable[str], folder: Path) -> tuple[int, str]:
    """Run passes in `folder`; the exit code and all that was printed.

    Raises:
        BadInput: Yosys is missing.
    """
    require("pyosys")
    done = subprocess.run(
        [sys.executable, "-c", PASSES], input="\n".join(passes), capture_output=True, text=True, cwd=folder
    )
    return done.returncode, done.stdout + done.stderr
