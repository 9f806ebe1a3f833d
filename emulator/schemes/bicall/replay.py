"""Visiting a row: drift and archived postsynaptic spikes since its last visit in order, then its presynaptic spike.

An archive has one of two forms. If every axon reaches every neuron, a part keeps a log of all its spikes, and a row
walks it: spike by spike, each a step of the synapse in the neuron's column. Else each neuron keeps its own spikes, and
a row collects those of its neurons. Either way no branch depends on the data: what cannot be predicted (who spiked, who
is depressed) costs more as a branch than as work done for nothing.

What is called for every row gets arrays and not the named tuples that hold them, because Numba counts the references to
every array of a tuple at every call.
"""

import numpy as np

from bicall.emulator.rule.constants import STOCHASTIC
from bicall.emulator.rule.operations import ROUND_PRE, bump, learn
from bicall.emulator.rule.randomness import counter_random
from bicall.emulator.schemes.bicall.neurons import arrival
from bicall.emulator.schemes.bicall.rows import WINDOW, drift_all, drifted, prepare, prepare_drift
from bicall.emulator.schemes.bicall.state import BLOCK
from bicall.emulator.schemes.counters import COMPUTATIONS, VISITS
from bicall.emulator.support.caching import cached_njit


@cached_njit(nogil=True)
def replay_log(c, since, ticks, h, numbers, when, columns, steps, words, none_done):
    """Bring a row from tick `since` to `since` + `ticks`, with a part's log.

    Args:
        h: the row's part.
        numbers: of the part's neurons.
        when, columns: the log.
        steps, words: as `prepare` filled them.
        none_done: int32, zeros for `drift_all`.

    Returns:
        How many steps of h were computed.
    """
    begin = event = np.searchsorted(when, since)
    at, end = since, since + ticks
    while at < end:
        at = min((at // c.drift_period + 1) * c.drift_period, end)
        stop = event + np.searchsorted(when[event:], at)
        for e in range(np.uint64(event), np.uint64(stop)):  # a signed index would be looked at, whether it is below 0
            column, k = columns[e], np.uint32(when[e] - since)
            h[column] = learn(h[column], steps[k], words[k], numbers[column], c)
        event = stop
        if at % c.drift_period == 0:
            drift_all(c, h, 1, none_done)
    return event - begin


@cached_njit(nogil=True)
def replay_entries(c, since, ticks, h, targets, numbers, newest, entries, steps, words, drifts, chosen, left, done):
    """As `replay_log`, with the archives of the row's neurons `targets`; the last arguments are `Tables`'.

    In rounds: first the oldest archived spike of each neuron that has one, then the second of those that have two, ...
    So what comes one after the other does not wait for each other.
    """
    drift = prepare_drift(c, since, ticks, drifts) if (since + ticks) // c.drift_period > since // c.drift_period else 0
    n, computed = 0, 0
    for k in range(len(targets)):
        chosen[n] = k
        n += newest[targets[k]] >= since
    since_32 = np.int32(since)
    for q in range(n):
        j, count, seen = targets[chosen[q]], 0, 0
        while count == seen and seen < entries.shape[1]:
            for e in range(BLOCK):
                count += entries[j, seen + e] >= since_32
            seen += BLOCK
        left[q] = count - 1
    while n > 0:
        more = 0
        for q in range(n):
            k, e = chosen[q], left[q]
            j, before = targets[k], h[k]
            at = np.uint32(min(entries[j, e] - since, ticks))
            if drift > 0:
                before = drifted(c, before, drifts[at] - done[k])
                done[k] = drifts[at]
            after = learn(before, steps[at], words[at], numbers[j], c)
            h[k] = after if at < ticks else before  # archived in the tick of this visit or later: it comes after it
            computed += at < ticks
            chosen[more], left[more] = k, e - 1
            more += e > 0
        n = more
    if drift > 0:
        drift_all(c, h, drift, done)
        done[: len(h)] = 0
    return computed


@cached_njit(nogil=True)
def transmit_to_all(c, h, numbers, word, depressed, arrived):
    """Step 3 for the spike of a row that is up to date, but for its x: transmit, then depress.

    Args:
        h: the row's part; it reaches every neuron.
        numbers: of the part's neurons.
        word: uint32, the row's random word of stochastic rounding.
        depressed, arrived: as in `emulator.schemes.bicall.neurons.begin`, those of the part.

    Returns:
        How many synapses were depressed.
    """
    n = 0
    for k in range(len(h)):
        arrived[k] += arrival(h[k] > c.h_threshold)
        h[k] = learn(h[k], c.depression_pre, word, numbers[k], c) if depressed[k] else h[k]
        n += depressed[k]
    return n


@cached_njit(nogil=True)
def transmit(c, h, targets, numbers, word, depressed, arrived, chosen):
    """As `transmit_to_all`, to the neurons `targets`; `chosen` is `Tables`'."""
    n = 0
    for k in range(len(h)):
        j = targets[k]
        arrived[j] += arrival(h[k] > c.h_threshold)
        chosen[n] = k
        n += depressed[j]
    for q in range(n):
        k = chosen[q]
        h[k] = learn(h[k], c.depression_pre, word, numbers[targets[k]], c)
    return n


@cached_njit(nogil=True)
def visit(c, seed, tick, p, rows, spike, network, a, t, resets, learning, depressed, arrived, sent, counters):
    """Bring rows of part p up to date at `tick`; with `spike`, one arrives at each: transmit, depress, bump x.

    Without `learning` h stays as it is.
    """
    first, low, high = network.first[p], network.bounds[p], network.bounds[p + 1]
    all_targets, all_h, x, last, newest, entries = network.targets, a.h, a.x[p], a.last[p], a.newest, a.entries
    when, columns, is_dense = a.log_ticks[p, : a.logged[p]], a.log_columns[p, : a.logged[p]], a.log_ticks.shape[1] > 0
    steps, words, noise, drifts, chosen, done = t.steps[p], t.words[p], t.noise[p], t.drifts[p], t.chosen[p], t.done[p]
    left, row_numbers, numbers, numbers_here = t.left[p], a.rows, a.columns, a.columns[low:high]
    depressed_here, arrived_here = depressed[low:high], arrived[low:high]
    visits, computations = 0, 0
    for i in rows:
        targets, h = all_targets[first[i] : first[i + 1]], all_h[first[i] : first[i + 1]]
        visits += len(h)
        while last[i] < tick:
            since = np.int64(last[i])
            ticks = min(tick - since, WINDOW)
            x[i] = prepare(c, seed, row_numbers[i], x[i], since, ticks, resets, steps, words, noise)
            last[i] = since + ticks
            if learning and is_dense:
                computations += replay_log(c, since, ticks, h, numbers_here, when, columns, steps, words, done)
            elif learning:
                computations += replay_entries(
                    c, since, ticks, h, targets, numbers, newest, entries, steps, words, drifts, chosen, left, done
                )
        if spike:
            if len(sent) > 0:
                sent[first[i] : first[i + 1]] = h > c.h_threshold
            word = np.uint32(0)
            if c.h_rounding == STOCHASTIC:
                word = counter_random(seed, ROUND_PRE, row_numbers[i], tick)
            if is_dense:
                computations += transmit_to_all(c, h, numbers_here, word, depressed_here, arrived_here)
            else:
                computations += transmit(c, h, targets, numbers, word, depressed, arrived, chosen)
            x[i] = bump(x[i], c.x_bump, c.x_full)
    counters[p, VISITS] += visits
    counters[p, COMPUTATIONS] += computations


@cached_njit(nogil=True)
def catch_up(c, seed, tick, until, p, network, a, t, resets, learning, counters):
    """Bring the rows of part p that were last visited at tick `until` or before up to date at `tick`."""
    rows, nobody, nowhere = np.flatnonzero(a.last[p] <= until), np.zeros(0, np.bool_), np.zeros(0, np.uint8)
    nothing = np.zeros(0, np.uint32)
    visit(c, seed, tick, p, rows, False, network, a, t, resets, learning, nobody, nothing, nowhere, counters)
