"""Chips: files, limits and what is said when one is too small."""

import pytest

from bicall.emulator.configuration import description
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.graph import network_of
from bicall.emulator.network.network import Network
from bicall.emulator.support.errors import BadInput
from bicall.mapping.chips import chip as chips
from bicall.mapping.mapper.mapper import map_network


def test_every_shipped_chip_loads():
    assert {"odin-mesh", "small-mesh"} <= set(chips.names())
    for name in chips.names():
        assert chips.load(name).name == name


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"core__neurons": 0}, "chip odin-mesh: core.neurons is 0, must be greater than or equal to 1"),
        ({"core__fan_in": 0}, "chip odin-mesh: core.fan_in is 0, must be greater than or equal to 1"),
        ({"mesh__port": [4, 0]}, "chip odin-mesh: mesh.port is [4, 0], must be within [0, 0] and [3, 3]"),
        ({"core__synapse_bits": 5}, "core.synapse_bits is 5, must be at least neurons * axons * bits_per_synapse"),
        ({"core__colour": 5}, "chip odin-mesh: key core.colour is unknown"),
    ],
)
def test_bad_values_are_named(values, message):
    with pytest.raises(BadInput) as error:
        chips.with_values(chips.load("odin-mesh"), **values)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_bad_files_are_named(tmp_path):
    with pytest.raises(BadInput, match="chip 'nothing' is unknown, must be one of "):
        chips.load("nothing")
    with pytest.raises(BadInput, match="No such file"):
        chips.load(tmp_path / "none.toml")
    (tmp_path / "broken.toml").write_text("[mesh\n")
    with pytest.raises(BadInput, match="is not TOML"):
        chips.load(tmp_path / "broken.toml")
    text = (chips.CHIPS.folder / "odin-mesh.toml").read_text()
    (tmp_path / "short.toml").write_text(text.replace("plastic = true\n", ""))
    with pytest.raises(BadInput, match="chip short: key core.plastic is missing"):
        chips.load(tmp_path / "short.toml")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"core__axons": 128}, "256 axons, core.axons is 128, and a neuron that learns cannot be split"),
        ({"core__fan_in": 100}, "outputs[0] needs a fan-in of 256, core.fan_in is 100"),
        ({"core__bits_per_synapse": 4}, "inputs to outputs needs 8 bits a synapse, core.bits_per_synapse is 4"),
        ({"core__plastic": False}, "inputs to outputs needs plastic synapses, core.plastic is false"),
        ({"core__direct_events": False}, "teachers need direct events, core.direct_events is false"),
        ({"mesh__width": 1, "mesh__height": 2}, "needs 10 neurons, the chip has 8 (2 cores with core.neurons = 4)"),
        ({"core__out_entries": 3, "mesh__width": 1, "mesh__height": 3}, "needs 4 out_entries, core.out_entries is 3"),
    ],
)
def test_a_chip_too_small_is_named_with_one_that_would_do(values, message):
    network = network_of(Classifier.fresh(description.load("digits-256"), "fixed", 1))
    with pytest.raises(BadInput) as error:
        map_network(network, chips.with_values(chips.load("small-mesh"), **values))
    assert message in str(error.value) and "\n" not in str(error.value)
    assert str(error.value).endswith("; the smallest shipped chip that would do is three-tiles")


def test_fewer_neurons_share_a_core_where_their_routes_would_be_too_many():
    network = network_of(Classifier.fresh(description.load("digits-256"), "fixed", 1))
    mapping = map_network(network, chips.with_values(chips.load("small-mesh"), core__out_entries=3), effort=1e-8)
    assert mapping.loads.out_entries.max() <= 3 and (mapping.loads.neurons > 0).sum() > 3


def test_no_shipped_chip_would_do():
    network = Network("wide")
    network.add_inputs("inputs", (10**6,))
    network.add_neurons("neuron", (1,))
    network.connect("inputs", "neuron", [[1]] * 10**6, 8)
    with pytest.raises(BadInput, match="needs 3907 cores, mesh.width . mesh.height is 16; no shipped chip would do"):
        map_network(network, chips.load("odin-mesh"))
    with pytest.raises(BadInput, match="axons is 4096, and without core.partial_sums no neuron can be split; no ship"):
        map_network(network, chips.load("loihi-like"))
