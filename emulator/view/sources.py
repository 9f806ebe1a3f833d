"""What is to be looked at: recordings by file or folder, or a file of events."""

import zipfile
from pathlib import Path

import numpy as np

from bicall.emulator.data import event_files
from bicall.emulator.rule.recording import FORMAT, Recording
from bicall.emulator.support.errors import BadInput
from bicall.emulator.view.contents import contents, contents_of_events


def load_contents(path: Path, other: Path | None = None) -> dict:
    """What a page shows (`view.contents`).

    Args:
        path: a recording (.npz), a folder that holds one or two, or a file of events that `data.event_files` reads.
        other: a recording of the same variables, where `path` is one.

    Raises:
        BadInput: no such file or folder, not a recording, a folder without or with more than two, or two recordings
            that cannot be compared.
    """
    if path.is_dir():
        if other is not None:
            raise BadInput(f"view {path}: is a folder, must be a recording where another ({other}) is given")
        files = sorted(file for file in path.glob("*.npz") if _has_format(file))
        if not 1 <= len(files) <= 2:
            raise BadInput(f"view {path}: holds {len(files)} recordings, must be 1 or 2")
    elif _is_events(path):
        if other is not None:
            raise BadInput(f"view {path}: is a file of events, must be a recording where another ({other}) is given")
        return contents_of_events(path.name, event_files.read(path))
    else:
        files = [path] if other is None else [path, other]
    names = " and ".join(file.name for file in files)
    first, *others = (Recording.load(file) for file in files)
    return contents(names, first, others[0] if others else None)


def _is_events(path: Path) -> bool:
    if path.suffix.lower() != ".npz":
        return path.suffix.lower() in event_files.READERS
    return {"x", "y", "t", "p"} <= _names(path)


def _has_format(path: Path) -> bool:
    if "format" not in _names(path):
        return False
    with np.load(path, allow_pickle=False) as file:
        return str(file["format"]) == FORMAT


def _names(path: Path) -> set[str]:
    """The arrays of an .npz file; none where it is not whole."""
    try:
        with zipfile.ZipFile(path) as file:
            return {name.removesuffix(".npy") for name in file.namelist()}
    except (OSError, zipfile.BadZipFile):
        return set()
