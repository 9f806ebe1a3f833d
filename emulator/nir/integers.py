"""A NIR graph in integers: the one `Network`, with Loihi's neuron, and a report of each error that rounding makes.

A neuron's membrane counts from its v_reset in parts of its threshold, so that threshold, resistance and w_in of each
neuron go into its weights. Neurons whose decays differ become populations of their own (NAME, NAME.1, ...). Weights
have some bits and an exponent of their projection's. Biases and leak voltages are the weights of an input `bias` that
spikes in every tick, one for each lag.

In a step of a graph a spike passes through all layers; here each layer takes a tick. So a population is `Converted.lag`
ticks behind the graph, and projections have the delays that make it so.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import scipy.sparse

from bicall.emulator.network.network import LONGEST_DELAY, Network
from bicall.emulator.nir.graph import INPUT, INTEGRATING, NEURONS, OUTPUT, SPIKING, Graph, Node
from bicall.emulator.nir.paths import Path, paths_from
from bicall.emulator.rule.constants import COUNTS, DECAY_FRACTION_BITS, MEMBRANE_LIMIT, MEMBRANE_SHIFT, Constants
from bicall.emulator.support.errors import BadInput

BIAS = "bias"
HEADROOM_BITS = 4  # a membrane reaches 2^4 thresholds either way
WORST_SHARE = 0.05  # of inputs that spike in a tick, for the range of membranes without a threshold
WHOLE_BITS = 16  # of weights that are whole numbers already
METADATA = "bicall_constants"


class Widths(NamedTuple):
    """Bits of the integers, signs included."""

    weight: int = 8
    bias: int = 8
    membrane: int = 24
    decay: int = DECAY_FRACTION_BITS

    def check(self) -> None:
        """Raises BadInput: a width out of range."""
        limits = {"weight": (2, 16), "bias": (2, 24), "membrane": (13, 24), "decay": (1, DECAY_FRACTION_BITS)}
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise BadInput(f"{name} bits is {getattr(self, name)}, must be from {low} to {high}")


class Error(NamedTuple):
    """How far an integer is from what it stands for; of many values the worst one."""

    node: str
    parameter: str
    value: float
    represented: float
    error: float  # relative to the value, or of weights to the projection's largest


@dataclass
class Converted:
    """A graph as a network.

    Attributes:
        parts: of each node of neurons, its populations and which of its neurons they are, int64[...].
        lag: of each node of neurons, ticks by which it is behind the graph.
        units: of each node without a threshold, what a membrane of 1 stands for, float64[size].
        errors: one for each parameter of each node; left_out: sentences.
    """

    network: Network
    parts: dict[str, list[tuple[str, np.ndarray]]]
    lag: dict[str, int]
    units: dict[str, np.ndarray]
    biases: dict[str, int]  # inputs that spike in every tick, but for so many at first
    outputs: list[str]  # nodes of neurons whose values are the graph's
    errors: list[Error] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


class Target(NamedTuple):
    """What a node of neurons needs to know to take weights in: float64[size] each, int64 the decays."""

    gain: np.ndarray  # of what arrives, into the membrane, in a step
    leak: np.ndarray  # what a step adds to the membrane by itself
    unit: np.ndarray  # the graph's value of a membrane of one threshold
    current_decay: np.ndarray
    membrane_decay: np.ndarray
    mantissa: int  # the threshold in units of weights


def to_network(graph: Graph, widths: Widths | None = None) -> Converted:
    """The network of a graph.

    Raises:
        BadInput: a width out of range; a node that sends values to others; a threshold at or below v_reset; a step
            longer than a time constant; a delay that a projection cannot have.
    """
    widths = widths or Widths()
    widths.check()
    where = f"network {graph.name}"
    paths = [path for name in graph.of_kind(INPUT, *NEURONS) for path in paths_from(graph, name, where)]
    biases, readouts = _biases_and_readouts(graph, paths, where)
    result = Converted(Network(graph.name), {}, _lags(graph, paths), {}, {}, [])
    network = result.network
    for name in graph.of_kind(INPUT):
        if not graph.inputs_of[name]:
            network.add_inputs(name, graph.nodes[name].shape)
    targets = {}
    for name in graph.of_kind(*NEURONS):
        node = graph.nodes[name]
        into = [path for path in paths if path.post == name]
        target = _target(node, graph.dt, into, widths, f"{where}: node {name!r}", result, name)
        targets[name] = target
        read = name in readouts
        if read:
            result.outputs.append(name)
        _add(network, name, node, target, read, result)
        if node.kind in INTEGRATING:
            result.units[name] = target.unit / (target.mantissa << MEMBRANE_SHIFT)
    for path in paths:
        if path.post in targets:
            _connect(result, path, targets[path.post], widths, where)
    _connect_biases(result, graph, biases, targets, widths)
    return result


def _biases_and_readouts(graph: Graph, paths: list[Path], where: str) -> tuple[dict[str, np.ndarray], set[str]]:
    """What linear nodes' biases bring to each node of neurons, and the nodes that are read."""
    biases = {name: np.zeros(graph.nodes[name].size) for name in graph.of_kind(*NEURONS)}
    readouts = set()
    for path in paths:
        if path.post in biases:
            if path.pre in graph.of_kind(*INTEGRATING):
                raise BadInput(f"{where}: node {path.pre!r} sends values to {path.post!r}, must go to an output only")
        elif graph.nodes[path.post].kind == OUTPUT:
            if path.through or path.pre not in biases:
                raise BadInput(f"{where}: output {path.post!r} gets values of linear nodes, must get those of neurons")
            readouts.add(path.pre)
    for name, node in graph.nodes.items():
        if node.linear and np.any(node.linear.bias):
            for path in paths_from(graph, name, where):
                if path.post in biases:
                    biases[path.post] += node.linear.bias @ path.matrix
    return biases, readouts


