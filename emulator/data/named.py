"""Data sets with names."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bicall.emulator.data import idx, mnist
from bicall.emulator.data.moving_edges import DIRECTIONS, moving_edges
from bicall.emulator.data.moving_pictures import MARGIN, moving_pictures
from bicall.emulator.data.samples import Found
from bicall.emulator.support.errors import BadInput

FASHION_FOLDER = Path("/usr/share/datasets/fashion-mnist")  # of Debian's package
FASHION_CLASSES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
EDGES, EDGES_SIDE, EDGES_SEED = 800, 16, 1
MOVING_ENLARGED, MOVING_SEED = 3, 1  # pixels a side that a pixel of the digits becomes


class Named(NamedTuple):
    """A set: what it is, and what is in it."""

    source: str
    found: Found


def _fashion_mnist() -> Named:
    if not FASHION_FOLDER.is_dir():
        raise BadInput(
            "data fashion-mnist: is not here; install Debian's package dataset-fashion-mnist, "
            "or give the folder of its IDX files instead of the name"
        )
    files = idx.files_in(FASHION_FOLDER)
    parts = {part: idx.read_pair(images, idx.labels_beside(images)) for part, images in files.items()}
    sizes = " and ".join(f"{len(labels):,}" for _, labels in parts.values())
    return Named(f"Fashion-MNIST, {sizes} images", Found("images", dict(parts), FASHION_CLASSES))


def _digits() -> Named:
    from sklearn.datasets import load_digits

    content = load_digits()
    # ink from 0 to 16
    images = np.rint(content.images * (255 / 16)).astype(np.uint8)
    return Named(
        "scikit-learn's digits, 1,797 images of 8 x 8",
        Found("images", {"all": (images, content.target)}, tuple("0123456789")),
    )


def _table(name: str) -> Callable[[], Named]:
    def load() -> Named:
        from sklearn import datasets

        content = getattr(datasets, f"load_{name}")()
        source = f"scikit-learn's {name.replace('_', ' ')}, {len(content.target)} rows"
        classes, columns = (
            tuple(str(each) for each in names) for names in (content.target_names, content.feature_names)
        )
        return Named(source, Found("table", {"all": (content.data, content.target)}, classes, columns))

    return load


def _moving_edges() -> Named:
    recordings, labels = moving_edges(EDGES, EDGES_SIDE, EDGES_SEED)
    size = f"{EDGES} of {EDGES_SIDE} x {EDGES_SIDE} pixels"
    source = f"made recordings of an edge moving in {len(DIRECTIONS)} directions, {size}"
    return Named(source, Found("events", {"all": (recordings, labels)}, DIRECTIONS))


def _moving_digits() -> Named:
    digits = _digits().found
    images, labels = digits.parts["all"]
    larger = np.asarray(images).repeat(MOVING_ENLARGED, axis=1).repeat(MOVING_ENLARGED, axis=2)
    side = larger.shape[1] + MARGIN
    source = f"made recordings of scikit-learn's digits in three saccades, {len(labels):,} of {side} x {side} pixels"
    return Named(source, Found("events", {"all": (moving_pictures(larger, MOVING_SEED), labels)}, digits.classes))


def _moving_mnist() -> Named:
    data = mnist.load()
    parts = {
        part: (moving_pictures(np.asarray(split.samples[:]), MOVING_SEED + k), split.labels)
        for k, (part, split) in enumerate((("train", data.train), ("test", data.test)))
    }
    side = mnist.IMAGE + MARGIN
    return Named(
        f"made recordings in three saccades, {side} x {side} pixels, of {data.source}",
        Found("events", dict(parts), data.classes),
    )


SETS: dict[str, Callable[[], Named]] = {
    "fashion-mnist": _fashion_mnist,
    "digits": _digits,
    "iris": _table("iris"),
    "wine": _table("wine"),
    "breast-cancer": _table("breast_cancer"),
    "moving-edges": _moving_edges,
    "moving-digits": _moving_digits,
    "moving-mnist": _moving_mnist,
}
