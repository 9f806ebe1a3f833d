"""A recurrent network of adaptive exponential neurons with Clopath synapses, event-driven, in one compiled loop.

Each step: neurons integrate what arrived, fire, and archive. After as many steps as the delay has, each spike calls up
its neuron's outgoing synapses, which read the archives of their targets, learn, and send their weight, which arrives a
delay after the spike. All synapses of a neuron share its trace, so a synapse is one float64 weight and one int32
target.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bicall.emulator.closed_loop import adex
from bicall.emulator.schemes.clopath import depress, potentiate
from bicall.emulator.schemes.counters import COMPUTATIONS, COUNTERS, MANIPULATIONS, NAMES, PEAK, VISITS
from bicall.emulator.support.arrays import ANY, checked
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput

CAPACITY = 256  # of a neuron's archive, at first
TABLE_STEPS = 1 << 15  # decays of the presynaptic trace that are looked up; older entries are computed


class Synapses(NamedTuple):
    """Clopath synapses: amplitudes in 1/mV^2 and 1/mV, thresholds and weights in mV, times in ms."""

    A_LTP: float = 8e-5
    A_LTD: float = 14e-5
    theta_plus: float = -45.3
    theta_minus: float = -70.6
    delay_u_bars: float = 4.0
    tau_x: float = 15.0
    delay: float = 1.0
    w_min: float = 0.0
    w_max: float = 2.0


@dataclass
class Connections:
    """Who is connected with whom: neuron j's synapses are `first[j]` to `first[j + 1]` - 1 of `targets` (int32) and
    `weights` (float64, mV)."""

    first: np.ndarray
    targets: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Activity:
    """What a simulation did: spikes as (step, neuron) and the counters; the learned weights are in the network."""

    spike_steps: np.ndarray
    spike_neurons: np.ndarray
    counters: dict[str, int]
    entries: np.ndarray
    levels: np.ndarray


def random_network(neurons: int, in_degree: int, weight: float, seed: int) -> Connections:
    """Every neuron gets `in_degree` inputs drawn with replacement from the others."""
    if in_degree < 1:
        raise BadInput(f"in_degree is {in_degree}, must be at least 1")
    if neurons < 2:
        raise BadInput(f"neurons is {neurons}, must be at least 2")
    rng = np.random.default_rng(seed)
    targets = np.repeat(np.arange(neurons, dtype=np.int32), in_degree)
    sources = (targets + rng.integers(1, neurons, len(targets))) % neurons
    order = np.argsort(sources, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=neurons))])
    return Connections(first, targets[order], np.full(len(targets), weight))


def simulate(
    network: Connections,
    steps: int,
    dt: float = 0.1,
    neuron: adex.AdEx | None = None,
    synapses: Synapses | None = None,
    drive_rate: float = 5.0,
    drive_weight: float = 80.0,
    seed: int = 1,
    record: bool = False,
) -> Activity:
    """Simulate `steps` steps of `dt` ms from rest; every neuron gets Poisson kicks from outside.

    Args:
        network: its weights are changed in place.
        drive_rate: kicks a second and neuron.
        drive_weight: a kick's size in mV.
        record: keep what each neuron archived, for checks: shape (steps + 1, neurons) each; else of shape (0, 0).

    Raises:
        BadInput: a delay below one step, kicks that would be more than one a step, or connections of other types,
            shapes or to no neuron.
    """
    neuron, synapses = neuron or adex.AdEx(), synapses or Synapses()
    check(network, dt, synapses, drive_rate)
    count = len(network.first) - 1
    shape = (steps + 1, count) if record else (0, 0)
    entries, levels = np.zeros(shape), np.zeros(shape)
    archive = np.zeros((count, CAPACITY)), np.zeros((count, CAPACITY), np.int64)
    machine = start(neuron, synapses, count, count, dt, seed)
    counters, stretches, step = np.zeros(COUNTERS, np.int64), [], 1
    table = np.exp(-np.arange(TABLE_STEPS) * dt / synapses.tau_x)
    while step <= steps:
        step, more = _run(
            neuron, adex.coefficients(neuron, dt), synapses, machine, archive, table, network.first, network.targets,
            network.weights, step, steps, dt, drive_rate * dt / 1000, drive_weight, counters, entries, levels,
        )  # fmt: skip
        stretches.append(more)
        if step <= steps:  # an archive is full
            archive = widen(archive, machine.head)
    spikes = np.concatenate(stretches)
    return Activity(spikes[:, 0], spikes[:, 1], dict(zip(NAMES, counters.tolist(), strict=True)), entries, levels)


def check(network: Connections, dt: float, synapses: Synapses, drive_rate: float) -> None:
    """Refuse what `simulate` refuses."""
    if round(synapses.delay / dt) < 1:
        raise BadInput(f"delay is {synapses.delay} ms, must be at least one step, {dt} ms")
    if not 0 <= drive_rate * dt / 1000 <= 1:
        raise BadInput(f"drive_rate is {drive_rate}/s, must be 0 to {1000 / dt:g}/s, one a step")
    count = len(network.first) - 1
    checked("first", network.first, np.int64, (count + 1,), (0, len(network.targets)))
    if network.first[0] != 0 or network.first[-1] != len(network.targets) or (np.diff(network.first) < 0).any():
        raise BadInput(f"first: must ascend from 0 to {len(network.targets)}, the number of synapses")
    checked("targets", network.targets, np.int32, (ANY,), (0, count - 1))
    checked("weights", network.weights, np.float64, (len(network.targets),))


class Machine(NamedTuple):
    """The state of a running network, or of a rank's part of one; the last axis is that of the part's neurons."""

    y: np.ndarray  # (adex.FIELDS, neurons)
    clamp: np.ndarray
    arriving: np.ndarray  # (delay + 1, neurons) mV, by step modulo its length
    plus: np.ndarray  # (delay_u_bars + 1, neurons), the last averages
    minus: np.ndarray
    levels: np.ndarray  # (2 delay + 1, neurons), the last depressions
    head: np.ndarray  # entries ever pruned and ever written
    tail: np.ndarray
    trace: np.ndarray  # (all neurons of the network,)
    previous: np.ndarray  # last spike of each of them
    random: np.ndarray  # (1,) state of the generator of kicks, uint64


def start(neuron: adex.AdEx, synapses: Synapses, count: int, everybody: int, dt: float, seed: int) -> Machine:
    """Before step 1: `count` neurons of the network's `everybody`."""
    delay, late = round(synapses.delay / dt), round(synapses.delay_u_bars / dt)
    return Machine(
        adex.at_rest(neuron, count),
        np.zeros(count, np.int64),
        np.zeros((delay + 1, count)),
        np.full((late + 1, count), neuron.E_L),
        np.full((late + 1, count), neuron.E_L),
        np.zeros((2 * delay + 1, count)),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(everybody),
        np.zeros(everybody, np.int64),
        np.array([seed], np.uint64),
    )


