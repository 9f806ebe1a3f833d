"""The independent checker passes what the mapper makes, and catches every kind of corruption."""

import json
import shutil

import numpy as np
import pytest

from bicall.emulator.configuration import description
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.graph import network_of
from bicall.emulator.network.network import Network
from bicall.emulator.support.errors import BadInput
from bicall.mapping.benchmarks import generators
from bicall.mapping.chips import chip as chips
from bicall.mapping.configuration.checker import check_configuration
from bicall.mapping.configuration.configuration import configure
from bicall.mapping.configuration.reader import read_configuration
from bicall.mapping.configuration.writer import write_configuration
from bicall.mapping.mapper.mapper import map_network

CHIP = chips.with_values(
    chips.load("odin-mesh"), core__neurons=24, core__axons=160, mesh__port=[1, 2], core__longest_delay=4
)


def several_layers() -> Network:
    """Everything an image can hold: inputs, fixed weights of both signs, delays, a layer that learns, teachers."""
    rng = np.random.default_rng(5)
    digits = Classifier.fresh(description.load("digits-256"), "fixed", 3)
    network = Network("layers")
    network.add_inputs("in", (30,))
    network.add_inputs("teachers", (20,))
    network.add_neurons("hidden", (40,), digits.constants)
    network.add_neurons("out", (20,), digits.constants, read=True)
    network.connect("in", "hidden", (rng.random((30, 40)) < 0.3) * rng.integers(-99, 99, (30, 40)), 8)
    network.connect("hidden", "hidden", (rng.random((40, 40)) < 0.1) * rng.integers(-99, 99, (40, 40)), 8, delay=3)
    network.connect("hidden", "out", np.ones((40, 20)), 8, kind="plastic")
    network.connect("teachers", "out", np.eye(20), 8, kind="direct")
    network.rates = rng.random(network.nodes)
    network.start("fixed", 3)
    return network


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    network = several_layers()
    mapping = map_network(network, CHIP, effort=1e-3)
    configuration = configure(mapping.graph, CHIP, mapping.core_of)
    return network, write_configuration(network, configuration, tmp_path_factory.mktemp("images") / "chip")


def test_a_good_mapping_passes(written):
    network, folder = written
    images = read_configuration(folder)
    assert images.chip == CHIP and len(images.cores) >= 3
    checked = check_configuration(network, images)
    assert checked["neurons"] == 60
    assert checked["synapses"] == network.synapses + 20
    assert checked["links"] > 0 and checked["routes"] > len(images.cores)


@pytest.mark.parametrize(
    ("make", "chip"),
    [
        (lambda: generators.local_sheet(400, 12, 1.5, 1), chips.load("loihi-like")),
        (lambda: generators.small_world(300, 10, 0.1, 1), chips.load("dynap-like")),
        (lambda: generators.local_sheet(400, 12, 1.5, 1), chips.with_values(CHIP, mesh__width=6, mesh__height=6)),
        (
            lambda: generators.local_sheet(400, 12, 1.5, 1),
            chips.with_values(CHIP, mesh__width=6, mesh__height=6, mesh__torus=True),
        ),
        (
            lambda: generators.sparse_random(60, 5, 1),
            chips.with_values(CHIP, core__neurons=4, routing__multicast=True),
        ),
    ],
)
def test_generated_networks_pass(make, chip, tmp_path):
    network = make()
    mapping = map_network(network, chip, effort=1e-3)
    write_configuration(network, configure(mapping.graph, chip, mapping.core_of), tmp_path)
    assert check_configuration(network, read_configuration(tmp_path))["synapses"] == network.synapses


def _edit(line: int, change):
    """Change one line of a file: `change` gets the word and the number of its hexadecimal digits."""

    def edit(path):
        lines = path.read_text().split()
        lines[line] = f"{change(int(lines[line], 16)):0{len(lines[line])}x}"
        path.write_text("\n".join([*lines, ""]))

    return edit


def _drop(line: int):
    def edit(path):
        lines = path.read_text().split()
        del lines[line]
        path.write_text("\n".join([*lines, ""]))

    return edit


def _repeat(line: int):
    def edit(path):
        lines = path.read_text().split()
        path.write_text("\n".join([*lines, lines[line], ""]))

    return edit


def _core(values):
    def edit(path):
        manifest = json.loads(path.read_text())
        manifest["chip"]["core"].update(values)
        path.write_text(json.dumps(manifest))

    return edit


