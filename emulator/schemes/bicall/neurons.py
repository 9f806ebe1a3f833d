"""The neurons of a part in one tick: the same in every scheme. Operations are those of `emulator.rule.operations`."""

import numpy as np

from bicall.emulator.rule.operations import ROUND_S, ROUND_Y, bump, decay, integrate
from bicall.emulator.support.caching import cached_njit

HIGH_BITS = 16  # of what arrived at a neuron in a tick: all spikes count in the lower bits, high weights in the others


@cached_njit(inline="always")
def arrival(high):
    """What a spike adds to what arrived; `high` says whether it transmits the high weight."""
    return np.uint32(1) + (np.uint32(high) << np.uint32(HIGH_BITS))


@cached_njit(nogil=True)
def gate_is_open(c, s):
    """Whether a neuron with slow trace s learns."""
    return (s > c.gate_low) & (s < c.gate_high)


@cached_njit(nogil=True)
def begin(c, seed, tick, low, high, learning, a, depressed, arrived):
    """Step 1 for y and s; then which neurons' synapses a presynaptic spike of this tick would depress.

    Args:
        low, high: the part's neurons.
        a: `emulator.schemes.bicall.state.Arrays`.
        depressed: bool[neurons]; nobody is without `learning`.
        arrived: uint32[neurons], sums of `arrival`; set to 0.
    """
    decay(a.y[low:high], c.y_decay, c.y_rounding, seed, ROUND_Y, a.columns[low:high], tick)
    decay(a.s[low:high], c.s_decay, c.s_rounding, seed, ROUND_S, a.columns[low:high], tick)
    arrived[low:high] = 0
    # arrays by themselves, because those of named tuples are counted at every use; indices from 0 on, because the
    # compiler looks at each one that it does not know to be positive
    y, s, depressed_here = a.y[low:high], a.s[low:high], depressed[low:high]
    for j in range(high - low):
        depressed_here[j] = learning & (y[j] > c.post_threshold) & gate_is_open(c, s[j])


@cached_njit(nogil=True)
def integrate_and_fire(c, low, high, a, arrived, taught, drive, fired):
    """Steps 4, 5 and the bumps of step 6; arguments as in `begin`.

    Args:
        taught: int64[neurons], 1 where the teacher spikes.
        drive: int32 or float64[neurons], added to each neuron's input.
        fired: int32; those that fire go there, ascending.

    Returns:
        How many fire.
    """
    y, s, current, membrane = a.y[low:high], a.s[low:high], a.current[low:high], a.membrane[low:high]
    refractory, arrived, taught = a.refractory[low:high], arrived[low:high], taught[low:high]
    drive = drive[low:high]
    for j in range(high - low):  # without a branch, so that it can be done for many neurons at once
        n_high = np.int64(arrived[j] >> HIGH_BITS)
        n_low = np.int64(arrived[j] & 0xFFFF) - n_high
        arriving = n_high * c.weight_high + n_low * c.weight_low + taught[j] * c.teacher_weight + drive[j]
        u, v = integrate(current[j], membrane[j], arriving, c.current_decay, c.membrane_decay)
        current[j] = u
        active = refractory[j] == 0
        membrane[j] = max(v, c.membrane_floor) if active else membrane[j]
        refractory[j] -= not active
    n = 0
    for j in range(high - low):
        if membrane[j] > c.membrane_threshold:
            membrane[j] = (membrane[j] - c.membrane_threshold) * c.reset_by_subtraction
            refractory[j] = c.refractory_ticks
            y[j] = bump(y[j], c.y_bump, c.y_full)
            s[j] = bump(s[j], c.s_bump, c.s_full)
            fired[n] = low + j
            n += 1
    return n
