"""The event-driven engine: a row of synapses is visited when its axon spikes, and sees what happened in between.

Neurons are visited in every tick. The ticks of spikes whose gate was open are archived; when an archive is full, the
rows that still need its older half are brought up to date, and that half is dropped. Parts of the neurons can run in
threads: within the smallest delay they share nothing but the spikes that arrive.
"""

import numpy as np

from bicall.emulator.rule.constants import STOCHASTIC
from bicall.emulator.rule.operations import ROUND_POST, learn
from bicall.emulator.rule.randomness import counter_random
from bicall.emulator.schemes.bicall.neurons import begin, gate_is_open, integrate_and_fire
from bicall.emulator.schemes.bicall.replay import flush_rows, visit
from bicall.emulator.schemes.bicall.row_of import row_bounds, row_targets
from bicall.emulator.schemes.bicall.rows import step_of
from bicall.emulator.schemes.counters import COMPUTATIONS, MANIPULATIONS, PEAK
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.threads import add, store, wait_for

SHARED = TAKEN, DONE, OPEN, FULL = range(4)


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
def arrivals(tick, a):
    """The axons whose spikes arrive at `tick`."""
    now = tick % len(a.arriving)
    return a.under_way[now, : a.arriving[now]]


@cached_njit(nogil=True)
def teach(starts, sources, low, high, taught):
    """The neurons from `low` to `high` - 1 whose teacher spikes in the tick that `starts` begins with."""
    taught[low:high] = 0
    here = sources[starts[0] : starts[1]]
    for e in range(np.searchsorted(here, low), np.searchsorted(here, high)):
        taught[here[e]] = 1


@cached_njit(nogil=True)
def window_of_part(
    c, seed, tick, ticks, p, network, a, t, batches, resets, learning, teacher_starts, teacher_sources, drive, undriven,
    depressed, arrived, fired, ends, taught, sent, counters,
):  # fmt: skip
    """Run part p over `ticks` ticks after `tick`; all that arrives in them is under way.

    Args:
        teacher_starts, teacher_sources: of these ticks.
        drive: [ticks, neurons], or [0, neurons] for none.
        fired: int32; the part's output spikes go there, tick by tick.
        ends: int64[ticks + 1]; where those of each tick end.
    """
    low, high = network.bounds[p], network.bounds[p + 1]
    n_fired, ends[0] = 0, 0
    for k in range(ticks):
        now = tick + 1 + k
        begin(c, seed, now, low, high, learning, a, depressed, arrived)
        spikes = arrivals(now, a)
        visit(
            c, seed, now, p, spikes, True, network, a, t, batches, resets, learning, depressed, arrived, sent, counters
        )  # fmt: skip
        teach(teacher_starts[k:], teacher_sources, low, high, taught)
        driven = drive[k] if len(drive) > 0 else undriven
        n = integrate_and_fire(c, low, high, a, arrived, taught, driven, fired[n_fired:])
        if learning:
            archive(c, seed, now, p, fired[n_fired : n_fired + n], network, a, t, batches, resets, counters)
        n_fired += n
        ends[k + 1] = n_fired


@cached_njit(nogil=True)
def send(axon, tick, network, a):
    """Put a spike of `tick` under way."""
    place = (tick + network.delays[axon]) % len(a.arriving)
    a.under_way[place, a.arriving[place]] = axon
    a.arriving[place] += 1


@cached_njit(nogil=True)
def leave(tick, ticks, a):
    """What arrived in `ticks` ticks after `tick` is under way no more."""
    for now in range(tick + 1, tick + ticks + 1):
        a.arriving[now % len(a.arriving)] = 0


@cached_njit(nogil=True)
def enter(tick, ticks, network, a, starts, sources):
    """Put the spikes from outside of `ticks` ticks after `tick` under way; `starts` begins with these ticks'."""
    for k in range(ticks):
        for e in range(starts[k], starts[k + 1]):
            send(sources[e], tick + 1 + k, network, a)


@cached_njit(nogil=True)
def with_room(post, n):
    """`post` with room for n spikes."""
    return post if n <= len(post) else np.concatenate((post, np.empty(max(len(post), n - len(post)), np.int32)))


