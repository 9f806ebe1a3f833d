"""What every reader gives: samples with labels, in splits.

Samples are an array (uint8[n, height, width] grey pictures, uint8[n, height, width, 3] colour, float64[n, columns] of a
table) or `Recordings` of events. Large arrays are mapped (see `gathering`): data of several gigabytes take no more
memory than what is looked at, which is `samples[rows]`.
"""

import shlex
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from bicall.emulator.data.gathering import Rows
from bicall.emulator.data.recordings import Recordings
from bicall.emulator.support.errors import BadInput

PARTS = ("train", "validation", "test")

Kind = Literal["images", "table", "events"]
Samples: TypeAlias = np.ndarray | Rows | Recordings


class Split(NamedTuple):
    """Samples that belong together, with labels; `rows` says where in the source they lie."""

    samples: Samples
    labels: np.ndarray  # int64[n], from 0
    part: str  # of the source: all, train, validation or test
    rows: np.ndarray  # int64[n], row numbers in that part

    def take(self, chosen: np.ndarray) -> "Split":
        """Some of the samples, int64[k], in that order; arrays in memory are copied."""
        samples: Samples
        if isinstance(self.samples, Rows):
            samples = Rows(self.samples.values, self.samples.rows[chosen])
        else:
            samples = Rows(self.samples, chosen) if isinstance(self.samples, np.memmap) else self.samples[chosen]
        return Split(samples, self.labels[chosen], self.part, self.rows[chosen])


@dataclass(frozen=True)
class Origin:
    """What `load` found data by, and finds them by again: name or absolute path, a table's label column, a seed."""

    name: str
    label: str | None = None
    seed: int = 1

    @property
    def options(self) -> str:
        """What a command line says for it."""
        return shlex.join(["--data", self.name, *(["--label", self.label] if self.label else [])])


@dataclass(frozen=True)
class Data:
    """A data set with its splits. `source` says in a sentence what it is, `shape` what a sample is.

    `shape` is (height, width) or (height, width, 3) of pictures, (columns,) of a table, (polarities, height, width)
    of recordings.
    """

    source: str
    kind: Kind
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    columns: tuple[str, ...] = ()  # names, of a table
    origin: Origin | None = None  # None: made, not loaded

    def with_splits(self, seed: int, validation: float = 0.1) -> "Data":
        """The same data with a validation split, a stratified share of the training split, if it has none."""
        if len(self.validation.labels):
            return self
        rest, held = stratified(self.train.labels, validation, seed)
        return replace(self, train=self.train.take(rest), validation=self.train.take(held))

    def splits(self) -> dict[str, Split]:
        """By name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


def stratified(labels: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers int64[...], ascending: those that stay, and a share of each class (at least one, never all of two).

    Raises:
        BadInput: the share is not between 0 and 1, or the seed is not a 32-bit number.
    """
    if not 0 < share < 1:
        raise BadInput(f"split is {share}, must be above 0 and below 1")
    if not 0 <= seed < 2**32:
        raise BadInput(f"seed is {seed}, must be from 0 to {2**32 - 1}")
    rng = np.random.Generator(np.random.PCG64(seed))
    held = np.zeros(len(labels), bool)
    for one in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == one))
        held[rows[: min(max(round(share * len(rows)), 1), len(rows) - 1)]] = True
    return np.flatnonzero(~held), np.flatnonzero(held)


class Found(NamedTuple):
    """What a reader finds: samples with labels (whole numbers from 0) by part, `all` or `train` and perhaps others."""

    kind: Kind
    parts: dict[str, tuple[Samples, np.ndarray]]
    classes: tuple[str, ...]
    columns: tuple[str, ...] = ()


def assemble(source: str, found: Found, seed: int, test: float = 0.2, shuffle: bool = True) -> Data:
    """Data from what a reader found. Without a test split, a stratified share of the others is one, by the seed.

    Args:
        shuffle: put training samples into an order by the seed: files often come class by class.

    Raises:
        BadInput: an empty part, samples of different shapes, fewer than two classes, a class without a training sample,
            or too few samples to have some for a test.
    """
    splits = {}
    classes = found.classes
    for part, (samples, labels) in found.parts.items():
        if not len(labels):
            raise BadInput(f"{source}: part {part} is empty, must have at least 1 sample")
        if len(samples) != len(labels):
            raise BadInput(
                f"{source}: part {part} has {len(samples)} samples and {len(labels)} labels, must be as many"
            )
        splits[part] = Split(samples, labels.astype(np.int64), part, np.arange(len(labels)))
    shapes = {
        part: split.samples.shape[1:] for part, split in splits.items() if not isinstance(split.samples, Recordings)
    }
    if len(set(shapes.values())) > 1:
        sizes = ", ".join(f"{part} {list(shape)}" for part, shape in shapes.items())
        raise BadInput(f"{source}: samples have shapes {sizes}, must be the same")
    if len(classes) < 2:
        raise BadInput(f"{source}: has {len(classes)} classes, must have at least 2")
    train = splits.get("train") or splits["all"]
    absent = np.flatnonzero(np.bincount(train.labels, minlength=len(classes)) == 0)
    if len(absent):
        raise BadInput(f"{source}: class {classes[absent[0]]} has no training sample, must have at least 1")
    if "test" not in splits:
        rest, held = stratified(train.labels, test, seed)
        if not len(held):
            raise BadInput(f"{source}: has 1 sample of each class, must have at least 2 of one: a test takes some")
        train, splits["test"] = train.take(rest), train.take(held)
    if shuffle:
        train = train.take(np.random.Generator(np.random.PCG64(seed)).permutation(len(train.labels)))
    nothing = train.take(np.zeros(0, np.int64))
    if isinstance(train.samples, Recordings):
        sensors = np.array([samples.size for samples, _ in found.parts.values() if isinstance(samples, Recordings)])
        shape = (2, *(int(side) for side in sensors.max(axis=0)))
    else:
        shape = train.samples.shape[1:]
    validation = splits.get("validation", nothing)
    return Data(source, found.kind, shape, classes, train, validation, splits["test"], found.columns)
