"""What is to be mapped, by name: a network, and the spikes that its rates and its proof are made from."""

import os
from collections.abc import Iterable
from typing import NamedTuple

from bicall.emulator.configuration import description
from bicall.emulator.data.samples import Data
from bicall.emulator.digits import classifier
from bicall.emulator.digits import graph_v1 as digits_v1
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.graph import network_of, training_samples
from bicall.emulator.fit import folder as fit_folder
from bicall.emulator.network import network_file
from bicall.emulator.network.network import PLASTIC, Network
from bicall.emulator.network.rates import measure_rates
from bicall.emulator.network.spikes import Spikes
from bicall.emulator.nir import graph as nir_graph
from bicall.emulator.nir.integers import to_network
from bicall.emulator.nir.run import random_spikes, trains

NIR_STEPS, NIR_RATE = 100, 0.1  # ticks of a sample, and spikes a tick of each input


class Workload(NamedTuple):
    """A started network, and the samples on which its rates were measured."""

    network: Network
    samples: list[Spikes]  # spikes of each input population


def load(name: str | os.PathLike, images: Data, samples: int, seed: int) -> Workload:
    """A workload by name or file.

    Args:
        name: of a configuration (or its .toml file); a saved digits network or a network of `network.network_file`
            (.npz), which has rates of its own and no samples; a NIR graph (.nir), which gets spikes at random; a folder
            of `bicall fit`.
        images: data; the first `samples` training samples are presented.

    Raises:
        BadInput: unknown name or unreadable file.
    """
    text = str(name)
    chosen, labels = images.train.samples[:samples], images.train.labels[:samples]
    if text.endswith(".nir"):
        return _of_graph(nir_graph.load(text), samples, seed)
    if text.endswith(".npz") and not classifier.is_one(text):
        return _without_samples(network_file.load(text), seed)
    if fit_folder.is_one(text):
        digits = Classifier.load(os.path.join(text, fit_folder.NETWORK))
    elif text.endswith(".npz"):
        digits = Classifier.load(text)
    else:
        digits = Classifier.for_data(description.load(text), "fixed", seed, images)
    if digits.description.encoder.kind == "convolution":
        return measured(digits_v1.network_of(digits), digits_v1.training_samples(digits, chosen, labels))  # type: ignore[arg-type]
    active = digits.encoder.encode(chosen, digits.description.time.tick_ms)
    return measured(network_of(digits), training_samples(digits, active, labels))


def _of_graph(graph: nir_graph.Graph, samples: int, seed: int) -> Workload:
    """A graph of another tool in integers: its neurons do not learn."""
    converted = to_network(graph)
    converted.network.start("fixed", seed)
    spikes = [trains(converted, random_spikes(graph, NIR_STEPS, NIR_RATE, seed, n)) for n in range(samples)]
    return measured(converted.network, spikes)


def _without_samples(network: Network, seed: int) -> Workload:
    """A network that brings its rates, started if it can be run: layers that learn with h at random."""
    if network.state is None and (any(each.kind == PLASTIC for each in network.projections) or _can_run(network)):
        network.start("fixed", seed)
    return Workload(network, [])


def _can_run(network: Network) -> bool:
    return all(population.constants for population in network.neuron_populations)


def measured(network: Network, samples: Iterable[Spikes]) -> Workload:
    """A started network's workload, with rates measured on the samples."""
    samples = list(samples)
    measure_rates(network, samples)
    return Workload(network, samples)
