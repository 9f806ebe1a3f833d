"""A two-compartment neuron whose dendrite learns to predict its soma (Urbanczik and Senn 2014).

The model is NEST's pp_cond_exp_mc_urbanczik: a soma with excitatory and inhibitory conductances, a dendrite with
input currents, and spikes drawn with the rate phi(soma). Integration: fixed step, classical Runge-Kutta of order 4 for
the two potentials; conductances and currents decay exactly.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bicall.emulator.schemes import urbanczik
from bicall.emulator.schemes.counters import COMPUTATIONS, COUNTERS, MANIPULATIONS, NAMES, PEAK, VISITS
from bicall.emulator.schemes.event_driven import lazy_update
from bicall.emulator.schemes.rule import transmit
from bicall.emulator.support.arrays import ANY, checked
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput


class TwoCompartment(NamedTuple):
    """Neuron parameters; mV, ms, pF, nS; rates in 1/ms. The defaults are NEST's. One C_m, g_L, E_L for both parts."""

    C_m: float = 300.0
    g_L: float = 30.0  # noqa: N815
    E_L: float = -70.0
    E_ex: float = 0.0
    E_in: float = -75.0
    tau_syn: float = 3.0
    g_sp: float = 600.0
    phi_max: float = 0.15
    rate_slope: float = 0.5
    beta: float = 1.0 / 3.0
    theta: float = -55.0
    t_ref: float = 3.0


@dataclass(frozen=True)
class Learning:
    """A run, each array of shape (steps + 1,) with index = step, but `weights` of shape (steps // every + 1, inputs).

    Attributes:
        soma, dendrite: potentials in mV.
        target: the potential that the soma's conductances pull to, in mV (NaN where there are none).
        spikes: True where the neuron spiked.
        entries: what the neuron archived.
        weights: the weights as last sent, every n-th step.
        sent: the weight of each input spike.
        counters: the counts of `emulator.schemes.counters.NAMES`; without a final flush.
    """

    soma: np.ndarray
    dendrite: np.ndarray
    target: np.ndarray
    spikes: np.ndarray
    entries: np.ndarray
    weights: np.ndarray
    sent: np.ndarray
    counters: dict[str, int]


def prediction(neuron: TwoCompartment, dendrite: np.ndarray) -> np.ndarray:
    """The soma's potential as the dendrite predicts it, in mV."""
    return (neuron.E_L * neuron.g_L + neuron.g_sp * dendrite) / (neuron.g_L + neuron.g_sp)


def learn(
    spike_steps: np.ndarray,
    spike_inputs: np.ndarray,
    excitation: np.ndarray,
    inhibition: np.ndarray,
    weight: float,
    eta: float,
    w_max: float,
    dt: float = 0.1,
    tau_delta: float = 100.0,
    delay: float = 0.1,
    seed: int = 1,
    every: int = 1000,
    neuron: TwoCompartment | None = None,
) -> Learning:
    """Let one neuron learn, event-driven.

    Args:
        spike_steps, spike_inputs: the dendrite's input spikes, sorted by step.
        excitation, inhibition: conductance in nS added to the soma at each step, shape (steps + 1,).
        weight, w_max: first and largest weight of every input; pA.

    Raises:
        BadInput: arrays of other types or shapes, spikes unsorted or outside the run, or a delay below one step.
    """
    neuron = neuron or TwoCompartment()
    if round(delay / dt) < 1:
        raise BadInput(f"delay is {delay} ms, must be at least one step, {dt} ms")
    excitation = checked("excitation", excitation, np.float64, (ANY,))
    inhibition = checked("inhibition", inhibition, np.float64, (len(excitation),))
    spike_steps = checked("spike steps", spike_steps, np.int64, (ANY,), (0, len(excitation) - 1))
    spike_inputs = checked("spike inputs", spike_inputs, np.int64, (len(spike_steps),), (0, 2**31 - 1))
    if (np.diff(spike_steps) < 0).any():
        bad = np.flatnonzero(np.diff(spike_steps) < 0)[0] + 1
        raise BadInput(f"synapse {spike_inputs[bad]}: its spike at step {spike_steps[bad]} is not sorted, must be")
    inputs = int(spike_inputs.max(initial=0)) + 1
    state = np.zeros((inputs, len(urbanczik.FIELDS)))
    state[:, urbanczik.WEIGHT] = state[:, urbanczik.INITIAL] = weight
    state[:, urbanczik.MAXIMUM], state[:, urbanczik.ETA] = w_max, eta
    tau_leak = neuron.C_m / neuron.g_L
    rule = urbanczik.parameters(dt, tau_leak, neuron.tau_syn, neuron.tau_syn, tau_delta, neuron.C_m, neuron.g_L)
    soma, dendrite, target, spikes, entries, weights, sent, counts = _learn(
        neuron, rule, state, spike_steps, spike_inputs, excitation, inhibition, dt, round(delay / dt), seed, every
    )
    counters = dict(zip(NAMES, counts.tolist(), strict=True))
    return Learning(soma, dendrite, target, spikes, entries, weights, sent, counters)


