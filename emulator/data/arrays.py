"""Samples in .npz files, by the names of their arrays.

Pictures or tables: `x_train`, `y_train`, `x_test`, `y_test` as Keras has them; `train_images`, `train_labels`,
`val_images`, ..., `test_labels` as MedMNIST; or all in one: `images` or `x`, with `labels` or `y`. Pictures are
[n, height, width] or [n, height, width, 1 or 3], uint8 or float from 0 to 1; tables [n, columns]. `classes` may hold
the classes' names. Recordings: `x`, `y`, `t`, `p` of all events, `starts` (where each recording begins, and the end),
`labels`.
"""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from bicall.emulator.data import gathering
from bicall.emulator.data.recordings import Events, Recordings, checked
from bicall.emulator.data.samples import Found, Kind
from bicall.emulator.support.errors import BadInput

NAMES = {
    "train": (("x_train", "y_train"), ("train_images", "train_labels"), ("train_x", "train_y")),
    "validation": (("x_val", "y_val"), ("val_images", "val_labels"), ("validation_images", "validation_labels")),
    "test": (("x_test", "y_test"), ("test_images", "test_labels"), ("test_x", "test_y")),
    "all": (("images", "labels"), ("x", "y"), ("X", "y"), ("data", "target"), ("data", "labels")),
}
EVENT_FIELDS = ("x", "y", "t", "p")
ROWS = 4096  # pictures converted at a time
CHUNK = 2**24  # bytes of a large array read at a time


def read(path: Path) -> Found:
    """An .npz file with labels.

    Raises:
        BadInput: no such file, corrupt, arrays of other names, shapes or types, or a value that is not finite.
    """
    with opened(path) as file:
        if "t" in file.files:
            recordings, named = _recordings(path, file)
            labels, classes = _numbered(path, file, {"all": named})
            return Found("events", {"all": (recordings, labels["all"])}, classes)
        pairs = {
            part: next(pair for pair in names if pair[0] in file.files)
            for part, names in NAMES.items()
            if any(pair[0] in file.files for pair in names)
        }
        if "train" not in pairs and "all" not in pairs:
            there = ", ".join(file.files) or "none"
            raise BadInput(f"data {path}: arrays are {there}, must be x_train and y_train, or images and labels")
        if "train" in pairs:
            pairs.pop("all", None)
        for samples_name, labels_name in pairs.values():
            if labels_name not in file.files:
                raise BadInput(f"data {path}: array {labels_name} is missing, the labels of {samples_name}")
        labels, classes = _numbered(path, file, {part: array(path, file, pair[1]) for part, pair in pairs.items()})
        samples = {part: _samples(path, pair[0], array(path, file, pair[0])) for part, pair in pairs.items()}
    shapes = {name: values.shape[1:] for name, values in samples.items()}
    if len(set(shapes.values())) > 1:
        sizes = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())
        raise BadInput(f"data {path}: samples have shapes {sizes}, must be the same")
    kind: Kind = "table" if len(next(iter(shapes.values()))) == 1 else "images"
    return Found(kind, {part: (samples[part], labels[part]) for part in pairs}, classes)


def opened(path: Path) -> np.lib.npyio.NpzFile:
    """An .npz file, to be read array by array.

    Raises:
        BadInput: no such file, or not an .npz file.
    """
    try:
        file = np.load(path, allow_pickle=False)
    except OSError as error:
        raise BadInput(f"data {path}: {error.strerror or 'cannot be read'}") from None
    except (ValueError, EOFError, zipfile.BadZipFile):
        raise BadInput(f"data {path}: is corrupt or truncated, must be a whole .npz file") from None
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise BadInput(f"data {path}: is one bare array, must be an .npz file with named arrays")
    return file


