"""The whole network as one process: it learns and classifies what the emulator learns and classifies."""

import numpy as np
import pytest
from lava.magma.core.run_conditions import RunSteps
from lava.proc.monitor.process import Monitor

from bicall.emulator.data import mnist
from bicall.emulator.digits.classifier import Network
from bicall.emulator.digits.features import active_inputs
from bicall.emulator.rule.description import with_values
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.build.running import run_config, running
from bicall.lava_procs.digits_network.process import DigitsNetwork
from bicall.lava_procs.image_input.process import ImageInput
from bicall.lava_procs.readout.process import Readout


@pytest.fixture(scope="module")
def digits():
    return mnist.load()


@pytest.mark.parametrize("arithmetic, connectivity", [("fixed", "dense"), ("float", "dense"), ("fixed", "patch")])
def test_it_goes_on_learning_where_a_saved_network_was(configuration, digits, tmp_path, arithmetic, connectivity):
    if connectivity != "dense":
        configuration = with_values(configuration, network__connectivity=connectivity, network__inputs_per_output=100)
    network = Network.fresh(configuration, arithmetic, 5)
    active, labels = active_inputs(configuration, digits.train.samples[:23]), digits.train.labels[:23]
    network.train(active[:20], labels[:20])
    network.save(tmp_path / "emulator.npz")
    process = DigitsNetwork(network=Network.load(tmp_path / "emulator.npz"), active=active[20:], labels=labels[20:])
    with running(process, run_config(arithmetic)):
        process.run(RunSteps(100))
        process.run(RunSteps(3 * process.ticks - 100))
        process.learned().save(tmp_path / "lava.npz")
    before = network.state.h.copy()
    network.train(active[20:], labels[20:])
    found = Network.load(tmp_path / "lava.npz")
    np.testing.assert_array_equal(found.state.h, network.state.h)
    assert found.state.tick == network.state.tick and found.presented == network.presented == 23
    assert np.count_nonzero(network.state.h != before) > 100


@pytest.mark.parametrize("images", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_a_trained_network_classifies_the_same_in_lava(configuration, digits, images):
    network = Network.fresh(configuration, "fixed", 5)
    network.train(active_inputs(configuration, digits.train.samples[:1000]), digits.train.labels[:1000])
    active = active_inputs(configuration, digits.test.samples[:images])
    process = DigitsNetwork(network=network, active=active)
    with running(process, run_config("fixed")):
        process.run(RunSteps(images * process.ticks))
        counts, predictions, h = process.counts.get(), process.predictions.get(), process.h.get()
    expected, _ = network.test(active)
    np.testing.assert_array_equal(counts, expected)
    np.testing.assert_array_equal(predictions, network.classify(expected))
    np.testing.assert_array_equal(h, network.state.h.T)
    assert expected.sum() > images and np.mean(predictions == digits.test.labels[:images]) > 0.5


def test_monitors_see_into_it_and_pools_are_read_out(configuration, digits):
    described = with_values(configuration, decoder__outputs_per_class=3, presentation__test_ms=40.0)
    network = Network.fresh(described, "fixed", 5)
    active = active_inputs(described, digits.test.samples[:2])
    process, monitor = DigitsNetwork(network=network, active=active), Monitor()
    monitor.probe(process.s_out, 80)
    with running(process, run_config("fixed")):
        process.run(RunSteps(80))
        (spikes,) = next(iter(monitor.get_data().values())).values()
        counts, predictions = process.counts.get(), process.predictions.get()
    np.testing.assert_array_equal(counts, spikes.reshape(2, 40, 30).sum(axis=1))
    np.testing.assert_array_equal(predictions, network.classify(counts))
    assert counts.sum() > 0


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda d: ImageInput(active=np.ones((2, 256)), description=d), "active: is float64[2, 256], must be bool"),
        (lambda d: ImageInput(active=np.ones((2, 256), bool), labels=[1], description=d), "labels: has shape [1]"),
        (lambda d: ImageInput(active=np.ones((1, 256), bool), labels=[10], description=d), "labels: holds 10, must be"),
        (lambda d: Readout(shape=(15,), ticks=1, presentations=1), "classes: is 10, must divide the number of neurons"),
        (
            lambda d: DigitsNetwork(network=Network.fresh(d, "fixed", 1), active=np.ones((2, 9), bool)),
            "must be [images",
        ),
    ],
)
def test_mistakes_are_named(configuration, make, message):
    with pytest.raises(BadInput) as error:
        make(configuration)
    assert message in str(error.value)
