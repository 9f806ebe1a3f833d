"""Sparse digits networks: which synapses exist, and that such a network learns."""

import numpy as np
import pytest

from bicall.emulator.digits.classifier import Network
from bicall.emulator.digits.connectivity import connected
from bicall.emulator.digits.datasets import load as load_digits
from bicall.emulator.digits.training import train
from bicall.emulator.rule import description
from bicall.emulator.support.errors import BadInput


def described(kind: str, inputs: int, features: str = "pixels-16"):
    return description.with_values(
        description.load("digits-256"),
        network__connectivity=kind,
        network__inputs_per_output=inputs,
        network__features=features,
    )


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
    ("features", "inputs", "side", "grid"), [("pixels-16", 100, 10, 16), ("gradients-14", 400, 8, 14)]
)
def test_patches_are_squares_with_all_channels(features, inputs, side, grid):
    synapses = connected(described("patch", inputs, features), 200, 1).reshape(-1, grid, grid, 200)
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
    ("kind", "inputs", "features", "message"),
    [
        ("random", 257, "pixels-16", "inputs_per_output is 257, must be at most 256"),
        ("patch", 50, "gabor-3000", "connectivity is patch, must be dense or random"),
        ("dense", 5, "pixels-16", "inputs_per_output is 5, must be 0 if dense"),
        ("random", 0, "pixels-16", "inputs_per_output is 0, must be 0 if dense and above 0"),
    ],
)
def test_what_cannot_be(kind, inputs, features, message):
    with pytest.raises(BadInput, match=message):
        connected(described(kind, inputs, features), 10, 1)


def test_a_sparse_network_learns_and_survives_a_file(tmp_path):
    digits = load_digits()
    network = Network.fresh(described("random", 64), "fixed", 1)
    train(network, digits, 100)
    network.save(tmp_path / "sparse.npz")
    loaded = Network.load(tmp_path / "sparse.npz")
    assert np.array_equal(loaded.state.connected, network.state.connected)
    train(network, digits, 150)
    train(loaded, digits, 150)
    assert np.array_equal(loaded.state.h, network.state.h)
    assert not loaded.state.h[~loaded.state.connected].any()
