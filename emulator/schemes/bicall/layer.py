"""Between the two forms of a state: `LayerState`, with a matrix of h, and `SparseState`, with rows of synapses."""

import numpy as np

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.state import LayerState
from bicall.emulator.schemes.bicall.connectivity import Connectivity, from_matrix, matrix
from bicall.emulator.schemes.bicall.run import flush
from bicall.emulator.schemes.bicall.state import ARCHIVED, SparseState
from bicall.emulator.support.errors import BadInput

OF_NEURONS = ("y", "s", "current", "membrane", "refractory")


def from_layer(
    constants: Constants,
    layer: LayerState,
    delays=0,
    recurrent: bool = False,
    parts: int = 1,
    archived: int = ARCHIVED,
) -> tuple[Connectivity, SparseState]:
    """A layer as the event-driven engine has it: the synapses of `connected`, its numbers, its state after its tick.

    Args:
        delays, recurrent, parts: as for `connectivity.from_matrix`. With a delay of 0 spikes arrive when they are sent,
            as in `emulator.rule.plain.run`.
        archived: as for `SparseState.initial`.

    Raises:
        BadInput: as `from_matrix` and `SparseState.initial`.
    """
    exists = np.ones(layer.h.shape, bool) if layer.connected is None else layer.connected
    connectivity = from_matrix(exists, delays, recurrent, parts)
    state = SparseState.initial(constants, connectivity, 0, archived, layer.rows, layer.columns)
    state.tick, a = layer.tick, state.arrays
    for first in connectivity.first:
        rows = np.repeat(np.arange(connectivity.axons), np.diff(first))
        here = slice(first[0], first[-1])
        a.h[here] = layer.h[rows, connectivity.targets[here]]
    a.x[:] = layer.x
    a.last[:] = a.oldest[:] = layer.tick
    for name in OF_NEURONS:
        getattr(a, name)[:] = getattr(layer, name)
    return connectivity, state


def to_layer(constants: Constants, connectivity: Connectivity, state: SparseState, seed: int) -> LayerState:
    """A network as a layer, brought up to date; `state` stays as it is.

    Args:
        seed: of the stochastic rounding, as in the run.

    Raises:
        BadInput: spikes are under way, for which a layer has no place.
    """
    if state.arrays.arriving.any():
        raise BadInput(f"{state.arrays.arriving.sum()} spikes are under way, must be none: a layer has no delays")
    state = state.copy()
    flush(constants, connectivity, state, seed)
    a = state.arrays
    return LayerState(
        tick=state.tick,
        x=a.x[0],
        **{name: getattr(a, name) for name in OF_NEURONS},
        h=np.asfortranarray(matrix(connectivity, a.h).astype(a.x.dtype)),
        rows=a.rows,
        columns=a.columns,
        connected=None if connectivity.is_dense else matrix(connectivity, np.ones(connectivity.synapses, bool)),
    )
