"""Networks from files: our own format and NIR."""

import errno

import nir
import numpy as np
import pytest

from bicall.emulator.configuration import description
from bicall.emulator.data import mnist
from bicall.emulator.digits import graph_v1 as digits_v1
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.features import active_inputs
from bicall.emulator.digits.graph import network_of
from bicall.emulator.digits.presentation import test_sample as presented
from bicall.emulator.network import compiled, network_file
from bicall.emulator.nir import export, graph, integers
from bicall.emulator.support.errors import BadInput
from bicall.mapping import workloads
from bicall.mapping.benchmarks import generators
from bicall.mapping.chips import chip as chips
from bicall.mapping.configuration.checker import synapses_of
from bicall.mapping.report import report
from bicall.mapping.report.report import map_workload


def test_a_network_comes_back_from_its_file(tmp_path):
    digits = Classifier.fresh(description.load("digits-256"), "fixed", 1)
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
    workload = workloads.load(tmp_path / "network.npz", None, 1, 1)
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


@pytest.fixture(scope="module")
def trained() -> Classifier:
    digits = Classifier.fresh(description.load("digits-256"), "fixed", 1)
    images = mnist.load()
    digits.train(active_inputs(digits.description, images.train.samples[:200]), images.train.labels[:200])
    return digits


def test_a_trained_network_comes_back_from_nir_and_answers_the_same(trained, tmp_path):
    """What was saved runs without learning; what comes back has fixed weights: every spike is the same."""
    network, images = network_of(trained), mnist.load()
    export.save(network, tmp_path / "digits.nir")
    again = integers.to_network(graph.load(tmp_path / "digits.nir")).network
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
    export.save(network_of(trained), tmp_path / "digits.nir")
    read = nir.read(tmp_path / "digits.nir")
    node, weight = read.nodes["outputs"], read.nodes["weights0"].weight
    assert sorted(read.edges) == sorted(
        [("inputs", "weights0"), ("weights0", "outputs"), ("outputs", "outputs.output")]
    )
    c, dt = trained.constants, read.metadata["dt"]
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
        export.save(generators.local_sheet(25, 4, 1.0, 1), tmp_path / "a.nir")
    network = network_of(trained)
    network.projections[0] = network.projections[0]._replace(delay=2)
    with pytest.raises(BadInput, match="inputs to outputs has a delay of 2 ticks, NIR files have 1"):
        export.save(network, tmp_path / "a.nir")
    assert not (tmp_path / "a.nir").exists()


def test_a_convolution_comes_back_from_nir(tmp_path):
    one_each = description.with_values(description.load("digits-v1-conv"), decoder__outputs_per_class=1)
    digits = Classifier.fresh(one_each, "fixed", 1)
    network = digits_v1.network_of(digits)
    export.save(network, tmp_path / "v1.nir")
    again = integers.to_network(graph.load(tmp_path / "v1.nir")).network
    first = network.projections[0]
    matrix = next(each.matrix for each in again.projections if (each.pre, each.post) == (first.pre, first.post))
    assert (matrix != network.projections[0].matrix).nnz == 0 and matrix.nnz == network.projections[0].matrix.nnz


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_nir_file_is_refused_in_one_line_or_read(tmp_path, seed):
    """Whatever is damaged: some bytes of the file, or its end."""
    nodes = {
        "input": nir.Input(np.array([8])),
        "weights": nir.Linear(np.random.default_rng(1).normal(size=(10, 8))),
        "neurons": nir.IF(r=np.ones(10), v_threshold=np.ones(10)),
        "output": nir.Output(np.array([10])),
    }
    edges = [("input", "weights"), ("weights", "neurons"), ("neurons", "output")]
    nir.write(tmp_path / "net.nir", nir.NIRGraph(nodes, edges))
    content, rng = bytearray((tmp_path / "net.nir").read_bytes()), np.random.default_rng(seed)
    if seed % 4 == 0:
        content = content[: rng.integers(1, len(content))]
    else:
        for at in rng.integers(0, len(content) if seed % 2 else 2000, 200):
            content[at] = rng.integers(256)
    (tmp_path / "net.nir").write_bytes(content)
    try:
        integers.to_network(graph.load(tmp_path / "net.nir"))
    except BadInput as error:
        assert str(error).startswith(f"network {tmp_path / 'net.nir'}") or "network net" in str(error)
        assert "\n" not in str(error)


def test_a_full_disk_gives_one_line_and_leaves_no_half_folder(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(report, "write_view", full)
    workload = workloads.load("digits-256", mnist.load(), 1, 1)
    with pytest.raises(BadInput, match="output .*: cannot be written .No space left on device.") as error:
        report.map_workload(workload, chips.load("small-mesh"), tmp_path / "out", effort=1e-3)
    assert "\n" not in str(error.value) and list(tmp_path.iterdir()) == []


def test_a_mapping_is_gone_on_from(tmp_path):
    workload = workloads.load("digits-256", mnist.load(), 1, 1)
    chip = chips.load("small-mesh")
    first = report.map_workload(workload, chip, tmp_path / "out", effort=1e-3)
    second = report.map_workload(workload, chip, tmp_path / "again", effort=1e-3, resume=tmp_path / "out")
    assert second["spike_hops"] <= first["spike_hops"]
    other = workloads.load("digits-pools-patch", mnist.load(), 1, 1)
    with pytest.raises(BadInput, match="mapping.npz: is a mapping of another network"):
        report.map_workload(other, chips.load("wide-mesh"), tmp_path / "third", resume=tmp_path / "out")
    (tmp_path / "out" / "mapping.npz").write_bytes(b"nothing")
    with pytest.raises(BadInput, match="mapping.npz: is no mapping, or a damaged one"):
        report.map_workload(workload, chip, tmp_path / "third", resume=tmp_path / "out")
    with pytest.raises(BadInput, match="resume .*nowhere.*: No such file"):
        report.map_workload(workload, chip, tmp_path / "third", resume=tmp_path / "nowhere")
    assert not (tmp_path / "third").exists()
