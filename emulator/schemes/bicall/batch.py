"""Bringing rows of a sparse network up to date, many synapses at a time.

Each neuron archives the ticks of its spikes. A row's synapses read what its neurons archived since its last visit:
none, one or several entries each, in order of time. Those that have something to read are listed, rows together in
batches, and read entry by entry in step. For each entry there are two loops: one looks up (the entry, then what the
row's tables say of its tick), the other computes, without a look-up, in vector code. No branch depends on the data.
What has read its last entry drops out after the round, and the others close ranks.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from bicall.emulator.rule.operations import learn
from bicall.emulator.schemes.bicall.connectivity import Connectivity
from bicall.emulator.schemes.bicall.procedural import Procedural
from bicall.emulator.schemes.bicall.rows import WORD_BITS, drifted
from bicall.emulator.schemes.bicall.state import Arrays
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.pointers import LANES, address, count_from, fetch

AHEAD = 24  # archives that are fetched before they are read
ROWS = 64  # of a batch at most
CHOSEN = 1024  # synapses of a batch, about: so many that loops are long, so few that they stay near


class Batch(NamedTuple):
    """Rows of a part, and a list of those of their synapses that have entries to read."""

    rows: np.ndarray  # int64[ROWS, 2] axon, drift steps due
    targets: np.ndarray  # uint32[longest row] for `row_targets`
    candidates: np.ndarray  # uint32, synapses of a row whose neuron archived something; later others, for a moment
    synapse: np.ndarray  # uint32[chosen] which of the part's; likewise what follows
    place: np.ndarray  # uint32, the entry that is read
    shift: np.ndarray  # int32, from a tick to its place in the tables
    due: np.ndarray  # int32, drift steps of the row
    column: np.ndarray  # int32, the neuron's number
    done: np.ndarray  # int32, drift steps made
    value: np.ndarray  # hidden weight; int32 or float64, as the traces are
    step: np.ndarray  # what the tables say of the entry; as `value`
    word: np.ndarray  # uint32


def batches(network: Connectivity | Procedural, arrays: Arrays) -> Batch:
    """Empty batches, one a part (along the first axis); small ones for dense networks, which do without."""
    parts, longest = network.parts, network.longest_row
    chosen = max(CHOSEN, longest) if arrays.entries.size else 1
    lists: dict[str, DTypeLike] = {name: np.int32 for name in ("shift", "due", "column", "done")}
    lists |= {name: np.uint32 for name in ("synapse", "place", "word")}
    lists |= {name: arrays.x.dtype for name in ("value", "step")}
    return Batch(
        np.zeros((parts, ROWS, 2), np.int64),
        np.zeros((parts, max(longest, 1)), np.uint32),
        np.zeros((parts, max(chosen, longest) + 1), np.uint32),
        **{name: np.zeros((parts, chosen), dtype) for name, dtype in lists.items()},
    )


class Lists(NamedTuple):
    """A part's `Batch` by addresses; `room` is how many synapses it can list."""

    room: int
    candidates: object
    synapse: object
    place: object
    shift: object
    due: object
    column: object
    done: object
    value: object
    step: object
    word: object


@cached_njit(nogil=True)
def lists_of(b, p):
    """The lists of part p, as long as the batches are kept."""
    return Lists(
        b.synapse.shape[1], address(b.candidates[p]), address(b.synapse[p]), address(b.place[p]), address(b.shift[p]),
        address(b.due[p]), address(b.column[p]), address(b.done[p]), address(b.value[p]), address(b.step[p]),
        address(b.word[p]),
    )  # fmt: skip


@cached_njit(nogil=True)
def count_entries(entries, begin, archived, tick):
    """How many of a neuron's entries, newest first, are of `tick` or later."""
    count, seen = count_from(entries, begin, tick), LANES
    while count == seen and seen < archived:
        count += count_from(entries, begin + seen, tick)
        seen += LANES
    return count


