"""Digits classifiers as networks, and the spikes of their samples."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from bicall.emulator.digits.presentation import TRAINING, input_spikes, timing, training_sample
from bicall.emulator.encoders.encoder import Encoded, Trains
from bicall.emulator.network.network import DIRECT, PLASTIC, Network
from bicall.emulator.rule.state import SpikeTrain

if TYPE_CHECKING:  # a classifier is saved as its network
    from bicall.emulator.digits.classifier import Classifier


def network_of(digits: "Classifier") -> Network:
    """Inputs, a teacher for each output, plastic synapses from inputs to outputs; outputs are read."""
    pre, post = digits.state.h.shape
    network = Network(digits.description.name)
    network.add_inputs("inputs", _grid(pre))
    add_readout(network, digits, "inputs", post)
    network.start(digits.arithmetic, digits.seed, {"outputs": digits.state})
    return network


def add_readout(network: Network, digits: "Classifier", pre: str, post: int) -> None:
    """Add `outputs`, which learn from the population `pre`, and their `teachers`."""
    network.add_inputs("teachers", (post,))
    network.add_neurons("outputs", (post,), digits.description, read=True)
    bits = digits.description.hidden_weight.bits
    connected = digits.state.connected
    if connected is None:
        connected = np.ones((network.populations[pre].size, post), np.int8)
    network.connect(pre, "outputs", connected, bits, PLASTIC)
    network.connect("teachers", "outputs", np.eye(post, dtype=np.int8), bits, DIRECT)


def training_samples(digits: "Classifier", active: Encoded, labels: np.ndarray) -> Iterator[dict[str, SpikeTrain]]:
    """The next training samples' spikes, by input population.

    Where the network's answer decides what is taught, no spikes can be given beforehand: the teachers are silent then.

    Args:
        active: n encoded samples; labels: int[n].
    """
    when = timing(digits.description, TRAINING)
    for n in range(len(labels)):
        one = active[n : n + 1] if isinstance(active, Trains) else active[n]
        if when.learn_from:
            pre = input_spikes(one, when, digits.seed, TRAINING, digits.presented + n)
            yield {"inputs": pre, "teachers": SpikeTrain.silent(when.ticks)}
        else:
            pre, teacher = training_sample(digits.description, one, labels[n], digits.seed, digits.presented + n)
            yield {"inputs": pre, "teachers": teacher}


def _grid(size: int) -> tuple[int, ...]:
    side = round(size**0.5)
    return (1, side, side) if side * side == size else (size,)
