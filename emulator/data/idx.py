"""IDX files, as MNIST's: a magic number, big-endian sizes, then the values; plain or .gz."""

import gzip
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from bicall.emulator.data.gathering import gather
from bicall.emulator.support.errors import BadInput

UNSIGNED_BYTE = 8  # the type's code in the magic number
CHUNK = 2**22  # bytes, about, at a time
LIMIT = 2**40  # values


def read(path: Path, axes: int) -> np.ndarray:
    """The array of an IDX file of unsigned bytes.

    Args:
        axes: how many it must have: 3 for pictures, 1 for labels.

    Raises:
        BadInput: no such file, wrong magic number, sizes or type, shorter or longer than its sizes say.
    """
    try:
        with cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else open(path, "rb") as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] != UNSIGNED_BYTE or head[3] != axes:
                expected = bytes([0, 0, UNSIGNED_BYTE, axes])
                raise BadInput(f"data {path}: magic number is {head.hex()}, must be {expected.hex()}")
            sizes = file.read(4 * axes)
            if len(sizes) < 4 * axes:
                raise BadInput(f"data {path}: is truncated within its sizes")
            shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
            if not 0 < math.prod(shape) <= LIMIT:
                raise BadInput(f"data {path}: sizes are {list(shape)}, must each be at least 1")
            return gather(_chunks(path, file, shape), shape[1:], np.uint8)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BadInput(f"data {path}: is truncated or corrupt, must be a whole .gz file") from None
    except OSError as error:
        raise BadInput(f"data {path}: {error.strerror or 'cannot be read'}") from None


def _chunks(path: Path, file: BinaryIO, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    row = math.prod(shape[1:])
    rows = max(CHUNK // row, 1)
    for first in range(0, shape[0], rows):
        wanted = min(rows, shape[0] - first)
        content = file.read(wanted * row)
        if len(content) < wanted * row:
            there = first + len(content) // row
            raise BadInput(f"data {path}: is truncated, has {there} of {shape[0]} rows")
        yield np.frombuffer(content, np.uint8).reshape(wanted, *shape[1:])
    if file.read(1):
        raise BadInput(f"data {path}: goes on after its {shape[0]} rows")


def read_pair(images: Path, labels: Path) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8[n, height, width] and their labels uint8[n].

    Raises:
        BadInput: as `read`, or not as many of the one as of the other.
    """
    pair = read(images, 3), read(labels, 1)
    if len(pair[0]) != len(pair[1]):
        raise BadInput(
            f"data {labels}: has {len(pair[1])} labels, must be {len(pair[0])}, as {images.name} has pictures"
        )
    return pair


def labels_beside(images: Path) -> Path:
    """Where the labels of a file of pictures lie: `labels` for `images` and `idx1` for `idx3` in its name."""
    return images.with_name(images.name.replace("images", "labels").replace("idx3", "idx1"))


def files_in(folder: Path) -> dict[str, Path]:
    """The files of pictures in a folder, by part: train, test (t10k)."""
    found = {}
    for part, prefix in (("train", "train"), ("test", "t10k"), ("test", "test")):
        paths = sorted(path for path in folder.glob(f"{prefix}*images*") if "idx" in path.name)
        if paths:
            found[part] = paths[0]
    return found
