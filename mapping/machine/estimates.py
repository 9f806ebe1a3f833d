"""Time and energy of a mapped network, from what happened on its mesh."""

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.mapping.chips.chip import Chip
from bicall.mapping.configuration.configuration import Configuration
from bicall.mapping.machine.mesh import Activity, Mesh

DRAWN_TICKS = 100


def activity_at_rates(graph: Hypergraph, configuration: Configuration, seed: int) -> Activity:
    """The activity over some ticks of a network that is not run: all nodes spike at random, at their rates."""
    rng, mesh = np.random.default_rng(seed), Mesh(configuration)
    rates = np.zeros(graph.nodes)
    rates[graph.source] = graph.rate
    helper = graph.part_of != np.arange(graph.nodes)
    fired = np.zeros(0, np.int64)
    for tick in range(1, DRAWN_TICKS + 1):
        spikes = rng.random(graph.nodes) < rates
        mesh.begin_tick(tick, np.concatenate([fired, np.flatnonzero(spikes & graph.is_input)]))
        summed = np.flatnonzero(spikes & helper)
        mesh.add(summed, np.ones(len(summed), np.int64))
        fired = np.flatnonzero(spikes & ~graph.is_input & ~helper)
        mesh.end_tick(len(fired))
    return mesh.activity


def estimates(activity: Activity, chip: Chip) -> dict:
    """Figures a tick: JSON-ready.

    Returns:
        `ticks` that they are from; `spikes`, `packets`, `hops`, `synaptic_events` a tick; `cycles` a tick and
        `longest_tick`; `waited`, cycles a packet waits at links; `busiest_link`, the most packets over one link in one
        tick; `energy_pj` a tick, in all and by what takes it, with the sources of the chip's figures; None where a chip
        claims no energies.
    """
    costs, ticks = chip.costs, max(1, activity.ticks)
    energy = {
        "spikes": activity.spikes * costs.spike_pj / ticks,
        "hops": activity.hops * costs.hop_pj / ticks,
        "synapses": activity.synaptic_events * costs.synapse_pj / ticks,
    }
    claimed = costs.spike_pj + costs.hop_pj + costs.synapse_pj > 0
    return {
        "ticks": activity.ticks,
        "spikes": activity.spikes / ticks,
        "packets": activity.packets / ticks,
        "hops": activity.hops / ticks,
        "synaptic_events": activity.synaptic_events / ticks,
        "cycles": activity.cycles / ticks,
        "longest_tick": activity.longest_tick,
        "waited": activity.waited / max(1, activity.packets),
        "busiest_link": activity.busiest_link,
        "energy_pj": {**energy, "total": sum(energy.values())} if claimed else None,
        "sources": {"energy": costs.source, "cycles": costs.cycles_source},
    }
