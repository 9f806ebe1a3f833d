"""`bicall bench network` times what it says it times."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from bicall.emulator.benchmarks.networks import SHAPES, _Layers
from bicall.emulator.commands.bench import app
from bicall.emulator.network.compiled import Loop
from bicall.emulator.rule.state import SpikeTrain


@pytest.mark.parametrize("shape", SHAPES)
def test_layers_alone_do_what_they_do_in_the_network(shape):
    network = SHAPES[shape](16)
    network.start("fixed", 1)
    inputs = {"inputs": SpikeTrain.from_dense(np.random.default_rng(2).random((300, 16)) < 0.1)}
    fired = Loop(network, {}).run(inputs, {}, 300, True)
    assert all(len(train.sources) for train in fired.values())
    found = {name: layer.membrane.copy() for name, layer in network.started.layers.items()}
    layers = _Layers(network, inputs, fired, 300)
    layers.run()
    for name, layer in network.started.layers.items():
        assert found[name].any()
        assert (layer.membrane == found[name]).all()


def test_the_command_prints_a_row_a_shape_and_size():
    result = CliRunner().invoke(app, ["network", "--size", "8", "--ticks", "20", "--repeats", "1", "--json"])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["networks"]
    assert [row["shape"] for row in rows] == list(SHAPES) and all(row["ratio"] > 0 for row in rows)
