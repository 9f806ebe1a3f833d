"""The event-driven engine: a row of synapses is visited when its axon spikes, and sees what happened in between.

Neurons are visited in every tick. The ticks of spikes whose gate was open are archived; when an archive is full, the
rows that still need its older half are brought up to date, and that half is dropped. Parts of the neurons can run in
threads: within a tick they share nothing but the spikes that arrive.
"""

import numpy as np
from numba import njit, prange

from bicall.emulator.rule.constants import STOCHASTIC
from bicall.emulator.rule.operations import ROUND_POST, learn
from bicall.emulator.rule.randomness import counter_random
from bicall.emulator.schemes.bicall.neurons import begin, gate_is_open, integrate_and_fire
from bicall.emulator.schemes.bicall.replay import flush_rows, visit
from bicall.emulator.schemes.bicall.rows import step_of
from bicall.emulator.schemes.counters import COMPUTATIONS, MANIPULATIONS, PEAK
from bicall.emulator.support.caching import cached_njit


@cached_njit(nogil=True)
def release(c, seed, tick, until, p, network, a, t, batches, resets, counters):
    """Bring all rows of part p up to date that may need archived spikes of tick `until` or before."""
    if until >= a.oldest[p]:
        flush_rows(c, seed, tick, until, p, network, a, t, batches, resets, True, counters)
        a.oldest[p] = a.last[p].min()


@cached_njit(nogil=True)
def archive(c, seed, tick, p, fired, network, a, t, batches, resets, counters):
    """Archive this tick's spikes of the neurons `fired` whose gate is open."""
    ticks, columns, entries, newest, oldest = a.log_ticks[p], a.log_columns[p], a.entries, a.newest, a.oldest
    s, logged, low, neurons = a.s, a.logged, network.bounds[p], network.bounds[p + 1] - network.bounds[p]
    is_dense, room = len(ticks) > 0, max(len(ticks), entries.shape[1])
    n, peak = 0, 0
    for j in fired:
        if not gate_is_open(c, s[j]):
            continue
        if is_dense:
            held = logged[p]
            if held == room:
                release(c, seed, tick, ticks[room // 2], p, network, a, t, batches, resets, counters)
                held = room - room // 2 - 1
                ticks[:held], columns[:held] = ticks[room - held :].copy(), columns[room - held :].copy()
            ticks[held], columns[held] = tick, j - low
            logged[p] = held + 1
            peak = max(peak, held // neurons + 1)  # for each neuron, on average
        else:
            if entries[j, room - 1] >= oldest[p]:
                release(c, seed, tick, entries[j, room // 2], p, network, a, t, batches, resets, counters)
            held = 1
            for e in range(room - 1, 0, -1):
                entries[j, e] = entries[j, e - 1]
                held += entries[j, e] >= 0
            entries[j, 0] = tick
            peak = max(peak, held)
        newest[j] = tick
        n += 1
    counters[p, MANIPULATIONS] += n
    counters[p, PEAK] = max(counters[p, PEAK], peak)


@cached_njit(nogil=True)
def tick_of_part(
    c, seed, tick, p, network, a, t, batches, resets, learning, spikes, taught, drive, depressed, arrived, fired, sent,
    counters,
):  # fmt: skip
    """One tick of part p. Its output spikes go into `fired` from the part's first neuron on; returns their number."""
    low, high = network.bounds[p], network.bounds[p + 1]
    begin(c, seed, tick, low, high, learning, a, depressed, arrived)
    visit(c, seed, tick, p, spikes, True, network, a, t, batches, resets, learning, depressed, arrived, sent, counters)
    n = integrate_and_fire(c, low, high, a, arrived, taught, drive, fired)
    if learning:
        archive(c, seed, tick, p, fired[low : low + n], network, a, t, batches, resets, counters)
    return n


@cached_njit(nogil=True)
def send(axon, tick, network, a):
    """Put a spike of `tick` under way."""
    place = (tick + network.delays[axon]) % len(a.arriving)
    a.under_way[place, a.arriving[place]] = axon
    a.arriving[place] += 1


@cached_njit(nogil=True)
def collect(tick, network, a, fired, counts, post, n_post):
    """The parts' output spikes of a tick: into `post`, which grows as needed, and under way."""
    total = counts.sum()
    if n_post + total > len(post):
        post = np.concatenate((post, np.empty(max(len(post), total), np.int32)))
    for p in range(len(counts)):
        low = network.bounds[p]
        for n in range(counts[p]):
            j = fired[low + n]
            post[n_post] = j
            n_post += 1
            if network.external < len(network.delays):
                send(network.external + j, tick, network, a)
    return post, n_post


@cached_njit(nogil=True)
def enter(k, tick, network, a, pre_starts, pre_sources, teacher_starts, teacher_sources, taught):
    """The spikes of the run's tick k from outside; returns the axons whose spikes arrive now, which leave the way."""
    for e in range(pre_starts[k], pre_starts[k + 1]):
        send(pre_sources[e], tick, network, a)
    taught[:] = 0
    for e in range(teacher_starts[k], teacher_starts[k + 1]):
        taught[teacher_sources[e]] = 1
    now = tick % len(a.arriving)
    spikes = a.under_way[now, : a.arriving[now]]
    a.arriving[now] = 0
    return spikes


def _advance(c, seed, tick, network, a, t, batches, resets, learning, outside, drive, scratch, sent, counters):
    """Run the ticks of `outside` after `tick`. Returns starts and sources of the output."""
    depressed, arrived, fired, taught, counts, undriven = scratch
    ticks = len(outside[0]) - 1
    starts, post, n_post = np.zeros(ticks + 1, np.int64), np.empty(1024, np.int32), 0
    for k in range(ticks):
        tick += 1
        spikes = enter(k, tick, network, a, *outside, taught)
        driven = drive[k] if len(drive) > 0 else undriven
        for p in prange(len(counts)):
            counts[p] = tick_of_part(
                c, seed, tick, p, network, a, t, batches, resets, learning, spikes, taught, driven, depressed, arrived,
                fired, sent, counters,
            )  # fmt: skip
        post, n_post = collect(tick, network, a, fired, counts, post, n_post)
        starts[k + 1] = n_post
    return starts, post[:n_post].copy()


advance = cached_njit(_advance, nogil=True)
# the parts shared between threads; not cached, because Numba would mix up the two
advance_in_threads = njit(nogil=True, parallel=True)(_advance)


@cached_njit(nogil=True)
def flush(c, seed, tick, p, network, a, t, batches, resets, learning, counters):
    """Bring all rows of part p up to date after step 6 of `tick`, and empty the archives; without learning only x."""
    targets, h, newest, columns = network.targets, a.h, a.newest, a.columns
    flush_rows(c, seed, tick, tick - 1, p, network, a, t, batches, resets, learning, counters)
    for i in range(a.last.shape[1]):
        step = step_of(c, a.x[p, i])
        word = np.uint32(0)
        if c.h_rounding == STOCHASTIC:
            word = counter_random(seed, ROUND_POST, a.rows[i], tick)
        for k in range(network.first[p, i], network.first[p, i + 1]):
            j = targets[k]
            if newest[j] == tick:
                h[k] = learn(h[k], step, word, columns[j], c)
                counters[p, COMPUTATIONS] += 1
        if len(resets) > 0 and resets[-1] == tick:
            a.x[p, i] = 0
    for j in range(network.bounds[p], network.bounds[p + 1]):
        a.newest[j] = -1
    a.logged[p] = 0
    if len(a.entries) > 0:
        a.entries[network.bounds[p] : network.bounds[p + 1]] = -1
