"""The event-driven scheme: a synapse is visited at its presynaptic spikes and reads the archive since the last one."""

import numpy as np

from bicall.emulator.schemes.counters import COMPUTATIONS, COUNTERS, MANIPULATIONS, PEAK, VISITS
from bicall.emulator.schemes.rule import advance, integrate, pre_first, transmit
from bicall.emulator.support.caching import cached_njit

SMALLEST_PRUNED = 64  # entries; a shorter history is not worth looking through


@cached_njit(nogil=True)
def lazy_update(rule, state, synapse, steps, values, head, tail, previous, delay, now, last):
    """Integrate the archived entries that synapse `synapse` has not seen, and advance it to step `now`.

    Args:
        steps, values: the archive, sorted by step; the entries `head` to `tail` - 1 are held.
        previous: step of the last visit; entries that act before it (or at it, see `pre_first`) have been seen.
        last: step of the last entry to integrate.

    Returns:
        The number of entries integrated.
    """
    first = previous - delay - pre_first(rule)
    entry = head + np.searchsorted(steps[head:tail], first, side="right")
    at, count = previous, 0
    while entry < tail and steps[entry] <= last:
        step = steps[entry] + delay
        advance(rule, state, synapse, at, step)
        integrate(rule, state, synapse, values[entry], previous, steps[entry], delay)
        at = step
        entry += 1
        count += 1
    advance(rule, state, synapse, at, now)
    return count


@cached_njit(nogil=True)
def run(rule, state, delays, start, entries, levels, spike_steps, spike_synapses):
    """Play one postsynaptic neuron. The arguments and results are those of `emulator.schemes.run.run`."""
    synapses, last_step, late = len(delays), len(entries) - 1, pre_first(rule)
    previous = np.full(synapses, start, np.int64)
    sent = np.empty(len(spike_steps))
    counters = np.zeros(COUNTERS, np.int64)
    archived = np.count_nonzero(entries)
    steps, values = np.empty(archived, np.int64), np.empty(archived)
    head = tail = event = 0
    prune_at = SMALLEST_PRUNED
    for step in range(1, last_step + 1):
        if entries[step] != 0.0:
            if tail - head >= prune_at:
                oldest = (previous - delays).min() - late
                while head < tail and steps[head] <= oldest:
                    head += 1
                prune_at = max(SMALLEST_PRUNED, 2 * (tail - head))  # so that pruning costs a bounded share
            steps[tail], values[tail] = step, entries[step]
            tail += 1
            counters[MANIPULATIONS] += 1
            counters[PEAK] = max(counters[PEAK], tail - head)
        while event < len(spike_steps) and spike_steps[event] == step:
            synapse = spike_synapses[event]
            delay, before = delays[synapse], previous[synapse]
            counters[VISITS] += 1
            counters[COMPUTATIONS] += lazy_update(
                rule, state, synapse, steps, values, head, tail, before, delay, step, step - delay - late
            )
            level = levels[step - delay] if step > delay else 0.0
            sent[event] = transmit(rule, state, synapse, level, before, step)
            previous[synapse] = step
            event += 1
    for synapse in range(synapses):
        delay, before = delays[synapse], previous[synapse]
        counters[VISITS] += 1
        counters[COMPUTATIONS] += lazy_update(
            rule, state, synapse, steps, values, head, tail, before, delay, last_step, last_step - delay
        )
    return sent, counters