def widen(archive: tuple[np.ndarray, np.ndarray], head: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Archives of twice the capacity with the same entries."""
    return _widen(archive[0], head), _widen(archive[1], head)


def _widen(ring: np.ndarray, head: np.ndarray) -> np.ndarray:
    """Rings of twice the capacity: entry e lies at e modulo the capacity."""
    count, capacity = ring.shape
    wide = np.zeros((count, 2 * capacity), ring.dtype)
    held = head[:, None] + np.arange(capacity)
    rows = np.arange(count)[:, None]
    wide[rows, held % (2 * capacity)] = ring[rows, held % capacity]
    return wide


@cached_njit(nogil=True)
def _kick(random, chance, kick, first, everybody, jumps):
    """Add a kick to each jump by chance: by the next numbers of splitmix64 (Steele, Lea, Flood 2014), one a neuron.

    Args:
        first: the number of the first neuron here, of `everybody` in the network.
    """
    state = random[0]
    for i in range(len(jumps)):
        z = state + np.uint64(first + i + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        uniform = ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * (1.0 / (1 << 53))
        jumps[i] += kick if uniform < chance else 0.0
    random[0] = state + np.uint64(everybody) * np.uint64(0x9E3779B97F4A7C15)


@cached_njit(nogil=True)
def _depressions(rule, u_minus, levels):
    """What a presynaptic spike of this step takes from the weights of each neuron's synapses."""
    for i in range(len(levels)):
        levels[i] = max(rule.A_LTD * (u_minus[i] - rule.theta_minus), 0.0)


@cached_njit(nogil=True)
def _run(
    neuron, coefficients, rule, machine, archive, table, first, targets, weights, step, steps, dt, chance, kick,
    counters, record_entries, record_levels,
):  # fmt: skip
    """Run from `step` until `steps` are done or an archive is full; return the next step and the spikes."""
    count, delay = len(first) - 1, machine.arriving.shape[0] - 1
    spikes, n = np.empty((1024, 2), np.int64), 0
    while step <= steps and has_room(machine, archive):
        ticks = min(delay, steps + 1 - step)
        if n + count * ticks > len(spikes):
            spikes = np.concatenate((spikes, np.empty((len(spikes) + count * ticks, 2), np.int64)))
        here = spikes[n:]
        fired = window(
            neuron, coefficients, rule, machine, archive, 0, step, ticks, dt, chance, kick, counters, record_entries,
            record_levels, here,
        )  # fmt: skip
        deliver(rule, machine, archive, table, first, targets, weights, here[:fired], dt, counters)
        step, n = step + ticks, n + fired
    return step, spikes[:n].copy()


@cached_njit(nogil=True)
def has_room(machine, archive):
    """Whether archives have room for a delay's steps, once what everybody has read is forgotten."""
    entry_steps, delay = archive[1], machine.arriving.shape[0] - 1
    capacity = entry_steps.shape[1]
    if (machine.tail - machine.head).max() + delay <= capacity:
        return True
    _prune(machine, entry_steps, delay)
    return (machine.tail - machine.head).max() + delay <= capacity // 2


@cached_njit(nogil=True)
def window(
    neuron, coefficients, rule, machine, archive, low, begin, ticks, dt, chance, kick, counters, record_entries,
    record_levels, spikes,
):  # fmt: skip
    """Run `ticks` steps from `begin` on, at most a delay, in which the neurons hear nothing of each other.

    Args:
        low: the number of the first neuron here.
        spikes: int64[steps and neurons, 2]; step and number of each spike go there.

    Returns:
        How many spikes.
    """
    values, entry_steps = archive
    count, mask = values.shape[0], values.shape[1] - 1
    delay, late = machine.arriving.shape[0] - 1, machine.plus.shape[0] - 1
    recording = len(record_entries) > 0
    quiet, firing, n = np.zeros(count, np.bool_), np.zeros(count, np.int64), 0
    for step in range(begin, begin + ticks):
        arriving = machine.arriving[step % (delay + 1)]
        if chance > 0.0:
            _kick(machine.random, chance, kick, low, len(machine.trace), arriving)
        for k in range(adex.step_all(neuron, coefficients, machine.y, machine.clamp, arriving, quiet, firing)):
            spikes[n, 0], spikes[n, 1] = step, low + firing[k]
            n += 1
        arriving[:] = 0.0
        now, old = step % (late + 1), (step + 1) % (late + 1)
        v, u_plus, levels = machine.y[adex.V], machine.plus[old], machine.levels[step % len(machine.levels)]
        machine.plus[now], machine.minus[now] = machine.y[adex.U_PLUS], machine.y[adex.U_MINUS]
        _depressions(rule, machine.minus[old], levels)
        for i in range(count):
            if v[i] > rule.theta_plus and u_plus[i] > rule.theta_minus:
                entry = rule.A_LTP * (v[i] - rule.theta_plus) * (u_plus[i] - rule.theta_minus) * dt
                tail = machine.tail[i]
                values[i, tail & mask], entry_steps[i, tail & mask] = entry, step
                machine.tail[i] = tail + 1
                counters[MANIPULATIONS] += 1
                counters[PEAK] = max(counters[PEAK], tail + 1 - machine.head[i])
                if recording:
                    record_entries[step, i] = entry
        if recording:
            record_levels[step] = levels
    return n


@cached_njit(nogil=True)
def deliver(rule, machine, archive, table, first, targets, weights, spikes, dt, counters):
    """What a window's spikes (step and number of the neuron, ascending) do to the synapses here, and where they go."""
    values, entry_steps = archive
    for k in range(len(spikes)):
        step, j = spikes[k, 0], spikes[k, 1]
        _send(rule, machine, values, entry_steps, table, first, targets, weights, j, step, dt, counters)


@cached_njit(nogil=True)
def _prune(machine, entry_steps, delay):
    """Forget entries that every neuron's synapses have read."""
    oldest, mask = machine.previous.min() - delay, entry_steps.shape[1] - 1
    for i in range(len(machine.head)):
        while machine.head[i] < machine.tail[i] and entry_steps[i, machine.head[i] & mask] <= oldest:
            machine.head[i] += 1


@cached_njit(nogil=True)
def _send(rule, machine, values, entry_steps, table, first, targets, weights, j, step, dt, counters):
    """The spike of neuron `j`: catch its synapses up, depress them, send their weights, bump its trace."""
    delay, mask = machine.arriving.shape[0] - 1, values.shape[1] - 1
    previous, trace = machine.previous[j], machine.trace[j]
    arriving, levels = machine.arriving[(step + delay) % (delay + 1)], machine.levels[(step - delay) % (2 * delay + 1)]
    for synapse in range(first[j], first[j + 1]):
        i, weight = targets[synapse], weights[synapse]
        low, high = machine.head[i], machine.tail[i]
        while low < high:  # the first entry after the window's beginning
            middle = (low + high) >> 1
            if entry_steps[i, middle & mask] <= previous - delay:
                low = middle + 1
            else:
                high = middle
        while low < machine.tail[i] and entry_steps[i, low & mask] <= step - delay:
            since = entry_steps[i, low & mask] + delay - previous
            decay = table[since] if since < len(table) else math.exp(-since * dt / rule.tau_x)
            weight = potentiate(weight, values[i, low & mask] * (trace * decay), rule.w_max)
            low += 1
            counters[COMPUTATIONS] += 1
        if step > delay:
            weight = depress(weight, levels[i], rule.w_min)
        weights[synapse] = weight
        arriving[i] += weight
    counters[VISITS] += first[j + 1] - first[j]
    machine.trace[j] = trace * math.exp((previous - step) * dt / rule.tau_x) + 1.0 / rule.tau_x
    machine.previous[j] = step
