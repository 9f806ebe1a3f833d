"""Whole layers in Lava against the emulator's plain loop: all state, every tick, both arithmetics."""

import pytest

from bicall.emulator.configuration import description
from bicall.emulator.digits.classifier import Network, constants_of
from bicall.emulator.rule import recording
from bicall.emulator.rule.state import LayerState
from bicall.lava_procs.build.samples import test_samples as shown_samples
from bicall.lava_procs.build.samples import training_samples
from bicall.lava_procs.compare.check import compare_network, compare_with_emulator


@pytest.mark.parametrize(
    "arithmetic, rounding",
    [("fixed", "stochastic"), ("fixed", "nearest"), ("fixed", "truncate"), ("float", "truncate")],
)
def test_every_value_of_a_busy_layer_equals_the_emulators(busy_description, samples, arithmetic, rounding):
    result = compare_with_emulator(busy_description(rounding), samples, 3, arithmetic)
    assert result["difference"] is None
    assert result["compared"] >= 10**5
    assert result["ticks"] == 150 and result["post_spikes"] > 100 and result["h_changes"] > 10_000


def test_real_digits_and_their_recordings(configuration, tmp_path):
    digits, _ = training_samples(configuration, 2, 1)
    result = compare_with_emulator(configuration, digits, 1, "fixed", folder=tmp_path)
    assert result["difference"] is None
    assert result["compared"] >= 10**6 and result["post_spikes"] > 0 and result["h_changes"] > 0
    in_lava, expected = (recording.Recording.load(tmp_path / f"{name}-fixed.npz") for name in ("lava", "emulator"))
    assert in_lava.size == result["compared"] and in_lava.about["made_by"] == "Lava"
    assert recording.compare(in_lava, expected) is None


@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
def test_a_sparse_network(busy_description, samples, arithmetic):
    described = busy_description(network__connectivity="random", network__inputs_per_output=60)
    result = compare_with_emulator(described, samples, 3, arithmetic)
    assert result["difference"] is None
    assert result["post_spikes"] > 100 and result["h_changes"] > 1000


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
def test_digits_v1_learns_twenty_images(arithmetic):
    described = description.load("digits-v1")
    result = compare_with_emulator(described, training_samples(described, 20, 1)[0], 1, arithmetic)
    assert result["difference"] is None and result["compared"] > 10**7
    assert result["post_spikes"] > 0 and result["h_changes"] > 10**5


@pytest.mark.slow
def test_twenty_images_are_learned_and_forty_classified(configuration):
    digits, _ = training_samples(configuration, 20, 1)
    result = compare_with_emulator(configuration, digits, 1, "fixed")
    assert result["difference"] is None and result["compared"] > 10**7
    network = Network.fresh(configuration, "float", 1)
    shown, _ = shown_samples(configuration, 40, 1)
    result = compare_network(network, shown, learning=False)
    assert result["difference"] is None and result["h_changes"] == 0 and result["post_spikes"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
def test_a_layer_of_1568_by_100(busy_description, make_samples, arithmetic):
    described = busy_description()
    state = LayerState.initial(constants_of(described, arithmetic), 1568, 100, 1)
    result = compare_network(Network(described, arithmetic, 1, state), make_samples(2, 60, 1568, 100))
    assert result["difference"] is None and result["compared"] > 10**7 and result["h_changes"] > 10**5