@cached_njit(nogil=True)
def collect(tick, ticks, network, a, fired, ends, starts, post):
    """The parts' output spikes of `ticks` ticks after `tick`: into `post`, and under way.

    Args:
        fired, ends: [parts, ...] as `window_of_part` filled them.
        starts: int64; starts[0] is where the first spike goes, the others are set.
    """
    n, recurrent = starts[0], network.external < len(network.delays)
    for k in range(ticks):
        for p in range(len(ends)):
            first = ends[p, k]
            for e in range(first, ends[p, k + 1]):
                j = fired[p, e]
                post[n] = j
                n += 1
                if recurrent:
                    send(network.external + j, tick + 1 + k, network, a)
        starts[k + 1] = n


@cached_njit(nogil=True)
def advance(
    c, seed, tick, network, a, t, batches, resets, learning, outside, drive, scratch, sent, counters, window, shared,
    starts, post,
):  # fmt: skip
    """Run the ticks of `outside` after `tick`, in windows, or as many windows as `post` has room for.

    The spikes from outside of the first window have entered; those of the others enter here.
    Within a window the parts know nothing of each other, as no neuron's spike arrives before the window ends. Any
    number of threads may be in here, with the same arguments: each takes the next part that nobody has taken, and the
    one that ends a window collects its spikes and opens the next. A part is one thread's alone, so the result is the
    same.

    Args:
        window: ticks; the smallest delay of the neurons' own axons at most.
        shared: int64[4], zeros at first: how many parts were taken, how many are done, which window is open; if there
            was no more room, after how many ticks.
        starts: int64[ticks + 1]; set as far as ticks were run.
        post: int32, with room for a window in which every neuron spikes in every tick, at least.
    """
    depressed, arrived, fired, ends, taught, undriven = scratch
    pre_starts, pre_sources, teacher_starts, teacher_sources = outside
    ticks, parts = len(pre_starts) - 1, len(ends)
    while True:
        ticket = add(shared, TAKEN, 1)
        number, p = ticket // parts, ticket % parts
        first = number * window
        if first >= ticks or not wait_for(shared, OPEN, number, FULL):
            return
        n = min(window, ticks - first)
        window_of_part(
            c, seed, tick + first, n, p, network, a, t, batches, resets, learning, teacher_starts[first:],
            teacher_sources, drive[first:], undriven, depressed, arrived, fired[p], ends[p], taught, sent, counters,
        )  # fmt: skip
        if add(shared, DONE, 1) + 1 == (number + 1) * parts:
            leave(tick + first, n, a)
            collect(tick + first, n, network, a, fired, ends, starts[first:], post)
            after = first + n
            if after < ticks:
                n = min(window, ticks - after)
                if starts[after] + n * len(arrived) > len(post):
                    store(shared, FULL, after)
                    return
                enter(tick + after, n, network, a, pre_starts[after:], pre_sources)
            store(shared, OPEN, number + 1)


@cached_njit(nogil=True)
def flush(c, seed, tick, p, network, a, t, batches, resets, learning, counters):
    """Bring all rows of part p up to date after step 6 of `tick`, and empty the archives; without learning only x."""
    h, newest, columns, room = a.h, a.newest, a.columns, batches.targets[p]
    flush_rows(c, seed, tick, tick - 1, p, network, a, t, batches, resets, learning, counters)
    for i in range(a.last.shape[1]):
        step = step_of(c, a.x[p, i])
        word = np.uint32(0)
        if c.h_rounding == STOCHASTIC:
            word = counter_random(seed, ROUND_POST, a.rows[i], tick)
        begin, end = row_bounds(network, p, i)
        targets = row_targets(network, p, i, room)
        for k in range(end - begin):
            j = targets[k]
            if newest[j] == tick:
                h[begin + k] = learn(h[begin + k], step, word, columns[j], c)
                counters[p, COMPUTATIONS] += 1
        if len(resets) > 0 and resets[-1] == tick:
            a.x[p, i] = 0
    for j in range(network.bounds[p], network.bounds[p + 1]):
        a.newest[j] = -1
    a.logged[p] = 0
    if len(a.entries) > 0:
        a.entries[network.bounds[p] : network.bounds[p + 1]] = -1
