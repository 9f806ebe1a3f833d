"""Networks from files: our own format and NIR."""

import nir
import numpy as np
import pytest

from bicall.emulator.configuration import description
from bicall.emulator.data import mnist
from bicall.emulator.digits import graph_v1 as digits_v1
from bicall.emulator.digits.classifier import Network as Digits
from bicall.emulator.digits.features import active_inputs
from bicall.emulator.digits.graph import network_of
from bicall.emulator.digits.presentation import test_sample as presented
from bicall.emulator.network import compiled, network_file, nir_file
from bicall.emulator.support.errors import BadInput
from bicall.mapping import workloads
from bicall.mapping.benchmarks import generators
from bicall.mapping.chips import chip as chips
from bicall.mapping.configuration.checker import synapses_of
from bicall.mapping.report.report import map_workload


def test_a_network_comes_back_from_its_file(tmp_path):
    digits = Digits.fresh(description.load("digits-256"), "fixed", 1)
    for network in (network_of(digits), generators.local_sheet(100, 8, 1.0, 1)):
        network_file.save(network, tmp_path / "network.npz")
        other = network_file.load(tmp_path / "network.npz")
        assert other.populations == network.populations
        for a, b in zip(synapses_of(network), synapses_of(other), strict=True):
            assert np.array_equal(a, b)
        if len(network.rates):
            assert np.array_equal(other.rates, network.rates)


def test_a_network_file_is_mapped_and_checked(tmp_path):
    network = generators.local_sheet(100, 8, 1.0, 1)
    network_file.save(network, tmp_path / "network.npz")
    workload = workloads.load(tmp_path / "network.npz", mnist.load(), 1, 1)
    result = map_workload(workload, chips.load("wide-mesh"), tmp_path / "out")
    assert result["agreement"] is None and result["checked"]["synapses"] == network.synapses
    assert (tmp_path / "out" / "layout.png").exists()


@pytest.mark.parametrize("missing", ["rates", "0.targets", "about"])
def test_damaged_network_files_are_named(tmp_path, missing):
    path = tmp_path / "network.npz"
    network_file.save(generators.local_sheet(25, 4, 1.0, 1), path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file if name != missing}
    np.savez(path, **arrays)
    with pytest.raises(BadInput, match="is damaged"):
        network_file.load(path)


def lif(size):
    return nir.LIF(tau=np.ones(size), r=np.ones(size), v_leak=np.zeros(size), v_threshold=np.ones(size))


def graph():
    rng = np.random.default_rng(1)
    nodes = {
        "input": nir.Input(np.array([1, 8, 8])),
        "conv": nir.Conv2d((8, 8), rng.normal(size=(2, 1, 3, 3)), 1, 1, 1, 1, np.zeros(2)),
        "first": nir.IF(r=np.ones((2, 8, 8)), v_threshold=np.ones((2, 8, 8))),
        "pool": nir.SumPool2d(kernel_size=np.array([2, 2]), stride=np.array([2, 2]), padding=np.array([0, 0])),
        "flat": nir.Flatten({"input": np.array([2, 4, 4])}, start_dim=0),
        "dense": nir.Affine(rng.normal(size=(10, 32)), np.zeros(10)),
        "second": lif(10),
        "back": nir.Linear(rng.normal(size=(10, 10))),
        "output": nir.Output(np.array([10])),
    }
    edges = [("input", "conv"), ("conv", "first"), ("first", "pool"), ("pool", "flat"), ("flat", "dense"),
             ("dense", "second"), ("second", "back"), ("back", "second"), ("second", "output")]  # fmt: skip
    return nodes, edges


def test_nir_nodes_become_populations_and_matrices(tmp_path):
    nodes, edges = graph()
    nir.write(tmp_path / "net.nir", nir.NIRGraph(nodes, edges))
    network = nir_file.load(tmp_path / "net.nir")
    assert {name: population.shape for name, population in network.populations.items()} == {
        "input": (1, 8, 8), "first": (2, 8, 8), "second": (10,),
    }  # fmt: skip
    assert network.populations["second"].is_read and not network.populations["first"].is_read
    sizes = {(each.pre, each.post): each.matrix.nnz for each in network.projections}
    assert sizes == {
        ("input", "first"): 2 * (6 * 6 * 9 + 4 * 6 * 6 + 4 * 4),
        ("first", "second"): 1280,
        ("second", "second"): 100,
    }
    # through pool and dense: each of a patch of four has the weight of its sum
    dense = nodes["dense"].weight
    found = {each.post: each.matrix.toarray() for each in network.projections if each.pre == "first"}["second"]
    assert found.max() == 127 or found.min() == -127
    expected = dense.reshape(10, 2, 4, 4).repeat(2, axis=2).repeat(2, axis=3).reshape(10, 128).T
    assert np.array_equal(found, np.rint(expected / np.abs(dense).max() * 127))
    result = map_workload(workloads.load(tmp_path / "net.nir", mnist.load(), 1, 1), chips.load("loihi-like"))
    assert result["checked"]["synapses"] == network.synapses


