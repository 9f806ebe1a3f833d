"""Clopath networks and layers of two-compartment neurons on several processes: the same doubles on any number of them.

A rank has a range of the neurons and the synapses onto them. Ranks tell each other who fired once in a delay. What
arrives at a neuron is added in the order of steps and of senders, on one rank as on many, so sums round in the same
way.
"""

import numpy as np

from bicall.emulator.closed_loop import adex, two_compartment
from bicall.emulator.closed_loop.network import (
    CAPACITY,
    TABLE_STEPS,
    Activity,
    Connections,
    Synapses,
    check,
    deliver,
    has_room,
    start,
    widen,
    window,
)
from bicall.emulator.schemes.counters import COUNTERS, NAMES
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.ranks import Communicator, gathered


def range_of(rank: int, ranks: int, neurons: int) -> range:
    """The neurons of a rank.

    Raises:
        BadInput: more ranks than neurons.
    """
    if not 1 <= ranks <= neurons:
        raise BadInput(f"ranks is {ranks}, must be from 1 to {neurons}, the number of neurons")
    return range(rank * neurons // ranks, (rank + 1) * neurons // ranks)


def cut(network: Connections, neurons: range) -> Connections:
    """The synapses onto a range of neurons, which are counted from 0; senders keep their numbers."""
    mine = (network.targets >= neurons.start) & (network.targets < neurons.stop)
    before = np.concatenate([[0], np.cumsum(mine)])
    targets = (network.targets[mine] - neurons.start).astype(np.int32)
    return Connections(before[network.first], targets, network.weights[mine])


def simulate(
    communicator: Communicator,
    network: Connections,
    steps: int,
    dt: float = 0.1,
    neuron: adex.AdEx | None = None,
    synapses: Synapses | None = None,
    drive_rate: float = 5.0,
    drive_weight: float = 80.0,
    seed: int = 1,
) -> tuple[Activity, Connections]:
    """As `network.simulate`, each rank calling it with the whole network, whose weights stay as they are.

    Returns:
        The spikes of this rank's neurons, with their numbers in the network, and its counters; its synapses as `cut`
        has them, with the learned weights.

    Raises:
        BadInput: as `network.simulate`, or more ranks than neurons.
    """
    neuron, synapses = neuron or adex.AdEx(), synapses or Synapses()
    check(network, dt, synapses, drive_rate)
    everybody = len(network.first) - 1
    here = range_of(communicator.Get_rank(), communicator.Get_size(), everybody)
    mine, count, delay = cut(network, here), len(here), round(synapses.delay / dt)
    archive = np.zeros((count, CAPACITY)), np.zeros((count, CAPACITY), np.int64)
    machine = start(neuron, synapses, count, everybody, dt, seed)
    table, coefficients = np.exp(-np.arange(TABLE_STEPS) * dt / synapses.tau_x), adex.coefficients(neuron, dt)
    counters, step, found, nothing = np.zeros(COUNTERS, np.int64), 1, [np.zeros((0, 2), np.int64)], np.zeros((0, 0))
    room = np.empty((count * delay, 2), np.int64)
    while step <= steps:
        while not has_room(machine, archive):
            archive = widen(archive, machine.head)
        ticks = min(delay, steps + 1 - step)
        fired = window(
            neuron, coefficients, synapses, machine, archive, here.start, step, ticks, dt, drive_rate * dt / 1000,
            drive_weight, counters, nothing, nothing, room,
        )  # fmt: skip
        found.append(room[:fired].copy())
        spikes = np.concatenate(gathered(communicator, room[:fired].reshape(-1))).reshape(-1, 2)
        spikes = spikes[np.lexsort((spikes[:, 1], spikes[:, 0]))]
        deliver(synapses, machine, archive, table, mine.first, mine.targets, mine.weights, spikes, dt, counters)
        step += ticks
    made = np.concatenate(found)
    counts = dict(zip(NAMES, counters.tolist(), strict=True))
    return Activity(made[:, 0], made[:, 1], counts, nothing, nothing), mine


def learn_layer(communicator: Communicator, neurons: int, seed: int = 1, **inputs) -> list[two_compartment.Learning]:
    """A layer of two-compartment neurons with the same inputs, each with random numbers of its own.

    Args:
        inputs: the other arguments of `two_compartment.learn`.

    Returns:
        The runs of this rank's neurons (`range_of`); neuron i has the seed `seed` + i.

    Raises:
        BadInput: as `two_compartment.learn`, or more ranks than neurons.
    """
    here = range_of(communicator.Get_rank(), communicator.Get_size(), neurons)
    return [two_compartment.learn(seed=seed + i, **inputs) for i in here]
