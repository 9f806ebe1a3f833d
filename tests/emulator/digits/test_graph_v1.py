"""The spiking convolution in front of a plastic layer: it makes the encoder's spikes, and mapped it is what it was."""

import numpy as np
import pytest

from bicall.emulator.configuration import description
from bicall.emulator.data import mnist
from bicall.emulator.digits import graph_v1 as digits_v1
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.features import active_inputs
from bicall.emulator.digits.presentation import training_sample
from bicall.emulator.encoders import convolution
from bicall.emulator.network import compiled
from bicall.mapping import workloads
from bicall.mapping.chips import chip as chips
from bicall.mapping.configuration.configuration import configure
from bicall.mapping.machine.verification import verify
from bicall.mapping.mapper.mapper import baseline, map_network

NAME = "digits-v1-conv"


@pytest.fixture
def digits():
    return Classifier.fresh(description.load(NAME), "fixed", 1)


@pytest.mark.parametrize("samples", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_spiking_neurons_make_the_inputs_that_training_uses(digits, samples):
    """All spikes of the convolution and of the outputs, and all of the state after learning."""
    images = mnist.load()
    images, labels = images.train.samples[:samples], images.train.labels[:samples]
    network = digits_v1.network_of(digits)
    active = active_inputs(digits.description, images)
    output_spikes = 0
    for n, sample in enumerate(digits_v1.training_samples(digits, images, labels)):
        network.reset()
        spikes = compiled.run(network, sample)
        expected, _ = training_sample(digits.description, active[n], labels[n], digits.seed, n)
        v1 = spikes["v1"].dense(network.populations["v1"].size)
        late = digits.description.encoder.delay
        assert np.array_equal(v1[:-1], expected.dense(v1.shape[1])[late:])  # the last tick's get nowhere
        output_spikes += len(spikes["outputs"].sources)
    counts = digits.train(active, labels)
    assert counts.post_spikes == output_spikes > 0
    assert np.array_equal(network.state.layers["outputs"].h, digits.state.h)


def test_a_source_alone_and_a_gradient_alone_are_silent(digits):
    most = int(np.abs(convolution.kernels()).sum(axis=(1, 2, 3)).max()) // 2
    firing = convolution.SOURCE_WEIGHT + digits.description.encoder.threshold
    assert most < convolution.SOURCE_WEIGHT <= firing
    assert convolution.SOURCE_WEIGHT < 2 ** (digits_v1.WEIGHT_BITS - 1)


def test_the_responses_are_the_convolution(digits):
    images = mnist.load().train.samples[:20]
    weights = digits_v1.network_of(digits).projections[0].matrix
    planes = convolution.bit_planes(images).reshape(len(images), -1)
    assert np.array_equal(planes.astype(np.int64) @ weights, convolution.responses(images).reshape(len(images), -1))


def test_a_full_step_gives_the_full_response():
    images = np.zeros((1, 28, 28), np.uint8)
    images[:, :, 15:] = 255  # central differences see the step from both of the pixels 14 and 15
    assert convolution.responses(images)[0, 0, 5, 7] == convolution.FULL


@pytest.mark.parametrize("samples", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_mapped_equals_unmapped(samples):
    workload = workloads.load(NAME, mnist.load(), samples, 1)
    mapping = map_network(workload.network, chips.load("wide-mesh"), effort=1e-2)
    configuration = configure(mapping.graph, mapping.chip, mapping.core_of)
    before = workload.network.state.layers["outputs"].h.copy()
    result, _ = verify(workload.network, configuration, workload.samples)
    assert (result.samples, result.differences, result.first) == (samples, 0, "")
    assert result.compared > 500_000 * samples
    assert np.array_equal(before, workload.network.state.layers["outputs"].h)
    assert mapping.spike_hops < baseline(workload.network, mapping.chip).spike_hops


def test_a_turned_image_excites_turned_directions():
    images = mnist.load().train.samples[:20]
    responses, turned = convolution.responses(images), convolution.responses(np.rot90(images, -1, axes=(1, 2)))
    for direction in range(8):
        quarter_on = turned[:, (direction + 2) % 8]
        assert np.array_equal(quarter_on, np.rot90(responses[:, direction], -1, axes=(1, 2)))
