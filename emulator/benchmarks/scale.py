"""How the event-driven engine scales: time and memory against the number of synapses, on recurrent networks.

Networks and constants are as in `bench`: all neurons spike at the given rate, every spike is learnt from.
"""

import resource
import time

import numpy as np

from bicall.emulator.benchmarks.layers import IN_DEGREE, SEED, constants, random_spikes
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.schemes.bicall.connectivity import Connectivity, random_connectivity
from bicall.emulator.schemes.bicall.run import flush, run
from bicall.emulator.schemes.bicall.state import SparseState
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

SIZES = (10**5, 10**6, 10**7, 10**8)
RATES = (1.0, 10.0)  # Hz
DENSITY = 0.1  # at most: a denser network would be another one, and a complete one is run in another way
PART = 50_000  # neurons of a part
DELAY = 2  # ticks
EVENTS = 2e8  # of synapses in a measurement, about


def scale_network(synapses: int, threads: int = 1) -> Connectivity:
    """A recurrent network in which each neuron hears 1,000, or a tenth of them if that is less.

    Its parts are so small that what the neurons of one remember stays in the cache while all rows pass.
    """
    neurons = round(max(synapses / IN_DEGREE, (synapses / DENSITY) ** 0.5))
    parts = max(threads, round(neurons / PART))
    return random_connectivity(neurons, round(synapses / neurons), DELAY, SEED, parts=parts)


def measure_scale(synapses: int, rate: float, threads: int = 1) -> dict:
    """Time, memory and counts of the event-driven engine on one recurrent network.

    It runs for three mean intervals before the measurement, so that rows have been silent as long as they usually are.
    Events are synapses visited by spikes. Times are processor time, and elapsed time beside it.
    """
    begin = time.perf_counter()
    network = scale_network(synapses, threads)
    neurons = network.neurons
    c = constants(network.synapses / neurons * rate / 1000)
    state = SparseState.initial(c, network, SEED)
    built = time.perf_counter() - begin
    warm_up = round(3000 / rate)
    ticks = int(np.clip(EVENTS / (network.synapses * rate / 1000), 500, 10000))
    spikes = random_spikes(neurons, warm_up + ticks, rate, SEED)
    parts_of_run = (slice(0, warm_up + 1), slice(warm_up, warm_up + ticks + 1))
    for piece in parts_of_run:
        starts = spikes.starts[piece]
        teacher = SpikeTrain(starts - starts[0], spikes.sources[starts[0] : starts[-1]])
        begin, begin_cpu = time.perf_counter(), time.process_time()
        post, counters = run(c, network, state, SpikeTrain.silent(teacher.ticks), teacher, SEED, threads=threads)
        elapsed, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    begin = time.process_time()
    flush(c, network, state, SEED)
    flushed = time.process_time() - begin
    events = counters["synapse_visits"]
    return {
        "synapses": network.synapses,
        "neurons": neurons,
        "rate": rate,
        "measured_rate": len(post.sources) / neurons / ticks * 1000,
        "threads": threads,
        "parts": len(network.first),
        "ticks": ticks,
        "build_s": built,
        "processor_s": cpu,
        "elapsed_s": elapsed,
        "flush_s": flushed,
        "events_per_s": events / cpu,
        "ns_per_event": cpu / events * 1e9,
        "elapsed_ns_per_event": elapsed / events * 1e9,
        "seconds_per_second": cpu / ticks * 1000,
        "state_bytes_per_synapse": state.bytes / network.synapses,
        "connectivity_bytes_per_synapse": sum(a.nbytes for a in network[:4]) / network.synapses,
        "peak_memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        **counters,
    }


def bench_scale(largest: int = SIZES[-1], rates: tuple[float, ...] = RATES, threads: int = 1) -> dict:
    """Time against size, up to `largest` synapses. Returns `points`: a list of `measure_scale`, small networks first.

    Raises:
        BadInput: less than 10^5 synapses, or a rate that is not above 0 or beyond one spike a tick.
    """
    if largest < SIZES[0]:
        raise BadInput(f"largest is {largest} synapses, must be at least {SIZES[0]}")
    for rate in rates:
        if not 0 < rate <= 1000:
            raise BadInput(f"rate is {rate} Hz, must be above 0 and at most 1000 Hz, one spike a tick")
    grid = [(size, rate) for size in SIZES if size <= largest for rate in rates]
    measure_scale(100, 100.0, threads)  # compile
    return {"seed": SEED, "points": [measure_scale(*at, threads) for at in progress(grid, "networks")]}
