"""The mapper beside others on the same networks and chips, with the same cost: spike-hops a tick, every limit checked.

Peers know nothing of some of our chips' limits, so what breaks one is moved on by our own repair, with the peer's order
of neurons; a peer may also place our baseline's slices.
"""

import time
from collections.abc import Callable
from math import prod

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph, hypergraph_of
from bicall.emulator.network.network import Network
from bicall.mapping import workloads
from bicall.mapping.benchmarks import generators
from bicall.mapping.benchmarks.peers import loihi_cores, metis_blocks, optimum, rig_places, simulated
from bicall.mapping.chips import chip as chips
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.limits import TooSmall
from bicall.mapping.mapper.mapper import evaluate, fewer_where_too_many, map_network, slices
from bicall.mapping.mapper.partition import fill
from bicall.mapping.mapper.placement import in_rows

LARGE = 2_000_000  # synapses from which on nengo-loihi, which loops over them in Python, is left out


def digits(name: str) -> Network:
    """A digits network with rates measured on three images."""
    return workloads.load(name, None, 3, 1).network


def _loihi(side: int = 8) -> Chip:
    return chips.with_values(chips.load("loihi-like"), mesh__width=side, mesh__height=side)


def _wide() -> Chip:
    return chips.load("wide-mesh")


def _tiny(side: int) -> Chip:
    """Four neurons a core: small enough for an exact optimum."""
    return chips.with_values(_loihi(side), core__neurons=4)


CASES: dict[str, tuple[Callable[[], Network], Callable[[], Chip]]] = {
    "digits-256": (lambda: digits("digits-256"), lambda: chips.load("small-mesh")),
    "digits-pools": (lambda: digits("digits-pools"), _wide),
    "digits-pools-patch": (lambda: digits("digits-pools-patch"), _wide),
    "digits-v1-conv": (lambda: digits("digits-v1-conv"), _wide),
    "lenet": (lambda: generators.lenet(1), _loihi),
    "local-1024": (lambda: generators.local_sheet(1024, 30, 2.0, 1), _wide),
    "small-world-1000": (lambda: generators.small_world(1000, 40, 0.1, 1), _wide),
    "column-1000": (lambda: generators.cortical_column(1000, 0.02, 1), _wide),
    "random-1000": (lambda: generators.sparse_random(1000, 20, 1), _wide),
    "local-10000": (lambda: generators.local_sheet(10_000, 60, 3.0, 1), _loihi),
    "small-world-10000": (lambda: generators.small_world(10_000, 40, 0.1, 1), _loihi),
    "column-10000": (lambda: generators.cortical_column(10_000, 0.02, 1), lambda: _loihi(16)),
    "local-100000": (lambda: generators.local_sheet(100_000, 107, 8.0, 1), lambda: _loihi(32)),
}
DENSE = ("digits-256", "digits-pools")  # all to all: nothing in it for a partition to find
SMALL_CASES: dict[str, tuple[Callable[[], Network], Callable[[], Chip]]] = {
    "digits-256": (lambda: digits("digits-256"), lambda: chips.load("small-mesh")),
    "local-16": (lambda: generators.local_sheet(16, 4, 0.8, 1), lambda: _tiny(2)),
    "small-world-16": (lambda: generators.small_world(16, 4, 0.1, 1), lambda: _tiny(2)),
    "random-16": (lambda: generators.sparse_random(16, 3, 1), lambda: _tiny(2)),
    "local-16, 3 x 3": (lambda: generators.local_sheet(16, 4, 0.8, 1), lambda: _tiny(3)),
    "small-world-24, 3 x 3": (lambda: generators.small_world(24, 4, 0.1, 1), lambda: _tiny(3)),
    "random-24, 3 x 3": (lambda: generators.sparse_random(24, 3, 1), lambda: _tiny(3)),
}
OPTIMUM_SECONDS = 30.0
SIMULATED = (
    "local-1024",
    "small-world-1000",
    "column-1000",
    "random-1000",
)  # SANA-FE has no port for inputs
SIMULATED_TICKS = 100