@cached_njit(nogil=True)
def list_row(
    listed, begin, length, targets, h, columns, since, end, shift_of_row, due_of_row, newest, entries, archived,
    steps, words, lists,
):  # fmt: skip
    """List the synapses of a row that have entries of tick `since` or later, with the oldest of those entries.

    Args:
        listed: how many are listed already.
        begin, length: the row's synapses, by number in the part.
        targets: address of the row's.
        h: address of the part's.
        columns, newest, entries, steps, words: addresses of what `Arrays` and `Tables` have.
        end: where the window ends. Later entries are read as such of this tick, whose step is 0.

    Returns:
        How many are listed now.
    """
    candidates = lists.candidates
    n, since_32 = 0, np.int32(since)
    for k in range(length):
        candidates[n] = k
        n += newest[targets[k]] >= since_32
    for q in range(n):
        fetch(entries, np.int64(targets[candidates[min(q + AHEAD, n - 1)]]) * archived)
        k = candidates[q]
        j = targets[k]
        place = np.int64(j) * archived
        count = count_entries(entries, place, archived, since_32)
        place += count - 1
        at = listed + q
        tick = np.int64(min(entries[place], np.int32(end)) + shift_of_row)
        lists.synapse[at] = begin + k
        lists.place[at] = place
        lists.column[at] = columns[j]
        lists.value[at] = h[begin + k]
        lists.step[at] = steps[tick]
        lists.word[at] = words[tick]
    for at in range(listed, listed + n):
        lists.shift[at] = shift_of_row
        lists.due[at] = due_of_row
    return listed + n


@cached_njit(nogil=True)
def compute(c, n, lists):
    """The steps of the entries of the first n that are listed."""
    for q in range(n):
        lists.value[q] = learn(lists.value[q], lists.step[q], lists.word[q], lists.column[q], c)


@cached_njit(nogil=True)
def compute_with_drift(c, n, lists):
    """As `compute`, with the drift before each step."""
    for q in range(n):
        drifts = np.int32(lists.word[q] >> np.uint32(WORD_BITS))
        value = drifted(c, lists.value[q], drifts - lists.done[q])
        lists.value[q] = learn(value, lists.step[q], lists.word[q], lists.column[q], c)
        lists.done[q] = drifts


@cached_njit(nogil=True)
def put_back(c, n, any_drift, h, lists):
    """Write the first n hidden weights, with the drift up to the end of their windows."""
    if any_drift:
        for q in range(n):  # into `step`, which has been used, as the next entry goes on from `value`
            lists.step[q] = drifted(c, lists.value[q], lists.due[q] - lists.done[q])
        for q in range(n):
            h[lists.synapse[q]] = lists.step[q]
    else:
        for q in range(n):
            h[lists.synapse[q]] = lists.value[q]


@cached_njit(nogil=True)
def close_ranks(n, archived, end, entries, steps, words, lists):
    """Move those of the first n that have another entry to the front, and look it up. Returns how many they are."""
    m, mask, end_32, staying = 0, np.uint32(archived - 1), np.int32(end), lists.candidates
    for q in range(n):
        staying[m] = q
        m += (lists.place[q] & mask) != 0  # archives begin at multiples of their size
    for q in range(m):
        i = staying[q]
        place, shift = lists.place[i] - np.uint32(1), lists.shift[i]
        lists.synapse[q] = lists.synapse[i]
        lists.place[q] = place
        lists.shift[q] = shift
        lists.due[q] = lists.due[i]
        lists.column[q] = lists.column[i]
        lists.value[q] = lists.value[i]
        lists.done[q] = lists.done[i]
        tick = np.int64(min(entries[place], end_32) + shift)
        lists.step[q] = steps[tick]
        lists.word[q] = words[tick]
    return m


@cached_njit(nogil=True)
def read_entries(c, n, archived, end, any_drift, h, entries, steps, words, lists):
    """All entries of the first n that are listed, whose oldest is looked up. Returns how many were read."""
    for q in range(n):
        lists.done[q] = 0
    read = 0
    while n > 0:
        if any_drift:
            compute_with_drift(c, n, lists)
        else:
            compute(c, n, lists)
        put_back(c, n, any_drift, h, lists)
        read += n
        n = close_ranks(n, archived, end, entries, steps, words, lists)
    return read
