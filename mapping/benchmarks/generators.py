"""Made-up networks to measure the mapper with: local, small-world, random, layered and cortical."""

import numpy as np
import scipy.sparse

from bicall.emulator.network.convolution import convolution, sum_pool
from bicall.emulator.network.network import Network

BITS = 8
RATE = 0.01  # mean spikes a tick: 10 Hz at 1 ms


def _with_rates(network: Network, rng: np.random.Generator) -> Network:
    """Rates spread as those of cortical neurons are: log-normal."""
    network.rates = RATE * rng.lognormal(-0.5, 1.0, network.nodes)
    return network


def _matrix(source, target, shape) -> scipy.sparse.csr_array:
    """Weights of 1 at each pair once."""
    keys = np.unique(source.astype(np.int64) * shape[1] + target)
    ones = np.ones(len(keys), np.int32)
    return scipy.sparse.csr_array((ones, (keys // shape[1], keys % shape[1])), shape=shape)


def local_sheet(neurons: int, fan_out: int, radius: float, seed: int) -> Network:
    """A sheet of neurons that reach others at a normally distributed distance, numbered in no order of place."""
    rng = np.random.default_rng(seed)
    side = round(neurons**0.5)
    n = side * side
    number = rng.permutation(n)
    place = np.repeat(np.arange(n), fan_out)
    x = (place % side + np.rint(rng.normal(0, radius, n * fan_out)).astype(int)) % side
    y = (place // side + np.rint(rng.normal(0, radius, n * fan_out)).astype(int)) % side
    network = Network(f"local-{n}")
    network.add_neurons("sheet", (n,))
    network.connect("sheet", "sheet", _matrix(number[place], number[y * side + x], (n, n)), BITS)
    return _with_rates(network, rng)


def small_world(neurons: int, fan_out: int, rewired: float, seed: int) -> Network:
    """A ring of neighbours of which a part is rewired (Watts and Strogatz 1998, directed)."""
    rng = np.random.default_rng(seed)
    source = np.repeat(np.arange(neurons), fan_out)
    offset = np.tile(
        np.concatenate([np.arange(1, fan_out // 2 + 1), -np.arange(1, fan_out - fan_out // 2 + 1)]), neurons
    )
    target = (source + offset) % neurons
    random = rng.random(len(source)) < rewired
    target[random] = rng.integers(0, neurons, random.sum())
    number = rng.permutation(neurons)
    network = Network(f"small-world-{neurons}")
    network.add_neurons("ring", (neurons,))
    network.connect("ring", "ring", _matrix(number[source], number[target], (neurons, neurons)), BITS)
    return _with_rates(network, rng)


def sparse_random(neurons: int, fan_out: int, seed: int) -> Network:
    """Targets at random: nothing for a partition to find."""
    rng = np.random.default_rng(seed)
    source, target = np.repeat(np.arange(neurons), fan_out), rng.integers(0, neurons, neurons * fan_out)
    network = Network(f"random-{neurons}")
    network.add_neurons("neurons", (neurons,))
    network.connect("neurons", "neurons", _matrix(source, target, (neurons, neurons)), BITS)
    return _with_rates(network, rng)


def lenet(seed: int) -> Network:
    """LeNet-5's layers: 28 x 28 inputs, convolutions of 6 and 16 maps with pooling, 120, 84 and 10 neurons."""
    rng = np.random.default_rng(seed)
    network = Network("lenet")
    shape = (1, 28, 28)
    network.add_inputs("inputs", shape)
    before = "inputs"

    def layer(name: str, made) -> None:
        nonlocal shape, before
        matrix, shape = made
        network.add_neurons(name, shape)
        network.connect(before, name, matrix, BITS)
        before = name

    layer("conv1", convolution(np.ones((6, 1, 5, 5), np.int32), shape, (1, 1), (2, 2)))
    layer("pool1", sum_pool(shape, (2, 2), (2, 2), 1))
    layer("conv2", convolution(np.ones((16, 6, 5, 5), np.int32), shape))
    layer("pool2", sum_pool(shape, (2, 2), (2, 2), 1))
    for name, size in (("dense1", 120), ("dense2", 84), ("dense3", 10)):
        layer(name, (np.ones((network.populations[before].size, size), np.int32), (size,)))
    network.populations["dense3"] = network.populations["dense3"]._replace(is_read=True)
    return _with_rates(network, rng)


# Potjans and Diesmann 2014, Cereb. Cortex 24, table 5: sizes and connection probabilities [target, source]
_LAYERS = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
_SIZES = (20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948)
_PROBABILITIES = (
    (0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0),
    (0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0),
    (0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0),
    (0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0),
    (0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0),
    (0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0),
    (0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252),
    (0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443),
)
_RATES_HZ = (0.9, 2.8, 4.5, 5.7, 7.6, 8.4, 1.1, 7.8)  # table 6, spontaneous


def cortical_column(neurons: int, fan_in_scale: float, seed: int) -> Network:
    """Potjans and Diesmann's column under 1 mm2 of cortex, with fewer neurons.

    Args:
        neurons: about how many in all; the full column has 77,169.
        fan_in_scale: part of the full in-degrees that is kept.
    """
    rng = np.random.default_rng(seed)
    scale = neurons / sum(_SIZES)
    network = Network(f"column-{neurons}")
    for name, size in zip(_LAYERS, _SIZES, strict=True):
        network.add_neurons(name, (max(1, round(size * scale)),))
    rates = []
    for post, row in zip(_LAYERS, _PROBABILITIES, strict=True):
        n_post = network.populations[post].size
        for pre, size, probability in zip(_LAYERS, _SIZES, row, strict=True):
            # in-degree of the full model (K = ln(1 - p) / ln(1 - 1 / (N N')) pairs, spread over N' targets), scaled
            in_degree = round(fan_in_scale * size * -np.log1p(-probability)) if probability else 0
            if in_degree:
                n_pre = network.populations[pre].size
                source = rng.integers(0, n_pre, n_post * in_degree)
                target = np.repeat(np.arange(n_post), in_degree)
                network.connect(pre, post, _matrix(source, target, (n_pre, n_post)), BITS)
    for name, rate in zip(_LAYERS, _RATES_HZ, strict=True):
        rates.append(np.full(network.populations[name].size, rate * 1e-3))
    network.rates = np.concatenate(rates)
    return network