def compare(network: Network, chip: Chip, python: str | None, effort: float = 1.0) -> dict:
    """Spike-hops a tick of the mapper, of built-in baselines and of peers.

    Args:
        python: of the peers' environment; None: no peers.
        effort: of the mapper.

    Returns:
        JSON-ready: the network's size, `hops` by method (None where a limit is broken for good), processor `seconds`
        of the mapper, `best_peer`, `ratio` of the best peer to the mapper.
    """
    start = time.process_time()
    ours = map_network(network, chip, effort)
    seconds = time.process_time() - start
    graph = hypergraph_of(network)
    hops: dict[str, float | None] = {"bicall": ours.spike_hops}

    def add(name: str, partition, placing=_rows) -> np.ndarray | None:
        """Its mapping, or None."""
        try:
            found = fewer_where_too_many(network, graph, chip, partition, placing)
        except TooSmall:
            hops[name] = None
            return None
        hops[name] = found.spike_hops
        return found.core_of

    rows = add("slices, in rows", slices)
    rng = np.random.default_rng(1)
    add("slices, at random", slices, lambda flow, chip: rng.permutation(chip.cores)[: flow.shape[0] - 1])
    own = list(hops)
    if python is not None:
        metis = add("METIS, in rows", _in_order_of(metis_blocks(graph, chip, python)))
        for name, part in (("slices", rows), ("METIS", metis)):
            if part is None:
                continue
            for placer, core in rig_places(graph, chip, part, python).items():
                core_of = np.where(part >= 0, core[part], -1).astype(np.int32)
                hops[f"{name}, rig {placer}"] = evaluate(network, graph, chip, core_of).spike_hops
        if chip.name == "loihi-like" and len(graph.targets) < LARGE:  # its blocks are made for Loihi's limits
            neurons = np.flatnonzero(~graph.is_input)
            for name, core in loihi_cores(network, chip, python).items():
                core_of = np.full(graph.nodes, -1, np.int32)
                core_of[neurons] = core
                try:
                    hops[f"nengo-loihi {name}"] = evaluate(network, graph, chip, core_of).spike_hops
                except TooSmall:
                    add(f"nengo-loihi {name}", _in_order_of(core))
    peers = {name: cost for name, cost in hops.items() if name not in own and cost is not None}
    best = min(peers, key=lambda name: peers[name]) if peers else None
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


def _rows(flow, chip: Chip) -> np.ndarray:
    return in_rows(flow.shape[0] - 1, chip)


def _in_order_of(blocks: np.ndarray) -> Callable[[Hypergraph, Chip], np.ndarray]:
    """The partition that fills cores block by block, int64[neurons]."""

    def partition(graph: Hypergraph, chip: Chip) -> np.ndarray:
        neurons = np.flatnonzero(~graph.is_input)
        return fill(graph, chip, neurons[np.argsort(blocks, kind="stable")].astype(np.int32), np.sort(blocks))

    return partition


def gap(name: str, network: Network, chip: Chip, python: str) -> dict:
    """The mapper beside the exact optimum.

    Returns:
        JSON-ready: `hops` of the mapper, `best` of CP-SAT, the `bound`, whether `best` is `optimal`, and `ratio` of the
        mapper to the better of both.
    """
    graph = hypergraph_of(network)
    ours = map_network(network, chip)
    core_of, bound = optimum(graph, chip, python, OPTIMUM_SECONDS)
    best = evaluate(network, graph, chip, core_of).spike_hops
    return {
        "case": name,
        "hops": ours.spike_hops,
        "best": best,
        "bound": bound,
        "optimal": bool(best <= bound * (1 + 1e-3)),
        "ratio": ours.spike_hops / min(best, ours.spike_hops),
    }


def simulate(network: Network, chip: Chip, python: str) -> dict:
    """Energy and time by SANA-FE of ours, the baseline and METIS' partition in rows, under the same random spikes.

    Returns:
        JSON-ready: `network`, and for each mapping what `mapping.benchmarks.peers.simulated` says.
    """
    graph = hypergraph_of(network)

    def in_rows_of(partition) -> np.ndarray:
        return fewer_where_too_many(network, graph, chip, partition, _rows).core_of

    mappings = {
        "bicall": map_network(network, chip).core_of,
        "slices, in rows": in_rows_of(slices),
        "METIS, in rows": in_rows_of(_in_order_of(metis_blocks(graph, chip, python))),
    }
    spikes = np.random.default_rng(1).random((SIMULATED_TICKS, graph.nodes)) < network.rates
    return {"network": network.name, "mappings": simulated(graph, chip, mappings, spikes, python)}


def geometric_mean(ratios: list[float]) -> float:
    return prod(ratios) ** (1 / len(ratios))
