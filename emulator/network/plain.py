"""The plain loop of a network: the tick contract of docs/specification.md, population by population.

This is the reference. Every faster or other backend must equal it bit for bit. Keep it slow and obviously right.
"""

import numpy as np

from bicall.emulator.network.network import DIRECT, FIXED, Network, Population, Projection
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.spikes import Spikes, recent_spikes, run_length
from bicall.emulator.rule import plain
from bicall.emulator.rule.state import LayerState, SpikeTrain


def run(
    network: Network,
    inputs: Spikes,
    learning: bool = True,
    recorder: PopulationRecorder | None = None,
    drive: dict[str, np.ndarray] | None = None,
    learns: dict[str, np.ndarray] | None = None,
) -> Spikes:
    """Run a started network over the ticks of its inputs. Arguments, result and errors: `bicall.run`."""
    drive, learns = {} if drive is None else drive, {} if learns is None else learns
    state, before = network.started, network.remembered_ticks
    ticks = run_length(network, inputs, drive, learns)
    # what every node did, in the ticks that may still matter and in those of the run
    history = np.zeros((before + ticks, network.nodes), bool)
    for name, population in network.populations.items():
        spikes = recent_spikes(state, name, before).dense(population.size)
        if population.is_input:
            spikes = np.concatenate([spikes, inputs.get(name, SpikeTrain.silent(ticks)).dense(population.size)])
        history[: len(spikes), population.nodes] = spikes
    arithmetics = {
        population.name: plain.arithmetic_of(population.constants_in(state.arithmetic), state.seed)
        for population in network.neuron_populations
    }

    for k in range(before, before + ticks):
        state.tick += 1
        for population in network.neuron_populations:
            name, layer = population.name, state.layers[population.name]
            arithmetic = arithmetics[name]
            taught = _taught(network, population, history, k)
            more = _fixed_input(network, population, history, k, arithmetic)
            if name in drive:
                more = more + drive[name][k - before]
            if isinstance(layer, LayerState):
                arrived = np.concatenate([_arrived(network, each, history, k) for each in network.plastic_inputs(name)])
                fired = plain.tick(arithmetic, layer, arrived, taught, more, learning, learns.get(name))
            else:
                arrived = np.zeros(0, bool)
                fired = plain.integrate_and_fire(arithmetic, layer, taught * arithmetic.c.teacher_weight + more)
            history[k, population.nodes] = fired
            if recorder:
                recorder.take(state.tick, name, layer, arrived, fired)

    trains = {
        name: SpikeTrain.from_dense(history[:, population.nodes]) for name, population in network.populations.items()
    }
    state.recent = {name: train.last(before) for name, train in trains.items()}
    return {population.name: trains[population.name].last(ticks) for population in network.neuron_populations}


def _arrived(network: Network, projection: Projection, history: np.ndarray, k: int) -> np.ndarray:
    """bool[pre], the sources whose spikes a projection brings in tick k of the history."""
    pre = network.populations[projection.pre]
    sent = k - projection.delays + pre.is_input  # a spike of an input arrives a tick sooner
    arrived: np.ndarray = history[sent, np.arange(pre.size) + pre.first]
    return arrived


def _taught(network: Network, population: Population, history: np.ndarray, k: int) -> np.ndarray:
    """bool[post], the neurons that any direct event reaches."""
    taught = np.zeros(population.size, bool)
    for projection in network.inputs_of(population.name, DIRECT):
        taught |= (_arrived(network, projection, history, k) @ projection.matrix.astype(bool)) > 0
    return taught


def _fixed_input(
    network: Network, population: Population, history: np.ndarray, k: int, arithmetic: plain.Arithmetic
) -> np.ndarray:
    """[post], the sum of fixed weights: projection by projection, source by source, which matters in float."""
    is_fixed = isinstance(arithmetic, plain.FixedPoint)
    total = np.zeros(population.size, np.int64 if is_fixed else np.float64)
    for projection in network.inputs_of(population.name, FIXED):
        rows = projection.matrix
        for source in np.flatnonzero(_arrived(network, projection, history, k)):
            synapses = slice(rows.indptr[source], rows.indptr[source + 1])
            total[rows.indices[synapses]] += rows.data[synapses]
    # float counts in thresholds
    return total if is_fixed else total / population.mantissa
