"""Whether the fast checks notice a mutant: each runs in a process of its own, so that it may hang or crash."""

import multiprocessing
import sys
import tempfile
from pathlib import Path

PATIENCE_S = 240
NOTICED = 77


def _check(check, folder: str) -> None:
    from emulator.errors import BadInput

    try:
        different = check(Path(folder))
    except (RuntimeError, BadInput, AssertionError):
        different = True
    sys.exit(NOTICED if different else 0)


def is_noticed(mutant, check) -> bool:
    """Run `check(folder)`, which returns whether it found a difference, on a mutant in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{mutant.module}.v").write_text(mutant.text)
        process = multiprocessing.get_context("fork").Process(target=_check, args=(check, folder))
        process.start()
        process.join(PATIENCE_S)
        if process.is_alive():
            process.kill()
            process.join()
            return True
        return process.exitcode != 0
