"""Graphs of other tools on cores, and the commands."""

import json

import nir
import numpy as np
import pytest
from typer.testing import CliRunner

from bicall.cli import app
from bicall.emulator.support.errors import BadInput
from bicall.mapping import workloads
from bicall.mapping.chips import chip as chips
from bicall.mapping.report.report import map_workload


def recurrent(reset: str, classes: int = 4) -> nir.NIRGraph:
    """64 inputs, 16 CubaLIF neurons with biases that also excite one another, one neuron a class."""
    rng = np.random.default_rng(1)
    first, second = np.ones(16), np.ones(classes)
    nodes = {
        "input": nir.Input(np.array([64])),
        "dense": nir.Affine(rng.normal(0.02, 0.1, (16, 64)), rng.uniform(0, 0.1, 16)),
        "hidden": nir.CubaLIF(tau_syn=0.003 * first, tau_mem=0.01 * first, r=10 * first, v_leak=0 * first,
                              v_threshold=first, w_in=3 * first, metadata={"reset": reset}),
        "back": nir.Linear(rng.normal(0, 0.1, (16, 16))),
        "out": nir.Linear(rng.normal(0.1, 0.3, (classes, 16))),
        "read": nir.IF(r=second, v_threshold=second, metadata={"reset": reset}),
        "output": nir.Output(np.array([classes])),
    }  # fmt: skip
    row = ["input", "dense", "hidden", "out", "read", "output"]
    edges = [*zip(row[:-1], row[1:], strict=True), ("hidden", "back"), ("back", "hidden")]
    return nir.NIRGraph(nodes, edges, metadata={"dt": 1e-3}, type_check=False)


@pytest.mark.parametrize("reset", ["zero", "subtract"])
def test_a_graph_on_cores_does_what_it_does_unmapped(reset, tmp_path):
    nir.write(tmp_path / "net.nir", recurrent(reset))
    workload = workloads.load(tmp_path / "net.nir", None, 3, 1)
    resets = {each.constants.reset_by_subtraction for each in workload.network.neuron_populations}
    assert resets == {int(reset == "subtract")}
    result = map_workload(workload, chips.load("small-mesh"))
    assert result["agreement"]["differences"] == 0 and result["agreement"]["spikes"] > 100
    assert result["checked"]["synapses"] == workload.network.synapses


def test_the_command_runs_a_graph(tmp_path):
    nir.write(tmp_path / "net.nir", recurrent("zero", classes=10))
    result = CliRunner().invoke(app, ["nir", "run", str(tmp_path / "net.nir"), "--steps", "50", "--json"])
    said = json.loads(result.stdout)
    assert said["accuracy"] is None and said["samples"] == 1 and said["nodes"]["hidden"]["float_spikes"] > 10
    options = ["--data", "digits", "--samples", "5", "--steps", "20", "--weight-bits", "6"]
    result = CliRunner().invoke(app, ["nir", "run", str(tmp_path / "net.nir"), *options])
    assert "accuracy: float" in result.stdout and "weights from input" in result.stdout and "weight 6" in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--weight-bits", "1"], "weight bits is 1, must be from 2 to 16"),
        (["--membrane-bits", "30"], "membrane bits is 30, must be from 13 to 24"),
        (["--reset", "hard"], "reset is 'hard', must be one of zero, subtract"),
        (["--dt", "0"], "dt is 0.0, must be above 0 seconds"),
        (["--data", "iris"], "input has shape .64., must have as many values as the data's .4."),
        (["--data", "moving-edges"], "input has shape .64., must be .2, height, width., as large as the data's"),
        (["--data", "digits"], "output has 4 values, must have at least 10"),
    ],
)
def test_bad_input_to_the_command_is_named(options, message, tmp_path):
    nir.write(tmp_path / "net.nir", recurrent("zero"))
    result = CliRunner().invoke(app, ["nir", "run", str(tmp_path / "net.nir"), *options])
    with pytest.raises(BadInput, match=message):
        raise result.exception


def test_writing_needs_no_word(tmp_path):
    for n, arguments in enumerate((["nir"], ["nir", "write"])):
        result = CliRunner().invoke(app, [*arguments, "digits-256", str(tmp_path / f"{n}.nir")])
        assert "10 neurons and 2,560 synapses" in result.stdout and (tmp_path / f"{n}.nir").exists()
    result = CliRunner().invoke(app, ["nir", "--seed", "2", "digits-256", str(tmp_path / "seed.nir")])
    assert result.exit_code == 0 and "run" in CliRunner().invoke(app, ["nir", "--help"]).stdout
