"""The time-driven scheme: every synapse is visited at every step. Plain, slow, the reference model of the others."""

import numpy as np

from bicall.emulator.schemes.counters import COMPUTATIONS, COUNTERS, MANIPULATIONS, PEAK, VISITS
from bicall.emulator.schemes.rule import advance, integrate, pre_first, transmit
from bicall.emulator.support.caching import cached_njit


@cached_njit(nogil=True)
def run(rule, state, delays, start, entries, levels, spike_steps, spike_synapses):
    """Play one postsynaptic neuron. The arguments and results are those of `emulator.schemes.run.run`."""
    synapses, last_step, late = len(delays), len(entries) - 1, pre_first(rule)
    previous = np.full(synapses, start, np.int64)
    sent = np.empty(len(spike_steps))
    counters = np.zeros(COUNTERS, np.int64)
    counters[PEAK] = delays.max() + 1
    event = 0
    for step in range(1, last_step + 1):
        counters[MANIPULATIONS] += 1
        counters[VISITS] += synapses
        counters[COMPUTATIONS] += synapses
        for synapse in range(synapses):
            archived = step - delays[synapse] - late
            value = entries[archived] if archived >= 0 else 0.0
            if late == 0:
                advance(rule, state, synapse, step - 1, step)
            if value != 0.0:
                integrate(rule, state, synapse, value, previous[synapse], archived, delays[synapse])
            if late == 1:
                advance(rule, state, synapse, step - 1, step)
        while event < len(spike_steps) and spike_steps[event] == step:
            synapse = spike_synapses[event]
            archived = step - delays[synapse]
            level = levels[archived] if archived > 0 else 0.0
            sent[event] = transmit(rule, state, synapse, level, previous[synapse], step)
            previous[synapse] = step
            event += 1
    if late == 1:  # the entries of the last step, which come after its presynaptic spikes
        for synapse in range(synapses):
            archived = last_step - delays[synapse]
            value = entries[archived] if archived >= 0 else 0.0
            if value != 0.0:
                integrate(rule, state, synapse, value, previous[synapse], archived, delays[synapse])
    return sent, counters
