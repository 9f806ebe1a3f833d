"""`digits-v1-conv` as a network to be mapped: a convolution of spiking neurons in front of a layer that learns.

Pixels and Poisson sources -> 8 directions x 14 x 14 neurons with fixed weights (`encoders.convolution`) -> pools of
outputs with plastic synapses from all of them.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import scipy.sparse

from bicall.emulator.configuration.description import Description, with_values
from bicall.emulator.digits import margin
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.graph import add_readout
from bicall.emulator.digits.presentation import TRAINING, input_spikes, timing, training_sample
from bicall.emulator.digits.samples import NetworkRun, of_parts
from bicall.emulator.encoders import convolution
from bicall.emulator.encoders.convolution import Convolution
from bicall.emulator.network import convolution as matrices
from bicall.emulator.network.network import Network
from bicall.emulator.rule.state import SpikeTrain

WEIGHT_BITS = 8


def network_of(digits: Classifier) -> Network:
    """The whole network; its layer `v1` is the inputs of the digits network, which is its readout."""
    network = Network(digits.description.name)
    encoder = digits.description.encoder
    assert isinstance(encoder, Convolution)
    height, width = digits.encoder.sample
    pixels = (convolution.PLANES, height, width)
    network.add_inputs("pixels", pixels)
    weights, shape = matrices.convolution(convolution.kernels(), pixels, stride=(2, 2), padding=(1, 1))
    network.add_inputs("sources", shape)
    network.add_neurons("v1", shape, _neuron(digits.description, encoder.threshold))
    network.connect("pixels", "v1", weights, WEIGHT_BITS)
    one_each = convolution.SOURCE_WEIGHT * scipy.sparse.eye_array(len(digits.state.x), dtype=np.int32)
    network.connect("sources", "v1", one_each, WEIGHT_BITS)
    add_readout(network, digits, "v1", len(digits.state.y))
    network.start(digits.arithmetic, digits.seed, {"outputs": digits.state})
    return network


def training_samples(digits: Classifier, images: np.ndarray, labels: np.ndarray) -> Iterator[dict[str, SpikeTrain]]:
    """The next training samples' spikes, by input population, for images uint8[n, 28, 28] with labels uint8[n]."""
    when = timing(digits.description, TRAINING)
    for n, (label, given) in enumerate(zip(labels, _inputs(digits, images), strict=True)):
        teacher = SpikeTrain.silent(when.ticks)
        if not when.learn_from:  # else the network's answer decides: as in `graph.training_samples`
            every_source = np.ones(len(digits.state.x), bool)
            _, teacher = training_sample(digits.description, every_source, label, digits.seed, digits.presented + n)
        yield given | {"teachers": teacher}


def decided_samples(
    digits: Classifier, images: np.ndarray, labels: np.ndarray
) -> list[Callable[[NetworkRun], np.ndarray]]:
    """The next training samples, each shown as the network's answer demands, by a function that runs the network."""
    every_source, outputs = np.ones(len(digits.state.x), bool), len(digits.state.y)

    def show(n: int, label: int, given: dict[str, SpikeTrain], run: NetworkRun) -> np.ndarray:
        shown = 0

        def run_part(part: margin.Part) -> np.ndarray:
            nonlocal shown
            first, shown = shown, shown + part.pre.ticks
            inputs = {name: SpikeTrain(train.starts[first : shown + 1], train.sources) for name, train in given.items()}
            return of_parts(lambda spikes, **options: run(inputs | {"teachers": part.teacher}, **options))(part)

        return margin.present(
            digits.description, digits.constants, every_source, label, outputs, digits.seed, digits.presented + n,
            run_part,
        )  # fmt: skip

    return [partial(show, n, int(labels[n]), given) for n, given in enumerate(_inputs(digits, images))]


def _inputs(digits: Classifier, images: np.ndarray) -> Iterator[dict[str, SpikeTrain]]:
    """The spikes of pixels and sources of the next training samples."""
    when = timing(digits.description, TRAINING)
    encoder = digits.description.encoder
    assert isinstance(encoder, Convolution)
    planes = convolution.bit_planes(encoder.planes(images)[:, 0]).reshape(len(images), -1)
    every_source = np.ones(len(digits.state.x), bool)
    for n in range(len(images)):
        pixels = SpikeTrain.from_dense(np.broadcast_to(planes[n], (when.ticks, planes.shape[1])))
        sources = input_spikes(every_source, when._replace(delay=0), digits.seed, TRAINING, digits.presented + n)
        yield {"pixels": pixels, "sources": sources}


def _neuron(description: Description, threshold: int) -> Description:
    """The description whose neuron is the convolution's: it fires above a gradient, on a spike of its source."""
    return with_values(
        description,
        neuron__threshold_mantissa=convolution.SOURCE_WEIGHT + threshold,
        neuron__membrane_time_constant_ms=description.time.tick_ms / 100,  # decays to nothing within a tick
        neuron__current_time_constant_ms=0.0,
        neuron__floor="none",
        neuron__refractory_ticks=0,
    )
