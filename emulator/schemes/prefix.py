"""The fourth scheme: prefix sums over the archive, for rules that are linear in exponentially decaying traces.

What a synapse needs at a presynaptic spike is, for every field of the rule's sums, the sum over its window of

    v exp(-(e - begin) rate - (end - begin) fade)        v the entry of step e, begin < e <= end

(`emulator.schemes.rule.exponents` gives rate and fade). With P(k), the sum of v exp(-(e - a) rate) over the entries
from an anchor a up to step k, that is exp((begin - a) rate - (end - begin) fade) (P(end) - P(begin)): one addition an
archived entry and a few operations a spike, whoever shares the window. No segments, no sums of previous spikes.

- Anchors are REACH time constants apart. So no exponential leaves the range of a double, and the difference loses at
  most exp(REACH) = 7.4 units in the last place of the largest sum since the anchor. A window over several anchors adds
  the totals in between. It ends CUT time constants after what weighs most (for growing exponentials it begins so long
  before), where the rest is below 1e-19 of it.
- A window with few entries may hold less than the rounding of what is subtracted. Its entries are summed one by one.
"""

import math

import numpy as np

from bicall.emulator.schemes.counters import COMPUTATIONS, COUNTERS, MANIPULATIONS, PEAK, VISITS
from bicall.emulator.schemes.event_driven import SMALLEST_PRUNED
from bicall.emulator.schemes.rule import advance, exponents, integrate_sums, pre_first, transmit
from bicall.emulator.support.caching import cached_njit

REACH = 2.0  # time constants between anchors
CUT = 45.0  # time constants after which nothing counts
FEW = 8  # entries that are summed one by one


@cached_njit(nogil=True)
def spacings(exponent, last_step):
    """Steps from anchor to anchor for each field, int64[fields]."""
    spacing = np.empty(len(exponent), np.int64)
    for field in range(len(exponent)):
        rate = abs(exponent[field, 0])
        spacing[field] = max(
            1, min(last_step + 1, int(REACH / rate) if rate * (last_step + 1) > REACH else last_step + 1)
        )
    return spacing


@cached_njit(nogil=True)
def extend(n, step, value, exponent, spacing, steps, prefix, totals):
    """Add entry number n, of step `step`, to the sums since each field's last anchor."""
    for field in range(len(exponent)):
        anchor = step // spacing[field]
        before = prefix[n - 1, field] if n > 0 and steps[n - 1] // spacing[field] == anchor else 0.0
        after = before + value * math.exp(-(step - anchor * spacing[field]) * exponent[field, 0])
        prefix[n, field] = totals[field, anchor] = after


@cached_njit(nogil=True)
def window(field, first, last, begin, end, exponent, spacing, steps, values, prefix, totals):
    """The sum over the entries number `first` to `last` - 1, of the steps after `begin` up to `end`."""
    rate, fade = exponent[field, 0], (end - begin) * exponent[field, 1]
    total = 0.0
    if last - first <= FEW:
        for n in range(first, last):
            total += values[n] * math.exp(-(steps[n] - begin) * rate - fade)
        return total
    apart = spacing[field]
    opening, closing = steps[first] // apart, steps[last - 1] // apart
    reach = int(CUT / (abs(rate) * apart)) + 2 if rate != 0.0 else closing - opening
    low, high = opening, closing
    if rate > 0.0:
        high = min(closing, opening + reach)
    else:
        low = max(opening, closing - reach)
    for anchor in range(low, high + 1):
        part = prefix[last - 1, field] if anchor == closing else totals[field, anchor]
        if anchor == opening and first > 0 and steps[first - 1] // apart == anchor:
            part -= prefix[first - 1, field]
        total += part * math.exp((begin - anchor * apart) * rate - fade)
    return total


@cached_njit(nogil=True)
def run(rule, state, delays, start, entries, levels, spike_steps, spike_synapses):
    """Play one postsynaptic neuron. The arguments and results are those of `emulator.schemes.run.run`."""
    synapses, last_step, late = len(delays), len(entries) - 1, pre_first(rule)
    exponent = exponents(rule)
    fields = len(exponent)
    spacing = spacings(exponent, last_step)
    archived = np.count_nonzero(entries)
    steps, values, prefix = np.empty(archived, np.int64), np.empty(archived), np.empty((archived, fields))
    totals = np.zeros((fields, last_step // spacing.min() + 1))
    previous, seen = np.full(synapses, start), np.zeros(synapses, np.int64)
    sent, sums, counters = np.empty(len(spike_steps)), np.zeros((1, fields + 1)), np.zeros(COUNTERS, np.int64)
    distinct = np.unique(delays)
    group, arrived = np.searchsorted(distinct, delays), np.zeros(len(distinct), np.int64)
    n, head, at, prune_at = 0, 0, 1, SMALLEST_PRUNED
    for visit in range(len(spike_steps) + synapses):  # all spikes, then the flush
        is_spike = visit < len(spike_steps)
        synapse = spike_synapses[visit] if is_spike else visit - len(spike_steps)
        step = spike_steps[visit] if is_spike else last_step
        while at <= step:  # what the neuron archived up to this step
            if entries[at] != 0.0:
                if n - head >= prune_at:
                    head = seen.min()
                    prune_at = max(SMALLEST_PRUNED, 2 * (n - head))
                steps[n], values[n] = at, entries[at]
                extend(n, at, entries[at], exponent, spacing, steps, prefix, totals)
                n += 1
                counters[COMPUTATIONS] += 1
                counters[MANIPULATIONS] += 1
                counters[PEAK] = max(counters[PEAK], n - head)
            at += 1
        delay, before, g = delays[synapse], previous[synapse], group[synapse]
        last = step - delay - (late if is_spike else 0)
        while arrived[g] < n and steps[arrived[g]] <= last:
            arrived[g] += 1
        first, begin, end = seen[synapse], before - delay, step - delay
        sums[0, 0] = arrived[g] - first
        if arrived[g] > first:
            for field in range(fields):
                sums[0, field + 1] = window(
                    field, first, arrived[g], begin, end, exponent, spacing, steps, values, prefix, totals
                )
            if arrived[g] - first <= FEW:
                counters[COMPUTATIONS] += arrived[g] - first
        else:
            sums[0] = 0.0
        advance(rule, state, synapse, before, step)
        integrate_sums(rule, state, synapse, sums, 0)
        seen[synapse] = arrived[g]
        counters[VISITS] += 1
        if is_spike:
            level = levels[step - delay] if step > delay else 0.0
            sent[visit] = transmit(rule, state, synapse, level, before, step)
            previous[synapse] = step
    return sent, counters
