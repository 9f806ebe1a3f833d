"""Small cortical columns of a published multicast benchmark (HySMap), drawn as its C++ program draws them.

Neurons of eight populations (sizes, rates and probabilities after Potjans and Diesmann 2014); the generator is the
64-bit Mersenne twister with the draws of the GNU C++ library, so that a network is the published one of its seed.
"""

import numpy as np

from bicall.emulator.support.caching import cached_njit

FRACTIONS = (0.2681, 0.0756, 0.2840, 0.0710, 0.0629, 0.0138, 0.1865, 0.0382)  # L23e L23i L4e L4i L5e L5i L6e L6i
RATES = (5.5, 11.0, 8.5, 14.0, 7.0, 12.0, 3.5, 9.0)  # spikes a second, median
RECURRENT = 0.02  # more, within a population
SPREAD = 0.35  # of their logarithms
PROBABILITIES = (  # [from, to]
    (0.101, 0.135, 0.008, 0.069, 0.100, 0.055, 0.016, 0.036),
    (0.169, 0.137, 0.006, 0.003, 0.062, 0.027, 0.007, 0.001),
    (0.088, 0.032, 0.079, 0.100, 0.051, 0.009, 0.003, 0.000),
    (0.082, 0.052, 0.080, 0.130, 0.007, 0.000, 0.000, 0.000),
    (0.032, 0.075, 0.007, 0.006, 0.083, 0.060, 0.004, 0.015),
    (0.000, 0.000, 0.001, 0.000, 0.000, 0.000, 0.000, 0.000),
    (0.008, 0.004, 0.045, 0.000, 0.028, 0.000, 0.016, 0.007),
    (0.000, 0.000, 0.000, 0.000, 0.000, 0.000, 0.000, 0.000),
)


def column(neurons: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Synapses bool[neurons, neurons] from row to column, and rates float64[neurons]."""
    sizes = [max(1, int(fraction * neurons + 0.5)) for fraction in FRACTIONS]
    sizes[2] = max(1, sizes[2] + neurons - sum(sizes))
    inflate = min(max(18.0 / np.sqrt(max(neurons, 8)), 1.0), 8.0)
    return _column(
        np.array(sizes), np.array(RATES), np.array(PROBABILITIES) * inflate + RECURRENT * np.eye(8), np.uint64(seed)
    )


@cached_njit
def _column(sizes, medians, probabilities, seed):
    state, at = _seeded(seed), np.array([312])
    n = sizes.sum()
    first = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))
    rates, matrix = np.zeros(n), np.zeros((n, n), np.bool_)
    for population in range(len(sizes)):
        for node in range(first[population], first[population + 1]):
            rates[node] = max(0.05, np.exp(np.log(medians[population]) + SPREAD * _normal(state, at)))
    for source in range(len(sizes)):
        for target in range(len(sizes)):
            if probabilities[source, target] <= 0.0:
                continue
            for i in range(first[source], first[source + 1]):
                for j in range(first[target], first[target + 1]):
                    if i != j:
                        matrix[i, j] |= _uniform(state, at) < min(1.0, probabilities[source, target])
    return matrix, rates


@cached_njit
def _seeded(seed):
    """The Mersenne twister's 312 words (Nishimura and Matsumoto's 64-bit version)."""
    state = np.zeros(312, np.uint64)
    state[0] = seed
    for i in range(1, 312):
        before = state[i - 1] ^ (state[i - 1] >> np.uint64(62))
        state[i] = np.uint64(6364136223846793005) * before + np.uint64(i)
    return state


@cached_njit
def _word(state, at):
    if at[0] == 312:
        low = np.uint64(0x7FFFFFFF)
        for i in range(312):
            x = (state[i] & ~low) | (state[(i + 1) % 312] & low)
            odd = np.uint64(0xB5026F5AA96619E9) if x & np.uint64(1) else np.uint64(0)
            state[i] = state[(i + 156) % 312] ^ (x >> np.uint64(1)) ^ odd
        at[0] = 0
    x = state[at[0]]
    at[0] += 1
    x ^= (x >> np.uint64(29)) & np.uint64(0x5555555555555555)
    x ^= (x << np.uint64(17)) & np.uint64(0x71D67FFFEDA60000)
    x ^= (x << np.uint64(37)) & np.uint64(0xFFF7EEE000000000)
    return x ^ (x >> np.uint64(43))


@cached_njit
def _uniform(state, at):
    return np.float64(_word(state, at)) / 18446744073709551616.0


@cached_njit
def _normal(state, at):
    """Marsaglia's polar method; the second of each pair is thrown away, as each rate has a distribution of its own."""
    while True:
        x, y = 2.0 * _uniform(state, at) - 1.0, 2.0 * _uniform(state, at) - 1.0
        square = x * x + y * y
        if 0.0 < square <= 1.0:
            return y * np.sqrt(-2.0 * np.log(square) / square)
