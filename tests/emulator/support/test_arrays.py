"""What a compiled loop must not be given is refused before it is entered, whoever calls."""

import re

import numpy as np
import pytest

from bicall.emulator.closed_loop import network as closed_loop
from bicall.emulator.closed_loop import two_compartment
from bicall.emulator.configuration import description
from bicall.emulator.digits import presentation
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.encoders.encoder import Trains
from bicall.emulator.protocols.recurrent import RecurrentLayer
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.schemes import clopath
from bicall.emulator.schemes import run as schemes
from bicall.emulator.support.arrays import ANY, check_number, checked
from bicall.emulator.support.errors import BadInput

DIGITS = description.load("digits-256")


def refused(message: str):
    return pytest.raises(BadInput, match=re.escape(message))


def test_what_fits_is_taken_as_it_is():
    array = np.arange(6).reshape(2, 3)
    assert checked("a", array, np.int64, (ANY, 3)) is array
    assert checked("a", array.T, np.int64, (3, ANY)).flags.c_contiguous
    assert checked("a", array, np.uint8, (2, 3), (0, 5)).dtype == np.uint8
    assert checked("a", np.zeros(0, int), np.uint8, (0,), (0, 5)).size == 0


@pytest.mark.parametrize(
    "values, dtype, shape, limits, message",
    [
        (np.zeros((2, 3)), np.float64, (ANY, 4), None, "a: is float64[2, 3], must be float64[n, 4]"),
        (np.zeros(2), np.float64, (ANY, 1), None, "a: is float64[2], must be float64[n, 1]"),
        (np.zeros(2, np.int64), np.uint8, (2,), None, "a: is int64[2], must be uint8[2]"),
        (np.zeros(2), np.int64, (2,), (0, 9), "a: is float64[2], must be int64[2]"),
        (np.array([[0, 1], [9, 2]]), np.uint8, (2, 2), (0, 8), "a: is 9 at [1, 0], must be from 0 to 8"),
        (np.array([-1]), np.uint8, (1,), (0, 8), "a: is -1 at [0], must be from 0 to 8"),
        (np.array([0.0, np.nan]), np.float64, (2,), (0, 8), "a: is nan at [1], must be from 0 to 8"),
    ],
)
def test_what_does_not_fit_is_named(values, dtype, shape, limits, message):
    with refused(message):
        checked("a", values, dtype, shape, limits)


@pytest.mark.parametrize("value", [-1, 4, 1.0, True, None])
def test_a_number_within_limits(value):
    check_number("a", 3, 0, 3)
    with refused(f"a is {value}, must be a whole number from 0 to 3"):
        check_number("a", value, 0, 3)


class TestClassifier:
    @pytest.mark.parametrize("labels", [[10], [25], [255], [-1]])
    def test_labels_that_are_no_class(self, labels):
        network = Classifier.fresh(DIGITS, "fixed", 1)
        before = network.state.copy()
        with refused(f"labels: is {labels[0]} at [0], must be from 0 to 9"):
            network.train(np.ones((1, 256), bool), np.array(labels))
        assert np.array_equal(network.state.h, before.h) and network.presented == 0

    @pytest.mark.parametrize("inputs", [0, 255, 300])
    def test_another_number_of_inputs(self, inputs):
        network = Classifier.fresh(DIGITS, "float", 1)
        for use in (lambda active: network.train(active, np.zeros(2, np.uint8)), network.test):
            with refused(f"active inputs: is bool[2, {inputs}], must be bool[n, 256]"):
                use(np.ones((2, inputs), bool))

    def test_other_types_and_numbers(self):
        network = Classifier.fresh(DIGITS, "fixed", 1)
        active = np.ones((2, 256), bool)
        with refused("active inputs: is float64[2, 256], must be uint8[n, 256]"):
            network.test(active.astype(float))
        with refused("active inputs: is bool[256], must be bool[n, 256]"):
            network.test(active[0])
        with refused("labels: is uint8[1], must be int64[2]"):
            network.train(active, np.zeros(1, np.uint8))
        with refused("labels: is float64[2], must be int64[2]"):
            network.train(active, np.zeros(2))
        for first in (-1, 2**32):
            with refused(f"first sample is {first}, must be a whole number from 0 to {2**32 - 3}"):
                network.test(active, first)

    def test_labels_of_another_integer_type_are_the_same(self):
        first, second = (Classifier.fresh(DIGITS, "fixed", 1) for _ in range(2))
        active = np.arange(512).reshape(2, 256) % 3 == 0
        first.train(active, np.array([3, 9], np.uint8))
        second.train(active, np.array([3, 9], np.int64))
        assert np.array_equal(first.state.h, second.state.h)

    def test_given_spikes(self):
        network = Classifier.fresh(DIGITS, "fixed", 1)
        starts, ticks = np.array([0, 2, 3]), np.array([1, 1, 0], np.int32)
        for sources, message in (
            ([0, 256, 3], "spikes' inputs: is 256 at [1], must be from 0 to 255"),
            ([5, 5, 3], "spikes' ticks: input 5 in tick 1 comes after input 5 in tick 1 of its sample"),
            ([5, 4, 3], "spikes' ticks: input 4 in tick 1 comes after input 5 in tick 1 of its sample"),
        ):
            with refused(message):
                network.test(Trains(starts, ticks, np.array(sources, np.int32)))
        with refused("spikes' starts: must ascend from 0 to 3"):
            network.test(Trains(np.array([0, 2, 2]), ticks, np.array([0, 1, 2], np.int32)))
        network.test(Trains(starts, ticks, np.array([0, 1, 0], np.int32)))


