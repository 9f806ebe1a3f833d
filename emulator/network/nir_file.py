"""NIR graphs (Neuromorphic Intermediate Representation, Pedersen et al. 2024) as networks to be mapped.

Neurons become populations; the linear nodes on the way from one population to the next become one matrix of synapses.
Weights that are integers of up to 16 bits stay as they are; others are rounded to 8 bits of each projection's largest.
Only what a mapper needs is taken over from other tools' files: neurons' parameters and biases stay there, so such a
network can be mapped and checked, not run. Files that `save` wrote have our constants in their nodes' metadata, so they
run as what was saved does without learning.
"""

import json
import os
from pathlib import Path

import numpy as np
import scipy.sparse

from bicall.emulator.network.convolution import convolution
from bicall.emulator.network.network import DIRECT, PLASTIC, Network, Population, Projection
from bicall.emulator.rule.constants import DECAY_FRACTION_BITS, MEMBRANE_SHIFT, Constants
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside

BITS, MOST_BITS = 8, 16  # of weights that are rounded; of integers that are not
TICK = 1e-3  # seconds
METADATA = "bicall_constants"
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
            constants = _constants(node, f"network {name}: node {key!r}")
            network.add_neurons(key, _shape(np.shape(node.v_threshold)), constants, read=is_read)
    for key in list(network.populations):
        identity = scipy.sparse.eye_array(network.populations[key].size, format="csr")
        for end, matrix in _ways(graph, kinds, following, key, identity, network.populations[key].shape, name):
            weights, bits = _integers(matrix)
            if weights.shape[1] != network.populations[end].size:
                raise BadInput(
                    f"network {name}: node {end!r} has {network.populations[end].size} neurons, "
                    f"its input has {weights.shape[1]}"
                )
            network.connect(key, end, weights, bits)
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


def _integers(matrix: scipy.sparse.csr_array) -> tuple[scipy.sparse.csr_array, int]:
    """Weights and the bits that they need; a weight that rounds to 0 is still a synapse."""
    made = scipy.sparse.csr_array(matrix)
    made.sum_duplicates()
    largest, bits = np.abs(made.data).max(initial=0) or 1.0, BITS
    if np.all(made.data == np.rint(made.data)) and largest < 2 ** (MOST_BITS - 1):
        bits = max(BITS, int(largest).bit_length() + 1)
    else:
        made.data = made.data / largest * (2 ** (BITS - 1) - 1)
    made.data = np.rint(made.data).astype(np.int32)
    return made, bits


def _constants(node, where: str) -> Constants | None:
    """Those of a node that `save` wrote."""
    text = node.metadata.get(METADATA)
    try:
        return None if text is None else Constants(**json.loads(text))
    except (TypeError, ValueError) as error:
        raise BadInput(f"{where}: {METADATA} is damaged: {error}") from None


def save(network: Network, path: str | os.PathLike) -> None:
    """Write a network as a NIR graph: CubaLIF neurons, and weights as they are transmitted now.

    Teachers are left out, as NIR has no learning. Weights and thresholds are our integers; the time constants are those
    with which a forward Euler step of a tick, 1 ms, is our decay. What NIR has no words for (refractory period, lowest
    membrane) is in the metadata only. Populations are flat, weights that are 0 are no synapses.

    Raises:
        BadInput: a network that learns was not started, a population has no constants or never decays, a delay is
            longer than a tick, or the file cannot be written.
    """
    import nir

    nodes, edges = {}, []
    sent = [projection for projection in network.projections if projection.kind != DIRECT]
    for population in network.populations.values():
        if population.is_input and any(projection.pre == population.name for projection in sent):
            nodes[population.name] = nir.Input(np.array([population.size]))
        elif not population.is_input:
            nodes[population.name] = _neurons(nir, network.name, population)
        if population.is_read:
            nodes[f"{population.name}.output"] = nir.Output(np.array([population.size]))
            edges.append((population.name, f"{population.name}.output"))
    for n, projection in enumerate(sent):
        if np.any(projection.delays != 1):
            way = f"{projection.pre} to {projection.post}"
            raise BadInput(f"network {network.name}: {way} has a delay of {projection.delay} ticks, NIR files have 1")
        weights = _transmitted(network, projection).astype(np.float32)
        nodes[f"weights{n}"] = nir.Linear(weights.T)
        edges += [(projection.pre, f"weights{n}"), (f"weights{n}", projection.post)]
    graph = nir.NIRGraph(nodes, edges, metadata={"dt": TICK})
    with write_aside(path) as aside:
        nir.write(aside, graph)


def _neurons(nir, name: str, population: Population):
    c = population.constants
    if c is None:
        raise BadInput(f"network {name}: population {population.name} has no constants, so it has no NIR neurons")
    scale = 2**DECAY_FRACTION_BITS
    if scale in (c.current_decay, c.membrane_decay):
        raise BadInput(f"network {name}: population {population.name} does not decay, CubaLIF neurons do")
    tau_syn, tau_mem = (TICK / (1 - factor / scale) for factor in (c.current_decay, c.membrane_decay))
    values = {
        "tau_syn": tau_syn,
        "tau_mem": tau_mem,
        "r": tau_mem / TICK,
        "v_leak": 0.0,
        "v_threshold": float(c.membrane_threshold),
        "v_reset": 0.0,
        "w_in": tau_syn / TICK * 2**MEMBRANE_SHIFT,
    }
    arrays = {name: np.full(population.size, value) for name, value in values.items()}
    return nir.CubaLIF(**arrays, metadata={METADATA: json.dumps(c._asdict())})


def _transmitted(network: Network, projection: Projection) -> np.ndarray:
    """int[pre, post], the weights that spikes bring."""
    if projection.kind != PLASTIC:
        return projection.matrix.toarray()
    constants = network.populations[projection.post].constants
    first = next(first for each, first in network.layer_axons(projection.post) if each is projection)
    h = network.started.layers[projection.post].h[first : first + projection.matrix.shape[0]]  # type: ignore[union-attr]
    weights = np.where(h > constants.h_threshold, constants.weight_high, constants.weight_low)  # type: ignore[union-attr]
    return weights * (projection.matrix.toarray() != 0)
