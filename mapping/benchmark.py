"""The mapper beside others on the same networks and chips, with the same cost: spike-hops a tick, every limit checked.

Peers run in their own environment (peers/mapping): METIS partitions, rig places. Their partitions know nothing of axons
and memory, so what breaks a limit is moved on by our own repair; a peer may also place our baseline's slices.
"""

import subprocess
import time
from collections.abc import Callable
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from emulator import datasets
from emulator.errors import BadInput
from mapping import chip as chips
from mapping import generators, workloads
from mapping.chip import Chip
from mapping.limits import TooSmall, ends
from mapping.mapper import Mapping, evaluate, fewer_where_too_many, map_network, slices
from mapping.network import Hypergraph, Network
from mapping.partition import fill
from mapping.placement import in_rows

SCRIPTS = Path(__file__).parent.parent / "peers" / "mapping"
PLACERS = ("hilbert", "rcm", "breadth-first", "annealing")


def digits(name: str) -> Network:
    """A digits network with rates measured on three images."""
    return workloads.load(name, datasets.load(), 3, 1).network


CASES: dict[str, tuple[Callable[[], Network], Callable[[], Chip]]] = {
    "digits-256": (lambda: digits("digits-256"), lambda: chips.load("small-mesh")),
    "digits-v1-conv": (lambda: digits("digits-v1-conv"), lambda: chips.load("wide-mesh")),
    "lenet": (lambda: generators.lenet(1), lambda: chips.load("loihi-like")),
    "local-1024": (lambda: generators.local_sheet(1024, 30, 2.0, 1), lambda: chips.load("wide-mesh")),
    "small-world-1000": (lambda: generators.small_world(1000, 40, 0.1, 1), lambda: chips.load("wide-mesh")),
    "column-1000": (lambda: generators.cortical_column(1000, 0.02, 1), lambda: chips.load("wide-mesh")),
    "random-1000": (lambda: generators.sparse_random(1000, 20, 1), lambda: chips.load("wide-mesh")),
}
DENSE = ("digits-256",)  # all to all: nothing in it for a partition to find


def compare(network: Network, chip: Chip, python: str | None) -> dict:
    """Spike-hops a tick of the mapper, of built-in baselines and of peers.

    Args:
        python: of the peers' environment; None: no peers.

    Returns:
        JSON-ready: the network's size, `hops` by method (None where a limit is broken for good), processor `seconds`
        of the mapper, `best_peer`, `ratio` of the best peer to the mapper.
    """
    graph = network.hypergraph()
    start = time.process_time()
    ours = map_network(network, chip)
    seconds = time.process_time() - start
    hops = {"bicall": ours.spike_hops}

    def add(name: str, partition, placing) -> Mapping | None:
        try:
            found = fewer_where_too_many(network, graph, chip, partition, placing)
        except TooSmall:
            found = None
        hops[name] = found and found.spike_hops
        return found

    add("slices, in rows", slices, lambda flow, chip: in_rows(flow.shape[0] - 1))
    rng = np.random.default_rng(1)
    add("slices, at random", slices, lambda flow, chip: rng.permutation(chip.cores)[: flow.shape[0] - 1])
    own = list(hops)
    if python is not None:
        blocks = metis_blocks(graph, chip, python)
        neurons = np.flatnonzero(~graph.is_input)

        def metis(graph: Hypergraph, chip: Chip) -> np.ndarray:
            return fill(graph, chip, neurons[np.argsort(blocks, kind="stable")].astype(np.int32), np.sort(blocks))

        for name, partition in (("slices", slices), ("METIS", metis)):
            try:
                part = fewer_where_too_many(
                    network, graph, chip, partition, lambda flow, chip: in_rows(flow.shape[0] - 1)
                ).core_of
            except TooSmall:
                continue
            for placer, core in rig_places(graph, chip, part, python).items():
                core_of = np.where(part >= 0, core[part], -1).astype(np.int32)
                hops[f"{name}, rig {placer}"] = evaluate(network, graph, chip, core_of).spike_hops
    peers = {name: cost for name, cost in hops.items() if name not in own and cost is not None}
    best = min(peers, key=peers.get) if peers else None
    return {
        "network": network.name,
        "neurons": network.neurons,
        "synapses": network.synapses,
        "chip": f"{chip.name} {chip.mesh.width} x {chip.mesh.height}",
        "cores": int((ours.loads.neurons > 0).sum()),
        "hops": hops,
        "seconds": seconds,
        "best_peer": best,
        "ratio": peers[best] / ours.spike_hops if best else None,
    }


def geometric_mean(ratios: list[float]) -> float:
    return prod(ratios) ** (1 / len(ratios))


def metis_blocks(graph: Hypergraph, chip: Chip, python: str) -> np.ndarray:
    """int64[neurons], METIS' block of each neuron, as few blocks as the cores' neurons allow (with 5 % to spare)."""
    neurons = np.flatnonzero(~graph.is_input)
    number = np.full(graph.nodes, -1)
    number[neurons] = np.arange(len(neurons))
    pins = graph.pins()
    source, target = number[graph.source[pins]], number[graph.targets]
    inside = source >= 0
    weight = 1 + np.rint(1000 * graph.rate[pins] / graph.rate.max()).astype(np.int64)
    parts = min(chip.cores, -(-len(neurons) * 105 // (100 * chip.core.neurons)))
    return _run(python, "partition.py", neurons=len(neurons), parts=parts, source=source[inside],
                target=target[inside], weight=weight[inside])["part"]  # fmt: skip


def rig_places(graph: Hypergraph, chip: Chip, part: np.ndarray, python: str) -> dict[str, np.ndarray]:
    """int64[parts], the core of each part, by rig's placers."""
    parts = int(part.max()) + 1
    where = ends(graph, part, parts, chip)
    axon = where.axons()
    source = np.concatenate([part[graph.source[axon]], part[graph.source[graph.read]]])
    target = np.concatenate([where.cores, np.full(graph.read.sum(), parts)])
    rate = np.concatenate([graph.rate[axon], graph.rate[graph.read]])
    key, place = np.unique(np.where(source < 0, parts, source) * (parts + 1) + target, return_inverse=True)
    return _run(python, "place.py", width=chip.mesh.width, height=chip.mesh.height, port=chip.port, parts=parts,
                source=key // (parts + 1), target=key % (parts + 1), weight=np.bincount(place, rate))  # fmt: skip


def _run(python: str, script: str, **problem) -> dict[str, np.ndarray]:
    with TemporaryDirectory() as folder:
        given, found = Path(folder) / "problem.npz", Path(folder) / "result.npz"
        np.savez(given, **problem)
        try:
            done = subprocess.run([python, SCRIPTS / script, given, found], capture_output=True, text=True)
        except OSError as error:
            raise BadInput(f"peers' python {python}: {error.strerror}") from None
        if done.returncode:
            raise BadInput(f"peers' {script}: {done.stderr.strip().splitlines()[-1]}")
        with np.load(found) as result:
            return dict(result)
