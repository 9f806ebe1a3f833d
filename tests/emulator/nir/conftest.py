"""Small graphs that hold every kind of node."""

import nir
import numpy as np
import pytest


def lif(size, tau=0.01, **values):
    """LIF neurons with resistances of which a spike's charge is its weight, at steps of 1 ms."""
    ones = np.ones(size)
    parameters = {
        "tau": tau * ones,
        "r": 1e3 * tau * ones,
        "v_leak": 0 * ones,
        "v_threshold": ones,
        "v_reset": 0 * ones,
    }
    return nir.LIF(**parameters | {key: np.broadcast_to(value, np.shape(ones)) * 1.0 for key, value in values.items()})


def chain(*nodes, **more) -> nir.NIRGraph:
    """Input, nodes, output in a row."""
    names = [f"n{k}" for k in range(len(nodes))]
    edges = list(zip(names[:-1], names[1:], strict=True))
    return nir.NIRGraph(dict(zip(names, nodes, strict=True)), edges, type_check=False, **more)


def convolutional(seed: int = 1) -> nir.NIRGraph:
    """Grouped, dilated, strided convolutions with biases, both pools, a scale, recurrent neurons that differ."""
    rng = np.random.default_rng(seed)
    nodes = {
        "input": nir.Input(np.array([2, 12, 12])),
        "conv": nir.Conv2d((12, 12), rng.normal(0.05, 0.3, (4, 1, 3, 3)), (1, 1), (2, 2), (2, 2), 2,
                           rng.normal(0, 0.02, 4)),
        "first": nir.IF(r=np.ones((4, 12, 12)), v_threshold=rng.uniform(0.5, 2, (4, 12, 12))),
        "sum": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        "second": lif((4, 6, 6), v_leak=0.02),
        "average": nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        "flat": nir.Flatten({"input": np.array([4, 3, 3])}, start_dim=0),
        "scale": nir.Scale(np.full(36, 2.0)),
        "dense": nir.Affine(rng.normal(0.1, 0.3, (10, 36)), rng.normal(0, 0.05, 10)),
        "third": nir.CubaLIF(tau_syn=np.full(10, 0.004), tau_mem=np.repeat([0.01, 0.02], 5), w_in=np.full(10, 4.0),
                             r=np.repeat([10.0, 20.0], 5), v_leak=np.zeros(10), v_threshold=np.ones(10)),
        "back": nir.Linear(rng.normal(0, 0.1, (10, 10))),
        "output": nir.Output(np.array([10])),
    }  # fmt: skip
    row = ["input", "conv", "first", "sum", "second", "average", "flat", "scale", "dense", "third", "output"]
    edges = [*zip(row[:-1], row[1:], strict=True), ("third", "back"), ("back", "third")]
    return nir.NIRGraph(nodes, edges, type_check=False)


@pytest.fixture(scope="session")
def graphs():
    """`lif`, `chain` and `convolutional`, as tests of a folder cannot import from one another."""

    class Graphs:
        pass

    Graphs.lif, Graphs.chain, Graphs.convolutional = staticmethod(lif), staticmethod(chain), staticmethod(convolutional)
    return Graphs