@pytest.mark.parametrize(
    ("name", "edit", "message"),
    [
        ("neurons", _edit(0, lambda word: word + 1), "node .* is there twice"),
        ("neurons", _edit(0, lambda word: 5000), "is on no core"),
        ("neurons", _repeat(0), "is there twice"),
        ("neurons", _edit(0, lambda word: word ^ 1 << 33), "is on no core"),  # a neuron that is not one
        ("synapses", _edit(3, lambda word: word ^ 1), "synapses: the network has"),  # weight
        ("synapses", _edit(3, lambda word: word ^ 1 << 31), "synapses: the network has"),  # sign
        ("synapses", _edit(3, lambda word: word ^ 1 << 32), "synapses: "),  # neuron
        ("synapses", _edit(3, lambda word: word ^ 1 << 48), "synapses: the network has"),  # width
        ("synapses", _edit(3, lambda word: word ^ 1 << 56), "synapses: the network has"),  # kind
        ("synapses", _edit(3, lambda word: word | 0xFFFF << 32), "a synapse ends beyond"),
        ("axons", _edit(1, lambda word: word ^ 1), "synapses: the network has"),  # first synapse
        ("axons", _edit(1, lambda word: word ^ 3 << 32), "whose delay is not that of the route"),
        ("routes", _edit(0, lambda word: word ^ 1), "."),  # axon, or the node's number at the port
        ("routes", _edit(0, lambda word: word ^ 0xFFFFFFFF), "."),
        ("routes", _edit(0, lambda word: word | 1 << 70), "routes: those of node"),  # source
        ("routes", _edit(0, lambda word: word ^ 1 << 48), "."),  # destination
        ("routes", _drop(0), "."),
        ("routes", _repeat(0), "."),
        ("host", _drop(4), "synapses: the network has"),
        ("host", _repeat(4), "synapses: the network has"),
        ("host", _edit(4, lambda word: word ^ 1), "synapses: the network has"),
        ("host", _edit(4, lambda word: word & ~(0xFFFF << 48) | 15 << 48), "router 9 has no entry for 15"),
        ("host", _edit(4, lambda word: word | 0xFFFFFFF), "a route ends at"),
        ("host", _edit(-1, lambda word: word ^ 1), "synapses: the network has"),  # a teacher's neuron
        ("manifest", _core({"neurons": 5}), "limits: core .* has .* neurons, the chip allows 5"),
        ("manifest", _core({"axons": 5}), "limits: core .* has .* axons, the chip allows 5"),
        ("manifest", _core({"fan_in": 5}), "limits: core .* has .* fan_in, the chip allows 5"),
        ("manifest", _core({"out_entries": 5}), "limits: core .* has .* out_entries, the chip allows 5"),
        ("manifest", _core({"destinations": 1}), "limits: core .* has .* destinations, the chip allows 1"),
        ("manifest", _core({"longest_delay": 2}), "limits: core .* has 3 longest_delay, the chip allows 2"),
        ("manifest", _core({"bits_per_synapse": 7}), "limits: core .* has 8 bits_per_synapse, the chip allows 7"),
        ("manifest", _core({"synapse_memory": "list", "synapse_bits": 9}), "synapse_bits, the chip allows 9"),
        ("manifest", _core({"plastic": False}), "has plastic synapses, the chip has none"),
        ("manifest", _core({"direct_events": False}), "there are direct events, the chip has none"),
        ("manifest", lambda path: path.write_text("{}"), "format is None"),
        ("synapses", lambda path: path.unlink(), "No such file"),
        ("synapses", lambda path: path.write_text("12 xyz"), "is damaged"),
    ],
)
def test_every_corruption_is_caught(written, name, edit, message, tmp_path):
    network, original = written
    folder = tmp_path / "chip"
    shutil.copytree(original, folder)
    core = json.loads((folder / "manifest.json").read_text())["cores"][0]
    files = {"manifest": "manifest.json", "host": "host-routes.hex"}
    edit(folder / files.get(name, f"core-{core}-{name}.hex"))
    with pytest.raises(BadInput, match=message) as error:
        check_configuration(network, read_configuration(folder))
    assert "\n" not in str(error.value)


def test_learned_weights_come_back(written):
    network, folder = written
    other = network.copy()
    other.state.layers["out"].h[3, 4] ^= 1
    with pytest.raises(BadInput, match="synapses: the network has"):
        check_configuration(other, read_configuration(folder))


def test_images_of_learning_cores_are_those_of_the_rtl(tmp_path):
    digits = Classifier.fresh(description.load("digits-256"), "fixed", 3)
    network, chip = network_of(digits), chips.load("small-mesh")
    mapping = map_network(network, chip, effort=1e-3)
    write_configuration(network, configure(mapping.graph, chip, mapping.core_of), tmp_path)
    columns = set()
    for core in np.unique(mapping.core_of[mapping.core_of >= 0]):
        bases = json.loads((tmp_path / f"core-{core}-registers.json").read_text())
        words = [int(line, 16) for line in (tmp_path / f"core-{core}-h.hex").read_text().split()]
        assert bases["row_base"] == 0 and len(words) == 256
        for column in range(int((mapping.core_of[-10:] == core).sum())):
            whole = bases["column_base"] + column
            assert [word >> (8 * column) & 255 for word in words] == digits.state.h[:, whole].tolist()
            columns.add(whole)
    assert columns == set(range(10))


def test_images_can_be_written_again(written, tmp_path):
    network, _ = written
    for effort in (1e-8, 1e-3):
        mapping = map_network(network, CHIP, effort=effort)
        write_configuration(network, configure(mapping.graph, CHIP, mapping.core_of), tmp_path)
        check_configuration(network, read_configuration(tmp_path))
