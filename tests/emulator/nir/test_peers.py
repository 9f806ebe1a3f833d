"""Graphs that snnTorch and Norse wrote, run here: their spikes, which `peers/nir/record.py` recorded there."""

from pathlib import Path

import numpy as np
import pytest

from bicall.emulator.nir import reference
from bicall.emulator.nir.graph import load
from bicall.emulator.nir.integers import Widths, to_network
from bicall.emulator.nir.run import run_integers

PEERS = Path(__file__).parent / "peers"
LATE = "snntorch-leaky-late-reset"
CASES = sorted(path.stem for path in PEERS.glob("*.npz"))


def both(name: str):
    """The graph, its inputs [steps, samples, size], and the outputs of the peer and of ours in float."""
    with np.load(PEERS / f"{name}.npz") as file:
        inputs, outputs, dt, reset = (file[key] for key in ("inputs", "outputs", "dt", "reset"))
    graph = load(PEERS / f"{name}.nir", float(dt), str(reset))
    inputs = inputs.reshape(*inputs.shape[:2], -1)
    found = reference.run(graph, {graph.of_kind("Input")[0]: inputs * 1.0})[graph.of_kind("Output")[0]]
    return graph, inputs, outputs.reshape(found.shape), found


@pytest.mark.parametrize("name", [name for name in CASES if name != LATE])
def test_spikes_are_the_peers(name):
    assert len(CASES) == 7
    _, _, theirs, ours = both(name)
    assert theirs.sum() > 40 and np.mean(theirs == ours) >= 0.999


def test_where_spikes_differ_snntorch_resets_a_step_later():
    """Its default: a spike's threshold is taken off in the next step, after the decay, which NIR cannot say."""
    graph, inputs, theirs, ours = both(LATE)
    assert 0.9 < np.mean(theirs == ours) < 0.999
    layers = [graph.nodes[name].linear for name in graph.nodes if graph.nodes[name].linear]
    neurons = [graph.nodes[name] for name in graph.of_kind("LIF")]
    membranes = [np.zeros((inputs.shape[1], node.size)) for node in neurons]
    for step, expected in zip(inputs, theirs, strict=True):
        sent = step
        for layer, node, v in zip(layers, neurons, membranes, strict=True):
            threshold = node.values["v_threshold"]
            late = v > threshold
            v[:] = (1 - graph.dt / node.values["tau"]) * v + sent @ layer.matrix + layer.bias - late * threshold
            sent = v > threshold
        assert np.array_equal(sent, expected)


@pytest.mark.parametrize("name", ["snntorch-synaptic", "snntorch-convolution", "norse-lif"])
def test_integers_come_near_the_peers(name):
    graph, inputs, theirs, _ = both(name)
    converted = to_network(graph, Widths(weight=16, bias=16))
    spikes = run_integers(converted, {graph.of_kind("Input")[0]: inputs[:, 0]})[converted.outputs[0]]
    assert np.mean(spikes == theirs[:, 0]) > 0.97
