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

from bicall.emulator.closed_loop.exponential import exponential
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
    """The state of `count` neurons at rest, shape (FIELDS, count)."""
    state = np.zeros((FIELDS, count))
    state[[V, U_PLUS, U_MINUS, U_BAR]] = neuron.E_L
    state[V_TH] = neuron.V_th_rest
    return state


@cached_njit(inline="always")  # else Numba copies the parameters at each call, and the loop is not vector code
def _slope(neuron, v, w, z, v_th):
    v = min(v, neuron.V_peak)
    spike = neuron.g_L * neuron.Delta_T * exponential((v - v_th) * (1.0 / neuron.Delta_T))
    dv = (-neuron.g_L * (v - neuron.E_L) + spike - w + z) * (1.0 / neuron.C_m)
    dw = (neuron.a * (v - neuron.E_L) - w) * (1.0 / neuron.tau_w)
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


@cached_njit(inline="always")
def _free(neuron, h, half_z, half_th, v, w, z, v_th):
    """V and w after a part of length h without a clamp."""
    z1, th1 = z * half_z, neuron.V_th_rest + (v_th - neuron.V_th_rest) * half_th
    z2, th2 = z1 * half_z, neuron.V_th_rest + (th1 - neuron.V_th_rest) * half_th
    a, c = _slope(neuron, v, w, z, v_th)
    a1, c1 = _slope(neuron, v + 0.5 * h * a, w + 0.5 * h * c, z1, th1)
    a2, c2 = _slope(neuron, v + 0.5 * h * a1, w + 0.5 * h * c1, z1, th1)
    a3, c3 = _slope(neuron, v + h * a2, w + h * c2, z2, th2)
    return v + h / 6.0 * (a + 2.0 * a1 + 2.0 * a2 + a3), w + h / 6.0 * (c + 2.0 * c1 + 2.0 * c2 + c3)


@cached_njit(nogil=True)
def _part(neuron, table, row, y, i, clamped):
    """Integrate neuron `i` over the time of a row of `coefficients`, `clamped` or free."""
    half_z, half_th = table[row, 1], table[row, 2]
    v, z, v_th, u_minus = y[V, i], y[Z, i], y[V_TH, i], y[U_MINUS, i]
    if not clamped:
        y[V, i], y[W, i] = _free(neuron, table[row, 0], half_z, half_th, v, y[W, i], z, v_th)
    y[Z, i] = z * half_z * half_z
    y[V_TH, i] = neuron.V_th_rest + (v_th - neuron.V_th_rest) * half_th * half_th
    begin, end = min(v, neuron.V_peak), min(y[V, i], neuron.V_peak)
    y[U_PLUS, i] += table[row, 3] * (begin - y[U_PLUS, i]) + table[row, 4] * (end - begin)
    y[U_MINUS, i] += table[row, 5] * (begin - u_minus) + table[row, 6] * (end - begin)
    y[U_BAR, i] += table[row, 7] * (u_minus - y[U_BAR, i]) + table[row, 8] * (y[U_MINUS, i] - u_minus)


@cached_njit(nogil=True)
def _quiet_part(neuron, table, quiet, v, w, z, v_th, u_plus, u_minus, u_bar):
    """`_part` over a whole step, free, of the neurons that are `quiet`: the same numbers, in vector code."""
    h, half_z, half_th, peak, rest = table[0, 0], table[0, 1], table[0, 2], neuron.V_peak, neuron.V_th_rest
    begin, after = np.empty_like(v), np.empty_like(v)
    for i in range(len(v)):
        begin[i] = v[i]
        after_v, after_w = _free(neuron, h, half_z, half_th, v[i], w[i], z[i], v_th[i])
        after[i] = after_v if quiet[i] else v[i]
        w[i] = after_w if quiet[i] else w[i]
    for i in range(len(v)):
        z[i] = z[i] * half_z * half_z if quiet[i] else z[i]
        v_th[i] = rest + (v_th[i] - rest) * half_th * half_th if quiet[i] else v_th[i]
    loss, gain = table[0, 3], table[0, 4]
    for i in range(len(v)):
        low, high = min(begin[i], peak), min(after[i], peak)
        after_plus = u_plus[i] + (loss * (low - u_plus[i]) + gain * (high - low))
        u_plus[i] = after_plus if quiet[i] else u_plus[i]
    loss, gain, loss_bar, gain_bar = table[0, 5], table[0, 6], table[0, 7], table[0, 8]
    for i in range(len(v)):
        low, high, before = min(begin[i], peak), min(after[i], peak), u_minus[i]
        after_minus = before + (loss * (low - before) + gain * (high - low))
        after_bar = u_bar[i] + (loss_bar * (before - u_bar[i]) + gain_bar * (after_minus - before))
        u_minus[i] = after_minus if quiet[i] else before
        u_bar[i] = after_bar if quiet[i] else u_bar[i]
    v[:] = after


@cached_njit(nogil=True)
def step_all(neuron, table, y, clamp, jumps, quiet, fired):
    """`step` of all neurons.

    Args:
        jumps: mV added to each V at the end of the step, shape (neurons,).
        quiet: bool, shape (neurons,), room for which neurons are neither clamped nor building up a spike.
        fired: int64, shape (neurons,); the neurons that spike go there, ascending.

    Returns:
        How many spike.
    """
    v, v_th = y[V], y[V_TH]
    for i in range(len(clamp)):
        quiet[i] = (clamp[i] == 0) & (v[i] <= v_th[i] - neuron.Delta_T)
    _quiet_part(neuron, table, quiet, v, y[W], y[Z], v_th, y[U_PLUS], y[U_MINUS], y[U_BAR])
    for i in range(len(clamp)):
        v[i] = v[i] + jumps[i] if quiet[i] else v[i]
    n = 0
    for i in range(len(clamp)):
        if not quiet[i]:
            fires = step(neuron, table, y, clamp, i, jumps[i])
        else:
            fires = v[i] >= neuron.V_peak
            if fires:
                _fire(neuron, y, i)
                clamp[i] = round(neuron.t_clamp / table[0, 0])
        fired[n] = i
        n += fires
    return n


@cached_njit(nogil=True)
def step(neuron, table, y, clamp, i, jump):
    """One step of neuron `i`.

    Args:
        y: states, shape (FIELDS, neurons), changed in place.
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
            y[V, i] = neuron.V_reset
        return False
    building = y[V, i] > y[V_TH, i] - neuron.Delta_T
    row, parts = (1, PARTS) if building else (0, 1)
    for _ in range(parts):
        _part(neuron, table, row, y, i, fired)
        if not fired and y[V, i] >= neuron.V_peak:
            fired = True
            _fire(neuron, y, i)
    if not fired:
        y[V, i] += jump
        if y[V, i] >= neuron.V_peak:
            fired = True
            _fire(neuron, y, i)
    if fired:
        clamp[i] = round(neuron.t_clamp / table[0, 0])
    return fired


@cached_njit(nogil=True)
def _fire(neuron, y, i):
    y[V, i] = neuron.V_clamp
    y[W, i] += neuron.b
    y[Z, i] = neuron.I_sp
    y[V_TH, i] = neuron.V_th_max
