"""One call from a name or a path to data."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from bicall.emulator.data import arrays, event_files, folders, idx, mnist, named, tables
from bicall.emulator.data.samples import Data, Found, Origin, Samples, assemble
from bicall.emulator.support.errors import BadInput

HDF5 = (".h5", ".hdf5")


def load(name_or_path: str | Path, label: str | None = None, seed: int = 1) -> Data:
    """A named set, or data of one's own.

    A path is a folder of classes with pictures or event recordings (below train, validation and test, if split), a
    folder with IDX files or one IDX file of pictures with its labels beside it, an .npz file, a table (.csv, .tsv or
    .parquet), or an HDF5 file of recordings or a folder with two of them, for training and test.

    Args:
        label: name of a table's label column; None: label, class or target.
        seed: of the stratified splits, where none is given.

    Raises:
        BadInput: unknown name, or data that cannot be used; says which file, row or field.
    """
    text = str(name_or_path)
    path = Path(text)
    if label is not None and path.suffix.lower() not in tables.ENDINGS:
        raise BadInput(
            f"data {text}: label is {label!r}, must not be given but for tables ({', '.join(tables.ENDINGS)})"
        )
    if text == mnist.NAME:
        return mnist.load()
    if text in named.SETS:
        found = assemble(*named.SETS[text](), seed)
        return replace(found, origin=Origin(text, None, seed))
    if not path.exists():
        known = ", ".join((mnist.NAME, *named.SETS))
        raise BadInput(f"data {text!r} is unknown, must be one of {known}, or a folder or file of yours")
    found = assemble(f"data {text}", _found(path, label), seed)
    return replace(found, origin=Origin(str(path.resolve()), label, seed))


def _found(path: Path, label: str | None) -> Found:
    if path.is_dir():
        return _folder(path)
    ending = path.suffix.lower()
    if ending in tables.ENDINGS:
        return tables.read(path, label)
    if ending == ".npz":
        return arrays.read(path)
    if ending in HDF5:
        return event_files.read_hdf5(path)
    if "idx" in path.name:
        return _by_number({"all": idx.read_pair(path, idx.labels_beside(path))})
    raise BadInput(
        f"data {path}: kind is unknown, must be IDX, .npz, HDF5, a table ({', '.join(tables.ENDINGS)}) or a folder"
    )


def _folder(path: Path) -> Found:
    files = idx.files_in(path)
    if files:
        if "train" not in files:
            raise BadInput(f"data {path}: file train-images-idx3-ubyte is missing")
        return _by_number({part: idx.read_pair(images, idx.labels_beside(images)) for part, images in files.items()})
    archives = [file for file in sorted(path.iterdir()) if file.suffix.lower() in HDF5]
    if archives:
        found = {}
        for part in ("train", "test"):
            named_so = [file for file in archives if part in file.stem]
            if len(named_so) != 1:
                raise BadInput(f"data {path}: has {len(named_so)} HDF5 files with {part} in their names, must have 1")
            found[part] = event_files.read_hdf5(named_so[0])
        if found["train"].classes != found["test"].classes:
            raise BadInput(f"data {path}: classes of training and test differ, must be the same")
        return Found("events", {part: each.parts["all"] for part, each in found.items()}, found["train"].classes)
    return folders.read(path)


def _by_number(pairs: dict[str, tuple[np.ndarray, np.ndarray]]) -> Found:
    """Pictures whose classes are the numbers that labels have; there may be gaps between them."""
    numbers = np.unique(np.concatenate([labels for _, labels in pairs.values()]))
    parts: dict[str, tuple[Samples, np.ndarray]] = {
        part: (images, np.searchsorted(numbers, labels)) for part, (images, labels) in pairs.items()
    }
    return Found("images", parts, tuple(str(number) for number in numbers))
