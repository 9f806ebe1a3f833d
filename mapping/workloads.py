"""What is to be mapped, by name: a network, and the spikes that its rates and its proof are made from."""

import os
from typing import NamedTuple

import numpy as np

from emulator import description
from emulator.datasets import Digits as Images
from emulator.errors import BadInput
from emulator.features import active_inputs
from emulator.network import Network as Digits
from emulator.state import LayerState, SpikeTrain
from mapping import network_file, nir_file
from mapping.digits import measure_rates, network_of, training_samples
from mapping.digits_v1 import active_pixels, digits_v1
from mapping.network import Network

DIGITS_V1 = "digits-v1-conv"
V1_OUTPUTS = 10  # a class


class Workload(NamedTuple):
    """A network that runs: its rates are measured on the samples."""

    network: Network
    states: dict[str, LayerState]  # of plastic layers
    seed: int
    samples: list[dict[str, SpikeTrain]]  # spikes of each input population


def load(name: str | os.PathLike, images: Images, samples: int, seed: int) -> Workload:
    """A workload by name or file.

    Args:
        name: of a configuration (or its .toml file); `digits-v1-conv`; a saved digits network or a network of
            `mapping.network_file` (.npz); a NIR graph (.nir). The last two have their own rates and no samples.
        images: training images; the first `samples` are presented.

    Raises:
        BadInput: unknown name or unreadable file.
    """
    text = str(name)
    chosen, labels = images.train_images[:samples], images.train_labels[:samples]
    if text == DIGITS_V1:
        network, digits = digits_v1(description.load("digits-256"), V1_OUTPUTS, seed)
        return measured(network, digits, active_pixels(chosen), labels)
    if text.endswith(".nir"):
        return Workload(nir_file.load(text), {}, seed, [])
    if text.endswith(".npz") and network_file.is_one(text):
        return _without_samples(network_file.load(text), seed)
    digits = Digits.load(text) if text.endswith(".npz") else Digits.fresh(description.load(text), "fixed", seed)
    return measured(network_of(digits), digits, active_inputs(digits.description, chosen), labels)


def _without_samples(network: Network, seed: int) -> Workload:
    """A network whose layers that learn start with h at random."""
    states = {}
    for population in network.populations.values():
        projection = None if population.is_input else network.plastic_input(population.name)
        if projection and population.constants is None:
            raise BadInput(f"network {network.name}: {population.name} learns, so it must have constants")
        if projection:
            connected = projection.matrix.astype(bool).toarray()
            states[population.name] = LayerState.initial(
                population.constants, *projection.matrix.shape, seed, None if connected.all() else connected
            )
    return Workload(network, states, seed, [])


def measured(network: Network, digits: Digits, active: np.ndarray, labels: np.ndarray) -> Workload:
    """A digits network's workload, with rates measured on the samples.

    Args:
        active: bool[n, inputs]; labels: uint8[n].
    """
    samples = list(training_samples(digits, active, labels))
    states = {"outputs": digits.state}
    measure_rates(network, states, digits.seed, samples)
    return Workload(network, states, digits.seed, samples)
