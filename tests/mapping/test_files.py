"""Networks from files: our own format and NIR."""

import nir
import numpy as np
import pytest

from emulator import datasets, description
from emulator.errors import BadInput
from emulator.network import Network as Digits
from mapping import chip as chips
from mapping import generators, network_file, nir_file, workloads
from mapping.checker import synapses_of
from mapping.digits import network_of
from mapping.report import map_workload


def test_a_network_comes_back_from_its_file(tmp_path):
    digits = Digits.fresh(description.load("digits-256"), "fixed", 1)
    for network in (network_of(digits), generators.local_sheet(100, 8, 1.0, 1)):
        network_file.save(network, tmp_path / "network.npz")
        other = network_file.load(tmp_path / "network.npz")
        assert other.populations == network.populations
        states = {"outputs": digits.state}
        for a, b in zip(synapses_of(network, states), synapses_of(other, states), strict=True):
            assert np.array_equal(a, b)
        if len(network.rates):
            assert np.array_equal(other.rates, network.rates)


def test_a_network_file_is_mapped_and_checked(tmp_path):
    network = generators.local_sheet(100, 8, 1.0, 1)
    network_file.save(network, tmp_path / "network.npz")
    workload = workloads.load(tmp_path / "network.npz", datasets.load(), 1, 1)
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
    result = map_workload(workloads.load(tmp_path / "net.nir", datasets.load(), 1, 1), chips.load("loihi-like"))
    assert result["checked"]["synapses"] == network.synapses


def test_unsupported_nir_nodes_are_named(tmp_path):
    nodes, edges = graph()
    nodes["flat"] = nir.Delay(np.ones(32))
    with pytest.raises(BadInput, match="node 'flat' is a Delay, must be one of Input, Output, LIF"):
        nir_file.from_graph(nir.NIRGraph(nodes, edges, type_check=False), "net")
    (tmp_path / "broken.nir").write_bytes(b"nothing")
    with pytest.raises(BadInput, match="network .*broken.nir: "):
        nir_file.load(tmp_path / "broken.nir")
