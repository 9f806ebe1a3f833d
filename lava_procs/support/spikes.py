"""Spikes from arrays, for the processes that play them."""

import numpy as np

from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput


def spike_train(what: str, spikes: np.ndarray | SpikeTrain, sources: int) -> SpikeTrain:
    """A `SpikeTrain` from what a user gives: itself, or an array of 0 and 1 of shape [time steps, sources].

    Raises:
        BadInput: another shape, other values, or a source out of range.
    """
    if isinstance(spikes, SpikeTrain):
        spikes.check(what, sources)
        return spikes
    spikes = np.asarray(spikes)
    if spikes.ndim != 2 or spikes.shape[1] != sources:
        raise BadInput(f"{what} spikes: has shape {list(spikes.shape)}, must be [time steps, {sources}]")
    if not np.isin(spikes, (0, 1)).all():
        raise BadInput(f"{what} spikes: holds {spikes[~np.isin(spikes, (0, 1))][0]}, must hold 0 and 1 only")
    return SpikeTrain.from_dense(spikes.astype(bool))


def spiking_at(train: SpikeTrain, time_step: int) -> np.ndarray:
    """int32 indices of the sources that spike in a time step, which counts from 1; none after the train's end."""
    if time_step > train.ticks:
        return train.sources[:0]
    return train.sources[train.starts[time_step - 1] : train.starts[time_step]]
