"""Routers' tables and split neurons: what a configuration says is followed and run, every corruption caught."""

import itertools
import json
import shutil

import numpy as np
import pytest

from bicall.emulator.configuration import description
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.network.hypergraph import hypergraph_of
from bicall.emulator.network.network import Network
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.mapping.chips import chip as chips
from bicall.mapping.configuration.checker import check_configuration
from bicall.mapping.configuration.configuration import SUM, configure
from bicall.mapping.configuration.reader import read_configuration
from bicall.mapping.configuration.writer import write_configuration
from bicall.mapping.machine.verification import verify
from bicall.mapping.mapper import detours, routing
from bicall.mapping.mapper.mapper import map_network
from bicall.mapping.mapper.splitting import split

CHIP = chips.with_values(
    chips.load("odin-mesh"), core__neurons=24, core__axons=45, core__bits_per_synapse=16, core__longest_delay=4,
    mesh__port=[1, 2], mesh__width=5, mesh__height=5
)  # fmt: skip
MULTICAST = chips.with_values(CHIP, routing__multicast=True, routing__router_entries=1024)
TORUS = chips.with_values(CHIP, mesh__torus=True, mesh__width=4, mesh__height=6, mesh__port=[3, 0])
FAULTS = {"faults__cores": [7, 13], "faults__links": [[1, 2], [6, 11], [12, 7], [16, 17]], "core__axons": 60}
CHIPS = {
    "unicast": CHIP,
    "multicast": MULTICAST,
    "torus": TORUS,
    "unicast with faults": chips.with_values(CHIP, **FAULTS),
    "multicast with faults": chips.with_values(MULTICAST, **FAULTS),
}


