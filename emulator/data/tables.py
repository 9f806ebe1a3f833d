"""Tables with a label column: CSV and Parquet."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bicall.emulator.data.gathering import gather
from bicall.emulator.data.samples import PARTS, Found, Samples
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.extras import require

if TYPE_CHECKING:
    import pandas

LABELS = ("label", "class", "target")  # the label column, where none is named: the first of these
SPLIT = "split"  # a column that says train, validation or test
ROWS = 65_536  # at a time
ENDINGS = (".csv", ".tsv", ".parquet")


def read(path: Path, label: str | None = None) -> Found:
    """A table whose columns are numbers, but for the label's (anything) and `split` (train, validation or test).

    Args:
        label: name of the label column; None: label, class or target.

    Raises:
        BadInput: no such file or column, not a table, or a value that is missing, infinite or no number.
    """
    labels: list[np.ndarray] = []
    parts: list[np.ndarray] = []
    names: list[str] = []

    def features() -> Iterator[np.ndarray]:
        row = 0
        for frame in _frames(path):
            if not len(frame):
                continue
            if not names:
                names.extend(_columns(path, frame, label))
            labels.append(_text_of(path, frame, names[0], row))
            if SPLIT in frame:
                parts.append(_text_of(path, frame, SPLIT, row))
            yield _numbers(path, frame, names[1:], row)
            row += len(frame)

    try:
        chunks = features()
        first = next(chunks)
    except StopIteration:
        raise BadInput(f"data {path}: has no rows, must have at least 1") from None
    values = gather(_chain(first, chunks), (first.shape[1],), np.float64)
    found, numbers = np.unique(np.concatenate(labels), return_inverse=True)
    order = _in_order(found)
    classes, numbers = tuple(str(name) for name in found[order]), np.argsort(order)[numbers].astype(np.int64)
    if not parts:
        return Found("table", {"all": (values, numbers)}, classes, tuple(names[1:]))
    part = np.concatenate(parts)
    odd = np.flatnonzero(~np.isin(part, PARTS))
    if len(odd):
        raise BadInput(f"data {path}: row {odd[0] + 1}: {SPLIT} is {str(part[odd[0]])!r}, must be {', '.join(PARTS)}")
    if "train" not in part:
        raise BadInput(f"data {path}: column {SPLIT} never says train")
    chosen = {name: np.flatnonzero(part == name) for name in PARTS if name in part}
    split: dict[str, tuple[Samples, np.ndarray]] = {
        name: (values[rows], numbers[rows]) for name, rows in chosen.items()
    }
    return Found("table", split, classes, tuple(names[1:]))


def _chain(first: np.ndarray, others: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    yield first
    yield from others


def _frames(path: Path) -> Iterator["pandas.DataFrame"]:
    import pandas

    ending = path.suffix.lower()
    if ending == ".parquet":
        yield from _parquet_frames(path)
        return
    separator = "\t" if ending == ".tsv" else ","
    try:
        with pandas.read_csv(path, sep=separator, chunksize=ROWS, skipinitialspace=True) as chunks:
            yield from chunks
    except OSError as error:
        raise BadInput(f"data {path}: {error.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise BadInput(f"data {path}: is not UTF-8 text") from None
    except (pandas.errors.ParserError, pandas.errors.EmptyDataError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"data {path}: is no table ({str(error).strip()})") from None


def _parquet_frames(path: Path) -> Iterator["pandas.DataFrame"]:
    require("pyarrow")
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS):
                yield batch.to_pandas()
    except OSError as error:
        raise BadInput(
            f"data {path}: {error.strerror or 'is truncated or corrupt, must be a whole Parquet file'}"
        ) from None
    except pyarrow.ArrowException:
        raise BadInput(f"data {path}: is truncated or corrupt, must be a whole Parquet file") from None


def _columns(path: Path, frame: "pandas.DataFrame", label: str | None) -> list[str]:
    """The label's column, then those of the features."""
    there = [str(column) for column in frame.columns]
    if label is None:
        lower = {name.lower(): name for name in there}
        label = next((lower[name] for name in LABELS if name in lower), None)
        if label is None:
            raise BadInput(
                f"data {path}: has no column {', '.join(LABELS[:-1])} or {LABELS[-1]}, name yours with --label"
            )
    elif label not in there:
        raise BadInput(f"data {path}: column {label!r} is unknown, must be one of {', '.join(there)}")
    features = [name for name in there if name not in (label, SPLIT)]
    if not features:
        raise BadInput(f"data {path}: has no column but {label}, must have at least 1 of numbers")
    return [label, *features]


def _text_of(path: Path, frame: "pandas.DataFrame", column: str, first: int) -> np.ndarray:
    absent = np.flatnonzero(frame[column].isna().to_numpy())
    if len(absent):
        raise BadInput(f"data {path}: row {first + absent[0] + 1}: {column} is missing")
    return frame[column].astype(str).to_numpy(dtype=str)


def _numbers(path: Path, frame: "pandas.DataFrame", columns: list[str], first: int) -> np.ndarray:
    import pandas

    for column in columns:
        if not pandas.api.types.is_numeric_dtype(frame[column]):
            bad = np.flatnonzero(pandas.to_numeric(frame[column], errors="coerce").isna().to_numpy())
            row = bad[0] if len(bad) else 0
            value = frame[column].iloc[row]
            raise BadInput(f"data {path}: row {first + row + 1}: {column} is {str(value)!r}, must be a number")
    values = frame[columns].to_numpy(dtype=np.float64, na_value=np.nan)
    rows, places = np.nonzero(~np.isfinite(values))
    if len(rows):
        value = values[rows[0], places[0]]
        raise BadInput(
            f"data {path}: row {first + rows[0] + 1}: {columns[places[0]]} is {value}, must be a finite number"
        )
    return values


def _in_order(names: np.ndarray) -> np.ndarray:
    """Class names in order: by number if all are numbers, else by letter."""
    try:
        return np.argsort(names.astype(float), kind="stable")
    except ValueError:
        return np.arange(len(names))
