"""The published benchmarks, run: what is published beside what we reach, and peers in the same run.

A result is counted again here, from the network and the core of each neuron alone, by other code than the mapper's.
"""

import time

import numpy as np
import scipy.sparse

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.emulator.network.network import Network
from bicall.emulator.support.errors import BadInput
from bicall.mapping.benchmarks import hypergraph_file, potjans
from bicall.mapping.benchmarks.reservoir import reservoir
from bicall.mapping.chips import chip as chips
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper import multilevel
from bicall.mapping.mapper.growth import grow
from bicall.mapping.mapper.limits import TooSmall
from bicall.mapping.mapper.mapper import map_network
from bicall.mapping.mapper.partition import by_partitioner
from bicall.mapping.mapper.placement import flows, place
from bicall.mapping.mapper.routing import packet_cost

RESERVOIRS = {  # neurons: fan-out, published connectivity and seconds (AxonCUDA on a GPU; arXiv 2601.16118's authors)
    16_384: (128, 72_360.0, 0.9),
    65_536: (192, 629_264.0, 2.9),
    262_144: (256, 3_747_707.0, 24.5),
}
MULTICAST = {  # neurons and side of the mesh: published hops of HySMap, results/bench.csv, its three networks
    (80, 4): (3351.58, 3440.53, 3836.58),
    (80, 5): (4499.98, 4411.54, 4538.59),
    (80, 6): (5363.68, 5356.01, 5254.73),
    (108, 4): (5188.39, 4937.01, 5304.00),
    (108, 5): (6687.43, 7278.43, 7100.12),
    (108, 6): (7418.11, 8159.41, 7746.93),
}
SLACK = 0.15  # of the mean number of neurons on a core
RESERVOIR_EFFORT, MULTICAST_EFFORT = 4.0, 1.0
PARTITIONER_NEURONS = 20_000  # Mt-KaHyPar, as a peer, up to here


def benchmark_chip(side: int = 64, neurons: int = 1024, axons: int = 4096) -> Chip:
    """The benchmark's chip: limits of neurons and of distinct inbound axons; 1.7 pJ a router, 3.5 pJ a link."""
    return chips.with_values(
        chips.load("loihi-like"), mesh__width=side, mesh__height=side, core__neurons=neurons, core__axons=axons,
        core__synapse_bits=2**40, core__out_entries="none", routing__cost="energy", costs__router_pj=1.7,
        costs__hop_pj=3.5,
    )  # fmt: skip


def reservoir_case(neurons: int, seed: int, effort: float, fan_out: int | None = None) -> dict:
    """One reservoir partitioned on the benchmark's chip, as `partitioned` says, with what is published for its size."""
    published = RESERVOIRS.get(neurons, (fan_out or 0, None, None))
    starts, targets, rate = reservoir(neurons, fan_out or published[0], seed)
    graph = hypergraph_file.hypergraph(neurons, np.arange(neurons, dtype=np.int32), rate, starts, targets)
    found = partitioned(f"reservoir-{neurons}", graph, benchmark_chip(), effort, seed)
    return found | {"seed": seed, "published": published[1], "published_seconds": published[2]}


