"""The dendritic prediction rule of Urbanczik and Senn (2014), in the form and order of NEST's urbanczik_synapse.

The neuron archives, every step, how far its spikes are from what the dendrite predicts; the synapse multiplies that
with the low-pass filtered input spikes, filtered once more with tau_Delta. Source: Urbanczik and Senn, Neuron 81
(2014); Stapmanns et al., Front. Neuroinform. 15:609147 (2021).
"""

import math
from typing import NamedTuple

import numpy as np

from bicall.emulator.schemes import rule as operation
from bicall.emulator.schemes.rule import implements, milliseconds
from bicall.emulator.support.caching import cached_njit

FIELDS = ("weight", "initial", "trace_leak", "trace_synapse", "integral", "filtered", "minimum", "maximum", "eta")
WEIGHT, INITIAL, TRACE_LEAK, TRACE_SYNAPSE, INTEGRAL, FILTERED, MINIMUM, MAXIMUM, ETA = range(len(FIELDS))
SUMS = 7  # entries seen; three plain sums and three filtered with tau_Delta: leak, excitatory, inhibitory kernel
ENTRIES, PLAIN, FILTER = 0, 1, 4


class Urbanczik(NamedTuple):
    """Synapse parameters: the step in us, time constants in ms; the dendrite's capacitance in pF and leak in nS."""

    tics: float
    tau_leak: float
    tau_ex: float
    tau_in: float
    tau_delta: float
    capacitance: float
    leak: float
    fade: float  # of what is filtered with tau_delta, in one step: expm1(-dt / tau_delta)


def parameters(
    dt: float, tau_leak: float, tau_ex: float, tau_in: float, tau_delta: float, capacitance: float, leak: float
) -> Urbanczik:
    """The rule for a step of `dt` ms; see `Urbanczik`."""
    fade = math.expm1(-dt / tau_delta)
    return Urbanczik(round(1000.0 * dt, 6), tau_leak, tau_ex, tau_in, tau_delta, capacitance, leak, fade)


