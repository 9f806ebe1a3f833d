"""The time-driven scheme: every synapse is visited in every tick, once. The event-driven engine is measured against it.

A visit does what is due between the sum of one tick and the sum of the next: the step of the last tick's postsynaptic
spike, drift, transmission, depression. x is kept an axon and not a synapse, so it decays once a row and tick.
"""

import numpy as np

from bicall.emulator.rule.constants import STOCHASTIC
from bicall.emulator.rule.operations import ROUND_POST, ROUND_PRE, ROUND_X, bump, learn
from bicall.emulator.rule.randomness import counter_random
from bicall.emulator.schemes.bicall.event_driven import arrivals, collect, enter, leave, teach, with_room
from bicall.emulator.schemes.bicall.neurons import arrival, begin, gate_is_open, integrate_and_fire
from bicall.emulator.schemes.bicall.rows import decayed, drifted, step_of
from bicall.emulator.schemes.counters import COMPUTATIONS, PEAK, VISITS
from bicall.emulator.support.caching import cached_njit


@cached_njit(nogil=True)
def visit_all(c, seed, tick, p, network, a, learns, any_learns, drift, spiking, transmits, depressed, arrived, sent):
    """Visit every synapse of part p in `tick`.

    Args:
        learns: bool[neurons], fired with an open gate in the tick before.
        transmits: false for the last visit, which does what the last tick left.
    """
    targets, h_of, rows, columns, recorded = network.targets, a.h, a.rows, a.columns, len(sent) > 0
    for i in range(a.x.shape[1]):
        x, word_x, word_pre, word_post = a.x[p, i], np.uint32(0), np.uint32(0), np.uint32(0)
        step = step_of(c, x)
        if c.h_rounding == STOCHASTIC and any_learns:
            word_post = counter_random(seed, ROUND_POST, rows[i], tick - 1)
        spike = transmits and spiking[i]
        if c.h_rounding == STOCHASTIC and spike:
            word_pre = counter_random(seed, ROUND_PRE, rows[i], tick)
        for k in range(network.first[p, i], network.first[p, i + 1]):
            j, h = targets[k], h_of[k]
            if learns[j]:
                h = learn(h, step, word_post, columns[j], c)
            if drift:
                h = drifted(c, h, 1)
            if spike:
                high = h > c.h_threshold
                arrived[j] += arrival(high)
                if recorded:
                    sent[k] = high
                if depressed[j]:
                    h = learn(h, c.depression_pre, word_pre, columns[j], c)
            h_of[k] = h
        if transmits:
            if c.x_rounding == STOCHASTIC:
                word_x = counter_random(seed, ROUND_X, rows[i], tick)
            x = decayed(x, c, word_x)
            a.x[p, i] = bump(x, c.x_bump, c.x_full) if spike else x
            a.last[p, i] = tick


@cached_njit(nogil=True)
def advance(c, seed, tick, network, a, t, batches, resets, learning, outside, drive, scratch, sent, counters):
    """Run the ticks of `outside` after `tick`, from an up-to-date state, and leave it up to date. Always learns."""
    depressed, arrived, fired, ends, taught, undriven = scratch
    pre_starts, pre_sources, teacher_starts, teacher_sources = outside
    ticks, parts = len(pre_starts) - 1, len(ends)
    starts, post = np.zeros(ticks + 1, np.int64), np.empty(1024, np.int32)
    spiking = np.zeros(a.x.shape[1], np.bool_)
    learns = np.zeros(len(depressed), np.bool_)
    any_learns = False
    counters[:, PEAK] = 1
    for k in range(ticks):
        enter(tick, 1, network, a, pre_starts[k:], pre_sources)
        tick += 1
        spikes = arrivals(tick, a)
        spiking[spikes] = True
        teach(teacher_starts[k:], teacher_sources, 0, len(taught), taught)
        driven = drive[k] if len(drive) > 0 else undriven
        drift = tick % c.drift_period == 0
        for p in range(parts):
            low, high = network.bounds[p], network.bounds[p + 1]
            begin(c, seed, tick, low, high, True, a, depressed, arrived)
            visit_all(
                c, seed, tick, p, network, a, learns, any_learns, drift, spiking, True, depressed, arrived, sent
            )  # fmt: skip
            counters[p, VISITS] += network.first[p, -1] - network.first[p, 0]
            counters[p, COMPUTATIONS] += network.first[p, -1] - network.first[p, 0]
        any_learns = False
        for p in range(parts):
            low, high = network.bounds[p], network.bounds[p + 1]
            ends[p, 1] = integrate_and_fire(c, low, high, a, arrived, taught, driven, fired[p])
            learns[low:high] = False
            for j in fired[p, : ends[p, 1]]:
                learns[j] = gate_is_open(c, a.s[j])
                any_learns |= learns[j]
        spiking[spikes] = False
        leave(tick - 1, 1, a)
        post = with_room(post, starts[k] + len(depressed))
        collect(tick - 1, 1, network, a, fired, ends, starts[k:], post)
    for p in range(parts):  # the steps of the last tick
        visit_all(
            c, seed, tick + 1, p, network, a, learns, any_learns, False, spiking, False, depressed, arrived, sent
        )  # fmt: skip
    return starts, post[: starts[-1]].copy()
