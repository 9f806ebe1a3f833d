"""How good a mapping is: what no mapping gets below, what this partition cannot, and what stands in the way."""

import numpy as np

from bicall.mapping.mapper.limits import ends
from bicall.mapping.mapper.mapper import Mapping
from bicall.mapping.mapper.routing import with_port

TIGHT = 0.98  # of a limit, from where on a core has no room left


def quality(mapping: Mapping) -> dict:
    """Connectivity, bounds and tight limits: JSON-ready.

    Returns:
        `connectivity`: spikes a tick times cores beyond the first that their axon touches;
        `connectivity_bound`: below which no partition gets, as a core holds only so many of the neurons that an axon
        touches; `hops_bound`: below which no mapping gets, as those cores lie at least so far; `placement_bound`: the
        hops below which no placement of this partition gets, as the cores that an axon touches lie around its source at
        best; `gap`: hops over that one, None where it is 0; `tight`: for each limit, how many cores have no room left.
    """
    graph, chip, core_of = mapping.graph, mapping.chip, mapping.core_of
    where = with_port(graph, chip, ends(graph, core_of, chip.cores, chip))
    home = np.where(core_of < 0, chip.port, core_of)[graph.source]
    axon = where.axons()
    at_home = np.zeros(graph.axons, bool)
    at_home[axon[where.cores == home[axon]]] = True
    key = np.unique(axon * np.int64(chip.cores) + where.cores)  # the port may be an end twice
    others = np.bincount(key // chip.cores, minlength=graph.axons) - at_home
    pins = graph.pins()
    own = np.bincount(pins[graph.targets == graph.source[pins]], minlength=graph.axons) > 0
    inside = ~graph.is_input[graph.source]
    touched = np.diff(graph.starts) + (inside & ~own)
    least = np.maximum(-(-touched // chip.core.neurons) - 1, 0)
    near = 1 if chip.routing.multicast else 4  # cores at a distance of one, of two ...; a tree has a link for each core
    most = int(max(others.max(initial=0), least.max(initial=0))) + 1
    ring = np.ones(most) if near == 1 else np.repeat(np.arange(1, most + 1), 4 * np.arange(1, most + 1))[:most]
    hops = np.concatenate([[0], np.cumsum(ring)])
    placed = float((graph.rate * hops[others]).sum())
    loads, used = mapping.loads, mapping.loads.neurons > 0
    tight = {
        limit: int((getattr(loads, limit)[used] >= TIGHT * getattr(chip.core, limit)).sum())
        for limit in loads._fields
        if getattr(chip.core, limit) != "none"
    }
    return {
        "connectivity": float((graph.rate * others).sum()),
        "connectivity_bound": float((graph.rate * least).sum()),
        "hops_bound": float((graph.rate * hops[least]).sum()),
        "placement_bound": placed,
        "gap": mapping.spike_hops / placed if placed else None,
        "tight": tight,
    }