@cached_njit(nogil=True)
def _slope(neuron, soma, dendrite, g_ex, g_in, current):
    leak = neuron.g_L * (soma - neuron.E_L)
    synaptic = g_ex * (soma - neuron.E_ex) + g_in * (soma - neuron.E_in)
    d_soma = (-leak - synaptic + neuron.g_sp * (dendrite - soma)) / neuron.C_m
    return d_soma, (-neuron.g_L * (dendrite - neuron.E_L) + current) / neuron.C_m


@cached_njit(nogil=True)
def step(neuron, y, excitation, inhibition, current, dt):
    """One step of a neuron; what arrives is added at its end.

    Args:
        y: soma and dendrite in mV, the soma's excitatory and inhibitory conductance in nS, the dendrite's current in
            pA; shape (5,), changed in place.
        excitation, inhibition, current: what arrives, in nS, nS and pA.
        dt: the step in ms.
    """
    s, d, g_ex, g_in, i = y[0], y[1], y[2], y[3], y[4]
    half = math.exp(-0.5 * dt / neuron.tau_syn)
    a, b = _slope(neuron, s, d, g_ex, g_in, i)
    g_ex, g_in, i = g_ex * half, g_in * half, i * half
    a1, b1 = _slope(neuron, s + 0.5 * dt * a, d + 0.5 * dt * b, g_ex, g_in, i)
    a2, b2 = _slope(neuron, s + 0.5 * dt * a1, d + 0.5 * dt * b1, g_ex, g_in, i)
    g_ex, g_in, i = g_ex * half, g_in * half, i * half
    a3, b3 = _slope(neuron, s + dt * a2, d + dt * b2, g_ex, g_in, i)
    y[0] = s + dt / 6.0 * (a + 2.0 * a1 + 2.0 * a2 + a3)
    y[1] = d + dt / 6.0 * (b + 2.0 * b1 + 2.0 * b2 + b3)
    y[2], y[3], y[4] = g_ex + excitation, g_in + inhibition, i + current


@cached_njit(nogil=True)
def _learn(neuron, rule, state, spike_steps, spike_inputs, excitation, inhibition, dt, delay, seed, every):
    steps = len(excitation) - 1
    np.random.seed(seed)
    soma, dendrite = np.full(steps + 1, neuron.E_L), np.full(steps + 1, neuron.E_L)
    target, spikes, entries = np.full(steps + 1, np.nan), np.zeros(steps + 1, np.bool_), np.zeros(steps + 1)
    entry_steps = np.arange(steps + 1)
    weights = np.empty((steps // every + 1, len(state)))
    weights[0] = state[:, 0]
    sent, previous = np.empty(len(spike_steps)), np.full(len(state), -round(1.0 / dt))
    arriving, counters = np.zeros(steps + delay + 1), np.zeros(COUNTERS, np.int64)
    y = np.array([neuron.E_L, neuron.E_L, 0.0, 0.0, 0.0])
    refractory = event = 0
    for now in range(1, steps + 1):
        step(neuron, y, excitation[now], inhibition[now], arriving[now], dt)
        soma[now], dendrite[now] = y[0], y[1]
        if y[2] + y[3] > 1e-6:
            target[now] = (y[2] * neuron.E_ex + y[3] * neuron.E_in) / (y[2] + y[3])
        if refractory == 0:
            rate = neuron.phi_max / (1.0 + neuron.rate_slope * math.exp(neuron.beta * (neuron.theta - soma[now])))
            if np.random.random() <= -math.expm1(-rate * dt):
                spikes[now] = True
                refractory = round(neuron.t_ref / dt)
        else:
            refractory -= 1
        predicted = (neuron.E_L * neuron.g_L + dendrite[now] * neuron.g_sp) / (neuron.g_sp + neuron.g_L)
        distance = neuron.beta * (neuron.theta - predicted)
        expected = neuron.phi_max / (1.0 + neuron.rate_slope * math.exp(distance)) * dt
        sensitivity = 15.0 * neuron.beta / (1.0 + math.exp(-distance) / neuron.rate_slope)
        entries[now] = (spikes[now] - expected) * sensitivity
        while event < len(spike_steps) and spike_steps[event] == now:
            k = spike_inputs[event]
            counters[VISITS] += 1
            counters[COMPUTATIONS] += lazy_update(
                rule, state, k, entry_steps, entries, 1, now + 1, previous[k], delay, now, now - delay
            )
            sent[event] = transmit(rule, state, k, 0.0, previous[k], now)
            previous[k] = now
            arriving[now + delay] += sent[event]
            event += 1
        if now % every == 0:
            weights[now // every] = state[:, 0]
    counters[MANIPULATIONS] = counters[PEAK] = steps  # an entry a step; none is pruned
    return soma, dendrite, target, spikes, entries, weights, sent, counters
