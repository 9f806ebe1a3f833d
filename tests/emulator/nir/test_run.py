"""Graphs at work: the equations against exact solutions, the integers against the equations and every loop."""

import nir
import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from bicall.emulator.data.load import load as load_data
from bicall.emulator.network import plain
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.nir import reference
from bicall.emulator.nir.graph import flattened
from bicall.emulator.nir.integers import Widths, to_network
from bicall.emulator.nir.run import compare, random_spikes, run_integers, trains
from bicall.emulator.nir.samples import SpikingSamples
from bicall.emulator.support.errors import BadInput

ONE = np.ones(1)
STEPS = 25


def sent_by(graph, values, **options):
    """What the last node before the output sends, [steps], for the values of one input."""
    flat = flattened(graph, "net", **options)
    name = flat.of_kind("Input")[0]
    return reference.run(flat, {name: np.asarray(values, float).reshape(-1, 1, 1)})[flat.of_kind("Output")[0]][:, 0, 0]


@pytest.mark.parametrize("kind", ["LI", "CubaLI", "I"])
def test_integrators_follow_the_exact_solution(graphs, kind):
    """Of a constant current; the error is that of a step, and halves with it."""
    tau, tau_syn, r, leak, current, end = 0.02, 0.005, 3.0, 0.4, 0.7, 0.1
    node = {
        "LI": nir.LI(tau=tau * ONE, r=r * ONE, v_leak=leak * ONE),
        "CubaLI": nir.CubaLI(tau_syn=tau_syn * ONE, tau_mem=tau * ONE, r=r * ONE, v_leak=leak * ONE),
        "I": nir.I(r=r * ONE),
    }[kind]
    errors = []
    for dt in (1e-4, 5e-5):
        steps = round(end / dt)
        t = dt * np.arange(1, steps + 1)
        slow, fast = np.exp(-t / tau), np.exp(-t / tau_syn)
        filtered = 1 + (tau_syn * fast - tau * slow) / (tau - tau_syn)
        exact = {
            "LI": (leak + r * current) * (1 - slow),
            "CubaLI": leak * (1 - slow) + r * current * filtered,
            "I": r * current * np.arange(1, steps + 1),
        }[kind]
        found = sent_by(
            graphs.chain(nir.Input(np.array([1])), node, nir.Output(np.array([1]))), np.full(steps, current), dt=dt
        )
        errors.append(np.abs(found - exact).max())
    assert errors[0] < (1e-9 if kind == "I" else 0.01 * r)
    assert kind == "I" or errors[1] == pytest.approx(errors[0] / 2, rel=0.05)


def test_a_lif_fires_at_the_exact_times(graphs):
    """dv/dt = (R I - v) / tau from 0 crosses 1 every tau ln(RI / (RI - 1))."""
    tau, drive, dt, steps = 0.02, 1.5, 1e-5, 20_000
    graph = graphs.chain(nir.Input(np.array([1])), graphs.lif(1, tau=tau, r=1.0), nir.Output(np.array([1])))
    times = dt * (1 + np.flatnonzero(sent_by(graph, np.full(steps, drive), dt=dt)))
    period = tau * np.log(drive / (drive - 1))
    assert len(times) == int(steps * dt / period)
    assert np.abs(np.diff(times) - period).max() < 2 * dt


def test_resets(graphs):
    """An IF neuron that gets 0.7 a step: to zero it fires at every second, by subtraction 7 times in 10."""
    node = nir.IF(r=ONE, v_threshold=0.99 * ONE)
    graph = graphs.chain(nir.Input(np.array([1])), node, nir.Output(np.array([1])))
    assert sent_by(graph, np.full(99, 0.693)).sum() == 49
    assert sent_by(graph, np.full(100, 0.693), reset="subtract").sum() == 69
    node.metadata["reset"] = "subtract"
    assert (
        sent_by(graph, np.full(100, 0.693)).sum() == 69 and sent_by(graph, np.full(99, 0.693), reset="zero").sum() == 49
    )
    low = nir.IF(r=ONE, v_threshold=0.99 * ONE, v_reset=-0.99 * ONE)
    assert (
        sent_by(graphs.chain(nir.Input(np.array([1])), low, nir.Output(np.array([1]))), np.full(100, 0.693)).sum() == 33
    )


