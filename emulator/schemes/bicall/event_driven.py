"""The event-driven engine: a row of synapses is visited when its axon spikes, and sees what happened in between.

Neurons are visited in every tick. A neuron archives the ticks of its spikes whose gate was open; when its archive is
full, the rows that still need the older half are brought up to date, and that half is dropped. Parts of the neurons can
run in threads: within a tick they share nothing but the spikes that arrive.
"""

import numpy as np
from numba import njit, prange

from emulator.compiled import ROUND_POST, ROUND_PRE, bump, learn
from emulator.constants import STOCHASTIC
from emulator.randomness import counter_random
from emulator.schemes.bicall.neurons import begin, gate_is_open, integrate_and_fire
from emulator.schemes.bicall.rows import WINDOW, catch_up, prepare, replay, step_of
from emulator.schemes.counters import COMPUTATIONS, MANIPULATIONS, PEAK, VISITS


@njit(cache=True, nogil=True)
def spike_of_row(c, seed, tick, p, i, network, a, t, resets, learning, depressed, arrived, sent, counters):
    """Step 3 for the spike of axon i in part p: catch up, transmit, depress, bump x, in one pass over the row."""
    if tick - a.last[p, i] > WINDOW:
        catch_up(c, seed, tick - WINDOW, p, i, network, a, t, resets, learning, counters)
    since = np.int64(a.last[p, i])
    ticks = tick - since
    x = prepare(c, seed, i, a.x[p, i], since, ticks, resets, t, p)
    word = np.uint32(0)
    if c.h_rounding == STOCHASTIC:
        word = counter_random(seed, ROUND_PRE, i, tick)
    if learning:
        counters[p, COMPUTATIONS] += replay(
            c, i, since, ticks, p, network, a, t, True, word, depressed, arrived, sent
        )  # fmt: skip
    else:
        transmit(c, i, p, network, a, arrived, sent)
    counters[p, VISITS] += network.first[p, i + 1] - network.first[p, i]
    a.x[p, i] = bump(x, c.x_bump, c.x_full)
    a.last[p, i] = tick


@njit(cache=True, nogil=True)
def transmit(c, i, p, network, a, arrived, sent):
    """A spike of row i without learning."""
    targets, h, recorded = network.targets, a.h, len(sent) > 0
    for k in range(network.first[p, i], network.first[p, i + 1]):
        high = np.int64(h[k] > c.h_threshold)
        arrived[targets[k], high] += 1
        if recorded:
            sent[k] = high


@njit(cache=True, nogil=True)
def archive(c, seed, tick, p, j, network, a, t, resets, counters):
    """Add this tick's spike to the archive of neuron j."""
    entries, last = a.entries, a.last
    room = entries.shape[1] - 1
    if entries[j, 0] == room:
        oldest_half = entries[j, room // 2]
        if oldest_half >= a.oldest[p]:
            for i in range(last.shape[1]):
                if last[p, i] <= oldest_half:
                    catch_up(c, seed, tick, p, i, network, a, t, resets, True, counters)
            a.oldest[p] = last[p].min()
        kept = room - room // 2
        entries[j, 1 : 1 + kept] = entries[j, 1 + room // 2 :].copy()
        entries[j, 0] = kept
    held = entries[j, 0] + 1
    entries[j, 0], entries[j, held] = held, tick
    a.newest[j] = tick
    counters[p, MANIPULATIONS] += 1
    counters[p, PEAK] = max(counters[p, PEAK], held)


@njit(cache=True, nogil=True)
def tick_of_part(
    c, seed, tick, p, network, a, t, resets, learning, spikes, taught, numbers, depressed, arrived, fired, sent,
    counters,
):  # fmt: skip
    """One tick of part p. Its output spikes go into `fired` from the part's first neuron on; returns their number."""
    low, high = network.bounds[p], network.bounds[p + 1]
    begin(c, seed, tick, low, high, numbers, a, depressed, arrived)
    for i in spikes:
        spike_of_row(c, seed, tick, p, i, network, a, t, resets, learning, depressed, arrived, sent, counters)
    n = integrate_and_fire(c, low, high, a, arrived, taught, fired)
    if learning:
        for j in fired[low : low + n]:
            if gate_is_open(c, j, a):
                archive(c, seed, tick, p, j, network, a, t, resets, counters)
    return n


@njit(cache=True, nogil=True)
def send(axon, tick, network, a):
    """Put a spike of `tick` under way."""
    place = (tick + network.delays[axon]) % len(a.arriving)
    a.under_way[place, a.arriving[place]] = axon
    a.arriving[place] += 1


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def advance(c, seed, tick, network, a, t, resets, learning, outside, numbers, scratch, sent, counters):
    """Run the ticks of `outside` after `tick`, one part after the other. Returns starts and sources of the output."""
    depressed, arrived, fired, taught, counts = scratch
    ticks = len(outside[0]) - 1
    starts, post, n_post = np.zeros(ticks + 1, np.int64), np.empty(1024, np.int32), 0
    for k in range(ticks):
        tick += 1
        spikes = enter(k, tick, network, a, *outside, taught)
        for p in range(len(counts)):
            counts[p] = tick_of_part(
                c, seed, tick, p, network, a, t, resets, learning, spikes, taught, numbers, depressed, arrived, fired,
                sent, counters,
            )  # fmt: skip
        post, n_post = collect(tick, network, a, fired, counts, post, n_post)
        starts[k + 1] = n_post
    return starts, post[:n_post].copy()


@njit(cache=True, nogil=True, parallel=True)
def advance_in_threads(c, seed, tick, network, a, t, resets, learning, outside, numbers, scratch, sent, counters):
    """As `advance`, the parts shared between threads."""
    depressed, arrived, fired, taught, counts = scratch
    ticks = len(outside[0]) - 1
    starts, post, n_post = np.zeros(ticks + 1, np.int64), np.empty(1024, np.int32), 0
    for k in range(ticks):
        tick += 1
        spikes = enter(k, tick, network, a, *outside, taught)
        for p in prange(len(counts)):
            counts[p] = tick_of_part(
                c, seed, tick, p, network, a, t, resets, learning, spikes, taught, numbers, depressed, arrived, fired,
                sent, counters,
            )  # fmt: skip
        post, n_post = collect(tick, network, a, fired, counts, post, n_post)
        starts[k + 1] = n_post
    return starts, post[:n_post].copy()


@njit(cache=True, nogil=True)
def flush(c, seed, tick, p, network, a, t, resets, learning, counters):
    """Bring all rows of part p up to date after step 6 of `tick`, and empty the archives; without learning only x."""
    targets, h, newest = network.targets, a.h, a.newest
    for i in range(a.last.shape[1]):
        catch_up(c, seed, tick, p, i, network, a, t, resets, learning, counters)
        step = step_of(c, a.x[p, i])
        word = np.uint32(0)
        if c.h_rounding == STOCHASTIC:
            word = counter_random(seed, ROUND_POST, i, tick)
        for k in range(network.first[p, i], network.first[p, i + 1]):
            j = targets[k]
            if newest[j] == tick:
                h[k] = learn(h[k], step, word, j, c)
                counters[p, COMPUTATIONS] += 1
        if len(resets) > 0 and resets[-1] == tick:
            a.x[p, i] = 0
    for j in range(network.bounds[p], network.bounds[p + 1]):
        a.entries[j, 0] = 0
        a.newest[j] = -1
