"""Spikes on their way."""

import numpy as np


class DelayLine:
    """A ring over time steps; a spike that departs in time step t arrives in t + its axon's delay.

    Args:
        under_way: [longest delay + 1, axons], 0 or 1, which it works on.
        delays: int64[axons], time steps.
    """

    def __init__(self, under_way: np.ndarray, delays: np.ndarray):
        self.under_way, self.delays = under_way, delays

    def arrivals(self, time_step: int) -> np.ndarray:
        """bool[axons], what arrives; once a time step, before what departs in it at delays of 1 or more."""
        place = time_step % len(self.under_way)
        arrived = self.under_way[place] != 0
        self.under_way[place] = 0
        return arrived

    def depart(self, time_step: int, spikes: np.ndarray) -> None:
        """The axons `spikes` [axons], not 0 where they spike, send."""
        axons = np.flatnonzero(spikes)
        self.under_way[(time_step + self.delays[axons]) % len(self.under_way), axons] = 1
