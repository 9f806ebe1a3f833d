"""What BiCaLL costs under the update schemes, and how the event-driven engine scales.

The networks are bench networks: every neuron spikes at the given rate because a teacher makes it, the gate is always
open (so that every spike is learnt from, the most work there can be), and the weights are too weak to matter.
"""

import resource
import time
from typing import NamedTuple

import numpy as np

from emulator import compiled, description
from emulator.constants import Constants, fixed
from emulator.errors import BadInput
from emulator.schemes.bicall.connectivity import Connectivity, random_connectivity
from emulator.schemes.bicall.run import SCHEMES, flush, run
from emulator.schemes.bicall.state import SparseState
from emulator.state import LayerState, SpikeTrain
from emulator.terminal import progress

SEED = 1
RATE = 10.0  # Hz
IN_DEGREE, OUT_DEGREE = 1000, 100
IN_DEGREES = (10, 100, 1000, 10000)
OUT_DEGREES = (1, 10, 100, 1000)
RATES = (0.1, 1.0, 10.0, 100.0)
REPEATS = 2  # the fastest counts
VISITS = 1e8  # of synapses by the time-driven scheme in a measurement, about
SIZES = (10**5, 10**6, 10**7, 10**8)
SCALE_RATES = (1.0, 10.0)
PART = 50_000  # neurons of a part in the bench of scale
DELAY = 2  # ticks, in the bench of scale
EVENTS = 2e8  # of synapses in a measurement of scale, about


class Point(NamedTuple):
    """A layer in which every input reaches every neuron: in-degree, out-degree, and rate of all in Hz."""

    in_degree: int = IN_DEGREE
    out_degree: int = OUT_DEGREE
    rate: float = RATE


def points() -> list[Point]:
    """In-degrees, rates and out-degrees, one at a time."""
    grid = [Point(in_degree=k) for k in IN_DEGREES] + [Point(rate=r) for r in RATES]
    return list(dict.fromkeys(grid + [Point(out_degree=n) for n in OUT_DEGREES]))


def constants(arrivals_per_tick: float, **values) -> Constants:
    """The fixed-point constants of a bench network whose neurons receive so many spikes a tick.

    Drift takes about 25 s from end to end, a step of h each 100 ticks.
    """
    d = description.load("digits-256")
    weight = 0.3 / (1.0 + arrivals_per_tick * d.neuron.membrane_time_constant_ms)  # all high: 0.3 of the threshold
    bench = {
        "time__drift_period_ticks": 100,
        "hidden_weight__drift_up_per_s": 0.04,
        "hidden_weight__drift_down_per_s": 0.04,
        "hidden_weight__bits": 8,
        "plasticity__gate_low": -1.0,
        "plasticity__gate_high": 2.0,
        "neuron__threshold_mantissa": 2**15,
        "transmission__weight_low": -weight,
        "transmission__weight_high": weight,
        "transmission__teacher_weight": 1.5,
    }
    return fixed(description.with_values(d, **bench | values))


def random_spikes(sources: int, ticks: int, rate: float, seed: int, tick_ms: float = 1.0) -> SpikeTrain:
    """Independent spikes of every source, at most one a tick.

    Args:
        rate: spikes a second and source.

    Raises:
        BadInput: a rate below 0 or beyond one spike a tick.
    """
    chance = rate * tick_ms / 1000.0
    if not 0 <= chance <= 1:
        raise BadInput(f"rate is {rate} Hz, must be from 0 to {1000 / tick_ms:g} Hz, one spike a tick")
    rng, cells = np.random.default_rng(seed), sources * ticks
    at = np.zeros(0, np.int64)
    if chance > 0:
        last, pieces = -1, []
        while last < cells:
            pieces.append(last + np.cumsum(rng.geometric(chance, int(cells * chance * 1.01) + 100)))
            last = pieces[-1][-1]
        at = np.concatenate(pieces)
        at = at[at < cells]
    starts = np.searchsorted(at, np.arange(ticks + 1) * sources)
    return SpikeTrain(starts.astype(np.int64), (at % sources).astype(np.int32))


