"""The published benchmarks: generators, files, and the counts beside the mapper's own."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bicall.emulator.support.errors import BadInput
from bicall.mapping.benchmarks import hypergraph_file, potjans, suites
from bicall.mapping.benchmarks.reservoir import reservoir
from bicall.mapping.commands.bench import app


def test_a_column_is_the_published_one_of_its_seed():
    """Rates and first targets of the network that HySMap ships for 80 neurons and seed 1."""
    matrix, rates = potjans.column(80, 1)
    assert rates[:6] == pytest.approx([4.80356, 6.99459, 4.16388, 10.8377, 5.73094, 4.3835], rel=2e-6)
    assert np.flatnonzero(matrix[0]).tolist() == [1, 6, 9, 11, 12, 13, 18, 22, 25, 50, 59, 60]
    # synapses of the benchmark's networks, as its table of results has them
    assert [potjans.column(80, 101 + 17 * n)[0].sum() for n in range(3)] == [611, 603, 611]
    assert [potjans.column(108, 131 + 17 * n)[0].sum() for n in range(3)] == [905, 925, 962]


def test_a_reservoir_is_local_with_a_few_far_targets():
    starts, targets, rates = reservoir(1000, 100, 1)
    assert np.all(np.diff(starts) >= 99)
    place = np.stack([np.arange(1000) % 10, np.arange(1000) // 10 % 10, np.arange(1000) // 100])
    source = np.repeat(np.arange(1000), np.diff(starts))
    far = np.abs(place[:, source] - place[:, targets]).max(axis=0)
    assert not np.any(source == targets) and 0 < (far > 5).mean() < 0.05
    assert np.median(rates) == pytest.approx(1, abs=0.15)
    assert rates.std() / rates.mean() == pytest.approx(1.58, abs=0.5)
    for axon in range(1000):
        assert len(set(targets[starts[axon] : starts[axon + 1]].tolist())) == starts[axon + 1] - starts[axon]


def write_snn(path, graph) -> None:
    """By the format's description, word by word."""
    words = [np.array([graph.nodes, graph.axons], "<u4")]
    for axon in range(graph.axons):
        targets = graph.targets[graph.starts[axon] : graph.starts[axon + 1]]
        words += [np.array([len(targets), graph.source[axon], *targets], "<u4")]
        words += [np.array([graph.rate[axon]], "<f4").view("<u4")]
    path.write_bytes(np.concatenate(words).tobytes())


def made(seed: int):
    rng = np.random.default_rng(seed)
    source = rng.permutation(20)[:15].astype(np.int32)
    chosen = [np.sort(rng.permutation(20)[: rng.integers(1, 6)]) for _ in source]
    starts = np.concatenate([[0], np.cumsum([len(each) for each in chosen])])
    rate = rng.integers(1, 9, 15) / 4
    return hypergraph_file.hypergraph(20, source, rate, starts, np.concatenate(chosen))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_files_give_back_what_they_were_made_of(tmp_path_factory, seed):
    graph, folder = made(seed), tmp_path_factory.mktemp("files")
    write_snn(folder / "a.snn", graph)
    lines = [f"{graph.axons} {graph.nodes} 1", "% a comment"]
    for axon in range(graph.axons):
        pins = [graph.source[axon] + 1, *(graph.targets[graph.starts[axon] : graph.starts[axon + 1]] + 1)]
        lines.append(" ".join(map(str, [graph.rate[axon], *pins])))
    (folder / "a.hgr").write_text("\n".join(lines) + "\n")
    for name in ("a.snn", "a.hgr"):
        found = hypergraph_file.load(folder / name)
        for field in ("source", "rate", "starts", "targets"):
            assert np.array_equal(getattr(found, field), getattr(graph, field)), (name, field)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "must end with .snn or .hgr"),
        ("none.snn", None, "No such file"),
        ("a.snn", b"12345", "has 5 bytes, must be whole words of 32 bits, at least 2"),
        ("a.snn", np.array([3, 9], "<u4").tobytes(), "says 3 nodes and 9 axons, has 2 words"),
        ("a.snn", np.array([3, 1, 9, 0, 0], "<u4").tobytes(), "axon 0 ends after the file"),
        ("a.snn", np.array([3, 1, 1, 0, 3, 0], "<u4").tobytes(), "axon 0 ends after the file or has a node beyond 2"),
        ("a.hgr", b"", "must begin with the numbers of axons and of nodes"),
        ("a.hgr", b"1 3\n", "has 0 axons, must have 1"),
        ("a.hgr", b"1 3\n4 1\n", "line 2 is not a rate of 0 or more and nodes from 1 to 3"),
        ("a.hgr", b"1 3 1\nx 1 2\n", "line 2 is not a rate"),
    ],
)
def test_bad_files_are_named(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput) as error:
        hypergraph_file.load(tmp_path / name)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_file_is_partitioned_and_counted_again(tmp_path):
    starts, targets, rate = reservoir(216, 12, 1)
    graph = hypergraph_file.hypergraph(216, np.arange(216, dtype=np.int32), rate, starts, targets)
    chip = suites.benchmark_chip(side=8, neurons=32, axons=90)
    run = suites.partitioned("small", graph, chip, 0.05, 1)
    assert run["bound"] <= run["connectivity"]["bicall"] <= run["connectivity"]["hypergraph overlap order"]
    assert 7 <= run["parts"] <= 64 and run["energy_pj"] > 0
    broken = np.zeros(216, np.int32)
    with pytest.raises(BadInput, match="part 0 has 216 neurons, core.neurons is 32"):
        suites.recount(graph, chip, broken)


def test_a_multicast_case_is_below_what_is_published():
    run = suites.multicast_case(80, 4, 0, 0.002)
    assert run["neurons_a_core"][0] >= 4 and run["neurons_a_core"][1] <= 6
    assert run["bound"] < run["hops"] < run["published"] and run["synapses"] == 611


@pytest.mark.parametrize("suite", ["reservoir", "multicast"])
def test_an_unknown_case_is_named(suite):
    result = CliRunner().invoke(app, ["--suite", suite, "--only", "nothing"])
    assert isinstance(result.exception, BadInput) and "'nothing' is unknown, must be one of" in str(result.exception)


def test_the_command_reads_a_file(tmp_path):
    write_snn(tmp_path / "a.snn", made(1))
    result = CliRunner().invoke(app, ["--file", str(tmp_path / "a.snn"), "--effort", "0.01", "--json"])
    (run,) = json.loads(result.stdout)["runs"]
    assert run["parts"] == 1 and run["connectivity"]["bicall"] == 0 == run["bound"]
