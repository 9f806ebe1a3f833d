"""Proof that a mapped network does what the unmapped one does: every spike and every state, learning included."""

from dataclasses import dataclass

import numpy as np

from emulator import compiled
from emulator.network import Network as Digits
from emulator.presentation import training_sample
from emulator.state import STATE_VARIABLES
from emulator.terminal import progress
from mapping.configuration import Configuration
from mapping.execution import MappedNetwork
from mapping.network import Network


@dataclass
class Agreement:
    """How many values were compared, and how many differ."""

    samples: int = 0
    ticks: int = 0
    spikes: int = 0  # fired by the unmapped network
    packets: int = 0
    compared: int = 0
    differences: int = 0
    first: str = ""  # the first difference, in words

    def compare(self, where: str, mapped: np.ndarray, unmapped: np.ndarray) -> None:
        """Count equal values of two arrays of one shape."""
        unequal = np.argwhere(mapped != unmapped)
        if len(unequal) and not self.first:
            index = tuple(int(i) for i in unequal[0])
            self.first = f"{where}{list(index)} is {mapped[index]} mapped and {unmapped[index]} unmapped"
        self.compared += mapped.size
        self.differences += len(unequal)


def verify_digits(
    digits: Digits, network: Network, configuration: Configuration, active: np.ndarray, labels: np.ndarray
) -> Agreement:
    """Train the mapped and the unmapped network on the same images and compare them after each.

    Compared are all spikes, and of every core all traces, currents, membranes, refractory counters and hidden weights;
    x is compared in every core that has a copy of it.

    Args:
        digits: where both start from; not changed.
        active: bool[n, inputs], labels: uint8[n], the images.
    """
    whole = digits.state.copy()
    whole.reset()
    mapped = MappedNetwork(network, configuration, {"outputs": whole}, digits.seed)
    outputs = network.populations["outputs"].nodes
    result = Agreement()
    for n in progress(range(len(active)), "mapped and unmapped"):
        pre, teacher = training_sample(digits.description, active[n], labels[n], digits.seed, digits.presented + n)
        expected, counts = compiled.run(digits.constants, whole, pre, teacher, digits.seed)
        found = mapped.run({"inputs": pre, "teachers": teacher})[:, outputs]
        result.compare(f"sample {n}: post_spikes", found, expected)
        for part in mapped.parts:
            own = whole.part(part.state.rows, part.state.columns)
            core = configuration.cores[part.core].core
            for name in STATE_VARIABLES:
                result.compare(f"sample {n}, core {core}: {name}", getattr(part.state, name), getattr(own, name))
        result.spikes += counts.post_spikes
        result.ticks += pre.ticks
        whole.reset()
        mapped.reset()
    result.samples, result.packets = len(active), mapped.packets
    return result
