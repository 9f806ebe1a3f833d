"""What the update schemes cost: time, memory and counts against in-degree, rate and network size.

Times are processor time of the one thread that works, so that other programs on the machine disturb them less.
"""

import itertools
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.progress import track

from bicall.emulator.closed_loop.network import random_network, simulate
from bicall.emulator.closed_loop.two_compartment import learn
from bicall.emulator.schemes import clopath, urbanczik
from bicall.emulator.schemes.counters import NAMES
from bicall.emulator.schemes.run import RULES, SCHEMES, Trial, run

DT = 0.1  # ms
SECONDS = 2.0  # simulated in each measurement
REPEATS = 3  # the fastest counts
IN_DEGREES = (10, 100, 1000, 10000)  # at RATE
RATES = (0.1, 1.0, 10.0, 100.0)  # Hz, at IN_DEGREE
RATE, IN_DEGREE = 10.0, 1000
POST_RATE, BURST = 10.0, 21  # Clopath: output spikes a second, and the steps each is above threshold
NETWORKS, LAYERS, NETWORK_IN_DEGREE = (250, 1000, 4000), (16, 64, 256), 100
ENTRY_BYTES = 16  # of a history: a step and a value


class Point(NamedTuple):
    """One measurement of one neuron: in-degree and input rate in Hz."""

    rule: str
    in_degree: int
    rate: float


def points() -> list[Point]:
    """The grid: every in-degree at RATE, every rate at IN_DEGREE, for each rule."""
    grid = [(k, RATE) for k in IN_DEGREES] + [(IN_DEGREE, rate) for rate in RATES if rate != RATE]
    return [Point(rule, *at) for rule in ("clopath", "urbanczik") for at in grid]