def _lags(graph: Graph, paths: list[Path]) -> dict[str, int]:
    """Of each node of neurons, how many others a spike passes before it, at most; circles do not count."""
    lag = dict.fromkeys(graph.of_kind(*NEURONS), 0)
    for name in lag:  # in the order of a step
        before = [lag[path.pre] + 1 for path in paths if path.post == name and path.pre in lag and not path.back]
        lag[name] = max(before, default=0)
    return lag


def _target(
    node: Node, dt: float, into: list[Path], widths: Widths, where: str, result: Converted, name: str
) -> Target:
    if METADATA in node.metadata:
        return _kept(node, where)
    p, ones = node.values, np.ones(node.size)
    current, membrane, gain, leak = 0 * ones, 0 * ones, ones, 0 * ones
    rest = p.get("v_reset", 0 * ones)
    if node.kind in ("IF", "I"):
        membrane, gain = ones, p["r"]
    elif node.kind != "Threshold":
        tau = p["tau_mem"] if "tau_mem" in p else p["tau"]
        membrane, gain = 1 - dt / tau, dt / tau * p["r"]
        leak = dt / tau * (p["v_leak"] - rest)
        if "tau_syn" in p:
            current = 1 - dt / p["tau_syn"]
            gain = gain * dt / p["tau_syn"] * p["w_in"]
            if np.any(leak):
                result.left_out.append(f"{name}: v_leak reaches the membrane through the synapse's filter")
                leak = leak * (1 - current)
    if np.any(current < 0) or np.any(membrane < 0):
        raise BadInput(f"{where}: dt is {dt:g}, must be at most its time constants")
    if np.any(rest):
        result.left_out.append(f"{name}: starts at v_reset, not at 0")
    if node.kind in SPIKING:
        unit = p["threshold"] if node.kind == "Threshold" else p["v_threshold"] - rest
        if np.any(unit <= 0):
            raise BadInput(f"{where}: threshold is {unit.min():g} above v_reset, must be above 0")
    else:
        steady = np.where(membrane < 1, 1 / np.maximum(1 - membrane, dt), 1) / (1 - current)
        most = sum((abs(path.matrix).sum(axis=0) for path in into), 0 * ones) * abs(gain) * steady
        unit = np.full(node.size, max(WORST_SHARE * float(most.max(initial=0)), 1e-12))
    integers = []
    for parameter, factor in (("tau_syn", current), ("tau", membrane)):
        integer = np.rint(factor * 2**widths.decay).astype(np.int64) << (DECAY_FRACTION_BITS - widths.decay)
        _note(result.errors, name, f"decay of {parameter}", factor, integer / 2**DECAY_FRACTION_BITS)
        integers.append(integer)
    # the most that can arrive at once and stay in the synapse must leave the current, which would wrap around
    most = max(
        float(((sign * _sums(into, sign) * abs(gain) + abs(leak)) / unit / np.maximum(1 - current, dt)).max())
        for sign in (1, -1)
    )
    room = 2 ** (widths.membrane - 1 - MEMBRANE_SHIFT)
    mantissa = max(1, min(room >> HEADROOM_BITS, int(room / max(most, 1e-12))))
    return Target(gain, leak, unit, integers[0], integers[1], mantissa)


