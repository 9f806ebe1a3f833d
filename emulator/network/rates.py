"""Spike rates of a network's nodes, by which a mapper weights its axons."""

from collections.abc import Iterable

import numpy as np

from bicall.emulator.network import compiled
from bicall.emulator.network.network import Network
from bicall.emulator.network.spikes import Spikes


def measure_rates(network: Network, samples: Iterable[Spikes]) -> None:
    """Set a started network's rates to those of a run on some samples, learning on; its state stays as it is."""
    running = network.copy()
    spikes, ticks = np.zeros(network.nodes), 0
    for sample in samples:
        running.reset()
        for name, train in (sample | compiled.run(running, sample)).items():
            population = network.populations[name]
            spikes[population.nodes] += np.bincount(train.last(train.ticks).sources, minlength=population.size)
        ticks += next(iter(sample.values())).ticks
    network.rates = spikes / ticks
