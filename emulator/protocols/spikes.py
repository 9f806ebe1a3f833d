"""Spike trains of protocols, each a pure function of its key."""

import numpy as np

from bicall.emulator.rule.randomness import Stream, counter_random, random_words
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput

PROTOCOL = int(Stream.PROTOCOL)


def key(seed: int, purpose: int, number: int = 0) -> int:
    """The 32-bit key of one set of trains: trains for different purposes or numbers are independent."""
    return int(random_words(seed, Stream.PROTOCOL, purpose, number))


def poisson(rates_hz: np.ndarray, ticks: int, tick_ms: float, key: int) -> np.ndarray:
    """Poisson trains with at most one spike a tick, bool[ticks, sources], of the given mean rates.

    Raises:
        BadInput: a rate is negative, or above one spike a tick.
    """
    rates_hz = np.asarray(rates_hz, np.float64)
    limit = 1e3 / tick_ms
    if len(rates_hz) and not 0 <= rates_hz.min() <= rates_hz.max() <= limit:
        bad = rates_hz[(rates_hz < 0) | (rates_hz > limit)][0]
        raise BadInput(f"rate is {bad:g} Hz, must be from 0 to {limit:g} Hz (one spike a tick)")
    return _bernoulli(_thresholds(rates_hz * tick_ms / 1e3), ticks, key)


def correlated(
    rate_hz: float, correlation: float, sources: int, ticks: int, jitter_ticks: int, tick_ms: float, key: int
) -> np.ndarray:
    """Poisson trains with the same pairwise correlation, bool[ticks, sources].

    Each train copies every spike of one common train of `rate_hz / correlation` with probability `correlation` (Kuhn,
    Aertsen, Rotter 2003, multiple interaction process), then moves each copy on by 0 to `jitter_ticks`. Counts in
    windows longer than the jitter have the correlation coefficient `correlation`. Copies that fall into one tick merge.

    Raises:
        BadInput: the common train would need more than one spike a tick, or a value is out of range.
    """
    if not 0 < correlation <= 1:
        raise BadInput(f"correlation is {correlation:g}, must be above 0 and at most 1")
    mother = poisson(np.array([rate_hz / correlation]), ticks + jitter_ticks, tick_ms, key)[:, 0]
    events = np.flatnonzero(mother)
    source = np.arange(sources)[:, None]
    copied = random_words(key, Stream.PROTOCOL, source + 1, events) < _thresholds(np.array(correlation))
    late = random_words(key, Stream.PROTOCOL, source + 1 + sources, events) % np.uint32(jitter_ticks + 1)
    when = events - jitter_ticks + late.astype(np.int64)
    inside = copied & (when >= 0) & (when < ticks)
    spikes = np.zeros((ticks, sources), bool)
    spikes[when[inside], np.broadcast_to(source, when.shape)[inside]] = True
    return spikes


def shuffled(spikes: np.ndarray, key: int) -> np.ndarray:
    """Each train turned round by a number of ticks of its own: the same counts and intervals, no correlation."""
    ticks, sources = spikes.shape
    turn = random_words(key, Stream.PROTOCOL, np.arange(sources), 0) % np.uint32(ticks)
    return spikes[(np.arange(ticks)[:, None] - turn.astype(np.int64)) % ticks, np.arange(sources)]


def correlation_coefficient(spikes: np.ndarray, window_ticks: int) -> float:
    """Mean over all pairs of Pearson's correlation of the counts in windows; trains without spikes are left out."""
    windows = len(spikes) // window_ticks
    counts = spikes[: windows * window_ticks].reshape(windows, window_ticks, -1).sum(axis=1)
    counts = counts[:, counts.std(axis=0) > 0]
    matrix = np.corrcoef(counts, rowvar=False)
    n = len(matrix)
    return float((matrix.sum() - n) / (n * (n - 1)))


def _thresholds(probability: np.ndarray) -> np.ndarray:
    return np.minimum(np.rint(probability * 2**32), 2**32 - 1).astype(np.uint32)


@cached_njit
def _bernoulli(thresholds, ticks, key):
    spikes = np.zeros((ticks, len(thresholds)), np.bool_)
    for k in range(ticks):
        for i in range(len(thresholds)):
            spikes[k, i] = counter_random(key, PROTOCOL, i, k) < thresholds[i]
    return spikes
