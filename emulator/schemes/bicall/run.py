"""Run a sparse BiCaLL network under any scheme."""

import numpy as np

from bicall.emulator.rule.checks import check_drive
from bicall.emulator.rule.constants import STOCHASTIC, Constants
from bicall.emulator.rule.state import SpikeTrain, is_fixed
from bicall.emulator.schemes.bicall import compressed, event_driven, time_driven
from bicall.emulator.schemes.bicall.batch import batches
from bicall.emulator.schemes.bicall.connectivity import Connectivity
from bicall.emulator.schemes.bicall.procedural import Procedural
from bicall.emulator.schemes.bicall.rows import tables
from bicall.emulator.schemes.bicall.state import Arrays, SparseState
from bicall.emulator.schemes.counters import COUNTERS, NAMES, PEAK
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.threads import CORES, in_threads

SCHEMES = ("TD", "ED", "EC")
ROOM = 2**18  # output spikes between two calls of the compiled loop, at least
LAST_TICK = 2**31 - 1  # ticks are kept in 32 bits


def run(
    constants: Constants,
    connectivity: Connectivity | Procedural,
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
    pre, teacher = from_0(pre), from_0(teacher)
    check_train("pre", "axon", pre, c.external)
    check_train("teacher", "neuron", teacher, c.neurons)
    check_run(constants, c, state, pre, teacher, learning, scheme, threads)
    if scheme != "ED" or not learning:
        flush(constants, c, state, seed)
    parts = c.parts
    counters = np.zeros((parts, COUNTERS), np.int64)
    scratch = scratch_for(c, a)
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
    else:
        starts, sources = in_windows(threads, *arguments)
    state.tick += pre.ticks
    if not learning:
        _bring_up_to_date(constants, c, state, seed, learning)
    return SpikeTrain(starts, sources), totals(counters)


def scratch_for(network: Connectivity | Procedural, arrays: Arrays) -> tuple[np.ndarray, ...]:
    """What a window needs for a moment: depressed, arrived, fired, ends, taught, no drive."""
    longest = int(np.diff(network.bounds).max())
    return (
        np.zeros(network.neurons, bool),
        np.zeros(network.neurons, np.uint32),
        np.zeros((network.parts, longest * network.window), np.int32),
        np.zeros((network.parts, network.window + 1), np.int64),
        np.zeros(network.neurons, np.int64),
        np.zeros(network.neurons, arrays.x.dtype),
    )


def in_windows(
    threads: int, constants, seed, tick, network, arrays, tables, batches, resets, learning, outside, drive, scratch,
    sent, counters,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Starts and sources of the output of `event_driven.advance`, called as often as its output needs more room."""
    pre_starts, pre_sources, teacher_starts, teacher_sources = outside
    ticks, done, window = len(pre_starts) - 1, 0, network.window
    starts, found = np.zeros(ticks + 1, np.int64), []
    post = np.empty(max(ROOM, 2 * window * network.neurons), np.int32)
    while done < ticks:
        rest = (pre_starts[done:], pre_sources, teacher_starts[done:], teacher_sources)
        shared, here = np.zeros(len(event_driven.SHARED), np.int64), np.zeros(ticks - done + 1, np.int64)
        event_driven.enter(tick + done, min(window, ticks - done), network, arrays, rest[0], pre_sources)
        in_threads(
            threads, event_driven.advance, constants, seed, tick + done, network, arrays, tables, batches, resets,
            learning, rest, drive[done:], scratch, sent, counters, window, shared, here, post,
        )  # fmt: skip
        more = int(shared[event_driven.FULL]) or ticks - done
        starts[done + 1 : done + more + 1] = starts[done] + here[1 : more + 1]
        found.append(post[: here[more]].copy())
        done += more
    return starts, np.concatenate([np.zeros(0, np.int32), *found])


def flush(
    constants: Constants, connectivity: Connectivity | Procedural, state: SparseState, seed: int
) -> dict[str, int]:
    """Bring every synapse up to date: h and x are then those after `state.tick`. Returns what it took, as `run`."""
    return _bring_up_to_date(constants, connectivity, state, seed, True)


def _bring_up_to_date(
    constants: Constants, connectivity: Connectivity | Procedural, state: SparseState, seed: int, learning: bool
) -> dict[str, int]:
    a, parts = state.arrays, connectivity.parts
    counters = np.zeros((parts, COUNTERS), np.int64)
    t, lists = tables(connectivity, a), batches(connectivity, a)
    resets = np.array(state.resets, np.int64)
    for part in range(parts):
        event_driven.flush(constants, seed, state.tick, part, connectivity, a, t, lists, resets, learning, counters)
    state.resets.clear()
    return totals(counters)


def totals(counters: np.ndarray) -> dict[str, int]:
    totals = counters.sum(axis=0)
    totals[PEAK] = counters[:, PEAK].max()
    return dict(zip(NAMES, map(int, totals), strict=True))


def from_0(train: SpikeTrain) -> SpikeTrain:
    """The same train by itself: a slice of a longer one keeps all its sources."""
    starts = np.asarray(train.starts, np.int64)
    if starts[0] < 0 or starts[-1] >= len(train.sources) and starts[0] == 0:
        return train
    return SpikeTrain(starts - starts[0], train.sources[starts[0] : starts[-1]])


def check_train(name: str, who: str, train: SpikeTrain, sources: int) -> None:
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


def check_run(constants, connectivity, state, pre, teacher, learning, scheme, threads) -> None:
    if pre.ticks != teacher.ticks:
        raise BadInput(f"teacher: has {teacher.ticks} ticks, must have {pre.ticks} like the presynaptic spikes")
    if state.tick + pre.ticks > LAST_TICK:
        raise BadInput(f"tick: would reach {state.tick + pre.ticks}, must be at most {LAST_TICK}")
    if not 1 <= threads <= CORES:
        raise BadInput(f"threads is {threads}, must be from 1 to {CORES}, this machine's")
    if scheme not in SCHEMES:
        raise BadInput(f"scheme is {scheme!r}, must be one of {', '.join(SCHEMES)}")
    if scheme != "ED" and isinstance(connectivity, Procedural):
        raise BadInput(f"scheme is {scheme} with procedural connectivity, must be ED")
    if scheme != "ED" and not learning:
        raise BadInput(f"scheme is {scheme} without learning, must be ED")
    if scheme == "EC":
        if connectivity.parts > 1:
            raise BadInput(f"parts is {connectivity.parts}, must be 1 for EC")
        for name, key in (("x", "pre_trace"), ("h", "hidden_weight")):
            if is_fixed(constants) and getattr(constants, f"{name}_rounding") == STOCHASTIC:
                raise BadInput(
                    f"{key}.rounding is stochastic, must be truncate or nearest for EC: "
                    "with a random word for each row, rows have nothing to share"
                )
