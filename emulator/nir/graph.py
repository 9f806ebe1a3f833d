"""A NIR graph, read and made flat: one level of nodes, in the order of a step, with the shape of what each one sends.

Subgraphs are opened: node X of subgraph S is called S.X, and S's inputs and outputs pass on what they get. What several
edges bring to a node adds up. An edge that closes a circle brings what its source sent in the step before.
"""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bicall.emulator.nir.linear import LINEAR, Linear, linear
from bicall.emulator.support.errors import BadInput

INPUT, OUTPUT = "Input", "Output"
SPIKING = ("LIF", "CubaLIF", "IF", "Threshold")
INTEGRATING = ("LI", "CubaLI", "I")
NEURONS = (*SPIKING, *INTEGRATING)
KINDS = (INPUT, OUTPUT, *NEURONS, *LINEAR, "Delay")
DT = 1e-3  # seconds, where neither the graph's metadata nor the caller says
RESETS = ("zero", "subtract")
LONGEST = 2**20  # nodes of a layer


@dataclass
class Node:
    """A node: its parameters are float64 arrays of its own size, flat.

    Attributes:
        kind: one of `KINDS`.
        shape: of what it sends.
        values: parameters of neurons and delays, by NIR's names.
        linear: what a linear node does, else None.
        subtracts: a spike takes the threshold off the membrane, where NIR has v_reset.
        metadata: the node's own.
    """

    kind: str
    shape: tuple[int, ...]
    values: dict[str, np.ndarray]
    linear: Linear | None
    subtracts: bool
    metadata: dict

    @property
    def size(self) -> int:
        return math.prod(self.shape)


@dataclass
class Graph:
    """A flat graph: `nodes` in the order of a step; `inputs_of[X]`, pairs (source, whether of the step before)."""

    name: str
    dt: float  # seconds
    nodes: dict[str, Node]
    inputs_of: dict[str, list[tuple[str, bool]]]

    def of_kind(self, *kinds: str) -> list[str]:
        """Names of the nodes of some kinds, in order."""
        return [name for name, node in self.nodes.items() if node.kind in kinds]


def load(path: str | os.PathLike, dt: float | None = None, reset: str | None = None) -> Graph:
    """Read a .nir file.

    Args:
        dt: seconds of a step; None: as the graph's metadata say (`dt`), or 1 ms.
        reset: "zero" (to v_reset, NIR's own) or "subtract", for all neurons; None: as each node's metadata say
            (`reset`), or "zero".

    Raises:
        BadInput: no such file, not NIR, a node that is not supported (it is named), or shapes that do not fit.
    """
    import nir  # only here is it needed

    try:
        # shapes are checked here, node by node: NIR's own check refuses files that older versions wrote
        return flattened(nir.read(path, type_check=False), Path(path).stem, dt, reset)
    except BadInput:
        raise
    except FileNotFoundError as error:
        raise BadInput(f"network {path}: {error.strerror}") from None
    except OSError as error:
        # HDF5's own errors have many lines and no number
        said = error.strerror if error.errno else "is not a NIR file, or a damaged one"
        raise BadInput(f"network {path}: {said}") from None
    except Exception as error:  # in a damaged file anything can be of any kind, wherever it is first used
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BadInput(f"network {path}: is not a NIR file that can be read: {said}") from None


def flattened(graph, name: str, dt: float | None = None, reset: str | None = None) -> Graph:
    """A `nir.NIRGraph` made flat. Arguments and errors: as `load`."""
    where = f"network {name}"
    dt = float(graph.metadata.get("dt", DT)) if dt is None else dt
    if not (math.isfinite(dt) and dt > 0):
        raise BadInput(f"{where}: dt is {dt}, must be above 0 seconds")
    if reset is not None and reset not in RESETS:
        raise BadInput(f"{where}: reset is {reset!r}, must be one of {', '.join(RESETS)}")
    found: dict[str, object] = {}
    edges: list[tuple[str, str]] = []
    _open(graph, "", found, edges, where)
    for key, node in found.items():
        if type(node).__name__ not in KINDS:
            raise BadInput(
                f"{where}: node {key!r} is a {type(node).__name__}, must be one of {', '.join(KINDS)} or a subgraph"
            )
    order, returning = _order(found, edges, where)
    nodes: dict[str, Node] = {}
    inputs_of: dict[str, list[tuple[str, bool]]] = {key: [] for key in order}
    for edge in dict.fromkeys(edges):
        inputs_of[edge[1]].append((edge[0], edge in returning))
    for key in order:
        incoming = [nodes[source].shape for source, back in inputs_of[key] if not back]
        nodes[key] = _node(found[key], incoming, f"{where}: node {key!r}", reset)
    for key, sources in inputs_of.items():
        if not sources and (nodes[key].linear or nodes[key].kind in (OUTPUT, "Delay")):
            raise BadInput(f"{where}: node {key!r} gets nothing, must have an edge that ends at it")
        for source, _ in sources:
            _check_size(nodes[key], nodes[source], f"{where}: node {key!r}")
    return Graph(name, dt, nodes, inputs_of)