def _sums(paths: list[Path], sign: int) -> np.ndarray:
    """Of weights of one sign, into each neuron."""
    return sum((path.matrix.multiply(path.matrix * sign > 0).sum(axis=0) for path in paths), np.zeros(1))


def _kept(node: Node, where: str) -> Target:
    """Of a node that `nir.export.save` wrote: its integers as they were."""
    constants = saved_constants(node.metadata, where)
    ones = np.ones(node.size)
    mantissa = constants.membrane_threshold >> MEMBRANE_SHIFT
    current, membrane = (np.full(node.size, int(d)) for d in (constants.current_decay, constants.membrane_decay))
    return Target(ones, 0 * ones, mantissa * ones, current, membrane, mantissa)


def _add(network: Network, name: str, node: Node, target: Target, read: bool, result: Converted) -> None:
    """One population for all neurons, or one for each pair of decays."""
    if METADATA in node.metadata:
        constants = [saved_constants(node.metadata, name)]
        groups = np.zeros(node.size, int)
    else:
        decays = np.stack([target.current_decay, target.membrane_decay])
        pairs, groups = np.unique(decays, axis=1, return_inverse=True)
        spikes = node.kind in SPIKING
        threshold = target.mantissa << MEMBRANE_SHIFT if spikes else MEMBRANE_LIMIT
        constants = [neuron_constants(int(a), int(b), threshold, node.subtracts) for a, b in pairs.T]
    result.parts[name] = []
    for k, each in enumerate(constants):
        members = np.flatnonzero(groups.ravel() == k)
        population = name if k == 0 else f"{name}.{k}"
        network.add_neurons(population, node.shape if len(constants) == 1 else len(members), each, read)
        result.parts[name].append((population, members))


def _connect(result: Converted, path: Path, target: Target, widths: Widths, where: str) -> None:
    """The weights of a path; a weight that rounds to 0 is still a synapse."""
    network = result.network
    exact = target.gain / target.unit * target.mantissa
    matrix = scipy.sparse.csr_array(path.matrix.multiply(exact[None, :]))
    matrix.sum_duplicates()
    rounded, bits = _rounded(matrix.data, widths.weight)
    largest = max(float(np.abs(matrix.data).max(initial=0)), 1e-300)
    worst = int(np.argmax(np.abs(rounded - matrix.data))) if len(matrix.data) else 0
    if len(matrix.data):
        error = float((rounded[worst] - matrix.data[worst]) / largest)
        parameter = f"weights from {path.pre}"
        result.errors.append(Error(path.post, parameter, float(matrix.data[worst]), float(rounded[worst]), error))
    made = scipy.sparse.csr_array((rounded, matrix.indices, matrix.indptr), shape=matrix.shape)
    is_input = path.pre not in result.parts
    delay = path.delay + path.back + result.lag[path.post] - (0 if is_input else result.lag[path.pre]) + is_input
    if np.min(delay) < 1:
        result.left_out.append(f"{path.pre} to {path.post}: spikes are {int(1 - np.min(delay))} ticks late")
        delay = np.maximum(delay, 1)
    if np.max(delay) > LONGEST_DELAY:
        raise BadInput(f"{where}: {path.pre} to {path.post}: delay is {np.max(delay)}, must be at most {LONGEST_DELAY}")
    whole = np.arange(matrix.shape[0])
    for pre, rows in [(path.pre, whole)] if is_input else result.parts[path.pre]:
        for post, columns in result.parts[path.post]:
            part = made if len(rows) * len(columns) == made.shape[0] * made.shape[1] else made[rows][:, columns]
            if part.nnz:
                network.connect(pre, post, part, bits, delay=np.broadcast_to(delay, len(whole))[rows])


