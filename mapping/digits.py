"""The digits networks as networks to be mapped, with the spike rates that real images bring about."""

import numpy as np

from emulator import compiled
from emulator.network import Network as Digits
from emulator.presentation import training_sample
from mapping.network import DIRECT, PLASTIC, Network


def network_of(digits: Digits) -> Network:
    """Inputs, a teacher for each output, plastic synapses between all inputs and outputs; outputs are read."""
    pre, post = digits.state.h.shape
    description = digits.description
    network = Network(description.name)
    network.add_inputs("inputs", _grid(pre))
    network.add_inputs("teachers", (post,))
    network.add_neurons("outputs", (post,), digits.constants, read=True)
    bits = description.hidden_weight.bits
    network.connect("inputs", "outputs", np.ones((pre, post), np.int8), bits, PLASTIC)
    network.connect("teachers", "outputs", np.eye(post, dtype=np.int8), bits, DIRECT)
    return network


def measure_rates(network: Network, digits: Digits, active: np.ndarray, labels: np.ndarray) -> None:
    """Set a network's rates to those of training on some images (with a copy of its state).

    Args:
        active: bool[n, inputs].
        labels: uint8[n].
    """
    state = digits.state.copy()
    outputs = network.populations["outputs"]
    network.rates = np.zeros(network.nodes)
    ticks = 0
    for n in range(len(active)):
        pre, teacher = training_sample(digits.description, active[n], labels[n], digits.seed, digits.presented + n)
        state.reset()
        fired, _ = compiled.run(digits.constants, state, pre, teacher, digits.seed)
        network.rates[outputs.nodes] += fired.sum(axis=0)
        for name, train in (("inputs", pre), ("teachers", teacher)):
            population = network.populations[name]
            network.rates[population.nodes] += np.bincount(train.sources, minlength=population.size)
        ticks += pre.ticks
    network.rates /= ticks


def _grid(size: int) -> tuple[int, ...]:
    side = round(size**0.5)
    return (1, side, side) if side * side == size else (size,)