def partitioned(name: str, graph: Hypergraph, chip: Chip, effort: float, seed: int) -> dict:
    """A network's partition beside peers, and its energy once placed.

    Returns:
        JSON-ready: `connectivity` by method (None: does not fit), seconds by the clock and of the processor, `parts`,
        the `bound` below which no partition gets, `energy_pj` a tick, and the `tight` limits of how many parts.
    """
    began, busy = time.perf_counter(), time.process_time()
    part = multilevel.partition(graph, chip, effort, seed)
    seconds, processor = time.perf_counter() - began, time.process_time() - busy
    counted = recount(graph, chip, part)
    connectivity = {"bicall": counted["connectivity"], "hypergraph overlap order": overlap_order(graph, chip)}
    if (~graph.is_input).sum() <= PARTITIONER_NEURONS:
        try:
            peer = by_partitioner(graph, chip, -(-graph.nodes // chip.core.neurons))
            connectivity["Mt-KaHyPar"] = recount(graph, chip, peer)["connectivity"]
        except TooSmall:
            connectivity["Mt-KaHyPar"] = None
    core = place(flows(graph, chip, part, counted["parts"]), chip)[part]
    return {
        "network": name,
        "neurons": graph.nodes,
        "synapses": len(graph.targets),
        **counted,
        "connectivity": connectivity,
        "bound": bound(graph, chip),
        "seconds": seconds,
        "processor_seconds": processor,
        "energy_pj": packet_cost(graph, chip, core.astype(np.int32)),
    }


def recount(graph: Hypergraph, chip: Chip, part: np.ndarray) -> dict:
    """Connectivity and loads of a partition, counted with sparse matrices.

    Raises:
        BadInput: a limit of neurons or axons is broken.
    """
    parts = int(part.max()) + 1
    pins = graph.pins()
    ends = scipy.sparse.coo_array((np.ones(len(pins)), (pins, part[graph.targets])), shape=(graph.axons, parts)).tocsr()
    axons = np.bincount(ends.indices, minlength=parts)
    own = scipy.sparse.coo_array(
        (np.ones(graph.axons), (np.arange(graph.axons), part[graph.source])), shape=(graph.axons, parts)
    )
    touched = np.diff((ends + own.tocsr()).indptr)
    neurons = np.bincount(part, minlength=parts)
    for held, limit in ((neurons, "neurons"), (axons, "axons")):
        if held.max() > getattr(chip.core, limit):
            raise BadInput(
                f"part {held.argmax()} has {held.max()} {limit}, core.{limit} is {getattr(chip.core, limit)}"
            )
    return {
        "connectivity": float((graph.rate * (touched - 1)).sum()),
        "parts": parts,
        "tight": {
            "neurons": int((neurons >= 0.98 * chip.core.neurons).sum()),
            "axons": int((axons >= 0.98 * chip.core.axons).sum()),
        },
    }


def bound(graph: Hypergraph, chip: Chip) -> float:
    """A connectivity that no partition gets below: an axon with more neurons than cores hold touches several."""
    touching = np.diff(graph.starts) + 1 - _own(graph)
    return float((graph.rate * (-(-touching // chip.core.neurons) - 1)).sum())


def _own(graph: Hypergraph) -> np.ndarray:
    """int64[axons], 1 where an axon ends at its own source."""
    pins = graph.pins()
    return np.bincount(pins[graph.targets == graph.source[pins]], minlength=graph.axons)


def overlap_order(graph: Hypergraph, chip: Chip) -> float | None:
    """Peer: the authors' greedy idea, cores filled with the neuron that shares most inbound spikes; connectivity."""
    try:
        return recount(graph, chip, grow(graph, chip, 0.5))["connectivity"]
    except TooSmall:
        return None


def multicast_case(neurons: int, side: int, number: int, effort: float) -> dict:
    """One of HySMap's networks, 0 to 2, on its mesh with its occupancy limits.

    Returns:
        JSON-ready: `hops`, of links in the axons' trees, `published` ones, their `ratio`, and seconds.
    """
    matrix, rates = potjans.column(neurons, neurons + side + 17 * (number + 1))
    network = Network(f"potjans-{neurons}-{side}x{side}-{number + 1}")
    network.add_neurons("column", (neurons,))
    network.connect("column", "column", matrix, 8)
    network.rates = rates
    mean = neurons / side**2
    chip = chips.with_values(
        chips.load("multicast-mesh"), mesh__width=side, mesh__height=side, routing__router_entries="none",
        core__synapse_memory="list", core__synapse_bits=2**30, core__out_entries="none",
        core__neurons=int(np.ceil((1 + SLACK) * mean)), core__least_neurons=int(np.floor((1 - SLACK) * mean)),
    )  # fmt: skip
    began, busy = time.perf_counter(), time.process_time()
    mapping = map_network(network, chip, effort)
    seconds, processor = time.perf_counter() - began, time.process_time() - busy
    hops = tree_hops(matrix, rates, mapping.core_of, side)
    published = MULTICAST[neurons, side][number]
    return {
        "network": network.name,
        "synapses": int(matrix.sum()),
        "hops": hops,
        "published": published,
        "ratio": hops / published,
        "neurons_a_core": [int(mapping.loads.neurons.min()), int(mapping.loads.neurons.max())],
        "seconds": seconds,
        "processor_seconds": processor,
        "bound": float((rates * (_cores_touched(matrix, mapping.core_of) - 1)).sum()),
    }


def _cores_touched(matrix: np.ndarray, core_of: np.ndarray) -> np.ndarray:
    return np.array([len({*core_of[row].tolist(), int(core_of[n])}) for n, row in enumerate(matrix)])


def tree_hops(matrix: np.ndarray, rates: np.ndarray, core_of: np.ndarray, side: int) -> float:
    """Spikes times links in the union of the XY paths, each link written down."""
    total = 0.0
    for neuron, row in enumerate(matrix):
        links = set()
        for target in np.flatnonzero(row):
            x, y = core_of[neuron] % side, core_of[neuron] // side
            goal_x, goal_y = core_of[target] % side, core_of[target] // side
            while (x, y) != (goal_x, goal_y):
                step = (np.sign(goal_x - x), 0) if x != goal_x else (0, np.sign(goal_y - y))
                links.add((int(x), int(y), *map(int, step)))
                x, y = x + step[0], y + step[1]
        total += rates[neuron] * len(links)
    return float(total)


def file_case(path: str, chip: Chip, effort: float, seed: int) -> dict:
    """A user's own copy of one of the benchmark's networks."""
    graph = hypergraph_file.load(path)
    return partitioned(path, graph, chip, effort, seed) | {"published": None, "published_seconds": None, "seed": seed}
