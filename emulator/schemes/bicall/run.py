"""Run a sparse BiCaLL network under any scheme."""

import numba
import numpy as np

from bicall.emulator.rule.compiled import check_drive
from bicall.emulator.rule.constants import STOCHASTIC, Constants
from bicall.emulator.rule.state import SpikeTrain, is_fixed
from bicall.emulator.schemes.bicall import compressed, event_driven, time_driven
from bicall.emulator.schemes.bicall.batch import batches
from bicall.emulator.schemes.bicall.connectivity import Connectivity
from bicall.emulator.schemes.bicall.rows import tables
from bicall.emulator.schemes.bicall.state import SparseState
from bicall.emulator.schemes.counters import COUNTERS, NAMES, PEAK
from bicall.emulator.support.errors import BadInput

SCHEMES = ("TD", "ED", "EC")
MOST_ARRIVALS = 2**16 - 1
LAST_TICK = 2**31 - 1  # ticks are kept in 32 bits


def run(
    constants: Constants,
    connectivity: Connectivity,
    state: SparseState,
    pre: SpikeTrain,
    teacher: SpikeTrain,
    seed: int,
    learning: bool = True,
    scheme: str = "ED",
    sent: np.ndarray | None = None,
    threads: int = 1,
    drive: np.ndarray | None = None,
) -> tuple[SpikeTrain, dict[str, int]]:
    """Run a network over the ticks of `pre`, changing `state` in place: as `emulator.rule.plain.run`, bit for bit.

    Args:
        constants: of either arithmetic; in float, sums of drift steps are rounded otherwise than in the plain loop.
        pre: spikes of the axons from outside, by the tick in which they are sent; they arrive an axon's delay later
            (at a delay of 0 in the same tick).
        teacher: teacher spikes, by tick; source j feeds neuron j.
        seed: of the stochastic rounding; 32 bits.
        learning: if false, no step and no drift touches h ("ED" only).
        scheme: "ED", which leaves rows as they are until their next spike (`flush` brings all up to date), or "TD" or
            "EC", which begin and end with all rows up to date.
        sent: uint8[synapses]; the bit that each synapse transmitted last goes there.
        threads: share the parts of the network between so many threads ("ED" only). The result is the same.
        drive: [ticks, neurons], added to each neuron's input of a tick, as `emulator.rule.plain.run` does.

    Returns:
        The postsynaptic spikes, and the counts of `emulator.schemes.counters`: synapses visited, steps of h computed,
        history entries written or changed, most entries (EC: classes) held at once by a neuron.

    Raises:
        BadInput: spikes of axons or neurons that do not exist or not in order, trains of different lengths,
            a drive of another shape or type, a scheme that cannot do what is asked for.
    """
    c, a = connectivity, state.arrays
    pre, teacher = _from_0(pre), _from_0(teacher)
    _check_train("pre", "axon", pre, c.external)
    _check_train("teacher", "neuron", teacher, c.neurons)
    _check_run(constants, c, state, pre, teacher, learning, scheme, threads)
    if scheme != "ED" or not learning:
        flush(constants, c, state, seed)
    parts = len(c.first)
    counters = np.zeros((parts, COUNTERS), np.int64)
    scratch = (
        np.zeros(c.neurons, bool),
        np.zeros(c.neurons, np.uint32),
        np.zeros(c.neurons, np.int32),
        np.zeros(c.neurons, np.int64),
        np.zeros(parts, np.int64),
        np.zeros(c.neurons, a.x.dtype),
    )
    if drive is None:
        drive = np.zeros((0, c.neurons), a.x.dtype)
    else:
        check_drive(drive, a.x.dtype, (pre.ticks, c.neurons))
    outside = (pre.starts, pre.sources, teacher.starts, teacher.sources)
    arguments = (
        constants, seed, state.tick, c, a, tables(c, a), batches(c, a), np.array(state.resets, np.int64), learning,
        outside, np.ascontiguousarray(drive), scratch,
        np.zeros(0, np.uint8) if sent is None else sent, counters,
    )  # fmt: skip
    if scheme == "TD":
        starts, sources = time_driven.advance(*arguments)
    elif scheme == "EC":
        starts, sources = compressed.advance(*arguments, compressed.no_classes(c.axons, c.neurons, a.x.dtype))
    elif threads > 1:
        before = numba.get_num_threads()
        numba.set_num_threads(threads)
        try:
            starts, sources = event_driven.advance_in_threads(*arguments)
        finally:
            numba.set_num_threads(before)
    else:
        starts, sources = event_driven.advance(*arguments)
    state.tick += pre.ticks
    if not learning:
        _bring_up_to_date(constants, c, state, seed, learning)
    return SpikeTrain(starts, sources), _totals(counters)


