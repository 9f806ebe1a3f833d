"""A mapped network with Verilog cores in its mesh, loaded with the chip's files, does what the unmapped one does."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from bicall.cli import app
from bicall.emulator.configuration import description
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.graph import network_of, training_samples
from bicall.emulator.support.errors import BadInput
from bicall.mapped_cosim import cosimulate
from bicall.mapping import workloads
from bicall.mapping.chips import chip as chips


def stochastic() -> Classifier:
    sections = ("pre_trace", "post_trace", "gate_trace", "hidden_weight")
    values = {f"{section}__rounding": "stochastic" for section in sections}
    return Classifier.fresh(description.with_values(description.load("digits-256"), **values), "fixed", 7)


def workload(digits: Classifier) -> workloads.Workload:
    """Two samples of random inputs."""
    rng = np.random.default_rng(1)
    active, labels = rng.random((2, 256)) < 0.3, np.array([3, 9], np.uint8)
    return workloads.measured(network_of(digits), training_samples(digits, active, labels))


@pytest.mark.parametrize("rounding", ["as described", "stochastic"])
def test_every_core_of_digits_256(rounding, tmp_path):
    digits = stochastic() if rounding == "stochastic" else Classifier.fresh(description.load("digits-256"), "fixed", 7)
    result = cosimulate(workload(digits), chips.load("small-mesh"), tmp_path)
    assert (result["cores"], result["verilog_cores"]) == (3, 3)
    assert result["different"] == result["dropped"] == result["agreement"]["differences"] == 0
    # spikes of ten neurons, and all state after each sample, twice
    assert result["compared"] > 2 * 2560 and result["agreement"]["compared"] > 2 * 2560
    assert result["agreement"]["spikes"] > 0 and result["cycles"] > 0


@pytest.mark.parametrize(
    "wrong", [{"seed": 8}, {"column_base": 5}, {"column_turn": 1}, {"row_base": 1}, {"tick": 7}], ids=str
)
def test_a_wrong_register_is_noticed(wrong, monkeypatch, tmp_path):
    read = json.loads
    monkeypatch.setattr(json, "loads", lambda text: read(text) | wrong)
    result = cosimulate(workload(stochastic()), chips.load("small-mesh"), tmp_path)
    assert result["different"] > 0 and result["agreement"]["differences"] > 0


def sparse() -> Classifier:
    values = {"network__connectivity": "random", "network__inputs_per_output": 100}
    values |= {"hidden_weight__rounding": "stochastic"}
    return Classifier.fresh(description.with_values(description.load("digits-256"), **values), "fixed", 7)


@pytest.mark.parametrize("inputs", [256, 400])
def test_cores_of_a_sparse_layer_that_learns(inputs, tmp_path):
    """Rows and columns of a core that it has nothing in are left empty."""
    chip = chips.with_values(chips.load("small-mesh"), core__neurons=10, core__axons=inputs, core__synapse_bits=2**16)
    result = cosimulate(workload(sparse()), chip, tmp_path)
    assert result["verilog_cores"] >= 1
    assert result["different"] == result["dropped"] == result["agreement"]["differences"] == 0
    assert result["compared"] > 2560 and result["agreement"]["spikes"] > 0
    for path in tmp_path.glob("core-*-registers.json"):
        registers = json.loads(path.read_text())
        assert registers["sparse"] and len(registers["rows"]) <= 256 and len(registers["columns"]) <= 10


def test_a_wrong_synapse_of_a_sparse_core_is_noticed(monkeypatch, tmp_path):
    """A bit that says that a synapse exists goes missing."""
    from bicall import mapped_cosim

    loaded = mapped_cosim._loaded

    def spoiled(files, number, chip):
        path = files / f"core-{number}-h.hex"
        words = path.read_text().split()
        bits = loaded(files, number, chip)[0].constants.h_bits
        path.write_text("\n".join(f"{int(word, 16) & ~(1 << 16 * bits):0{len(word)}x}" for word in words) + "\n")
        return loaded(files, number, chip)

    monkeypatch.setattr(mapped_cosim, "_loaded", spoiled)
    chip = chips.with_values(chips.load("small-mesh"), core__neurons=10, core__synapse_bits=2**16)
    assert cosimulate(workload(sparse()), chip, tmp_path)["different"] > 0


def test_what_the_verilog_cannot_be_is_refused(tmp_path):
    """Rows that lie too far apart: 100 of 256 inputs a neuron, on cores of 128 axons."""
    chip = chips.with_values(chips.load("small-mesh"), core__neurons=1, core__axons=128, core__synapse_bits=2**16)
    with pytest.raises(BadInput, match="^network digits-256 on small-mesh: no core holds a part of one layer that"):
        cosimulate(workload(sparse()), chip, tmp_path)


def test_command():
    done = CliRunner().invoke(app, ["cosim-mapped", "digits-256", "--images", "1", "--json"], catch_exceptions=False)
    result = json.loads(done.stdout)
    assert done.exit_code == 0 and result["verilog_cores"] == 3
    assert result["different"] == result["agreement"]["differences"] == 0 < result["agreement"]["spikes"]


@pytest.mark.slow
def test_the_learning_cores_of_digits_v1(tmp_path):
    from bicall.emulator.data import mnist

    result = cosimulate(workloads.load("digits-v1-conv", mnist.load(), 2, 1), chips.load("wide-mesh"), tmp_path)
    # cores that hold neurons of the convolution, too, have no file for the learning core
    assert result["verilog_cores"] >= 2 and result["compared"] > 60 * 1568
    assert result["different"] == result["agreement"]["differences"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(("network", "chip"), [("digits-256", "small-mesh"), ("digits-256", "odin-mesh")])
def test_the_model_counts_about_the_cycles_of_the_verilog(network, chip, tmp_path):
    """On images that its figures were not fitted to."""
    from bicall.emulator.data import mnist

    digits = mnist.load()
    digits = replace(digits, train=digits.train.take(np.arange(100, len(digits.train.labels))))
    result = cosimulate(workloads.load(network, digits, 10, 2), chips.load(chip), tmp_path)
    assert result["agreement"]["differences"] == 0
    assert result["model_cycles"] - result["barriers"] == pytest.approx(result["cycles"], rel=0.15)
