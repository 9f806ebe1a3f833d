"""The comparison's own baselines; peers are not installed here."""

import pytest
from typer.testing import CliRunner

from bicall.emulator.support.errors import BadInput
from bicall.mapping.benchmarks import benchmark, generators
from bicall.mapping.chips import chip as chips
from bicall.mapping.commands.bench import app


def test_baselines_are_compared_without_peers():
    result = benchmark.compare(generators.local_sheet(225, 10, 1.5, 1), chips.load("wide-mesh"), None)
    hops = result["hops"]
    assert 0 < hops["bicall"] < hops["slices, in rows"] < hops["slices, at random"]
    assert result["ratio"] is None and result["best_peer"] is None


def test_a_wrong_peers_python_is_named():
    with pytest.raises(BadInput, match="peers' python /nowhere/python: No such file"):
        benchmark.compare(generators.local_sheet(225, 10, 1.5, 1), chips.load("wide-mesh"), "/nowhere/python")


@pytest.mark.parametrize("beside", ["optimum", "energy"])
def test_what_needs_peers_says_so(beside):
    result = CliRunner().invoke(app, ["--beside", beside])
    assert isinstance(result.exception, BadInput)
    assert str(result.exception) == f"--beside {beside}: needs --peers, see peers/mapping"