def test_delays_and_thresholds(graphs):
    values = np.array([0.2, 0.9, 0.4, 0.8, 0.0, 0.0, 0.0])
    nodes = [nir.Threshold(0.5 * ONE), nir.Delay(0.002 * ONE)]
    graph = graphs.chain(nir.Input(np.array([1])), *nodes, nir.Output(np.array([1])))
    assert sent_by(graph, values).tolist() == [0, 0, 0, 1, 0, 1, 0]
    assert sent_by(graph, values, dt=2e-3).tolist() == [0, 0, 1, 0, 1, 0, 0]


@pytest.mark.parametrize("reset", ["zero", "subtract"])
def test_integers_are_the_same_in_the_plain_and_the_compiled_loop(graphs, reset):
    graph = flattened(graphs.convolutional(), "net", reset=reset)
    converted = to_network(graph)
    spikes = random_spikes(graph, 60, 0.2, 1, 0)
    found, expected = run_integers(converted, spikes), run_integers(converted, spikes, plain.run)
    for name, values in expected.items():
        assert np.array_equal(found[name], values) and values.sum() > 20


@pytest.mark.parametrize("reset", ["zero", "subtract"])
def test_integers_come_to_the_equations_with_their_widths(graphs, reset):
    """In step with the graph, layer by layer, through the recurrent one: 16 bits are nearer than 8, 8 than 4."""
    graph = flattened(graphs.convolutional(), "net", reset=reset)
    equal = []
    for bits in (4, 8, 16):
        converted = to_network(graph, Widths(weight=bits, bias=24))
        found = compare(graph, converted, lambda n: random_spikes(graph, 80, 0.1, 1, n), np.zeros(4, int))
        equal.append([node["equal"] for node in found["nodes"].values()])
        assert all(node["float_spikes"] > 100 for node in found["nodes"].values())
    assert converted.lag == {"first": 0, "second": 1, "third": 2}
    assert np.all(np.diff(equal, axis=0) >= 0) and min(equal[2]) > 98.5 and max(equal[0]) < 99.5
    assert {name for name in converted.network.populations if name.startswith("third")} == {"third", "third.1"}


@pytest.mark.parametrize("bits", [3, 5, 8])
def test_errors_are_what_rounding_makes(graphs, bits):
    graph = flattened(graphs.convolutional(), "net")
    converted = to_network(graph, Widths(weight=bits))
    weights = [error for error in converted.errors if error.parameter.startswith("weights")]
    assert len(weights) == 4 and all(abs(each.error) <= 1 / (2 ** (bits - 1) - 1) for each in weights)
    assert any(abs(each.error) > 0.1 / 2 ** (bits - 1) for each in weights)
    decays = [error for error in converted.errors if error.parameter.startswith("decay")]
    assert all(abs(each.represented - each.value) <= 0.5 / 4096 for each in decays) and len(decays) == 6
    for projection in converted.network.projections:
        if projection.pre not in converted.biases:
            step = np.gcd.reduce(projection.matrix.data)
            assert np.abs(projection.matrix.data).max() <= step * (2 ** (bits - 1) - 1) and projection.bits == bits


def test_membranes_without_a_threshold_are_read(graphs):
    rng = np.random.default_rng(1)
    nodes = [nir.Affine(rng.normal(size=(3, 20)), rng.normal(0, 0.1, 3)),
             nir.LI(tau=np.full(3, 0.01), r=np.full(3, 10.0), v_leak=np.array([0, 0.5, -0.5]))]  # fmt: skip
    graph = flattened(graphs.chain(nir.Input(np.array([20])), *nodes, nir.Output(np.array([3]))), "net")
    spikes = random_spikes(graph, 200, 0.05, 1, 0)
    exact = reference.run(graph, {"n0": spikes["n0"][:, None] * 1.0})["n2"][:, 0]
    for bits, limit in ((8, 0.05), (16, 0.005)):
        converted, recorder = to_network(graph, Widths(weight=bits)), PopulationRecorder()
        converted.network.start()
        plain.run(converted.network, trains(converted, spikes), recorder=recorder)
        found = run_integers(converted, spikes)["n2"]
        recorded = recorder.recording().variables["n2.membrane"].values[: len(found)]
        assert np.array_equal(found, recorded * converted.units["n2"])
        assert np.abs(found - exact).max() < limit * np.abs(exact).max()


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        (lambda g: [g.lif(2, v_threshold=-1.0)], "threshold is -1 above v_reset, must be above 0"),
        (lambda g: [g.lif(2, tau=1e-4)], "dt is 0.001, must be at most its time constants"),
        (lambda g: [nir.I(np.ones(2)), g.lif(2)], "'n1' sends values to 'n2', must go to an output only"),
        (lambda g: [g.lif(2), nir.Linear(np.ones((2, 2)))], "output 'n3' gets values of linear nodes"),
        (lambda g: [nir.Linear(np.ones((2, 2))), nir.Delay(np.array([0.0, 0.01])), g.lif(2)], "delays weighted values"),
        (lambda g: [nir.Delay(np.full(2, 1.0)), g.lif(2)], "delay is 1001, must be at most 255"),
    ],
)  # fmt: skip
def test_what_integers_cannot_hold_is_named(graphs, nodes, message):
    graph = flattened(graphs.chain(nir.Input(np.array([2])), *nodes(graphs), nir.Output(np.array([2]))), "net")
    with pytest.raises(BadInput, match=message):
        to_network(graph)


