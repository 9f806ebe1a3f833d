"""Graphs as they are read: subgraphs, circles, shapes, and what is refused."""

import nir
import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

from bicall.emulator.nir.graph import flattened, load
from bicall.emulator.nir.linear import linear
from bicall.emulator.support.errors import BadInput


def test_subgraphs_are_opened_and_circles_found(graphs):
    inner = nir.NIRGraph(
        {"in": nir.Input(np.array([3])), "lif": graphs.lif(3), "rec": nir.Linear(np.eye(3)),
         "out": nir.Output(np.array([3]))},
        [("in", "lif"), ("lif", "rec"), ("rec", "lif"), ("lif", "out")],
    )  # fmt: skip
    graph = flattened(graphs.chain(nir.Input(np.array([3])), inner, nir.Output(np.array([3]))), "net")
    assert list(graph.nodes) == ["n0", "n1.in", "n1.lif", "n1.out", "n2", "n1.rec"]
    assert graph.inputs_of["n1.lif"] == [("n1.in", False), ("n1.rec", True)]
    assert graph.inputs_of["n2"] == [("n1.out", False)]


@given(
    channels=st.sampled_from([(1, 1, 1), (2, 4, 2), (4, 4, 4), (3, 5, 1)]),
    size=st.tuples(st.integers(5, 9), st.integers(5, 9)),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.sampled_from(["same", "valid", (0, 0), (1, 2), (2, 0)]),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    seed=st.integers(0, 2**31),
)
def test_a_convolution_is_what_scipy_correlates(channels, size, kernel, stride, padding, dilation, seed):
    rng = np.random.default_rng(seed)
    into, out, groups = channels
    stride = (1, 1) if padding == "same" else stride
    weight, bias = rng.normal(size=(out, into // groups, *kernel)), rng.normal(size=out)
    x = rng.normal(size=(into, *size))
    node = nir.Conv2d(size, weight, stride, padding, dilation, groups, bias)
    made = linear(node, "Conv2d", (into, *size), "here")
    found = (x.ravel() @ made.matrix + made.bias).reshape(made.shape)
    spread = np.zeros((out, into // groups, *((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))))
    spread[:, :, :: dilation[0], :: dilation[1]] = weight
    if padding == "same":
        total = [k - 1 for k in spread.shape[2:]]
        pads = [(t // 2, t - t // 2) for t in total]
    else:
        pads = [(p, p) for p in ((0, 0) if padding == "valid" else padding)]
    padded = np.pad(x, [(0, 0), *pads])
    for o in range(out):
        first = o // (out // groups) * (into // groups)
        expected = bias[o] + sum(
            scipy.signal.correlate2d(padded[first + i], spread[o, i], "valid") for i in range(into // groups)
        )
        assert np.allclose(found[o], expected[:: stride[0], :: stride[1]])


def test_a_convolution_of_one_dimension():
    rng = np.random.default_rng(1)
    weight, x = rng.normal(size=(3, 2, 4)), rng.normal(size=(2, 20))
    made = linear(nir.Conv1d(20, weight, 2, 3, 1, 1, np.arange(3.0)), "Conv1d", (2, 20), "here")
    padded = np.pad(x, [(0, 0), (3, 3)])
    expected = [o + sum(np.correlate(padded[i], weight[o, i], "valid") for i in range(2))[::2] for o in range(3)]
    assert np.allclose((x.ravel() @ made.matrix + made.bias).reshape(made.shape), expected)


def test_pools_and_scales():
    x = np.arange(32.0).reshape(2, 4, 4)
    blocks = x.reshape(2, 2, 2, 2, 2).sum(axis=(2, 4))
    for kind, divided in (("SumPool2d", 1), ("AvgPool2d", 4)):
        node = getattr(nir, kind)(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
        made = linear(node, kind, (2, 4, 4), "here")
        assert np.array_equal((x.ravel() @ made.matrix).reshape(made.shape), blocks / divided)
    made = linear(nir.Scale(np.arange(3.0)), "Scale", (3,), "here")
    assert np.array_equal(np.ones(3) @ made.matrix, [0, 1, 2])


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        (lambda g: [nir.Affine(np.ones((2, 4)), np.zeros(2)), g.lif(2)], r"\[2, 4\], must be \[outputs, 3\]"),
        (lambda g: [nir.Affine(np.full((2, 3), np.nan), np.zeros(2)), g.lif(2)], "weight must be finite"),
        (lambda g: [g.lif(4)], "has 4 inputs, what arrives has 3"),
        (lambda g: [g.lif(3, tau=-1.0)], "tau is -1, must be above 0 seconds"),
        (lambda g: [nir.Delay(np.full(3, -1.0)), g.lif(3)], "delay is -1, must be above 0"),
        (lambda g: [nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])), g.lif(3)], "must be .chan"),
        (lambda g: [nir.Scale(np.ones(2)), g.lif(3)], r"scale has shape \[2\], must be \[3\]"),
    ],
)  # fmt: skip
def test_nodes_that_do_not_fit_are_named(graphs, nodes, message):
    with pytest.raises(BadInput, match=f"network net: node 'n1': .*{message}|network net: node 'n1': {message}"):
        flattened(graphs.chain(nir.Input(np.array([3])), *nodes(graphs), nir.Output(np.array([2]))), "net")


def test_what_is_no_graph_is_refused(graphs, tmp_path):
    with pytest.raises(BadInput, match="has no Input node"):
        flattened(nir.NIRGraph({"a": graphs.lif(1)}, [], type_check=False), "net")
    good = graphs.chain(nir.Input(np.array([1])), graphs.lif(1), nir.Output(np.array([1])))
    for values in ({"dt": 0.0}, {"dt": np.inf}, {"reset": "hard"}):
        with pytest.raises(BadInput, match=f"{next(iter(values))} is "):
            flattened(good, "net", **values)
    (tmp_path / "broken.nir").write_bytes(b"nothing")
    for name in ("broken", "missing"):
        with pytest.raises(BadInput, match=f"network .*{name}.nir: "):
            load(tmp_path / f"{name}.nir")