def _connect_biases(
    result: Converted, graph: Graph, biases: dict[str, np.ndarray], targets: dict[str, Target], widths: Widths
) -> None:
    values = {
        name: (biases[name] * target.gain + target.leak) / target.unit * target.mantissa
        for name, target in targets.items()
    }
    for name, value in values.items():
        if not np.any(value):
            continue
        lag = result.lag[name]
        source = next((each for each, late in result.biases.items() if late == lag), None)
        if source is None:
            source = BIAS if lag == 0 else f"{BIAS}.{lag}"
            if source in graph.nodes:
                source = f"{graph.name}.{source}"
            result.network.add_inputs(source, 1)
            result.biases[source] = lag
        rounded, bits = _rounded(value, widths.bias)
        _note(result.errors, name, "bias", value, rounded)
        for post, columns in result.parts[name]:
            if np.any(rounded[columns]):
                result.network.connect(source, post, rounded[columns][None, :], bits)


def _rounded(values: np.ndarray, bits: int) -> tuple[np.ndarray, int]:
    """int64: values rounded to `bits` and an exponent of all, none below 0; and the bits that they take.

    Whole numbers stay as they are where their largest power of two in common leaves no more than `WHOLE_BITS`: those of
    a network that was saved here are its own.
    """
    largest = float(np.abs(values).max(initial=0))
    step = 2 ** max(0, math.ceil(math.log2(max(largest, 1e-300) / (2 ** (bits - 1) - 1))))
    if np.array_equal(values, np.rint(values)):
        common = int(np.gcd.reduce(values.astype(np.int64))) or 1
        power = common & -common
        if largest / power < 2 ** (WHOLE_BITS - 1):
            return values.astype(np.int64), max(bits, int(largest / power).bit_length() + 1)
    return np.rint(values / step).astype(np.int64) * step, bits


def _note(errors: list[Error], node: str, parameter: str, values: np.ndarray, represented: np.ndarray) -> None:
    """The worst of many values, relative to each."""
    relative = np.where(values != 0, (represented - values) / np.where(values != 0, values, 1), represented)
    worst = int(np.argmax(np.abs(relative)))
    value, stands_for = float(values[worst]), float(represented[worst])
    errors.append(Error(node, parameter, value, stands_for, float(relative[worst])))


def neuron_constants(current_decay: int, membrane_decay: int, threshold: int, subtracts: bool = False) -> Constants:
    """The integers of neurons that do not learn."""
    values = dict.fromkeys((name for name in Constants._fields if name not in COUNTS), 0) | dict.fromkeys(COUNTS, 1)
    return Constants(**values)._replace(
        current_decay=current_decay,
        membrane_decay=membrane_decay,
        membrane_threshold=threshold,
        membrane_floor=-MEMBRANE_LIMIT + 1,
        refractory_ticks=0,
        reset_by_subtraction=int(subtracts),
    )


def saved_constants(metadata: dict, where: str) -> Constants:
    """Those of a node that `nir.export.save` wrote.

    Raises:
        BadInput: damaged.
    """
    import json

    try:
        return Constants(**json.loads(metadata[METADATA]))
    except (TypeError, ValueError) as error:
        raise BadInput(f"{where}: {METADATA} is damaged: {error}") from None
