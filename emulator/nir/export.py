"""Our networks as NIR graphs, for other tools."""

import json
import os

import numpy as np

from bicall.emulator.network.network import DIRECT, PLASTIC, Network, Population, Projection
from bicall.emulator.nir.integers import METADATA
from bicall.emulator.rule.constants import DECAY_FRACTION_BITS, MEMBRANE_SHIFT
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside

TICK = 1e-3  # seconds


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
    constants = network.populations[projection.post].constants_in("fixed")
    first = next(first for each, first in network.layer_axons(projection.post) if each is projection)
    h = network.started.plastic_layers[projection.post].h[first : first + projection.matrix.shape[0]]
    weights = np.where(h > constants.h_threshold, constants.weight_high, constants.weight_low)
    return weights * (projection.matrix.toarray() != 0)
