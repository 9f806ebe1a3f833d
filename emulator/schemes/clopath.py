"""The voltage-based rule of Clopath et al. (2010), in the form and order of NEST's clopath_synapse.

    dw/dt = -A_LTD [u_minus - theta_minus]+ * (presynaptic spike) + A_LTP x [V - theta_plus]+ [u_plus - theta_minus]+

The neuron archives the potentiation (only where it is above zero) as the entry and the depression as the level.
Source: Clopath, Büsing, Vasilaki, Gerstner, Nat. Neurosci. 13 (2010); Stapmanns et al., Front. Neuroinform. 15:609147
(2021).
"""

import math
from typing import NamedTuple

import numpy as np

from bicall.emulator.schemes import rule as operation
from bicall.emulator.schemes.rule import implements, milliseconds
from bicall.emulator.support.caching import cached_njit

FIELDS = ("weight", "trace", "minimum", "maximum")
WEIGHT, TRACE, MINIMUM, MAXIMUM = range(len(FIELDS))
SUMS = 2  # entries seen, potentiation per unit of trace
ENTRIES, POTENTIATION = range(SUMS)


class Clopath(NamedTuple):
    """Synapse parameters: the step in us, and the time constant of the presynaptic trace in ms."""

    tics: float
    tau_x: float


def parameters(dt: float, tau_x: float) -> Clopath:
    """The rule for a step of `dt` ms; see `Clopath`."""
    return Clopath(round(1000.0 * dt, 6), tau_x)


def archive(
    potentials: dict[str, np.ndarray], parameters: dict, dt: float, every: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """What the neuron archives.

    Args:
        potentials: `V_m`, `u_bar_plus`, `u_bar_minus` and (unless `A_LTD_const`) `u_bar_bar`, each of shape
            (steps + 1,), in mV, index = step. The averages plus and minus act `delay_u_bars` later, and are 0 mV before
            that, as NEST's delay buffers begin.
        parameters: the neuron's `A_LTP`, `A_LTD`, `A_LTD_const`, `u_ref_squared`, `theta_plus`, `theta_minus`,
            `delay_u_bars`.
        dt: the step, in ms.
        every: archive every n-th step only; its entry stands for all n.

    Returns:
        Entries (potentiation) and levels (depression), each of shape (steps + 1,), float64; 0 where there is none.
    """
    delay = round(parameters["delay_u_bars"] / dt)
    plus, minus = (_delayed(potentials[name], delay) for name in ("u_bar_plus", "u_bar_minus"))
    voltage = potentials["V_m"]
    theta_plus, theta_minus = parameters["theta_plus"], parameters["theta_minus"]
    potentiation = parameters["A_LTP"] * (voltage - theta_plus) * (plus - theta_minus) * (dt * every)
    if parameters["A_LTD_const"]:
        depression = parameters["A_LTD"] * (minus - theta_minus)
    else:  # the products in NEST's order, so that not even the last bit differs
        slow = potentials["u_bar_bar"]
        depression = parameters["A_LTD"] * slow * slow * (minus - theta_minus) / parameters["u_ref_squared"]
    entries = np.where((voltage > theta_plus) & (plus > theta_minus), potentiation, 0.0)
    levels = np.where(minus > theta_minus, depression, 0.0)
    entries[0] = levels[0] = 0.0  # step 0 is the initial state, which is not archived
    step = np.arange(len(entries))
    return np.where(step % every == 0, entries, 0.0), levels[step // every * every]


def _delayed(values: np.ndarray, delay: int) -> np.ndarray:
    delayed = np.zeros_like(values)
    delayed[delay + 1 :] = values[1 : len(values) - delay]
    return delayed


@cached_njit(nogil=True)
def potentiate(weight, change, maximum):
    """The weight after a potentiation, clipped the way NEST does."""
    weight += change
    return weight if weight < maximum else maximum


@cached_njit(nogil=True)
def depress(weight, change, minimum):
    """The weight after a depression, clipped the way NEST does."""
    weight -= change
    return weight if weight > minimum else minimum


@implements(operation.pre_first, Clopath)
def _pre_first(rule):
    return 0


@implements(operation.advance, Clopath)
def _advance(rule, state, synapse, start, stop):
    pass


@implements(operation.integrate, Clopath)
def _integrate(rule, state, synapse, value, previous, entry, delay):
    time = milliseconds(rule, previous) - (milliseconds(rule, entry) + milliseconds(rule, delay))
    change = value * (state[synapse, TRACE] * math.exp(time / rule.tau_x))
    state[synapse, WEIGHT] = potentiate(state[synapse, WEIGHT], change, state[synapse, MAXIMUM])


@implements(operation.settle, Clopath)
def _settle(rule, state, synapse):
    return state[synapse, WEIGHT]


@implements(operation.transmit, Clopath)
def _transmit(rule, state, synapse, level, previous, step):
    weight = depress(state[synapse, WEIGHT], level, state[synapse, MINIMUM])
    state[synapse, WEIGHT] = weight
    time = milliseconds(rule, previous) - milliseconds(rule, step)
    state[synapse, TRACE] = state[synapse, TRACE] * math.exp(time / rule.tau_x) + 1.0 / rule.tau_x
    return weight


@implements(operation.fold, Clopath)
def _fold(rule, segments, segment, value, since, gap):
    segments[segment, ENTRIES] += 1.0
    segments[segment, POTENTIATION] += value * math.exp(-milliseconds(rule, since) / rule.tau_x)


@implements(operation.merge, Clopath)
def _merge(rule, sums, slot, segments, segment, age, length, gap):
    sums[slot, ENTRIES] += segments[segment, ENTRIES]
    if segments[segment, ENTRIES] > 0.0:
        sums[slot, POTENTIATION] += segments[segment, POTENTIATION] * math.exp(-milliseconds(rule, age) / rule.tau_x)


@implements(operation.exponents, Clopath)
def _exponents(rule):
    return np.array([[milliseconds(rule, 1) / rule.tau_x, 0.0]])


@implements(operation.integrate_sums, Clopath)
def _integrate_sums(rule, state, synapse, sums, slot):
    if sums[slot, ENTRIES] > 0.0:  # potentiation only adds, so clipping once is clipping at every entry
        change = state[synapse, TRACE] * sums[slot, POTENTIATION]
        state[synapse, WEIGHT] = potentiate(state[synapse, WEIGHT], change, state[synapse, MAXIMUM])
