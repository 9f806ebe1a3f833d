"""What a trained network would cost on the smallest shipped chip that holds it."""

import numpy as np

from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.graph import network_of
from bicall.emulator.digits.presentation import TEST, input_spikes, timing
from bicall.emulator.encoders.encoder import Trains
from bicall.mapping.configuration.configuration import configure
from bicall.mapping.machine.estimates import activity_at_rates, estimates
from bicall.mapping.mapper.mapper import map_network, smallest_chip

SAMPLES = 100  # test samples that spike rates come from


def cost(network: Classifier, data: Data) -> dict:
    """Cores, cycles and energy of answering a sample, at the rates of the first test samples.

    Returns:
        JSON-ready: `text` in a sentence; chip, cores, cycles and energy_pj (None where a chip claims no energies) of a
        sample; all but the text are None if no shipped chip holds it.
    """
    graph = network_of(network)
    graph.rates = _rates(network, data)
    chip = smallest_chip(graph)
    if chip is None:
        return {"chip": None, "cores": None, "cycles": None, "energy_pj": None, "text": "no shipped chip holds it"}
    mapping = map_network(graph, chip)
    configuration = configure(mapping.graph, chip, mapping.core_of)
    found = estimates(activity_at_rates(mapping.graph, configuration, network.seed), chip)
    ticks = timing(network.description, TEST).ticks
    cores, cycles = int((mapping.loads.neurons > 0).sum()), ticks * found["cycles"]
    energy = None if found["energy_pj"] is None else ticks * found["energy_pj"]["total"]
    claimed = "" if energy is None else f" and {energy / 1e6:,.3g} uJ"
    text = f"on {chip.name}, the smallest shipped chip that holds it: {cores} cores, {cycles:,.0f} cycles a sample"
    text += claimed
    return {"chip": chip.name, "cores": cores, "cycles": cycles, "energy_pj": energy, "text": text}


def _rates(network: Classifier, data: Data) -> np.ndarray:
    """float64[nodes], spikes a tick of inputs, teachers (none) and outputs."""
    count = min(SAMPLES, len(data.test.labels))
    when, active = timing(network.description, TEST), network.encode(data.test.samples[:count])
    inputs = np.zeros(network.encoder.inputs)
    for k in range(count):
        one = active[k : k + 1] if isinstance(active, Trains) else active[k]
        sources = input_spikes(one, when, network.seed, TEST, k).sources
        inputs += np.bincount(sources, minlength=len(inputs))
    outputs = network.test(active)[0].sum(axis=0)
    return np.concatenate([inputs, np.zeros(len(outputs)), outputs]) / (count * when.ticks)
