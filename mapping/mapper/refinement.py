"""Refinement: neurons change cores, or places with each other, on the chip's own cost and within all of its limits.

What a packet costs is the chip's: links of unicast routes, links of multicast trees, or energy per router and per link.
Annealing starts from a mapping, several times where a network is small, and the best is kept.
"""

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.annealing import UNLIMITED, Cost, Limits, State, scratch, seed_compiled, state_of
from bicall.mapping.mapper.levels import finest
from bicall.mapping.mapper.multilevel import Cooling, Told, anneal, work_of
from bicall.mapping.mapper.partition import most
from bicall.mapping.mapper.routing import packet_cost
from bicall.mapping.mapper.trees import anneal_trees

WORK = 300_000_000  # list entries looked at, at least; some seconds
WORK_A_SYNAPSE = 60  # and for each synapse of a large network
SWEEPS = 4000  # of one run, at most
RUNS = 8  # at most, where one is short
TEMPERATURES = (0.3, 0.1, 1.0)  # first ones of the runs, in typical changes: the start is molten less or more
COOLED = 0.003  # last one, in parts of the first
TREE_TEMPERATURES, TREE_COOLED = (0.7,), 0.07  # on trees: one long run, and the best that was met is kept


class Stopped(KeyboardInterrupt):
    """Refinement was stopped. `core_of`: the best mapping so far, int32[nodes]."""

    def __init__(self, core_of: np.ndarray):
        super().__init__()
        self.core_of = core_of


def chip_cost(chip: Chip) -> Cost:
    """What a spike costs on a chip with unicast routes, for each core that it goes to."""
    mesh, costs = chip.mesh, chip.costs
    touch, hop = (costs.router_pj, costs.router_pj + costs.hop_pj) if chip.routing.cost == "energy" else (0.0, 1.0)
    return Cost(touch, hop, mesh.width, mesh.height, mesh.torus, chip.port)


def chip_limits(chip: Chip) -> Limits:
    """Those of each core of a chip: a core that is at fault holds nothing."""
    core = chip.core
    neurons, axons, memory = most(chip)
    # multicast: an entry an axon, wherever it goes
    out = UNLIMITED if core.out_entries == "none" or chip.routing.multicast else core.out_entries
    destinations = UNLIMITED if core.destinations == "none" else core.destinations
    limits = Limits.alike(chip.cores, neurons, core.least_neurons, axons, memory, out, destinations)
    for limit in (limits.neurons, limits.least):
        limit[list(chip.faults.cores)] = 0
    return limits


def refine(
    graph: Hypergraph, chip: Chip, core_of: np.ndarray, seed: int = 1, effort: float = 1.0, told: Told | None = None
) -> np.ndarray:
    """A mapping of the same network that costs less, or the same mapping.

    Args:
        core_of: int32[nodes], the core of each neuron, within all limits; -1 for inputs.
        effort: how much work, in parts of the usual.
        told: is called now and then.

    Returns:
        int32[nodes].

    Raises:
        Stopped: by KeyboardInterrupt, with the best mapping so far.
    """
    neurons = np.flatnonzero(~graph.is_input)
    if len(neurons) < 2 or not len(graph.targets):
        return core_of
    level, cost, limits = finest(graph, chip), chip_cost(chip), chip_limits(chip)
    start = core_of[neurons].astype(np.int32)
    room, routed = scratch(chip.cores), bool(limits.out.min() < UNLIMITED or limits.destinations < UNLIMITED)
    tree = chip.routing.multicast and chip.routing.cost == "hops"
    affordable = (
        effort * max(WORK, WORK_A_SYNAPSE * len(graph.targets)) / work_of(level, state_of(level, start, limits, cost))
    )
    sweeps = int(max(affordable, 1) if tree else min(max(affordable, 1), SWEEPS))
    runs = min(RUNS, max(1, int(affordable // sweeps)))
    scale = float(level.rate.mean()) * (cost.touch + cost.hop)
    temperatures, cooled = (TREE_TEMPERATURES, TREE_COOLED) if tree else (TEMPERATURES, COOLED)
    state: State | None = None
    best, least = start, 0.0
    refined = core_of.copy()
    try:
        for run in range(runs):
            state = state_of(level, start, limits, cost)
            first = temperatures[run % len(temperatures)] * scale * np.sqrt(len(level.targets) / level.nodes)
            seed_compiled(seed + run)

            def done_so_far(done: float, run: int = run) -> None:
                if told:
                    told((run + done) / runs)

            cooling = Cooling(sweeps, first, first * cooled, 0.0)
            if tree:
                change = anneal_trees(level, state, cost, limits, cooling, seed + run, done_so_far)
            else:
                change = anneal(level, state, cost, limits, room, cooling, seed + run, routed, done_so_far)
            if change < least:
                best, least = state.core, change
    except KeyboardInterrupt as stop:
        refined[neurons] = best
        if state is not None:
            last = core_of.copy()
            last[neurons] = state.core
            refined = min(refined, last, key=lambda each: packet_cost(graph, chip, each))
        raise Stopped(refined) from stop
    refined[neurons] = best
    return refined