def trial(point: Point, seed: int = 1) -> Trial:
    """Poisson inputs with a delay of 1 ms on a neuron that archives like a Clopath or an Urbanczik-Senn neuron."""
    rng, steps, k = np.random.default_rng(seed), round(SECONDS * 1000 / DT), point.in_degree
    count = rng.poisson(point.rate * SECONDS * k)
    place = np.unique(rng.integers(k, (steps + 1) * k, count))
    if point.rule == "clopath":
        begin = np.flatnonzero(rng.random(steps + 1) < POST_RATE * DT / 1000)
        entries = np.zeros(steps + 1)
        entries[np.minimum(begin[:, None] + np.arange(BURST), steps)] = 1e-4
        rule: NamedTuple = clopath.parameters(DT, 15.0)
        state = np.zeros((k, len(clopath.FIELDS)))
        state[:, [clopath.WEIGHT, clopath.MAXIMUM]] = 0.5, 100.0
    else:
        entries = rng.normal(size=steps + 1)
        rule = urbanczik.parameters(DT, 10.0, 3.0, 3.0, 100.0, 300.0, 30.0)
        state = np.zeros((k, len(urbanczik.FIELDS)))
        state[:, [urbanczik.WEIGHT, urbanczik.INITIAL, urbanczik.MAXIMUM, urbanczik.ETA]] = 90.0, 90.0, 1e6, 1e-3
    entries[0] = 0.0
    levels = np.full(steps + 1, 1e-5)
    return Trial(rule, state, np.full(k, 10), 0, entries, levels, place // k, place % k)


def table(point: Point, entries: int, steps: int) -> dict:
    """Table 1 of Stapmanns et al. (2021) for a point, with what the neuron archives in place of every step.

    T steps, in-degree K, interval I in steps, i the expected number of distinct last spikes of K inputs.
    """
    k, interval = point.in_degree, 1000.0 / point.rate / DT
    lags = np.arange(steps)
    distinct = float(np.sum(1 - (1 - (1 - 1 / interval) ** lags / interval) ** k))
    calls, share = k * steps / interval, entries / steps
    return {
        "TD": {"peak_history": 1, "synapse_visits": k * steps, "weight_computations": k * steps},
        "ED": {"peak_history": interval * share, "synapse_visits": calls, "weight_computations": k * entries},
        "EC": {"peak_history": distinct, "synapse_visits": calls, "weight_computations": entries},
        "PS": {"peak_history": interval * share, "synapse_visits": calls, "weight_computations": entries},
    }


def measure(point: Point) -> dict:
    """Time in seconds a simulated second, counters and bytes of every scheme at one point."""
    t = trial(point)
    entries, fields = int(np.count_nonzero(t.entries)), RULES[type(t.rule)].SUMS
    result = point._asdict() | {"spikes": len(t.spike_steps), "schemes": {}}
    for scheme in SCHEMES:
        times = []
        for _ in range(REPEATS):
            begin = time.process_time()
            counters = run(t, scheme).counters
            times.append(time.process_time() - begin)
        entry = {"EC": 8 * (fields + 1), "PS": ENTRY_BYTES + 8 * (fields - 1)}.get(scheme, ENTRY_BYTES)
        result["schemes"][scheme] = {
            "seconds_per_second": min(times) / SECONDS,
            "history_bytes": counters["peak_history"] * entry,
            **counters,
        }
    result["table"] = table(point, entries, len(t.entries) - 1)
    return result


def measure_network(neurons: int) -> dict:
    """Time of a closed-loop Clopath network in seconds a simulated second, event-driven."""
    network = random_network(neurons, NETWORK_IN_DEGREE, 0.5 / NETWORK_IN_DEGREE, seed=1)
    begin = time.process_time()
    activity = simulate(network, round(1000 / DT))
    took = time.process_time() - begin
    return _network("clopath", neurons, took, activity.counters)


def measure_layer(neurons: int) -> dict:
    """As `measure_network`: a layer of Urbanczik-Senn neurons, each with Poisson inputs of 10 Hz and a driven soma."""
    rng, steps, totals, took = np.random.default_rng(1), round(1000 / DT), dict.fromkeys(NAMES, 0), 0.0
    drive = np.full(steps + 1, 5.4), np.full(steps + 1, 18.0)
    for _ in range(neurons):
        spikes = np.nonzero(rng.random((steps, NETWORK_IN_DEGREE)) < RATE * DT / 1000)
        begin = time.process_time()
        learning = learn(spikes[0] + 1, spikes[1], *drive, weight=90.0, eta=0.17, w_max=1350.0)
        took += time.process_time() - begin
        totals = {name: count + learning.counters[name] for name, count in totals.items()}
    return _network("urbanczik", neurons, took, totals)


def _network(rule: str, neurons: int, seconds: float, counters: dict) -> dict:
    size = {"rule": rule, "neurons": neurons, "synapses": neurons * NETWORK_IN_DEGREE}
    return size | {"seconds_per_second": seconds, **counters}


def crossings_of(at: list[float], first: list[float], second: list[float]) -> list[float]:
    """Where two times, measured at the ascending values `at`, cross; between them interpolated on logarithmic axes."""
    place, difference = np.log(at), np.log(first) - np.log(second)
    change = np.flatnonzero(difference[:-1] * difference[1:] < 0)
    share = difference[change] / (difference[change] - difference[change + 1])
    return np.exp(place[change] + share * (place[change + 1] - place[change])).tolist()


def along(measured: list[dict], rule: str, axis: str) -> list[dict]:
    """The measurements of a rule at the standard in-degree or rate, whichever is not `axis`, by their `axis`."""
    other, standard = ("rate", RATE) if axis == "in_degree" else ("in_degree", IN_DEGREE)
    shown = (m for m in measured if m["rule"] == rule and m[other] == standard)
    return sorted(shown, key=lambda m: m[axis])


def bench_schemes(figure: str | Path | None = None, quiet: bool = False) -> dict:
    """Measure the whole grid; with `figure`, draw it there.

    Returns:
        `neurons`: a list of `measure`; `networks`: of `measure_network` and `measure_layer`; `crossings`: where two
        schemes cost the same.
    """
    for rule in ("clopath", "urbanczik"):
        for scheme in SCHEMES:
            run(trial(Point(rule, 2, RATE)), scheme)  # compile
    simulate(random_network(10, 2, 0.1, 1), 10)
    measure_layer(1)
    neurons = [measure(p) for p in track(points(), "one neuron", disable=quiet)]
    networks = [measure_network(n) for n in track(NETWORKS, "networks", disable=quiet)]
    networks += [measure_layer(n) for n in track(LAYERS, "layers", disable=quiet)]
    crossings = []
    for rule, axis in itertools.product(("clopath", "urbanczik"), ("in_degree", "rate")):
        shown = along(neurons, rule, axis)
        times = {s: [m["schemes"][s]["seconds_per_second"] for m in shown] for s in SCHEMES}
        for pair in itertools.combinations(SCHEMES, 2):
            found = crossings_of([m[axis] for m in shown], *(times[scheme] for scheme in pair))
            crossings += [{"rule": rule, "axis": axis, "schemes": pair, "at": at} for at in found]
    result: dict[str, Any] = {"dt_ms": DT, "simulated_s": SECONDS, "repeats": REPEATS}
    result |= {"neurons": neurons, "networks": networks, "crossings": crossings}
    if figure is not None:
        draw(result, figure)
    return result


def draw(result: dict, path: str | Path) -> None:
    """Time against in-degree and against rate, for each rule."""
    from matplotlib.figure import Figure  # not at the top: measuring needs no drawing library

    from bicall.emulator.support.files import write_aside

    drawing = Figure(figsize=(10, 6.4), layout="constrained")
    axes = drawing.subplots(2, 2, sharey="row")
    labels = {"in_degree": "in-degree (at 10 Hz)", "rate": "rate in Hz (in-degree 1,000)"}
    for row, rule in zip(axes, ("clopath", "urbanczik"), strict=True):
        for axis, (key, label) in zip(row, labels.items(), strict=True):
            shown = along(result["neurons"], rule, key)
            for scheme, name in SCHEMES.items():
                times = [m["schemes"][scheme]["seconds_per_second"] for m in shown]
                axis.loglog([m[key] for m in shown], times, "o-", label=f"{scheme}: {name}")
            axis.set(xlabel=label, title=rule)
        row[0].set_ylabel("s a simulated s, one neuron")
    axes[0, 0].legend()
    with write_aside(path) as aside:
        drawing.savefig(aside)
