"""NIR graphs (Neuromorphic Intermediate Representation, Pedersen et al. 2024) as networks to be mapped.

Neurons become populations; the linear nodes on the way from one population to the next become one matrix of synapses.
Weights are rounded to 8 bits of each projection's largest weight. Only what a mapper needs is taken over: neurons'
parameters and biases stay in the NIR file, so such a network can be mapped and checked, not run.
"""

import os
from pathlib import Path

import numpy as np
import scipy.sparse

from emulator.errors import BadInput
from mapping.convolution import convolution
from mapping.network import Network

BITS = 8
RATE = 0.01  # spikes a tick of every node, as NIR has no rates
NEURONS = ("LIF", "CubaLIF", "IF")
LINEAR = ("Affine", "Linear", "Conv2d", "SumPool2d", "Flatten")


def load(path: str | os.PathLike) -> Network:
    """Read a .nir file.

    Raises:
        BadInput: no such file, not NIR, or a node that is not supported (it is named).
    """
    import nir  # only here is it needed

    try:
        graph = nir.read(path)
    except OSError as error:
        raise BadInput(f"network {path}: {error.strerror or 'is not a NIR file'}") from None
    except (KeyError, ValueError, TypeError, AssertionError) as error:
        raise BadInput(f"network {path}: is not a NIR file that can be read: {error}") from None
    return from_graph(graph, Path(path).stem)


def from_graph(graph, name: str) -> Network:
    """A network from a `nir.NIRGraph`. Raises: as `load`."""
    network = Network(name)
    kinds = {key: type(node).__name__ for key, node in graph.nodes.items()}
    for key, kind in kinds.items():
        if kind not in (*NEURONS, *LINEAR, "Input", "Output"):
            supported = ", ".join(("Input", "Output", *NEURONS, *LINEAR))
            raise BadInput(f"network {name}: node {key!r} is a {kind}, must be one of {supported}")
    following = {key: [end for start, end in graph.edges if start == key] for key in graph.nodes}
    for key, kind in kinds.items():
        node = graph.nodes[key]
        if kind == "Input":
            network.add_inputs(key, _shape(node.input_type["input"]))
        elif kind in NEURONS:
            is_read = any(kinds[end] == "Output" for end in following[key])
            network.add_neurons(key, _shape(np.shape(node.v_threshold)), read=is_read)
    for key in list(network.populations):
        identity = scipy.sparse.eye_array(network.populations[key].size, format="csr")
        for end, matrix in _ways(graph, kinds, following, key, identity, network.populations[key].shape, name):
            weights = _rounded(matrix)
            if weights.shape[1] != network.populations[end].size:
                raise BadInput(
                    f"network {name}: node {end!r} has {network.populations[end].size} neurons, "
                    f"its input has {weights.shape[1]}"
                )
            network.connect(key, end, weights, BITS)
    network.rates = np.full(network.nodes, RATE)
    return network


def _ways(graph, kinds, following, key, matrix, shape, name):
    """Each population that is reached through linear nodes, with the product of their matrices."""
    for end in following[key]:
        if kinds[end] in NEURONS:
            yield end, matrix
        elif kinds[end] in LINEAR:
            step, out = _step(graph.nodes[end], kinds[end], shape, f"network {name}: node {end!r}")
            yield from _ways(graph, kinds, following, end, matrix @ step, out, name)


def _step(node, kind: str, shape: tuple[int, ...], where: str):
    """A linear node as a matrix [inputs, outputs], and its output's shape."""
    size = int(np.prod(shape))
    if kind == "Flatten":
        return scipy.sparse.eye_array(size, format="csr"), (size,)
    if kind in ("Affine", "Linear"):
        weight = np.asarray(node.weight)
        if weight.ndim != 2 or weight.shape[1] != size:
            raise BadInput(f"{where}: weight has shape {list(weight.shape)}, must be [outputs, {size}]")
        return scipy.sparse.csr_array(weight.T), (weight.shape[0],)
    if len(shape) != 3:
        raise BadInput(f"{where}: input has shape {list(shape)}, must be [channels, height, width]")
    if kind == "SumPool2d":
        kernel = np.zeros((shape[0], shape[0], *_pair(node.kernel_size)))
        kernel[np.arange(shape[0]), np.arange(shape[0])] = 1
        return convolution(kernel, shape, _pair(node.stride), _pair(node.padding))
    if node.groups != 1 or _pair(node.dilation) != (1, 1) or isinstance(node.padding, str):
        raise BadInput(f"{where}: groups and dilation must be 1 and padding a number")
    return convolution(np.asarray(node.weight), shape, _pair(node.stride), _pair(node.padding))


def _pair(value) -> tuple[int, int]:
    first, second = np.broadcast_to(np.asarray(value, int), 2)
    return int(first), int(second)


def _shape(shape) -> tuple[int, ...]:
    return tuple(int(size) for size in np.atleast_1d(shape)) or (1,)


def _rounded(matrix: scipy.sparse.csr_array) -> scipy.sparse.csr_array:
    """Integers of 8 bits; a weight that rounds to 0 is still a synapse."""
    made = scipy.sparse.csr_array(matrix)
    made.sum_duplicates()
    largest = np.abs(made.data).max(initial=0) or 1.0
    made.data = np.rint(made.data / largest * (2 ** (BITS - 1) - 1)).astype(np.int32)
    return made