def test_delays_of_each_axon_are_delays_of_the_projection(graphs):
    nodes = [nir.Delay(np.array([0.0, 0.003])), nir.Linear(np.array([[2.0, 2.0]])), graphs.lif(1)]
    graph = flattened(graphs.chain(nir.Input(np.array([2])), *nodes, nir.Output(np.array([1]))), "net")
    spikes = np.zeros((8, 2), bool)
    spikes[0] = True
    converted = to_network(graph)
    assert converted.network.projections[0].delays.tolist() == [1, 4]
    exact = reference.run(graph, {"n0": spikes[:, None] * 1.0})["n3"][:, 0]
    assert np.array_equal(run_integers(converted, {"n0": spikes})["n3"], exact) and exact[:, 0].tolist()[:4] == [
        1,
        0,
        0,
        1,
    ]


@pytest.fixture(scope="module")
def trained():
    """A convolutional network that reads scikit-learn's digits: fixed filters, IF neurons, a readout that is fitted."""
    rng = np.random.default_rng(1)
    data, size = load_data("digits"), (12, 6, 6)
    filters = rng.normal(0, 0.6, (12, 1, 3, 3))
    nodes = {
        "input": nir.Input(np.array([1, 8, 8])),
        "conv": nir.Conv2d((8, 8), filters, 1, 0, 1, 1, rng.uniform(-0.1, 0.1, 12)),
        "cells": nir.IF(r=np.ones(size), v_threshold=np.ones(size)),
        "output": nir.Output(np.array(size)),
    }
    front = flattened(
        nir.NIRGraph(nodes, [("input", "conv"), ("conv", "cells"), ("cells", "output")], type_check=False), "f"
    )
    spikes = SpikingSamples(front, data, data.train, STEPS, 1)
    shown = np.stack([spikes(n)["input"] for n in range(len(data.train.labels))], axis=1)
    counts = reference.run(front, {"input": shown * 1.0})["cells"].sum(axis=0)
    pooled = counts.reshape(-1, 12, 3, 2, 3, 2).sum(axis=(3, 5)).reshape(len(counts), -1)
    readout = RidgeClassifier(1.0).fit(pooled / STEPS, data.train.labels)
    nodes |= {
        "pool": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        "flat": nir.Flatten({"input": np.array([12, 3, 3])}, start_dim=0),
        "readout": nir.Affine(readout.coef_ / STEPS, readout.intercept_ / STEPS),
        "sum": nir.I(r=np.ones(10)),
        "output": nir.Output(np.array([10])),
    }
    row = ["input", "conv", "cells", "pool", "flat", "readout", "sum", "output"]
    return nir.NIRGraph(nodes, list(zip(row[:-1], row[1:], strict=True)), type_check=False), data


def test_eight_bits_lose_at_most_half_a_point(trained):
    """In the mean over three draws of the test samples' spikes: one sample of 359 is 0.28 points."""
    graph, data = flattened(trained[0], "digits"), trained[1]
    converted = to_network(graph)
    found = [
        compare(graph, converted, SpikingSamples(graph, data, data.test, STEPS, seed), data.test.labels)["accuracy"]
        for seed in (2, 3, 4)
    ]
    in_float, in_integers = (np.mean([each[key] for each in found]) for key in ("float", "integers"))
    print(f"float {in_float:.2f} %, integers {in_integers:.2f} %")
    assert in_float > 93 and in_float - in_integers <= 0.5
