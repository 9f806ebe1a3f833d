"""The adaptive exponential neuron with the voltage traces of the Clopath rule.

The model is NEST's aeif_psc_delta_clopath: membrane V, adaptation w, depolarizing after-current z, adaptive threshold
V_th, clamped at the spike's peak for `t_clamp`, then reset. Inputs are jumps of V. Source: Clopath et al., Nat.
Neurosci. 13 (2010).

Integration: fixed step. z and V_th decay exactly; V and w by the classical Runge-Kutta method of order 4, in 8 parts of
a step while the spike builds up; the traces u_plus, u_minus, u_bar by the exact solution for a V that is linear over a
part.
"""

import math
from typing import NamedTuple

import numpy as np

from bicall.emulator.support.caching import cached_njit

V, W, Z, V_TH, U_PLUS, U_MINUS, U_BAR = range(7)
FIELDS = 7
PARTS = 8  # of a step, while the spike builds up


class AdEx(NamedTuple):
    """Neuron parameters; mV, ms, pF, nS, pA. The defaults are those of NEST's spike-pairing example."""

    C_m: float = 281.0
    g_L: float = 30.0  # noqa: N815
    E_L: float = -70.6
    Delta_T: float = 2.0
    V_peak: float = 33.0
    V_reset: float = -49.6
    V_clamp: float = 33.0
    t_clamp: float = 2.0
    V_th_rest: float = -50.4
    V_th_max: float = 30.4
    tau_V_th: float = 50.0  # noqa: N815
    a: float = 4.0
    b: float = 0.0805
    tau_w: float = 144.0
    I_sp: float = 400.0
    tau_z: float = 40.0
    tau_u_bar_plus: float = 7.0
    tau_u_bar_minus: float = 10.0
    tau_u_bar_bar: float = 500.0


def at_rest(neuron: AdEx, count: int) -> np.ndarray:
    """The state of `count` neurons at rest, shape (count, FIELDS)."""
    state = np.zeros((count, FIELDS))
    state[:, [V, U_PLUS, U_MINUS, U_BAR]] = neuron.E_L
    state[:, V_TH] = neuron.V_th_rest
    return state


@cached_njit(nogil=True)
def _slope(neuron, v, w, z, v_th):
    v = min(v, neuron.V_peak)
    spike = neuron.g_L * neuron.Delta_T * math.exp((v - v_th) / neuron.Delta_T)
    dv = (-neuron.g_L * (v - neuron.E_L) + spike - w + z) / neuron.C_m
    dw = (neuron.a * (v - neuron.E_L) - w) / neuron.tau_w
    return dv, dw


def coefficients(neuron: AdEx, dt: float) -> np.ndarray:
    """What `step` needs of the exponentials, for a whole step (row 0) and for a part of one (row 1).

    The columns: length in ms, decays of z and V_th over half of it; and for each of u_plus, u_minus, u_bar the factors
    of its distance to the input, and of the input's change (the exact filter of an input that goes linearly).
    """
    rows = []
    for h in (dt, dt / PARTS):
        row = [h, math.exp(-0.5 * h / neuron.tau_z), math.exp(-0.5 * h / neuron.tau_V_th)]
        for tau in (neuron.tau_u_bar_plus, neuron.tau_u_bar_minus, neuron.tau_u_bar_bar):
            loss = -math.expm1(-h / tau)
            row += [loss, 1.0 - loss * tau / h]
        rows.append(row)
    return np.array(rows)


@cached_njit(nogil=True)
def _part(neuron, table, row, y, i, clamped):
    """Integrate neuron `i` over the time of a row of `coefficients`, `clamped` or free."""
    h, half_z, half_th = table[row, 0], table[row, 1], table[row, 2]
    v, w, z, v_th, u_minus = y[i, V], y[i, W], y[i, Z], y[i, V_TH], y[i, U_MINUS]
    z1, th1 = z * half_z, neuron.V_th_rest + (v_th - neuron.V_th_rest) * half_th
    z2, th2 = z1 * half_z, neuron.V_th_rest + (th1 - neuron.V_th_rest) * half_th
    after = v
    if not clamped:
        a, c = _slope(neuron, v, w, z, v_th)
        a1, c1 = _slope(neuron, v + 0.5 * h * a, w + 0.5 * h * c, z1, th1)
        a2, c2 = _slope(neuron, v + 0.5 * h * a1, w + 0.5 * h * c1, z1, th1)
        a3, c3 = _slope(neuron, v + h * a2, w + h * c2, z2, th2)
        after = v + h / 6.0 * (a + 2.0 * a1 + 2.0 * a2 + a3)
        y[i, W] = w + h / 6.0 * (c + 2.0 * c1 + 2.0 * c2 + c3)
    y[i, V], y[i, Z], y[i, V_TH] = after, z2, th2
    begin, end = min(v, neuron.V_peak), min(after, neuron.V_peak)
    y[i, U_PLUS] += table[row, 3] * (begin - y[i, U_PLUS]) + table[row, 4] * (end - begin)
    y[i, U_MINUS] += table[row, 5] * (begin - u_minus) + table[row, 6] * (end - begin)
    y[i, U_BAR] += table[row, 7] * (u_minus - y[i, U_BAR]) + table[row, 8] * (y[i, U_MINUS] - u_minus)


@cached_njit(nogil=True)
def step(neuron, table, y, clamp, i, jump):
    """One step of neuron `i`.

    Args:
        y: states, shape (neurons, FIELDS), changed in place.
        clamp: steps each neuron stays clamped, shape (neurons,), changed in place.
        jump: mV added to V at the end of the step, unless the neuron is clamped.
        table: `coefficients(neuron, dt)`.

    Returns:
        True if the neuron spikes in this step.
    """
    fired = False
    if clamp[i] > 0:
        _part(neuron, table, 0, y, i, True)
        clamp[i] -= 1
        if clamp[i] == 0:
            y[i, V] = neuron.V_reset
        return False
    building = y[i, V] > y[i, V_TH] - neuron.Delta_T
    row, parts = (1, PARTS) if building else (0, 1)
    for _ in range(parts):
        _part(neuron, table, row, y, i, fired)
        if not fired and y[i, V] >= neuron.V_peak:
            fired = True
            _fire(neuron, y, i)
    if not fired:
        y[i, V] += jump
        if y[i, V] >= neuron.V_peak:
            fired = True
            _fire(neuron, y, i)
    if fired:
        clamp[i] = round(neuron.t_clamp / table[0, 0])
    return fired


@cached_njit(nogil=True)
def _fire(neuron, y, i):
    y[i, V] = neuron.V_clamp
    y[i, W] += neuron.b
    y[i, Z] = neuron.I_sp
    y[i, V_TH] = neuron.V_th_max