def test_images_of_another_size():
    network = Classifier.fresh(DIGITS, "fixed", 1)
    for images in (np.zeros((1, 32, 32), np.uint8), np.zeros((1, 28, 28, 3), np.uint8)):
        with refused(f"encoder pixels: samples are {list(images.shape[1:])}, must be [28, 28]"):
            network.encode(images)
    with refused("encoder pixels: takes images, must not be given table"):
        network.encode(np.zeros((28, 28), np.uint8))


def test_presentations():
    active = np.ones(256, bool)
    with refused("label is -1, must be a whole number from 0 to"):
        presentation.training_sample(DIGITS, active, -1, 1, 0)
    with refused("active inputs: is float64[1, 256], must be uint8[n, 256]"):
        presentation.training_sample(DIGITS, active.astype(float), 1, 1, 0)
    with refused("sample is -1, must be"):
        presentation.test_sample(DIGITS, active, 1, -1)


def test_sources_from_outside_a_recurrent_layer():
    layer = RecurrentLayer(DIGITS, "fixed", 5, 1)
    for source in (-1, 5):
        with refused(f"external spikes: source is {source}, must be from 0 to 4"):
            layer.run(SpikeTrain(np.array([0, 1]), np.array([source], np.int32)))


def trial(**changed) -> schemes.Trial:
    """Two synapses over ten steps."""
    zeros = np.zeros(11)
    made = schemes.Trial(
        clopath.parameters(0.1, 15.0), np.full((2, 4), 0.5), np.ones(2, np.int64), 0, zeros, zeros,
        np.array([1, 3, 3]), np.array([0, 1, 0]),
    )  # fmt: skip
    return made._replace(**changed)


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"spike_synapses": np.array([0, 2, 0])}, "spike synapses: is 2 at [1], must be from 0 to 1"),
        ({"spike_synapses": np.array([0, 1])}, "spike synapses: is int64[2], must be int64[3]"),
        ({"spike_steps": np.array([1, 11, 12])}, "spike steps: is 11 at [1], must be from 0 to 10"),
        ({"spike_steps": np.array([3, 1, 3])}, "spike steps: is 1 at 1, must not be below the one before"),
        ({"delays": np.zeros(2, np.int64)}, "delays: is 0 at [0], must be from 1 to"),
        ({"delays": np.ones(3, np.int64)}, "delays: is int64[3], must be int64[2]"),
        ({"levels": np.zeros(10)}, "levels: is float64[10], must be float64[11]"),
        ({"entries": np.zeros(11, np.float32)}, "entries: is float32[11], must be float64[n]"),
    ],
)
def test_trials(changed, message):
    for scheme in schemes.SCHEMES:
        schemes.run(trial(), scheme)
        with refused(message):
            schemes.run(trial(**changed), scheme)
    with refused("scheme is 'XX', must be one of TD, ED, EC"):
        schemes.run(trial(), "XX")


def test_a_learning_neuron():
    steps, inputs, zeros = np.array([1, 2]), np.array([0, 1]), np.zeros(5)
    two_compartment.learn(steps, inputs, zeros, zeros, 1.0, 0.1, 2.0)
    with refused("inhibition: is float64[4], must be float64[5]"):
        two_compartment.learn(steps, inputs, zeros, zeros[:4], 1.0, 0.1, 2.0)
    with refused("spike steps: is 5 at [1], must be from 0 to 4"):
        two_compartment.learn(np.array([1, 5]), inputs, zeros, zeros, 1.0, 0.1, 2.0)
    with refused("spike inputs: is -1 at [0], must be from 0"):
        two_compartment.learn(steps, np.array([-1, 0]), zeros, zeros, 1.0, 0.1, 2.0)


def test_connections_to_no_neuron():
    made = closed_loop.random_network(4, 2, 1.0, 1)
    made.targets[3] = 4
    with refused("targets: is 4 at [3], must be from 0 to 3"):
        closed_loop.simulate(made, 2)
    made = closed_loop.random_network(4, 2, 1.0, 1)
    made.first[1] = 9
    with refused("first: is 9 at [1], must be from 0 to 8"):
        closed_loop.simulate(made, 2)
    made.first[1:3] = 5, 4
    with refused("first: must ascend from 0 to 8"):
        closed_loop.simulate(made, 2)
