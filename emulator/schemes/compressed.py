"""The event-driven scheme with compression: one sum over the archive for all synapses with the same previous spike.

For each delay the neuron keeps one open segment, the entries since the last presynaptic spike of that delay, and one
sum for each distinct previous spike. A spike appends the segment to every sum; the synapse then uses the sum of its own
previous spike.
"""

import numpy as np

from bicall.emulator.schemes.counters import COMPUTATIONS, COUNTERS, MANIPULATIONS, PEAK, VISITS
from bicall.emulator.schemes.rule import advance, fold, integrate_sums, merge, pre_first, transmit
from bicall.emulator.support.caching import cached_njit


@cached_njit(nogil=True)
def append(rule, slots, count, users, spikes, sums, segments, g, segment_start, last_entry, now, free, n_free):
    """Append segment `g`, of one delay, to the sums in the first `count` of `slots`; drop unused sums.

    Returns:
        The sums kept and the slots that are free after it.
    """
    kept = 0
    for slot in slots[:count]:
        if users[slot] == 0:
            free[n_free] = slot
            n_free += 1
        else:
            merge(rule, sums, slot, segments, g, segment_start - spikes[slot], now - segment_start, now - last_entry)
            slots[kept] = slot
            kept += 1
    return kept, n_free


@cached_njit(nogil=True)
def run(rule, state, delays, start, entries, levels, spike_steps, spike_synapses, fields):
    """Play one postsynaptic neuron. As `emulator.schemes.run.run`; `fields` is the number of numbers in a sum."""
    synapses, last_step, late = len(delays), len(entries) - 1, pre_first(rule)
    previous = np.full(synapses, start, np.int64)
    sent = np.empty(len(spike_steps))
    counters = np.zeros(COUNTERS, np.int64)
    distinct = np.unique(delays)
    groups = len(distinct)
    group = np.searchsorted(distinct, delays)
    # A sum lives in a slot; `spikes` is the spike it belongs to, `users` the number of synapses that point to it.
    slot = group.copy()
    size = synapses + groups
    sums, spikes, users = np.zeros((size, fields)), np.full(size, start), np.zeros(size, np.int64)
    for synapse in range(synapses):
        users[slot[synapse]] += 1
    free, n_free = np.arange(size - 1, -1, -1), size - groups
    slots = np.empty((groups, np.bincount(group).max() + 1), np.int64)
    slots[:, 0] = np.arange(groups)
    used = np.ones(groups, np.int64)
    segments = np.zeros((groups, fields))
    segment_start, last_entry = np.full(groups, start), np.full(groups, start)
    event = 0
    counters[PEAK] = 2 * groups
    for step in range(1, last_step + 1 + late):
        acts = step - late
        for g in range(groups):
            value = entries[acts - distinct[g]] if acts > distinct[g] else 0.0
            if value != 0.0:
                fold(rule, segments, g, value, acts - segment_start[g], acts - last_entry[g])
                last_entry[g] = acts
                counters[COMPUTATIONS] += 1
        while event < len(spike_steps) and spike_steps[event] == step:
            synapse = spike_synapses[event]
            g, before = group[synapse], previous[synapse]
            if segment_start[g] < step:
                counters[MANIPULATIONS] += used[g]
                used[g], n_free = append(
                    rule, slots[g], used[g], users, spikes, sums,
                    segments, g, segment_start[g], last_entry[g], step, free, n_free,
                )  # fmt: skip
                segments[g] = 0.0
                segment_start[g] = last_entry[g] = step
                n_free -= 1
                new = free[n_free]
                sums[new], spikes[new], users[new] = 0.0, step, 0
                slots[g, used[g]] = new
                used[g] += 1
                counters[PEAK] = max(counters[PEAK], used.sum() + groups)
            advance(rule, state, synapse, before, step)
            integrate_sums(rule, state, synapse, sums, slot[synapse])
            level = levels[step - delays[synapse]] if step > delays[synapse] else 0.0
            sent[event] = transmit(rule, state, synapse, level, before, step)
            users[slot[synapse]] -= 1
            slot[synapse] = slots[g, used[g] - 1]
            users[slot[synapse]] += 1
            previous[synapse] = step
            counters[VISITS] += 1
            event += 1
    for g in range(groups):
        counters[MANIPULATIONS] += used[g]
        used[g], n_free = append(
            rule, slots[g], used[g], users, spikes, sums,
            segments, g, segment_start[g], last_entry[g], last_step, free, n_free,
        )  # fmt: skip
    for synapse in range(synapses):
        advance(rule, state, synapse, previous[synapse], last_step)
        integrate_sums(rule, state, synapse, sums, slot[synapse])
    counters[VISITS] += synapses
    return sent, counters
