"""Folders: a subfolder for each class, below `train`, `validation` and `test` where a split is given."""

from pathlib import Path

import numpy as np

from bicall.emulator.data import event_files, pictures
from bicall.emulator.data.recordings import Recordings
from bicall.emulator.data.samples import Found, Kind, Samples
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

SPLITS = {"train": "train", "training": "train", "val": "validation", "valid": "validation",
          "validation": "validation", "test": "test", "testing": "test"}  # fmt: skip
KINDS: dict[Kind, tuple[str, ...]] = {"images": pictures.ENDINGS, "events": tuple(event_files.READERS)}


def read(folder: Path) -> Found:
    """All pictures, or all recordings, of a folder.

    Raises:
        BadInput: no classes, pictures among recordings, a class without files, or a file that cannot be read.
    """
    below = _folders(folder)
    given = {part: path for path in below if (part := SPLITS.get(path.name.lower()))}
    if given and len(given) < len(below):
        other = next(path.name for path in below if path.name.lower() not in SPLITS)
        raise BadInput(
            f"data {folder}: folder {other} lies beside {', '.join(sorted(given))}, must be within one of them"
        )
    if given and "train" not in given:
        raise BadInput(f"data {folder}: folder train is missing beside {', '.join(sorted(given))}")
    roots = given or {"all": folder}
    classes = tuple(path.name for path in _folders(roots.get("train") or folder))
    if len(classes) < 2:
        raise BadInput(f"data {folder}: has {len(classes)} folders of classes, must have at least 2")
    files = {part: _files(root, classes) for part, root in roots.items()}
    paths = [path for found in files.values() for path, _ in found]
    kinds = {its: path for path in paths if (its := _kind(path))}
    if len(kinds) > 1:
        first, second = kinds.values()
        raise BadInput(
            f"data {folder}: {first.name} and {second.name} are of different kinds, must be all pictures or all events"
        )
    kind = next(iter(kinds))

    def samples(chosen: list[Path]) -> Samples:
        if kind == "images":
            return pictures.read(chosen, *look)
        return Recordings.of(event_files.read(path) for path in progress(chosen, "reading recordings"))

    look = pictures.look(paths) if kind == "images" else (False, (0, 0))
    parts = {
        part: (samples([path for path, _ in found]), np.array([label for _, label in found], np.int64))
        for part, found in files.items()
    }
    return Found(kind, parts, classes)


def _folders(folder: Path) -> list[Path]:
    try:
        found = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError as error:
        raise BadInput(f"data {folder}: {error.strerror}") from None
    # digits in order of their numbers, other names in that of their letters
    return sorted(found, key=lambda path: (0, int(path.name), "") if path.name.isdecimal() else (1, 0, path.name))


def _files(root: Path, classes: tuple[str, ...]) -> list[tuple[Path, int]]:
    found = []
    for path in _folders(root):
        if path.name not in classes:
            raise BadInput(f"data {path}: class {path.name} is unknown, must be one of {', '.join(classes)}")
        files = sorted(file for file in path.iterdir() if _kind(file) is not None)
        if not files:
            endings = ", ".join(ending for kind in KINDS.values() for ending in kind)
            raise BadInput(f"data {path}: has no file of a known kind, must have some of {endings}")
        found += [(file, classes.index(path.name)) for file in files]
    return found


def _kind(path: Path) -> Kind | None:
    return next((kind for kind, endings in KINDS.items() if path.suffix.lower() in endings), None)
