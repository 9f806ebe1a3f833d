"""What is to be mapped, by name: a network, and the spikes that its rates and its proof are made from."""

import os
from collections.abc import Iterable
from typing import NamedTuple

from bicall.emulator.data.samples import Data
from bicall.emulator.digits import graph_v1 as digits_v1
from bicall.emulator.digits.classifier import Network as Digits
from bicall.emulator.digits.graph import measure_rates, network_of, training_samples
from bicall.emulator.fit import folder as fit_folder
from bicall.emulator.network import network_file, nir_file
from bicall.emulator.network.network import Network
from bicall.emulator.rule import description
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput


class Workload(NamedTuple):
    """A network that runs: its rates are measured on the samples."""

    network: Network
    states: dict[str, LayerState]  # of plastic layers
    seed: int
    samples: list[dict[str, SpikeTrain]]  # spikes of each input population


def load(name: str | os.PathLike, images: Data, samples: int, seed: int) -> Workload:
    """A workload by name or file.

    Args:
        name: of a configuration (or its .toml file); a saved digits network or a network of `network.network_file`
            (.npz); a NIR graph (.nir); a folder of `bicall fit`. The networks of files have rates of their own and no
            samples.
        images: data; the first `samples` training samples are presented.

    Raises:
        BadInput: unknown name or unreadable file.
    """
    text = str(name)
    chosen, labels = images.train.samples[:samples], images.train.labels[:samples]
    if text.endswith(".nir"):
        return Workload(nir_file.load(text), {}, seed, [])
    if text.endswith(".npz") and network_file.is_one(text):
        return _without_samples(network_file.load(text), seed)
    if fit_folder.is_one(text):
        digits = Digits.load(os.path.join(text, fit_folder.NETWORK))
    elif text.endswith(".npz"):
        digits = Digits.load(text)
    else:
        digits = Digits.for_data(description.load(text), "fixed", seed, images)
    if digits.description.encoder.kind == "convolution":
        return measured(digits_v1.network_of(digits), digits, digits_v1.training_samples(digits, chosen, labels))
    active = digits.encoder.encode(chosen, digits.description.time.tick_ms)
    return measured(network_of(digits), digits, training_samples(digits, active, labels))


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


def measured(network: Network, digits: Data, samples: Iterable[dict[str, SpikeTrain]]) -> Workload:
    """A digits network's workload, with rates measured on the samples."""
    samples = list(samples)
    states = {"outputs": digits.state}
    measure_rates(network, states, digits.seed, samples)
    return Workload(network, states, digits.seed, samples)
