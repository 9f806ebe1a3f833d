"""Data that costs nothing to have."""

import numpy as np
import pytest

from bicall.emulator.data.samples import Data, Split


@pytest.fixture
def blobs() -> Data:
    random = np.random.default_rng(0)

    def split(count: int, name: str) -> Split:
        pictures = random.integers(0, 256, (count, 28, 28)).astype(np.uint8)
        return Split(pictures, random.integers(0, 10, count), name, np.arange(count))

    classes = tuple("0123456789")
    return Data("blobs", "images", (28, 28), classes, split(20, "train"), split(0, "validation"), split(10, "test"))
