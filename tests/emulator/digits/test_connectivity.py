"""Sparse digits networks: which synapses exist, and that such a network learns."""

import numpy as np
import pytest

from bicall.emulator.configuration import description
from bicall.emulator.data.mnist import load as load_digits
from bicall.emulator.digits import connectivity
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.training import train
from bicall.emulator.support.errors import BadInput


def described(kind: str, inputs: int, configuration: str = "digits-256"):
    return description.with_values(
        description.load(configuration), network__connectivity=kind, network__inputs_per_output=inputs
    )


def connected(described, outputs: int, seed: int):
    return connectivity.connected(described, described.encoder.shape((28, 28)), outputs, seed)


def test_dense_needs_no_matrix():
    assert connected(described("dense", 0), 10, 1) is None


def test_random_gives_each_output_its_own_inputs():
    synapses = connected(described("random", 64), 30, 1)
    assert np.all(synapses.sum(axis=0) == 64)
    assert len({column.tobytes() for column in synapses.T}) == 30
    # every input is as likely as another: in-degree over 3,000 outputs is binomial
    reach = connected(described("random", 64), 3000, 1).sum(axis=1)
    assert abs(reach - 750).max() < 5 * np.sqrt(3000 * 0.25 * 0.75)


@pytest.mark.parametrize(
    ("configuration", "inputs", "side", "grid"), [("digits-256", 100, 10, 16), ("digits-v1", 400, 8, 14)]
)
def test_patches_are_squares_with_all_channels(configuration, inputs, side, grid):
    synapses = connected(described("patch", inputs, configuration), 200, 1).reshape(-1, grid, grid, 200)
    tops = set()
    for output in range(200):
        channels = synapses[..., output]
        assert np.array_equal(channels.any(axis=0), channels.all(axis=0))
        rows, columns = np.nonzero(channels[0])
        assert len(rows) == side * side
        assert rows.max() - rows.min() == columns.max() - columns.min() == side - 1
        tops.add(rows.min())
    assert tops == set(range(grid - side + 1))


def test_the_seed_decides():
    one, two = (connected(described("random", 64), 10, seed) for seed in (1, 2))
    assert not np.array_equal(one, two)
    assert np.array_equal(one, connected(described("random", 64), 10, 1))


@pytest.mark.parametrize(
    ("kind", "inputs", "configuration", "message"),
    [
        ("random", 257, "digits-256", "inputs_per_output is 257, must be at most 256"),
        ("patch", 50, "digits-gabor", "connectivity is patch, must be dense or random"),
        ("dense", 5, "digits-256", "inputs_per_output is 5, must be 0 if dense"),
        ("random", 0, "digits-256", "inputs_per_output is 0, must be 0 if dense and above 0"),
    ],
)
def test_what_cannot_be(kind, inputs, configuration, message):
    with pytest.raises(BadInput, match=message):
        connected(described(kind, inputs, configuration), 10, 1)


def test_a_sparse_network_learns_and_survives_a_file(tmp_path):
    digits = load_digits()
    network = Classifier.fresh(described("random", 64), "fixed", 1)
    train(network, digits, 100)
    network.save(tmp_path / "sparse.npz")
    loaded = Classifier.load(tmp_path / "sparse.npz")
    assert np.array_equal(loaded.state.connected, network.state.connected)
    train(network, digits, 150)
    train(loaded, digits, 150)
    assert np.array_equal(loaded.state.h, network.state.h)
    assert not loaded.state.h[~loaded.state.connected].any()