def several_layers() -> tuple[Network, dict[str, LayerState]]:
    """Hidden neurons that hear up to 110 inputs and so need helpers; a delay; a layer that learns; teachers."""
    rng = np.random.default_rng(5)
    digits = Classifier.fresh(description.load("digits-256"), "fixed", 3)
    network = Network("layers")
    network.add_inputs("in", (90,))
    network.add_inputs("teachers", (20,))
    network.add_neurons("hidden", (40,), digits.constants)
    network.add_neurons("out", (20,), digits.constants, read=True)
    threshold = digits.constants.membrane_threshold >> 6
    weights = rng.integers(threshold // -9, threshold // 4, (130, 40))
    network.connect("in", "hidden", (rng.random((90, 40)) < rng.random(40)) * weights[:90], 16)
    network.connect("hidden", "hidden", (rng.random((40, 40)) < 0.3) * weights[90:], 16, delay=3)
    network.connect("hidden", "out", np.ones((40, 20)), 8, kind="plastic")
    network.connect("teachers", "out", np.eye(20), 8, kind="direct")
    network.rates = rng.random(network.nodes)
    network.start("fixed", 3)
    return network


@pytest.fixture(scope="module", params=CHIPS)
def written(request, tmp_path_factory):
    network = several_layers()
    chip = CHIPS[request.param]
    mapping = map_network(network, chip, effort=1e-3)
    configuration = configure(mapping.graph, chip, mapping.core_of)
    folder = write_configuration(network, configuration, tmp_path_factory.mktemp("configuration") / "chip")
    return network, configuration, folder


def samples() -> list[dict[str, SpikeTrain]]:
    rng = np.random.default_rng(2)
    sizes = {"in": 90, "teachers": 20}
    return [
        {name: SpikeTrain.from_dense(rng.random((60, size)) < 0.1) for name, size in sizes.items()} for _ in range(3)
    ]


def test_split_neurons_do_what_they_did(written):
    network, configuration, _ = written
    helpers = sum(int((tables.neurons != tables.part_of).sum()) for tables in configuration.cores)
    assert helpers > 20 and all(len(each.sources) <= configuration.chip.core.axons for each in configuration.cores)
    result, activity = verify(network, configuration, samples())
    assert (result.samples, result.differences, result.first) == (3, 0, "")
    assert result.spikes > 500 and result.compared > 10_000
    assert (activity.ticks, activity.spikes) == (180, result.spikes)


def test_split_neurons_pass_the_checker(written):
    network, configuration, folder = written
    checked = check_configuration(network, read_configuration(folder))
    assert checked["neurons"] == 60 and checked["synapses"] == network.synapses + 20
    assert len(configuration.cores) > 4


def test_a_lost_partial_sum_is_noticed(written):
    network, configuration, _ = written
    packets = configuration.packets
    other = int(np.flatnonzero(packets.kind == SUM)[0])
    index = packets.index.copy()
    index[other] = (index[other] + 1) % 2
    routers = configuration.routers
    at = np.flatnonzero(routers.keys == packets.axons[other])
    wrong = routers.index.copy()
    wrong[at] = index[other]
    configuration = type(configuration)(
        configuration.chip, configuration.cores, packets._replace(index=index), routers._replace(index=wrong)
    )
    assert verify(network, configuration, samples())[0].differences > 0


def test_no_synapse_is_lost_by_splitting():
    network = several_layers()
    graph = hypergraph_of(network)
    wide = split(network, graph, CHIP)
    rows, split_rows = ~graph.direct[graph.pins()], ~wide.direct[wide.pins()]
    pairs = list(zip(graph.pins()[rows], graph.targets[rows], graph.weights[rows], strict=True))
    again = zip(wide.pins()[split_rows], wide.part_of[wide.targets[split_rows]], wide.weights[split_rows], strict=True)
    assert sorted(pairs) == sorted(again)
    assert np.bincount(wide.targets[split_rows]).max() <= CHIP.core.axons
    assert np.all((wide.rate > 0) & (wide.rate <= 1))


def test_routers_that_are_too_small_are_named():
    network = several_layers()
    small = chips.with_values(MULTICAST, routing__router_entries=60)
    with pytest.raises(BadInput, match=r"router \d+ needs \d+ entries, routing.router_entries is 60; no ship"):
        map_network(network, small, effort=1e-7)


def _edit(line: int, change):
    """Change one line of a file: `change` gets the word; None takes the line away."""

    def edit(path):
        lines = path.read_text().split()
        word = change(int(lines[line], 16))
        lines[line : line + 1] = [] if word is None else [f"{word:0{len(lines[line])}x}"]
        path.write_text("\n".join([*lines, ""]))

    return edit


def _busiest_router(folder, manifest) -> int:
    return max(manifest["routers"], key=lambda n: len((folder / f"router-{n}.hex").read_text()))


CORRUPTIONS = {
    "entry lost": ("router", _edit(0, lambda word: None)),
    "entry for another": ("router", _edit(1, lambda word: word ^ 1 << 45)),
    "turned round": ("router", _edit(1, lambda word: word ^ 3 << 24)),
    "a way too many": ("router", _edit(1, lambda word: word | 15 << 24)),
    "no way": ("router", _edit(1, lambda word: word & ~(0xFF << 24))),
    "unknown way": ("router", _edit(1, lambda word: word | 64 << 24)),
    "out of the chip": ("router", _edit(1, lambda word: word ^ 32 << 24)),
    "kept here": ("router", _edit(1, lambda word: word ^ 16 << 24)),
    "source": ("routes", _edit(1, lambda word: word ^ 1 << 64)),
    "kind": ("routes", _edit(1, lambda word: word ^ 1 << 40)),
    "kind of a sum": ("sum", lambda word: word ^ 3 << 40),
    "kind that is none": ("sum", lambda word: word | 7 << 40),
    "index of a sum": ("sum", lambda word: word ^ 1),
    "delay of a sum": ("sum", lambda word: word | 1 << 32),
    "sum lost": ("sum", lambda word: None),
    "helper of another": ("helper", lambda word: word ^ 1 << 32),
    "helper that is a neuron": ("helper", lambda word: (word & 0xFFFFFFFF) << 32 | word & 0xFFFFFFFF),
    "helper with a neuron's number": ("helper", lambda word: word & ~0xFFFFFFFF),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_every_corruption_is_caught(written, name, tmp_path):
    network, configuration, original = written
    folder = tmp_path / "chip"
    shutil.copytree(original, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    where, change = CORRUPTIONS[name]
    core = next(t for t in configuration.cores if np.any(t.neurons != t.part_of))
    at = int(np.argmax(core.neurons != core.part_of))
    if where == "sum":
        lines = (folder / f"core-{core.core}-routes.hex").read_text().split()
        line = next(n for n, text in enumerate(lines) if int(text, 16) >> 64 == core.neurons[at])
        _edit(line, change)(folder / f"core-{core.core}-routes.hex")
    elif where == "helper":
        _edit(at, change)(folder / f"core-{core.core}-neurons.hex")
    elif where == "router":
        change(folder / f"router-{_busiest_router(folder, manifest)}.hex")
    else:
        change(folder / f"core-{manifest['cores'][1]}-routes.hex")
    with pytest.raises(BadInput, match="routes|neurons|synapses") as error:
        check_configuration(network, read_configuration(folder))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        ("core", {"partial_sums": False}, "limits: there are partial sums, the chip has none"),
        ("routing", {"router_entries": 3}, r"limits: router \d+ has \d+ entries, the chip allows 3"),
    ],
)
def test_limits_of_routers_and_sums_are_checked(written, section, values, message, tmp_path):
    network, _, original = written
    folder = tmp_path / "chip"
    shutil.copytree(original, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["chip"][section].update(values)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadInput, match=message):
        check_configuration(network, read_configuration(folder))


def test_packets_that_could_wait_for_each_other_are_caught(tmp_path):
    """Four cores in a square, each of which sends to the one opposite, all turning the same way round.

    Each packet gets where it goes; only two of the four go along x first, as they should.
    """
    network = Network("square")
    network.add_neurons("corners", (4,))
    network.connect("corners", "corners", np.eye(4)[[3, 2, 1, 0]], 8)
    chip = chips.with_values(CHIP, mesh__width=2, mesh__height=2, mesh__port=[0, 0])
    graph = hypergraph_of(network)
    write_configuration(network, configure(graph, chip, np.arange(4, dtype=np.int32)), tmp_path)
    assert check_configuration(network, read_configuration(tmp_path))["links"] == 8
    # core 1 (right, above) sends down to core 3, then left to 2; core 2 (left, below) sends up to 0, then right to 1
    east, west, south, north, here = (1 << n for n in range(5))
    tables = {0: {0: here, 1: east, 3: east}, 1: {1: here, 3: south, 2: south},
              3: {3: here, 2: west, 0: west}, 2: {2: here, 0: north, 1: north}}  # fmt: skip
    for router, table in tables.items():
        lines = [f"{key << 32 | mask << 24:016x}" for key, mask in sorted(table.items())]
        (tmp_path / f"router-{router}.hex").write_text("\n".join([*lines, ""]))
    with pytest.raises(BadInput, match="4 channels can wait for each other in a circle"):
        check_configuration(network, read_configuration(tmp_path))


FAULTY = chips.with_values(CHIP, **FAULTS)


@pytest.mark.parametrize("multicast", [False, True])
def test_routes_go_around_links_at_fault_and_never_up_again(multicast):
    chip = chips.with_values(FAULTY, routing__multicast=multicast)
    dead = {frozenset(link) for link in chip.faults.links}
    for start in range(25):
        for end in range(25):
            links = routing.route(chip, start, end)
            cores = [start, *(detours.neighbour(link // 4, link % 4, 5, 5, False) for link in links.tolist())]
            assert cores[-1] == end and len(set(cores)) == len(cores)
            assert not any(frozenset(pair) in dead for pair in itertools.pairwise(cores))
            assert len(links) >= len(routing.route(CHIP, start, end))


def test_a_core_without_links_is_named():
    around = [[6, 7], [7, 8], [7, 12], [2, 7]]
    network = several_layers()
    with pytest.raises(BadInput, match="core 7 cannot be reached, faults.links has all links to it"):
        map_network(network, chips.with_values(CHIP, faults__links=around, core__axons=60), effort=1e-3)
    fine = chips.with_values(CHIP, faults__links=around, faults__cores=[7], core__axons=60)
    assert map_network(network, fine, effort=1e-3).loads.neurons[7] == 0


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ("cores", "cores: core .* is in use, but at fault"),
        ("links", "routes: a packet from core .* passes the link .* at fault"),
        ("least", "limits: core .* has .* neurons, must have at least 24"),
    ],
)
def test_what_is_at_fault_and_in_use_is_caught(tmp_path, written, faults, message):
    """The same configuration, for a chip of which something more is broken."""
    network, configuration, folder = written
    shutil.copytree(folder, tmp_path / "copy")
    manifest = json.loads((folder / "manifest.json").read_text())
    chip = manifest["chip"]
    if faults == "cores":
        chip["faults"]["cores"] = [configuration.cores[0].core]
    elif faults == "links":
        graph = split(network, hypergraph_of(network), configuration.chip)
        core_of = np.full(graph.nodes, -1, np.int32)
        for tables in configuration.cores:
            core_of[tables.neurons] = tables.core
        link = int(np.flatnonzero(routing.traffic(graph, configuration.chip, core_of))[0])
        mesh = configuration.chip.mesh
        other = detours.neighbour(link // 4, link % 4, mesh.width, mesh.height, mesh.torus)
        chip["faults"]["links"] = [[link // 4, other]]
    else:
        chip["core"]["least_neurons"] = 24
    (tmp_path / "copy" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadInput, match=message):
        check_configuration(network, read_configuration(tmp_path / "copy"))
