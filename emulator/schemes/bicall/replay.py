"""Visiting a row: drift and archived postsynaptic spikes since its last visit in order, then its presynaptic spike.

An archive has one of two forms. If every axon reaches every neuron, a part keeps a log of all its spikes, and a row
walks it: spike by spike, each a step of the synapse in the neuron's column. Else each neuron keeps its own spikes, and
rows collect those of their neurons (`batch`). Either way no branch depends on the data: what cannot be predicted (who
spiked, who is depressed) costs more as a branch than as work done for nothing.

What is called for every row gets arrays or addresses and not the named tuples that hold them, because Numba counts the
references to every array of a tuple at every call.
"""

import numpy as np

from bicall.emulator.rule.constants import STOCHASTIC
from bicall.emulator.rule.operations import ROUND_PRE, bump, learn
from bicall.emulator.rule.randomness import counter_random
from bicall.emulator.schemes.bicall.batch import ROWS, list_row, lists_of, read_entries
from bicall.emulator.schemes.bicall.neurons import arrival
from bicall.emulator.schemes.bicall.row_of import row_bounds, row_targets
from bicall.emulator.schemes.bicall.rows import ROOM, WINDOW, add_drifts, drift_all, prepare, prepare_drift
from bicall.emulator.schemes.counters import COMPUTATIONS, VISITS
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.pointers import address, beyond


