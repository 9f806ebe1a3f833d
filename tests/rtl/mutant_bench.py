"""Whether the fast checks notice a mutant: each runs in a process of its own, so that it may hang or crash."""

import multiprocessing
import sys
import tempfile
from pathlib import Path

PATIENCE_S = 600
NOTICED, SURVIVED, UNBUILT = "noticed", "SURVIVED", "unbuilt"
CODES = {0: SURVIVED, 78: UNBUILT}  # any other: noticed


def _check(check, folder: str) -> None:
    from bicall.emulator.support.errors import BadInput

    try:
        different = check(Path(folder))
    except BadInput as error:
        sys.exit(78 if str(error).startswith("build of") else 1)
    except (RuntimeError, AssertionError):
        different = True
    sys.exit(int(different))


def outcome(mutant, check) -> str:
    """Run `check(folder)`, which returns whether it found a difference, on a mutant in a temporary folder.

    Returns:
        NOTICED (a difference, a crash, or no end), SURVIVED, or UNBUILT: it is no Verilog.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{mutant.module}.v").write_text(mutant.text)
        process = multiprocessing.get_context("fork").Process(target=_check, args=(check, folder))
        process.start()
        process.join(PATIENCE_S)
        if process.is_alive():
            process.kill()
            process.join()
            return NOTICED
        return CODES.get(process.exitcode, NOTICED)
