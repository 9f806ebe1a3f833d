"""What is to be mapped, by name: a network, and the spikes that its rates and its proof are made from."""

import os
from collections.abc import Iterable
from typing import NamedTuple

from bicall.emulator.data.samples import Data
from bicall.emulator.digits import classifier
from bicall.emulator.digits import graph_v1 as digits_v1
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.graph import network_of, training_samples
from bicall.emulator.digits.samples import Sample, of_parts, shown
from bicall.emulator.fit.given import classifier_and_data
from bicall.emulator.network import network_file
from bicall.emulator.network.network import PLASTIC, Network
from bicall.emulator.network.rates import measure_rates
from bicall.emulator.network.spikes import Spikes
from bicall.emulator.nir import graph as nir_graph
from bicall.emulator.nir.integers import to_network
from bicall.emulator.nir.run import random_spikes, trains
from bicall.emulator.nir.samples import SpikingSamples
from bicall.emulator.support.errors import BadInput
from bicall.mapping.machine.verification import Shown

NIR_STEPS, NIR_RATE = 100, 0.1  # ticks of a sample, and spikes a tick of each input


class Workload(NamedTuple):
    """A started network, and the samples on which its rates were measured; `source` says what they are."""

    network: Network
    samples: list[Spikes | Shown]  # spikes of each input population, or what shows a sample as its answer demands
    source: str = ""


def load(name: str | os.PathLike, data: Data | None, samples: int, seed: int) -> Workload:
    """A workload by name or file.

    Args:
        name: of a configuration (or its .toml file); a saved digits network or a network of `network.network_file`
            (.npz), which has rates of its own and no samples; a NIR graph (.nir), which gets spikes at random; a folder
            of `bicall fit`.
        data: the first `samples` training samples are presented; None: what the network was made for, MNIST of a
            configuration, spikes at random of a graph.

    Raises:
        BadInput: unknown name or unreadable file, fewer samples than asked for, or data that are none for the network.
    """
    text = str(name)
    if text.endswith(".nir"):
        return _of_graph(nir_graph.load(text), data, samples, seed)
    if text.endswith(".npz") and not classifier.is_one(text):
        if data is not None:
            raise BadInput(f"{data.source}: must not be given for {text}, whose file has rates of its own")
        return _without_samples(network_file.load(text), seed)
    return of_classifier(*classifier_and_data(text, data, "fixed", seed), samples)


def of_classifier(digits: Classifier, data: Data, samples: int) -> Workload:
    """A classifier's workload: its next presentations show the first training samples.

    Raises:
        BadInput: fewer samples than asked for.
    """
    if samples > len(data.train.labels):
        raise BadInput(f"images is {samples}, must be at most {len(data.train.labels)}, the training samples there are")
    chosen, labels = data.train.samples[:samples], data.train.labels[:samples]
    decided = digits.description.presentation.learn_from_ms > 0
    if digits.description.encoder.kind == "convolution":
        spikes = digits_v1.training_samples(digits, chosen, labels)  # type: ignore[arg-type]  # pictures
        found = measured(digits_v1.network_of(digits), spikes, data.source)
        if not decided:
            return found
        return found._replace(samples=digits_v1.decided_samples(digits, chosen, labels))  # type: ignore[arg-type]  # pictures
    active = digits.encode(chosen)
    found = measured(network_of(digits), training_samples(digits, active, labels), data.source)
    if not decided:
        return found
    return found._replace(samples=[by_network(sample) for sample in shown(digits, active, labels)])


def by_network(sample: Sample) -> Shown:
    """A sample shown by what runs its network, from one shown by what runs its parts."""
    return lambda run: sample(of_parts(run))


def _of_graph(graph: nir_graph.Graph, data: Data | None, samples: int, seed: int) -> Workload:
    """A graph of another tool in integers: its neurons do not learn."""
    converted = to_network(graph)
    converted.network.start("fixed", seed)
    if data is None:
        spikes = [random_spikes(graph, NIR_STEPS, NIR_RATE, seed, n) for n in range(samples)]
    else:
        shown = SpikingSamples(graph, data, data.train, NIR_STEPS, seed)
        spikes = [shown(n) for n in range(min(samples, len(data.train.labels)))]
    source = data.source if data else f"spikes at random, {NIR_RATE:g} a step"
    return measured(converted.network, [trains(converted, each) for each in spikes], source)


def _without_samples(network: Network, seed: int) -> Workload:
    """A network that brings its rates, started if it can be run: layers that learn with h at random."""
    if network.state is None and (any(each.kind == PLASTIC for each in network.projections) or _can_run(network)):
        network.start("fixed", seed)
    return Workload(network, [], "rates of its file")


def _can_run(network: Network) -> bool:
    return all(population.constants for population in network.neuron_populations)


def measured(network: Network, samples: Iterable[Spikes], source: str = "") -> Workload:
    """A started network's workload, with rates measured on the samples."""
    given = list(samples)
    measure_rates(network, given)
    return Workload(network, list(given), source)