@cached_njit(nogil=True)
def replay_log(c, since, ticks, h, numbers, when, columns, steps, words):
    """Bring a row from tick `since` to `since` + `ticks`, with a part's log.

    Args:
        h: the row's part.
        numbers: of the part's neurons.
        when, columns: the log.
        steps, words: as `prepare` filled them.

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
            drift_all(c, address(h), len(h), 1)
    return event - begin


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
def transmit(c, length, h, targets, columns, word, depressed, arrived, chosen):
    """As `transmit_to_all`, for a row of `length` synapses, all by addresses.

    Args:
        h, targets: of the row.
        columns: the neurons' numbers.
        chosen: uint32, room for a row and one more.
    """
    n, threshold = 0, c.h_threshold
    for k in range(length):
        j = targets[k]
        arrived[j] += arrival(h[k] > threshold)
        chosen[n] = k
        n += depressed[j]
    for q in range(n):
        k = chosen[q]
        h[k] = learn(h[k], c.depression_pre, word, columns[targets[k]], c)
    return n


@cached_njit(nogil=True)
def visit(c, seed, tick, p, rows, spike, network, a, t, batches, resets, learning, depressed, arrived, sent, counters):
    """Bring rows of part p up to date at `tick`; with `spike`, one arrives at each: transmit, depress, bump x.

    Without `learning` h stays as it is.
    """
    if a.log_ticks.shape[1] > 0:
        visit_dense(c, seed, tick, p, rows, spike, network, a, t, resets, learning, depressed, arrived, sent, counters)
    else:
        visit_sparse(
            c, seed, tick, p, rows, spike, network, a, t, batches, resets, learning, depressed, arrived, sent, counters
        )  # fmt: skip


@cached_njit(nogil=True)
def visit_dense(c, seed, tick, p, rows, spike, network, a, t, resets, learning, depressed, arrived, sent, counters):
    """`visit` of a part with a log."""
    low, high = network.bounds[p], network.bounds[p + 1]
    all_h, x, last = a.h, a.x[p], a.last[p]
    when, columns, row_numbers, numbers = a.log_ticks[p, : a.logged[p]], a.log_columns[p], a.rows, a.columns[low:high]
    steps, words, noise = t.steps[p], t.words[p], t.noise[p]
    depressed_here, arrived_here = depressed[low:high], arrived[low:high]
    computations = 0
    for i in rows:
        begin, end = row_bounds(network, p, i)
        h = all_h[begin:end]
        while last[i] < tick:
            since = np.int64(last[i])
            ticks = min(tick - since, WINDOW)
            x[i] = prepare(c, seed, row_numbers[i], x[i], since, ticks, resets, steps, words, noise)
            last[i] = since + ticks
            if learning:
                computations += replay_log(c, since, ticks, h, numbers, when, columns, steps, words)
        if spike:
            if len(sent) > 0:
                sent[begin:end] = h > c.h_threshold
            word = np.uint32(0)
            if c.h_rounding == STOCHASTIC:
                word = counter_random(seed, ROUND_PRE, row_numbers[i], tick)
            computations += transmit_to_all(c, h, numbers, word, depressed_here, arrived_here)
            x[i] = bump(x[i], c.x_bump, c.x_full)
    counters[p, VISITS] += len(rows) * (high - low)
    counters[p, COMPUTATIONS] += computations


@cached_njit(nogil=True)
def row_place(network, p, i, origin):
    """Number of the first synapse of axon i in part p, counted from `origin`, and how many there are."""
    begin, end = row_bounds(network, p, i)
    return begin - origin, end - begin


@cached_njit(nogil=True)
def visit_sparse(
    c, seed, tick, p, rows, spike, network, a, t, batches, resets, learning, depressed, arrived, sent, counters
):  # fmt: skip
    """`visit` of a part without a log, in batches of rows."""
    origin = row_bounds(network, p, 0)[0]  # synapses are counted from here
    x, last, row_numbers, room = a.x[p], a.last[p], a.rows, batches.targets[p]
    h, archived = beyond(address(a.h), origin), a.entries.shape[1]
    newest, entries, columns = address(a.newest), address(a.entries), address(a.columns)
    steps, words, noise, drifts = t.steps[p], t.words[p], t.noise[p], t.drifts[p]
    steps_at, words_at, depressed_at, arrived_at = address(steps), address(words), address(depressed), address(arrived)
    batch, lists = batches.rows[p], lists_of(batches, p)
    visits, computations, n, used, listed, at = 0, 0, 0, 0, 0, 0
    any_drift, whole = False, True
    while at < len(rows) or n > 0:
        fits = False
        if at < len(rows):
            i = rows[at]
            begin, length = row_place(network, p, i, origin)
            since = np.int64(last[i])
            ticks = min(tick - since, WINDOW)
            fits = whole and n < ROWS and used + ticks < ROOM and listed + length <= lists.room
            fits = n == 0 or (fits and tick - since <= WINDOW)  # a row that needs several goes has a batch of its own
        if not fits:
            if any_drift:  # rows as wholes; what is listed has its own value and is put back then
                for slot in range(n):
                    i, due = batch[slot, 0], batch[slot, 1]
                    if due > 0:
                        begin, length = row_place(network, p, i, origin)
                        drift_all(c, beyond(h, begin), length, due)
            end = last[batch[0, 0]]
            computations += read_entries(c, listed, archived, end, any_drift, h, entries, steps_at, words_at, lists)
            for slot in range(n if spike and whole else 0):
                i = batch[slot, 0]
                begin, length = row_place(network, p, i, origin)
                if len(sent) > 0:
                    for k in range(begin, begin + length):
                        sent[origin + k] = h[k] > c.h_threshold
                word = np.uint32(0)
                if c.h_rounding == STOCHASTIC:
                    word = counter_random(seed, ROUND_PRE, row_numbers[i], tick)
                computations += transmit(
                    c, length, beyond(h, begin), row_targets(network, p, i, room), columns, word, depressed_at,
                    arrived_at, lists.candidates,
                )  # fmt: skip
                x[i] = bump(x[i], c.x_bump, c.x_full)
            n, used, listed, any_drift, whole = 0, 0, 0, False, True
            continue
        until = used + ticks
        x[i] = prepare(
            c, seed, row_numbers[i], x[i], since, ticks, resets, steps[used:until], words[used:until], noise
        )  # fmt: skip
        last[i], batch[n, 0], batch[n, 1] = since + ticks, i, 0
        if learning:
            steps[until], words[until] = 0, 0
            due = 0
            if (since + ticks) // c.drift_period > since // c.drift_period:
                due = prepare_drift(c, since, ticks, drifts)
                any_drift = True
            else:
                drifts[: ticks + 1] = 0
            add_drifts(drifts, words[used : until + 1])
            batch[n, 1] = due
            listed = list_row(
                listed, begin, length, row_targets(network, p, i, room), h, columns, since, since + ticks, used - since,
                due, newest, entries, archived, steps_at, words_at, lists,
            )  # fmt: skip
        n, used, whole = n + 1, until + 1, since + ticks == tick
        if whole:
            visits += length
            at += 1
    counters[p, VISITS] += visits
    counters[p, COMPUTATIONS] += computations


@cached_njit(nogil=True)
def flush_rows(c, seed, tick, until, p, network, a, t, batches, resets, learning, counters):
    """Bring the rows of part p that were last visited at tick `until` or before up to date at `tick`."""
    rows, nobody, nowhere = np.flatnonzero(a.last[p] <= until), np.zeros(0, np.bool_), np.zeros(0, np.uint8)
    nothing = np.zeros(0, np.uint32)
    visit(c, seed, tick, p, rows, False, network, a, t, batches, resets, learning, nobody, nothing, nowhere, counters)
