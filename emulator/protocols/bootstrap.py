"""Confidence intervals by resampling."""

import numpy as np

RESAMPLES = 10_000


def ratio_interval(numerator: np.ndarray, denominator: np.ndarray, seed: int, level: float = 0.95) -> dict:
    """The ratio of two means over paired repeats, with its bootstrap interval (Efron 1979, percentiles).

    Returns:
        `ratio`, `low` and `high`.
    """
    numerator, denominator = np.asarray(numerator, float), np.asarray(denominator, float)
    picks = np.random.default_rng(seed).integers(0, len(numerator), (RESAMPLES, len(numerator)))
    resampled = numerator[picks].mean(axis=1) / denominator[picks].mean(axis=1)
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return {"ratio": float(numerator.mean() / denominator.mean()), "low": float(low), "high": float(high)}