def array(path: Path, file: np.lib.npyio.NpzFile, name: str) -> np.ndarray:
    """One array of it; a large one goes into a file that is mapped, piece by piece.

    Raises:
        BadInput: it is missing, damaged, or of Python objects.
    """
    archive = file.zip
    assert archive is not None, "the file is open"
    try:
        if archive.getinfo(f"{name}.npy").file_size <= gathering.IN_MEMORY:
            return file[name]
        with archive.open(f"{name}.npy") as member:
            return _streamed(member)
    except KeyError:
        raise BadInput(f"data {path}: array {name} is missing") from None
    except (ValueError, EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise BadInput(f"data {path}: array {name} cannot be read ({error})") from None


def _streamed(member: IO[bytes]) -> np.ndarray:
    """A mapped array, from the .npy file that is open.

    Raises:
        ValueError: damaged, of Python objects, or with its first axis innermost.
    """
    version = np.lib.format.read_magic(member)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read_header(member)
    if fortran or dtype.hasobject or not shape:
        raise ValueError("a large array must be of numbers, in C order")
    row = dtype.itemsize * int(np.prod(shape[1:]))
    rows = max(CHUNK // row, 1)

    def chunks() -> Iterator[np.ndarray]:
        for first in range(0, shape[0], rows):
            wanted = min(rows, shape[0] - first) * row
            content = member.read(wanted)
            if len(content) < wanted:
                raise ValueError("is truncated")
            yield np.frombuffer(content, dtype).reshape(-1, *shape[1:])

    return gathering.gather(chunks(), shape[1:], dtype)


def _samples(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    if values.dtype.kind not in "uifb":
        raise BadInput(f"data {path}: array {name} is {values.dtype}, must be numbers")
    if values.ndim == 4 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim == 2:
        bad = np.argwhere(~np.isfinite(values)) if values.dtype.kind == "f" else np.zeros((0, 2), int)
        if len(bad):
            row, column = bad[0]
            raise BadInput(
                f"data {path}: array {name}, row {row + 1}: column {column} is {values[row, column]}, "
                "must be a finite number"
            )
        return values.astype(np.float64)
    if values.ndim not in (3, 4) or (values.ndim == 4 and values.shape[-1] != 3):
        shape = list(values.shape)
        raise BadInput(
            f"data {path}: array {name} is {shape}, must be [n, height, width], [n, height, width, 3] or [n, columns]"
        )
    if values.dtype == np.uint8:
        return values

    def converted():
        for first in range(0, len(values), ROWS):
            some = values[first : first + ROWS].astype(np.float64)
            limit = 1.0 if values.dtype.kind in "fb" else 255.0
            bad = np.argwhere(~((some >= 0) & (some <= limit)))
            if len(bad):
                value = some[tuple(bad[0])]
                raise BadInput(
                    f"data {path}: array {name}, picture {first + bad[0][0]}: a pixel is {value:g}, "
                    f"must be from 0 to {limit:g}"
                )
            yield np.rint(some * (255 / limit))

    return gathering.gather(converted(), values.shape[1:], np.uint8)


def _numbered(
    path: Path, file: np.lib.npyio.NpzFile, labels: dict[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Labels as numbers from 0, and the classes' names."""
    flat = {}
    for part, values in labels.items():
        values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
        if values.dtype.kind == "f" and np.all(np.isfinite(values) & (values == np.rint(values))):
            values = values.astype(np.int64)
        if values.ndim != 1 or values.dtype.kind not in "iuUb":
            raise BadInput(
                f"data {path}: labels of {part} are {values.dtype}{list(values.shape)}, "
                "must be whole numbers or text, one a sample"
            )
        flat[part] = values
    if "classes" in file.files:
        names = tuple(str(name) for name in array(path, file, "classes"))
        for part, values in flat.items():
            bad = (
                np.flatnonzero((values < 0) | (values >= len(names))) if values.dtype.kind in "iu" else np.zeros(1, int)
            )
            if len(bad):
                raise BadInput(
                    f"data {path}: label {bad[0]} of {part} is {values[bad[0]]}, must be from 0 to {len(names) - 1}"
                )
        return {part: values.astype(np.int64) for part, values in flat.items()}, names
    found = np.unique(np.concatenate(list(flat.values())))
    return {part: np.searchsorted(found, values) for part, values in flat.items()}, tuple(str(name) for name in found)


def _recordings(path: Path, file: np.lib.npyio.NpzFile) -> tuple[Recordings, np.ndarray]:
    x, y, t, p = (array(path, file, name) for name in EVENT_FIELDS)
    starts, labels = array(path, file, "starts"), array(path, file, "labels")
    if starts.ndim != 1 or starts.dtype.kind not in "iu" or len(starts) != len(labels) + 1:
        raise BadInput(
            f"data {path}: starts is {starts.dtype}{list(starts.shape)}, must be {len(labels) + 1} whole numbers"
        )
    if starts[0] != 0 or starts[-1] != len(t) or np.any(np.diff(starts.astype(np.int64)) < 0):
        raise BadInput(f"data {path}: starts must go from 0 to {len(t)}, the number of events, without a step back")
    starts = starts.astype(np.int64)
    recordings = (
        checked(f"data {path}: recording {k}", *(field[starts[k] : starts[k + 1]] for field in (x, y, t, p)))
        for k in range(len(labels))
    )
    return Recordings.of(recordings), labels


def save_recordings(path: Path, recordings: Recordings, labels: np.ndarray, classes: tuple[str, ...]) -> None:
    """Write recordings as an .npz file that `read` reads, whole or not at all."""
    from bicall.emulator.support.files import write_aside

    fields = dict(zip(EVENT_FIELDS, recordings.events, strict=True))
    with write_aside(path) as aside, open(aside, "wb") as file:
        np.savez_compressed(file, **fields, starts=recordings.starts, labels=labels, classes=np.array(classes))  # type: ignore[arg-type]  # none is an option


def read_recording(path: Path) -> Events:
    """One recording: arrays `x`, `y`, `t` and `p`.

    Raises:
        BadInput: as `read`.
    """
    with opened(path) as file:
        return checked(f"data {path}", *(array(path, file, name) for name in EVENT_FIELDS))
