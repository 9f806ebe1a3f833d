"""What BiCaLL costs under the update schemes, layer by layer. `scale` has large networks.

The networks are bench networks: every neuron spikes at the given rate because a teacher makes it, the gate is always
open (so that every spike is learnt from, the most work there can be), and the weights are too weak to matter.
"""

import statistics
import time
from typing import NamedTuple

import numpy as np

from bicall.emulator.benchmarks.schemes import crossings_of
from bicall.emulator.configuration import description
from bicall.emulator.rule import compiled
from bicall.emulator.rule.constants import Constants, fixed
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.schemes.bicall.connectivity import random_connectivity
from bicall.emulator.schemes.bicall.run import SCHEMES, flush, run
from bicall.emulator.schemes.bicall.state import SparseState
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

SEED = 1
RATE = 10.0  # Hz
IN_DEGREE, OUT_DEGREE = 1000, 100
IN_DEGREES = (10, 100, 1000, 10000)
OUT_DEGREES = (1, 10, 100, 1000)
RATES = (0.1, 1.0, 10.0, 100.0)
SPARSE = (4000, 10000)  # inputs of sparse layers, of which each neuron has IN_DEGREE
REPEATS = 3  # rounds, in each of which the schemes take turns; the medians count
VISITS = 1e8  # of synapses by the time-driven scheme in a measurement, about
AXES = ("in_degree", "rate", "out_degree")


class Point(NamedTuple):
    """A layer: in-degree, out-degree, rate of all in Hz, and how many inputs there are (0: all reach every neuron)."""

    in_degree: int = IN_DEGREE
    out_degree: int = OUT_DEGREE
    rate: float = RATE
    inputs: int = 0

    @property
    def axons(self) -> int:
        return self.inputs or self.in_degree

    @property
    def neurons(self) -> int:
        return self.out_degree * self.axons // self.in_degree

    @property
    def schemes(self) -> tuple[str, ...]:
        """Those that are measured: EC keeps three numbers for each neuron and class, too many for large layers."""
        return SCHEMES[:2] if self.inputs else SCHEMES


def points() -> list[Point]:
    """In-degrees, rates and out-degrees, one at a time; then sparse layers."""
    grid = [Point(in_degree=k) for k in IN_DEGREES] + [Point(rate=r) for r in RATES]
    grid += [Point(out_degree=n) for n in OUT_DEGREES]
    return list(dict.fromkeys(grid + [Point(out_degree=IN_DEGREE, inputs=n) for n in SPARSE]))


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


def measure(point: Point) -> dict:
    """Processor time a simulated second, and counters, of the schemes and of `emulator.rule.compiled` at one point.

    EC runs with rounding to nearest, where it is exact; the others with the stochastic rounding of `digits-256`. The
    flush is part of the time.
    """
    k, n, rate = point.in_degree, point.neurons, point.rate
    ticks = int(np.clip(VISITS / (k * n), 1000, 20000))
    network = random_connectivity(n, k, 1, SEED, external=point.axons, recurrent=False)
    trains = random_spikes(point.axons, ticks, rate, SEED), random_spikes(n, ticks, RATE, SEED + 1)
    result = point._asdict() | {"neurons": n, "ticks": ticks, "spikes": len(trains[0].sources)}
    rounds: list[dict[str, float]] = [{} for _ in range(REPEATS)]
    counters: dict[str, dict] = {}
    for seconds in rounds:
        for scheme in point.schemes:
            c = constants(k * rate / 1000, **({"hidden_weight__rounding": "nearest"} if scheme == "EC" else {}))
            state = SparseState.initial(c, network, SEED)
            begin = time.process_time()
            _, counters[scheme] = run(c, network, state, *trains, SEED, scheme=scheme)
            flushed = flush(c, network, state, SEED)
            seconds[scheme] = (time.process_time() - begin) / ticks * 1000
            if scheme == "ED":  # the others end up to date, and counted that
                counters[scheme] = {name: count + flushed[name] for name, count in counters[scheme].items()}
        if network.is_dense:
            c = constants(k * rate / 1000)
            layer = LayerState.initial(c, k, n, SEED)
            begin = time.process_time()
            compiled.run(c, layer, *trains, SEED)
            seconds["compiled"] = (time.process_time() - begin) / ticks * 1000
    medians = {name: statistics.median(seconds[name] for seconds in rounds) for name in rounds[0]}
    result["schemes"] = {scheme: {"seconds_per_second": medians[scheme], **counters[scheme]} for scheme in counters}
    result["compiled_seconds_per_second"] = medians.get("compiled")
    result["speedup"] = statistics.median(seconds["TD"] / seconds["ED"] for seconds in rounds)
    result["table"] = table(point, ticks, len(trains[1].sources) / n)
    return result


def table(point: Point, ticks: int, entries: float) -> dict:
    """Table 1 of Stapmanns et al. (2021) for all neurons of a point, with the spikes a neuron archives for steps.

    T ticks, in-degree K, interval I in ticks, i the expected number of distinct last spikes of K inputs.
    """
    k, n, rate = point.in_degree, point.neurons, point.rate
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
    """Measure the grid.

    Returns:
        `points`: a list of `measure`; `crossings`: where two schemes cost the same, along each axis.
    """
    measure(Point(2, 2, 10.0))  # compile
    measure(Point(2, 2, 10.0, 4))
    measured = [measure(p) for p in progress(points(), "layers")]
    crossings = []
    for axis in AXES:
        shown = along(measured, axis)
        times = {s: [p["schemes"][s]["seconds_per_second"] for p in shown] for s in SCHEMES}
        for pair in (("TD", "ED"), ("ED", "EC")):
            found = crossings_of([p[axis] for p in shown], *(times[scheme] for scheme in pair))
            crossings += [{"axis": axis, "schemes": pair, "at": at} for at in found]
    return {"seed": SEED, "repeats": REPEATS, "points": measured, "crossings": crossings}


def along(measured: list[dict], axis: str) -> list[dict]:
    """The measurements in which only `axis` differs from the standard layer, by its value."""
    others = {name: value for name, value in Point()._asdict().items() if name != axis}
    shown = [point for point in measured if all(point[name] == value for name, value in others.items())]
    return sorted(shown, key=lambda point: point[axis])
