"""`bicall bench brian2`: without Brian2 one line says how to get it; with it, both are the same network."""

import sys

import pytest

from bicall import cli
from bicall.emulator.benchmarks.brian2 import PEER, bench_brian2, default_environment
from bicall.emulator.configuration import description
from bicall.emulator.data import mnist
from bicall.emulator.rule.description import with_values
from bicall.emulator.support.errors import BadInput


def test_without_the_environment_one_line_says_how_to_make_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BICALL_BRIAN2", str(tmp_path / "missing"))
    monkeypatch.setattr(sys, "argv", ["bicall", "bench", "brian2", "digits-256"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and out == "" and len(err.splitlines()) == 1
    assert f"sh {PEER / 'setup.sh'} {tmp_path / 'missing'}" in err
    assert (PEER / "setup.sh").exists() and (PEER / "requirements.txt").exists()


@pytest.fixture
def environment(tmp_path):
    """A Python that is not one with Brian2."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\necho 'No module named brian2' >&2\nexit 1\n")
    python.chmod(0o755)
    return tmp_path


def test_its_failure_is_told(configuration, environment):
    with pytest.raises(BadInput, match="Brian2 failed: No module named brian2"):
        bench_brian2(configuration, mnist.load(), 1, 1, environment)


@pytest.mark.parametrize(
    "values, expected",
    [
        ({"neuron__current_time_constant_ms": 5.0}, "neuron.current_time_constant_ms is 5.0, must be 0.0"),
        (
            {"network__connectivity": "random", "network__inputs_per_output": 9},
            "network.connectivity is random, must be dense",
        ),
    ],
)
def test_what_the_model_cannot_say_is_refused(configuration, environment, values, expected):
    content = configuration.model_dump()
    for key, value in values.items():
        section, field = key.split("__")
        content[section][field] = value
    with pytest.raises(BadInput, match=expected):
        bench_brian2(description.from_values(content, "changed"), mnist.load(), 1, 1, environment)


@pytest.mark.slow
@pytest.mark.skipif(
    not (default_environment() / "bin" / "python").exists(), reason="Brian2 is not installed; see peers/brian2/setup.sh"
)
def test_brian2_computes_the_same_network(configuration):
    # a short drift period and a strong drift, so that drift takes part, too
    changed = with_values(configuration, time__drift_period_ticks=300, hidden_weight__drift_up_per_s=0.02)
    result = bench_brian2(changed, mnist.load(), 20, 1, default_environment())
    assert result["output_spikes"]["float"] > 100
    assert result["equal_spikes"] and result["largest_difference_of_h"] < 1e-12