def test_unsupported_nir_nodes_are_named(tmp_path):
    nodes, edges = graph()
    nodes["flat"] = nir.Delay(np.ones(32))
    with pytest.raises(BadInput, match="node 'flat' is a Delay, must be one of Input, Output, LIF"):
        nir_file.from_graph(nir.NIRGraph(nodes, edges, type_check=False), "net")
    (tmp_path / "broken.nir").write_bytes(b"nothing")
    with pytest.raises(BadInput, match="network .*broken.nir: "):
        nir_file.load(tmp_path / "broken.nir")


@pytest.fixture(scope="module")
def trained() -> Digits:
    digits = Digits.fresh(description.load("digits-256"), "fixed", 1)
    images = mnist.load()
    digits.train(active_inputs(digits.description, images.train.samples[:200]), images.train.labels[:200])
    return digits


def test_a_trained_network_comes_back_from_nir_and_answers_the_same(trained, tmp_path):
    """What was saved runs without learning; what comes back has fixed weights: every spike is the same."""
    network, images = network_of(trained), mnist.load()
    nir_file.save(network, tmp_path / "digits.nir")
    again = nir_file.load(tmp_path / "digits.nir")
    assert (again.neurons, again.synapses) == (10, 2560) and set(again.populations) == {"inputs", "outputs"}
    assert again.populations["outputs"].is_read and again.populations["outputs"].constants == trained.constants
    seed, spikes = trained.seed, 0
    for n in range(3):
        active = active_inputs(trained.description, images.test.samples[n : n + 1])[0]
        sample, silent = presented(trained.description, active, seed, n)
        network.reset()
        again.start("fixed", seed)
        expected = compiled.run(network, {"inputs": sample, "teachers": silent}, learning=False)["outputs"]
        found = compiled.run(again, {"inputs": sample})["outputs"]
        assert np.array_equal(found.dense(10), expected.dense(10))
        spikes += len(expected.sources)
    assert spikes > 10


def test_nir_files_are_what_other_tools_expect(trained, tmp_path):
    """The step of CubaLIF's equations (forward Euler, 1 ms) is our neuron's, but for its rounding."""
    nir_file.save(network_of(trained), tmp_path / "digits.nir")
    graph = nir.read(tmp_path / "digits.nir")
    node, weight = graph.nodes["outputs"], graph.nodes["weights0"].weight
    assert sorted(graph.edges) == sorted(
        [("inputs", "weights0"), ("weights0", "outputs"), ("outputs", "outputs.output")]
    )
    c, dt = trained.constants, graph.metadata["dt"]
    current, membrane, spikes = np.zeros(10), np.zeros(10), (np.arange(256) % 3 == 0).astype(float)
    current = current + dt / node.tau_syn * (-current + node.w_in * (weight @ spikes))
    membrane = membrane + dt / node.tau_mem * (node.v_leak - membrane + node.r * current)
    h = trained.state.h[spikes > 0]
    arriving = np.where(h > c.h_threshold, c.weight_high, c.weight_low).sum(axis=0)
    assert membrane == pytest.approx(arriving * 64.0)
    later = membrane + dt / node.tau_mem * (node.v_leak - membrane)
    assert later == pytest.approx(membrane * c.membrane_decay / 4096)
    assert node.v_threshold == pytest.approx(c.membrane_threshold)


def test_what_nir_cannot_say_is_named(trained, tmp_path):
    with pytest.raises(BadInput, match="population sheet has no constants"):
        nir_file.save(generators.local_sheet(25, 4, 1.0, 1), tmp_path / "a.nir")
    network = network_of(trained)
    network.projections[0] = network.projections[0]._replace(delay=2)
    with pytest.raises(BadInput, match="inputs to outputs has a delay of 2 ticks, NIR files have 1"):
        nir_file.save(network, tmp_path / "a.nir")
    assert not (tmp_path / "a.nir").exists()


def test_a_convolution_comes_back_from_nir(tmp_path):
    one_each = description.with_values(description.load("digits-v1-conv"), decoder__outputs_per_class=1)
    digits = Digits.fresh(one_each, "fixed", 1)
    network = digits_v1.network_of(digits)
    nir_file.save(network, tmp_path / "v1.nir")
    again = nir_file.load(tmp_path / "v1.nir")
    matrix = again.projections[0].matrix
    assert (matrix != network.projections[0].matrix).nnz == 0 and matrix.nnz == network.projections[0].matrix.nnz