def measure(point: Point, schemes=SCHEMES) -> dict:
    """Processor time a simulated second, and counters, of every scheme and of `emulator.compiled` at one point.

    EC runs with rounding to nearest, where it is exact; the others with the stochastic rounding of `digits-256`.
    """
    k, n, rate = point
    ticks = int(np.clip(VISITS / (k * n), 1000, 20000))
    network = random_connectivity(n, k, 1, SEED, external=k, recurrent=False)
    pre, teacher = random_spikes(k, ticks, rate, SEED), random_spikes(n, ticks, RATE, SEED + 1)
    result = point._asdict() | {"ticks": ticks, "spikes": len(pre.sources), "schemes": {}}
    for scheme in schemes:
        c = constants(k * rate / 1000, **({"hidden_weight__rounding": "nearest"} if scheme == "EC" else {}))
        times = []
        for _ in range(REPEATS):
            state = SparseState.initial(c, network, SEED)
            begin = time.process_time()
            _, counters = run(c, network, state, pre, teacher, SEED, scheme=scheme)
            flushed = flush(c, network, state, SEED)
            times.append(time.process_time() - begin)
        if scheme == "ED":  # the others end up to date, and counted that
            counters = {name: count + flushed[name] for name, count in counters.items()}
        result["schemes"][scheme] = {"seconds_per_second": min(times) / ticks * 1000, **counters}
    times = []
    c = constants(k * rate / 1000)
    for _ in range(REPEATS):
        state = LayerState.initial(c, k, n, SEED)
        begin = time.process_time()
        compiled.run(c, state, pre, teacher, SEED)
        times.append(time.process_time() - begin)
    result["compiled_seconds_per_second"] = min(times) / ticks * 1000
    result["speedup"] = result["schemes"]["TD"]["seconds_per_second"] / result["schemes"]["ED"]["seconds_per_second"]
    result["table"] = table(point, ticks, len(teacher.sources) / n)
    return result


def table(point: Point, ticks: int, entries: float) -> dict:
    """Table 1 of Stapmanns et al. (2021) for all neurons of a point, with the spikes a neuron archives for steps.

    T ticks, in-degree K, interval I in ticks, i the expected number of distinct last spikes of K inputs.
    """
    k, n, rate = point
    interval, lags = 1000.0 / rate, np.arange(ticks)
    distinct = float(np.sum(1 - (1 - (1 - 1 / interval) ** lags / interval) ** k))
    calls = k * ticks / interval * n
    return {
        "TD": {"synapse_visits": k * ticks * n, "weight_computations": k * ticks * n, "peak_history": 1},
        "ED": {
            "synapse_visits": calls,
            "weight_computations": k * entries * n,
            "peak_history": interval * entries / ticks,
        },
        "EC": {"synapse_visits": calls, "weight_computations": entries * n, "peak_history": distinct},
    }


def bench_bicall() -> dict:
    """Measure the grid. Returns `points`: a list of `measure`."""
    measure(Point(2, 2, 10.0))  # compile
    return {"seed": SEED, "repeats": REPEATS, "points": [measure(p) for p in progress(points(), "layers")]}


def scale_network(synapses: int) -> Connectivity:
    """A recurrent network with in-degree 1,000, or less if there are fewer neurons than that.

    Its parts are so small that what the neurons of one remember stays in the cache while all rows pass.
    """
    neurons = round(max(synapses / IN_DEGREE, synapses**0.5))
    parts = max(2, round(neurons / PART))
    return random_connectivity(neurons, min(IN_DEGREE, neurons), DELAY, SEED, parts=parts)


def measure_scale(synapses: int, rate: float, threads: int = 1) -> dict:
    """Time, memory and counts of the event-driven engine on one recurrent network.

    It runs for three mean intervals before the measurement, so that rows have been silent as long as they usually are.
    Events are synapses visited by spikes. Times are processor time, and elapsed time beside it.
    """
    begin = time.perf_counter()
    network = scale_network(synapses)
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


def bench_scale(largest: int = SIZES[-1], rates: tuple[float, ...] = SCALE_RATES, threads: int = 1) -> dict:
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
