"""How long a run on ranks takes, by a model with four numbers: of an event, of a neuron's tick, latency, bandwidth.

A rank's time is that of its synapses and neurons; and for each smallest delay one exchange, in which every rank gets
the spikes of all (4 bytes each, and a header). Messages go in log2(ranks) rounds.
"""

import math
from typing import NamedTuple

HEADER = 4  # bytes a tick and rank, beside the spikes
SPIKE = 4


class Machine(NamedTuple):
    """What the time depends on."""

    event_ns: float  # of a synapse that a spike calls up
    neuron_ns: float  # of a neuron in a tick
    latency_us: float  # of a message
    bandwidth_gb: float  # GB/s between two ranks


class Size(NamedTuple):
    """A network: all neurons spike at `rate` Hz; `delay` ticks of 1 ms are between two exchanges."""

    neurons: int
    in_degree: int
    rate: float
    delay: int


def seconds(machine: Machine, size: Size, ranks: int) -> dict[str, float]:
    """Seconds for a simulated second: of `synapses`, `neurons` and `exchange`, and their sum `all`."""
    spikes = size.neurons * size.rate
    synapses = spikes * size.in_degree / ranks * machine.event_ns * 1e-9
    neurons = size.neurons * 1000 / ranks * machine.neuron_ns * 1e-9
    exchanges = 1000 / size.delay
    received = (spikes / exchanges * SPIKE + ranks * size.delay * HEADER) * (ranks - 1) / ranks
    rounds = 2 * math.ceil(math.log2(ranks))  # of the lengths and of the spikes
    exchange = exchanges * (rounds * machine.latency_us * 1e-6 + received / (machine.bandwidth_gb * 1e9))
    return {"synapses": synapses, "neurons": neurons, "exchange": exchange, "all": synapses + neurons + exchange}


def scaling(machine: Machine, size: Size, ranks: list[int], weak: bool) -> list[dict[str, float]]:
    """Times over numbers of ranks; `weak`: `size` is a rank's, else that of the whole."""
    return [
        {"ranks": n, **seconds(machine, size._replace(neurons=size.neurons * n) if weak else size, n)} for n in ranks
    ]