def _open(graph, prefix: str, found: dict[str, object], edges: list[tuple[str, str]], where: str) -> None:
    """Nodes and edges of a graph and of its subgraphs; edges of a subgraph go to its one input or output."""
    ends: dict[str, dict[str, list[str]]] = {}
    for key, node in graph.nodes.items():
        name = prefix + key
        if type(node).__name__ == "NIRGraph":
            _open(node, f"{name}.", found, edges, where)
            kinds = {inner: type(each).__name__ for inner, each in node.nodes.items()}
            ends[key] = {
                kind: [f"{name}.{inner}" for inner in kinds if kinds[inner] == kind] for kind in (INPUT, OUTPUT)
            }
        else:
            found[name] = node
    for start, end in graph.edges:
        names = []
        for key, kind in ((start, OUTPUT), (end, INPUT)):
            if key not in graph.nodes:
                raise BadInput(f"{where}: edge {start!r} to {end!r}: node {prefix + key!r} is not there")
            choices = ends[key][kind] if key in ends else [prefix + key]
            if len(choices) != 1:
                raise BadInput(f"{where}: subgraph {prefix + key!r} has {len(choices)} {kind} nodes, must have 1")
            names.append(choices[0])
        edges.append((names[0], names[1]))


def _order(found: dict, edges: list[tuple[str, str]], where: str) -> tuple[list[str], set[tuple[str, str]]]:
    """The nodes in the order of a step, and the edges that close circles: those that go back, seen from the inputs."""
    following: dict[str, list[str]] = {key: [] for key in found}
    for start, end in edges:
        following[start].append(end)
    inputs = [key for key, node in found.items() if type(node).__name__ == INPUT]
    if not inputs:
        raise BadInput(f"{where}: has no Input node, must have one")
    after: list[str] = []  # nodes, each after all that follow it
    state = dict.fromkeys(found, 0)  # 1: on the way, 2: done
    returning = set()
    for first in [*inputs, *found]:
        if state[first]:
            continue
        state[first] = 1
        stack = [(first, iter(following[first]))]
        while stack:
            key, rest = stack[-1]
            for end in rest:
                if state[end] == 1:
                    returning.add((key, end))
                elif state[end] == 0:
                    state[end] = 1
                    stack.append((end, iter(following[end])))
                    break
            else:
                stack.pop()
                state[key] = 2
                after.append(key)
    return after[::-1], returning


def _node(node, incoming: list[tuple[int, ...]], where: str, reset: str | None) -> Node:
    kind = type(node).__name__
    metadata = dict(getattr(node, "metadata", None) or {})
    if kind in (INPUT, OUTPUT):
        said = _said(node.input_type if kind == INPUT else node.output_type)
        shape = incoming[0] if incoming else said  # what arrives says more than what an older file says of itself
        if shape is None:
            raise BadInput(f"{where}: has no shape, must have one")
        return Node(kind, shape, {}, None, False, metadata)
    if kind in NEURONS or kind == "Delay":
        values = {key: np.asarray(value, np.float64) for key, value in vars(node).items() if key in PARAMETERS[kind]}
        shape = max((np.shape(value) for value in values.values()), key=math.prod)
        if math.prod(shape) == 1 and incoming:  # one for all
            shape = incoming[0]
        if not 1 <= math.prod(shape) <= LONGEST:
            raise BadInput(f"{where}: has {math.prod(shape)} neurons, must be from 1 to {LONGEST}")
        flat = {}
        for key, value in values.items():
            if not np.all(np.isfinite(value)):
                raise BadInput(f"{where}: {key} must be finite numbers")
            try:
                flat[key] = np.broadcast_to(value, shape).ravel()
            except ValueError:
                raise BadInput(f"{where}: {key} has shape {list(np.shape(value))}, must be {list(shape)}") from None
        for key in ("tau", "tau_syn", "tau_mem", "delay"):
            if key in flat and np.any(flat[key] < 0 if key == "delay" else flat[key] <= 0):
                raise BadInput(f"{where}: {key} is {flat[key].min():g}, must be above 0 seconds")
        chosen = str(metadata.get("reset", RESETS[0])) if reset is None else reset
        if chosen not in RESETS:
            raise BadInput(f"{where}: reset is {chosen!r}, must be one of {', '.join(RESETS)}")
        return Node(kind, tuple(shape), flat, None, chosen == "subtract" and "v_reset" in flat, metadata)
    shape = incoming[0] if incoming else None
    made = linear(node, kind, shape, where)
    return Node(kind, made.shape, {}, made, False, metadata)


PARAMETERS = {
    "LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset"),
    "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"),
    "IF": ("r", "v_threshold", "v_reset"),
    "Threshold": ("threshold",),
    "LI": ("tau", "r", "v_leak"),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak", "w_in"),
    "I": ("r",),
    "Delay": ("delay",),
}


def _said(types: dict) -> tuple[int, ...] | None:
    shape = next(iter(types.values()), None)
    return None if shape is None else tuple(int(size) for size in np.atleast_1d(shape)) or (1,)


def _check_size(node: Node, source: Node, where: str) -> None:
    expected = node.linear.matrix.shape[0] if node.linear else node.size
    if source.size != expected:
        raise BadInput(f"{where}: has {expected} inputs, what arrives has {source.size} values {list(source.shape)}")