def flush(constants: Constants, connectivity: Connectivity, state: SparseState, seed: int) -> dict[str, int]:
    """Bring every synapse up to date: h and x are then those after `state.tick`. Returns what it took, as `run`."""
    return _bring_up_to_date(constants, connectivity, state, seed, True)


def _bring_up_to_date(
    constants: Constants, connectivity: Connectivity, state: SparseState, seed: int, learning: bool
) -> dict[str, int]:
    a, parts = state.arrays, len(connectivity.first)
    counters = np.zeros((parts, COUNTERS), np.int64)
    t, lists = tables(connectivity, a), batches(connectivity, a)
    resets = np.array(state.resets, np.int64)
    for part in range(parts):
        event_driven.flush(constants, seed, state.tick, part, connectivity, a, t, lists, resets, learning, counters)
    state.resets.clear()
    return _totals(counters)


def _totals(counters: np.ndarray) -> dict[str, int]:
    totals = counters.sum(axis=0)
    totals[PEAK] = counters[:, PEAK].max()
    return dict(zip(NAMES, map(int, totals), strict=True))


def _from_0(train: SpikeTrain) -> SpikeTrain:
    """The same train by itself: a slice of a longer one keeps all its sources."""
    starts = np.asarray(train.starts, np.int64)
    if starts[0] < 0 or starts[-1] >= len(train.sources) and starts[0] == 0:
        return train
    return SpikeTrain(starts - starts[0], train.sources[starts[0] : starts[-1]])


def _check_train(name: str, who: str, train: SpikeTrain, sources: int) -> None:
    """Sources in range, and in each tick ascending."""
    starts = np.asarray(train.starts)
    if starts[0] != 0 or starts[-1] != len(train.sources) or (np.diff(starts) < 0).any():
        raise BadInput(f"{name} spikes: starts must ascend from 0 to {len(train.sources)}, the number of spikes")
    bad = np.flatnonzero((train.sources < 0) | (train.sources >= sources))
    if len(bad):
        raise BadInput(f"{name} spikes: {who} is {train.sources[bad[0]]}, must be from 0 to {sources - 1}")
    falls = np.diff(train.sources) <= 0
    falls[starts[(starts > 0) & (starts < len(train.sources))] - 1] = False  # a new tick begins there
    if falls.any():
        at = int(np.flatnonzero(falls)[0]) + 1
        tick = int(np.searchsorted(starts, at, side="right")) - 1
        raise BadInput(
            f"{name} spikes: {who} {train.sources[at]} comes after {train.sources[at - 1]} in tick {tick} of the run, "
            "must ascend, none twice"
        )


def _check_run(constants, connectivity, state, pre, teacher, learning, scheme, threads) -> None:
    if pre.ticks != teacher.ticks:
        raise BadInput(f"teacher: has {teacher.ticks} ticks, must have {pre.ticks} like the presynaptic spikes")
    if state.tick + pre.ticks > LAST_TICK:
        raise BadInput(f"tick: would reach {state.tick + pre.ticks}, must be at most {LAST_TICK}")
    if connectivity.axons > MOST_ARRIVALS:
        in_degrees = np.bincount(connectivity.targets, minlength=connectivity.neurons)
        if in_degrees.max() > MOST_ARRIVALS:
            raise BadInput(
                f"neuron {in_degrees.argmax()}: in-degree is {in_degrees.max()}, must be at most {MOST_ARRIVALS}, "
                "the most spikes that are counted in a tick"
            )
    most: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]  # Numba sets it by name
    if not 1 <= threads <= most:
        raise BadInput(f"threads is {threads}, must be from 1 to {most}, this machine's")
    if scheme not in SCHEMES:
        raise BadInput(f"scheme is {scheme!r}, must be one of {', '.join(SCHEMES)}")
    if scheme != "ED" and not learning:
        raise BadInput(f"scheme is {scheme} without learning, must be ED")
    if scheme == "EC":
        if len(connectivity.first) > 1:
            raise BadInput(f"parts is {len(connectivity.first)}, must be 1 for EC")
        for name, key in (("x", "pre_trace"), ("h", "hidden_weight")):
            if is_fixed(constants) and getattr(constants, f"{name}_rounding") == STOCHASTIC:
                raise BadInput(
                    f"{key}.rounding is stochastic, must be truncate or nearest for EC: "
                    "with a random word for each row, rows have nothing to share"
                )
