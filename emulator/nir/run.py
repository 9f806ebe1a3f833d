"""A graph's network at work on the graph's own inputs, step for step beside the graph in float."""

from collections.abc import Callable, Iterable

import numpy as np

from bicall.emulator.network import compiled
from bicall.emulator.network.network import FIXED, Network
from bicall.emulator.network.spikes import Spikes
from bicall.emulator.nir import reference
from bicall.emulator.nir.graph import INPUT, SPIKING, Graph
from bicall.emulator.nir.integers import Converted
from bicall.emulator.nir.reference import Sent
from bicall.emulator.rule import plain
from bicall.emulator.rule.state import LifState, SpikeTrain
from bicall.emulator.support.errors import BadInput

AT_ONCE = 50  # samples side by side in float


def trains(converted: Converted, inputs: dict[str, np.ndarray]) -> dict[str, SpikeTrain]:
    """What goes into the network for one sample: its spikes, and silence until the last layer has seen the last one.

    Args:
        inputs: of each Input node, bool[steps, size].
    """
    steps = len(next(iter(inputs.values())))
    late = max(converted.lag.values(), default=0)
    made = {
        name: SpikeTrain.from_dense(np.concatenate([spikes, np.zeros((late, spikes.shape[1]), bool)]))
        for name, spikes in inputs.items()
    }
    for name, silent in converted.biases.items():
        made[name] = SpikeTrain.from_dense((np.arange(steps + late) >= silent)[:, None])
    return made


def run_integers(
    converted: Converted, inputs: dict[str, np.ndarray], loop: Callable[..., Spikes] = compiled.run
) -> Sent:
    """Run the network on one sample, from rest.

    Args:
        inputs: of each Input node, bool[steps, size].
        loop: `network.compiled.run`, or another that equals it.

    Returns:
        Of each node of neurons, [steps, size]: 0 or 1, or the values of its membrane; in the graph's own steps.
    """
    network = converted.network
    if network.state is None:
        network.start()
    network.reset()
    given = trains(converted, inputs)
    fired = loop(network, given, learning=False)
    steps = len(next(iter(inputs.values())))
    sent = {}
    for node, parts in converted.parts.items():
        lag = converted.lag[node]
        values = np.zeros((steps, sum(len(members) for _, members in parts)))
        for population, members in parts:
            if node in converted.units:
                values[:, members] = membranes(network, population, given | fired)[lag : lag + steps]
            else:
                values[:, members] = fired[population].dense(len(members))[lag : lag + steps]
        sent[node] = values * converted.units.get(node, 1.0)
    return sent


def membranes(network: Network, name: str, spikes: Spikes) -> np.ndarray:
    """int32[ticks, neurons], after each tick from rest on, of a population with fixed weights, from all spikes.

    A recorder would see the same, but loops that are recorded go tick by tick.
    """
    population = network.populations[name]
    ticks = spikes[name].ticks
    arriving = np.zeros((ticks, population.size), np.int64)
    for projection in network.inputs_of(name, FIXED):
        pre = network.populations[projection.pre]
        sent = spikes[projection.pre].dense(pre.size).astype(np.int64)
        for delay in np.unique(projection.delays):
            late, rows = int(delay) - pre.is_input, projection.delays == delay
            arriving[late:] += sent[: ticks - late, rows] @ projection.matrix[rows]
    constants = population.constants_in("fixed")
    arithmetic, state = plain.arithmetic_of(constants, 0), LifState.rest(population.size, constants)
    found = np.zeros((ticks, population.size), np.int32)
    for k in range(ticks):
        plain.integrate_and_fire(arithmetic, state, arriving[k])
        found[k] = state.membrane
    return found


def compare(
    graph: Graph,
    converted: Converted,
    spikes: Callable[[int], dict[str, np.ndarray]],
    labels: np.ndarray,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> dict:
    """Run a graph in float and in integers on the same spikes.

    Args:
        spikes: gives those of a sample: of each Input node, bool[steps, size].
        labels: int64[samples], the classes; empty: unknown, and one sample is run.
        progress: takes the samples' numbers, and gives them back one by one.

    Returns:
        JSON-ready: `samples`, `steps`; by node of neurons that spike, `spikes` in both and `equal` (% of neuron-steps);
        `accuracy` (%) of both, and `same` (% of equal answers); None without labels. An answer is the output whose sum
        over the steps is largest.

    Raises:
        BadInput: labels for which the output has too few values.
    """
    output = _output(graph, converted)
    size = graph.nodes[output].size
    if len(labels) and labels.max() >= size:
        raise BadInput(
            f"network {graph.name}: output has {size} values, must have at least {labels.max() + 1}, a class each"
        )
    samples = max(1, len(labels))
    counts = {name: np.zeros(4) for name in graph.of_kind(*SPIKING)}  # neuron-steps, equal, spikes of both
    answers: dict[str, list[int]] = {"float": [], "integers": []}
    steps = 0
    waiting: list[dict[str, np.ndarray]] = []
    for n in progress(range(samples)):
        waiting.append(spikes(n))
        steps = len(next(iter(waiting[-1].values())))
        if len(waiting) < AT_ONCE and n < samples - 1:
            continue
        exact = reference.run(
            graph, {name: np.stack([one[name] for one in waiting], axis=1) * 1.0 for name in waiting[0]}
        )
        for k, one in enumerate(waiting):
            rounded = run_integers(converted, one)
            for name, count in counts.items():
                a, b = exact[name][:, k], rounded[name]
                count += np.array([a.size, np.count_nonzero(a == b), a.sum(), b.sum()])
            answers["float"].append(int(exact[output][:, k].sum(axis=0).argmax()))
            answers["integers"].append(int(rounded[output].sum(axis=0).argmax()))
        waiting.clear()
    known = {key: np.array(each) for key, each in answers.items()}
    return {
        "samples": samples,
        "steps": steps,
        "nodes": {
            name: {
                "equal": float(100 * count[1] / count[0]),
                "float_spikes": int(count[2]),
                "integer_spikes": int(count[3]),
            }
            for name, count in counts.items()
        },
        "accuracy": {key: 100 * float(np.mean(each == labels)) for key, each in known.items()} if len(labels) else None,
        "same": 100 * float(np.mean(known["float"] == known["integers"])),
    }


def _output(graph: Graph, converted: Converted) -> str:
    if not converted.outputs:
        raise BadInput(f"network {graph.name}: has no neurons that go to an Output node, must have some")
    return converted.outputs[-1]


def random_spikes(graph: Graph, steps: int, rate: float, seed: int, sample: int) -> dict[str, np.ndarray]:
    """Spikes at random for each Input node, bool[steps, size]: `rate` a step."""
    rng = np.random.Generator(np.random.PCG64([seed, sample]))
    return {name: rng.random((steps, graph.nodes[name].size)) < rate for name in network_inputs(graph)}


def network_inputs(graph: Graph) -> list[str]:
    """The Input nodes to which nothing leads."""
    return [name for name in graph.of_kind(INPUT) if not graph.inputs_of[name]]
