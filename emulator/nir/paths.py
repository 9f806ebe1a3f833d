"""The ways from one node of a graph to the next nodes of neurons, through linear nodes and delays."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy.sparse

from bicall.emulator.nir.graph import NEURONS, OUTPUT, Graph
from bicall.emulator.support.errors import BadInput


class Path(NamedTuple):
    """Edges from `pre` to a node of neurons or an output, with nothing but linear nodes and delays between."""

    pre: str
    post: str
    matrix: scipy.sparse.csr_array  # float64[pre, post]
    delay: np.ndarray  # int64[pre] or int64[], steps
    back: int  # edges of it that close circles: steps more
    through: bool  # whether there are linear nodes between


def paths_from(graph: Graph, name: str, where: str) -> list[Path]:
    """All paths from a node; those with the same end, delays and circles are one, their weights added.

    Raises:
        BadInput: a delay after weights, that is not the same for all, or a circle without neurons.
    """
    identity = scipy.sparse.eye_array(graph.nodes[name].size, format="csr")
    found: dict[tuple, Path] = {}
    for path in _follow(graph, Path(name, name, identity, np.zeros((), np.int64), 0, False), where):
        key = (path.post, path.back, path.delay.tobytes())
        if key in found:
            path = path._replace(matrix=found[key].matrix + path.matrix, through=True)
        found[key] = path
    return list(found.values())


def _follow(graph: Graph, path: Path, where: str, steps: int = 0) -> Iterator[Path]:
    if steps > len(graph.nodes):
        raise BadInput(f"{where}: a circle through {path.post!r} has no neurons, must have some")
    for name, sources in graph.inputs_of.items():
        for source, back in sources:
            if source != path.post:
                continue
            node, closes = graph.nodes[name], path.back + back
            made = path._replace(post=name, back=closes)
            if node.kind in NEURONS or (node.kind == OUTPUT and not _passes_on(graph, name)):
                yield made
            elif node.linear:
                matrix = scipy.sparse.csr_array(path.matrix @ node.linear.matrix)
                yield from _follow(graph, made._replace(matrix=matrix, through=True), where, steps + 1)
            elif node.kind == "Delay":
                delay = np.rint(node.values["delay"] / graph.dt).astype(np.int64)
                if np.all(delay == delay[0]):
                    delay = delay[0]
                elif path.through:
                    raise BadInput(
                        f"{where}: node {name!r} delays weighted values differently, must be the same for all"
                    )
                yield from _follow(graph, made._replace(delay=path.delay + delay), where, steps + 1)
            else:  # an input or output of a subgraph
                yield from _follow(graph, made, where, steps + 1)


def _passes_on(graph: Graph, name: str) -> bool:
    return any(name == source for sources in graph.inputs_of.values() for source, _ in sources)
