"""Whole layers in Lava against the emulator's plain loop: all state, every tick, both arithmetics."""

import pytest

from bicall.emulator.configuration import description
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.samples import of_parts, training_samples
from bicall.emulator.digits.samples import test_samples as shown_samples
from bicall.emulator.network.network import DIRECT, PLASTIC, Network
from bicall.emulator.rule import recording
from bicall.lava_procs.compare.check import compare_classifier, compare_network


@pytest.mark.parametrize(
    "arithmetic, rounding",
    [("fixed", "stochastic"), ("fixed", "nearest"), ("fixed", "truncate"), ("float", "truncate")],
)
def test_every_value_of_a_busy_layer_equals_the_emulators(busy_description, samples, arithmetic, rounding):
    result = compare_classifier(Classifier.fresh(busy_description(rounding), arithmetic, 3), samples)
    assert result["difference"] is None
    assert result["compared"] >= 10**5
    assert result["ticks"] == 150 and result["post_spikes"] > 100 and result["h_changes"] > 10_000


def test_real_digits_and_their_recordings(configuration, tmp_path):
    network = Classifier.fresh(configuration, "fixed", 1)
    digits, _ = training_samples(network, 2)
    result = compare_classifier(network, digits, folder=tmp_path)
    assert result["difference"] is None
    assert result["compared"] >= 10**6 and result["post_spikes"] > 0 and result["h_changes"] > 0
    in_lava, expected = (recording.Recording.load(tmp_path / f"{name}-fixed.npz") for name in ("lava", "emulator"))
    assert in_lava.size == result["compared"] and in_lava.about["made_by"] == "Lava"
    assert recording.compare(in_lava, expected) is None


@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
def test_a_sparse_network(busy_description, samples, arithmetic):
    described = busy_description(network__connectivity="random", network__inputs_per_output=60)
    result = compare_classifier(Classifier.fresh(described, arithmetic, 3), samples)
    assert result["difference"] is None
    assert result["post_spikes"] > 100 and result["h_changes"] > 1000


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
def test_digits_v1_learns_twenty_images(arithmetic):
    network = Classifier.fresh(description.load("digits-v1"), arithmetic, 1)
    result = compare_classifier(network, training_samples(network, 20)[0])
    assert result["difference"] is None and result["compared"] > 10**7
    assert result["post_spikes"] > 0 and result["h_changes"] > 10**5


@pytest.mark.slow
def test_twenty_images_are_learned_and_forty_classified(configuration):
    network = Classifier.fresh(configuration, "fixed", 1)
    digits, _ = training_samples(network, 20)
    result = compare_classifier(network, digits)
    assert result["difference"] is None and result["compared"] > 10**7
    network = Classifier.fresh(configuration, "float", 1)
    shown, _ = shown_samples(network, 40)
    result = compare_classifier(network, shown, learning=False)
    assert result["difference"] is None and result["h_changes"] == 0 and result["post_spikes"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
def test_a_layer_of_1568_by_100(busy_description, make_samples, arithmetic):
    described = busy_description()
    network = Network("layer")
    network.add_inputs("inputs", 1568)
    network.add_inputs("teachers", 100)
    network.add_neurons("outputs", 100, described)
    network.connect("inputs", "outputs", kind=PLASTIC)
    network.connect("teachers", "outputs", kind=DIRECT)
    network.start(arithmetic, 1)
    shown = [lambda run, sample=sample: sample(of_parts(run, True)) for sample in make_samples(2, 60, 1568, 100)]
    result = compare_network(network, shown)
    assert result["difference"] is None and result["compared"] > 10**7 and result["h_changes"] > 10**5
