"""Where Numba keeps what it has compiled: a folder for each state of the sources.

Numba compiles a loop anew when the loop's own file has changed, but not when a function that it calls has changed in
another file: old code would go on running, without a word, after an update. So the folder is named after the contents
of all files that use Numba.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

import platformdirs

PACKAGES = ("emulator", "lava_procs", "mapping")  # whose compiled functions call each other
VARIABLE = "NUMBA_CACHE_DIR"  # Numba's own; a folder that the user has chosen stays
KEPT = 3  # folders of other states of the sources: a few versions can take turns, each takes 50 MB


def sources_key(project: Path) -> str:
    """A name for the contents of all sources below `project` that use Numba."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((project / package).rglob("*.py")):
            text = path.read_bytes()
            if b"numba" in text:
                digest.update(str(path.relative_to(project)).encode() + b"\0" + text + b"\0")
    return digest.hexdigest()[:16]


def keep_apart(project: Path, caches: Path) -> None:
    """Have Numba use a folder of `caches` that belongs to these sources alone; the oldest others go.

    Where nothing can be written, Numba finds a place of its own, or compiles in each process.
    """
    if VARIABLE in os.environ:
        return
    folder = caches / sources_key(project)
    try:
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            others = sorted(
                (path for path in caches.iterdir() if path != folder), key=lambda path: path.stat().st_mtime
            )
            for old in others[:-KEPT]:
                shutil.rmtree(old, ignore_errors=True)
    except OSError:
        return
    os.environ[VARIABLE] = str(folder)  # for processes that this one starts, too
    if "numba" in sys.modules:  # it has read its environment already
        sys.modules["numba"].config.CACHE_DIR = str(folder)


def keep_apart_by_default() -> None:
    """As `keep_apart`, for the sources that are running, in the user's cache."""
    keep_apart(Path(__file__).resolve().parents[1], Path(platformdirs.user_cache_dir("bicall")) / "compiled")