def archive(
    potentials: dict[str, np.ndarray], parameters: dict, dt: float, every: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """What the neuron archives.

    Args:
        potentials: `V_m.p`, the dendrite's potential in mV, and `spikes`, the number of spikes, each of shape
            (steps + 1,), index = step.
        parameters: the neuron's `g_sp`, `phi_max`, `rate_slope`, `beta`, `theta` and the soma's `g_L` and `E_L`.
        dt: the step, in ms.
        every: archive every n-th step only; its entry stands for all n, and for their spikes.

    Returns:
        Entries and (unused, zero) levels, each of shape (steps + 1,), float64.
    """
    soma, coupling = parameters["soma"], parameters["g_sp"]
    predicted = (soma["E_L"] * soma["g_L"] + potentials["V_m.p"] * coupling) / (coupling + soma["g_L"])
    beta, slope, distance = parameters["beta"], parameters["rate_slope"], parameters["theta"] - predicted
    rate = parameters["phi_max"] / (1.0 + slope * np.exp(beta * distance))
    sensitivity = 15.0 * beta / (1.0 + (1.0 / slope) * np.exp(-beta * distance))
    spikes = np.zeros_like(rate)
    total = np.cumsum(potentials["spikes"])
    spikes[every::every] = np.diff(total[::every])
    entries = (spikes - rate * (dt * every)) * sensitivity
    entries[0] = 0.0  # step 0 is the initial state, which is not archived
    return np.where(np.arange(len(entries)) % every == 0, entries, 0.0), np.zeros_like(entries)


@implements(operation.pre_first, Urbanczik)
def _pre_first(rule):
    return 0


@cached_njit(nogil=True)
def tau_synapse(rule, state, synapse):
    """The time constant of the synapse's current, in ms."""
    # as NEST: chosen by the weight as last sent, so a weight clipped at 0 counts as inhibitory
    return rule.tau_ex if state[synapse, WEIGHT] > 0.0 else rule.tau_in


@implements(operation.advance, Urbanczik)
def _advance(rule, state, synapse, start, stop):
    # x + x*expm1 and not x*exp: the rounding of a factor close to 1 would add up over the steps
    filtered, steps = state[synapse, FILTERED], stop - start
    fade = rule.fade if steps == 1 else math.expm1(-milliseconds(rule, steps) / rule.tau_delta)
    state[synapse, FILTERED] = filtered + filtered * fade


@implements(operation.integrate, Urbanczik)
def _integrate(rule, state, synapse, value, previous, entry, delay):
    time = milliseconds(rule, previous) - (milliseconds(rule, entry) + milliseconds(rule, delay))
    leak = state[synapse, TRACE_LEAK] * math.exp(time / rule.tau_leak)
    current = state[synapse, TRACE_SYNAPSE] * math.exp(time / tau_synapse(rule, state, synapse))
    change = (leak - current) * value
    state[synapse, INTEGRAL] += change
    state[synapse, FILTERED] += change


@implements(operation.settle, Urbanczik)
def _settle(rule, state, synapse):
    tau = tau_synapse(rule, state, synapse)
    change = state[synapse, INTEGRAL] - state[synapse, FILTERED]
    scaled = change * 15.0 * rule.capacitance * tau * state[synapse, ETA] / (rule.leak * (rule.tau_leak - tau))
    weight = min(state[synapse, INITIAL] + scaled, state[synapse, MAXIMUM])
    return max(weight, state[synapse, MINIMUM])


@implements(operation.transmit, Urbanczik)
def _transmit(rule, state, synapse, level, previous, step):
    time = milliseconds(rule, previous) - milliseconds(rule, step)
    tau = tau_synapse(rule, state, synapse)
    weight = operation.settle(rule, state, synapse)
    state[synapse, WEIGHT] = weight
    state[synapse, TRACE_LEAK] = state[synapse, TRACE_LEAK] * math.exp(time / rule.tau_leak) + 1.0
    state[synapse, TRACE_SYNAPSE] = state[synapse, TRACE_SYNAPSE] * math.exp(time / tau) + 1.0
    return weight


@implements(operation.fold, Urbanczik)
def _fold(rule, segments, segment, value, since, gap):
    fade = rule.fade if gap == 1 else math.expm1(-milliseconds(rule, gap) / rule.tau_delta)
    time = -milliseconds(rule, since)
    leak = value * math.exp(time / rule.tau_leak)
    excitatory = value * math.exp(time / rule.tau_ex)
    inhibitory = excitatory if rule.tau_in == rule.tau_ex else value * math.exp(time / rule.tau_in)
    segments[segment, ENTRIES] += 1.0
    for kernel, change in enumerate((leak, excitatory, inhibitory)):
        segments[segment, PLAIN + kernel] += change
        segments[segment, FILTER + kernel] += segments[segment, FILTER + kernel] * fade + change


@implements(operation.merge, Urbanczik)
def _merge(rule, sums, slot, segments, segment, age, length, gap):
    shift = -milliseconds(rule, length) / rule.tau_delta
    rest = math.exp(-milliseconds(rule, gap) / rule.tau_delta)
    sums[slot, ENTRIES] += segments[segment, ENTRIES]
    for kernel, tau in enumerate((rule.tau_leak, rule.tau_ex, rule.tau_in)):
        reach = math.exp(-milliseconds(rule, age) / tau)
        sums[slot, PLAIN + kernel] += reach * segments[segment, PLAIN + kernel]
        earlier = sums[slot, FILTER + kernel]
        sums[slot, FILTER + kernel] = (
            earlier + earlier * math.expm1(shift) + reach * rest * segments[segment, FILTER + kernel]
        )


@implements(operation.exponents, Urbanczik)
def _exponents(rule):
    result, dt = np.zeros((SUMS - 1, 2)), milliseconds(rule, 1)
    for kernel, tau in enumerate((rule.tau_leak, rule.tau_ex, rule.tau_in)):
        result[PLAIN - 1 + kernel, 0] = dt / tau
        result[FILTER - 1 + kernel, 0] = dt / tau - dt / rule.tau_delta
        result[FILTER - 1 + kernel, 1] = dt / rule.tau_delta
    return result


@implements(operation.integrate_sums, Urbanczik)
def _integrate_sums(rule, state, synapse, sums, slot):
    kernel = 1 if state[synapse, WEIGHT] > 0.0 else 2
    leak, current = state[synapse, TRACE_LEAK], state[synapse, TRACE_SYNAPSE]
    state[synapse, INTEGRAL] += leak * sums[slot, PLAIN] - current * sums[slot, PLAIN + kernel]
    state[synapse, FILTERED] += leak * sums[slot, FILTER] - current * sums[slot, FILTER + kernel]
