"""From what the emulator recorded to what a synapse circuit has to do, in the order in which hardware does it.

A row of synapses is touched only when its presynaptic neuron spikes. Its update is lazy: for each tick since its last
spike in which neurons with an open gate fired, the drift up to that tick and the step of that tick; then the drift up
to now, transmission, and the depression of the presynaptic spike. At the end of a sample all rows are flushed.
"""

from typing import NamedTuple

import numpy as np

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.plain import FixedPoint
from bicall.emulator.rule.randomness import Stream, random_words
from bicall.emulator.rule.recording import Recording
from bicall.rtl.driver.synapse import Items


class Replay(NamedTuple):
    """Items of a sample and what the emulator says about them. Arrays are [items].

    `h` is h after the item and holds where `h_known` is set: a presynaptic update of a synapse that its neuron's spike
    changes again in the same tick shows only in the next item. `w` holds where `transmits` is set.
    """

    items: Items
    tick: np.ndarray
    h: np.ndarray
    h_known: np.ndarray
    w: np.ndarray
    transmits: np.ndarray


class _RowItem(NamedTuple):
    """An item of all synapses of a row; arrays are [post]."""

    row: int
    tick: int
    drift_steps: int
    learn: np.ndarray
    step: int
    word: int
    h: np.ndarray
    h_known: np.ndarray
    w: np.ndarray
    transmits: bool


def replay(
    constants: Constants, seed: int, h: np.ndarray, recording: Recording, connected: np.ndarray | None = None
) -> Replay:
    """The items of one sample.

    Args:
        constants: integers.
        seed: of the stochastic rounding.
        h: [pre, post] before the sample.
        recording: of the sample, with every variable at every tick; y and s start at 0.
        connected: bool[pre, post], which synapses exist; all of them if missing.
    """
    c, arithmetic = constants, FixedPoint(constants, seed)
    pre, post = h.shape
    values = {name: variable.values.astype(np.int64) for name, variable in recording.variables.items()}
    ticks = recording.variables["h"].ticks
    # what a tick starts from is the record of the tick before
    h_before = np.concatenate([[h], values["h"][:-1]])
    y_before, s_before = (np.concatenate([np.zeros((1, post), np.int64), values[name][:-1]]) for name in "ys")
    gate_after = (c.gate_low < values["s"]) & (values["s"] < c.gate_high)
    changed = values["post_spikes"].astype(bool) & gate_after
    archive = np.flatnonzero(changed.any(axis=1))  # records in which some neuron's synapses learn
    words = {k: random_words(seed, Stream.ROUND_POST, np.arange(pre), int(ticks[k])) for k in archive}
    last_tick, archived_before = np.full(pre, ticks[0] - 1), np.zeros(pre, int)
    columns, nothing, everything = np.arange(post), np.zeros(post, bool), np.ones(post, bool)
    row_items: list[_RowItem] = []

    def drift_steps(row: int, tick: int) -> int:
        steps = tick // c.drift_period - last_tick[row] // c.drift_period
        last_tick[row] = tick
        return int(steps)

    def bring_up_to_date(row: int, k: int) -> None:
        """Replay the archive's records before record k."""
        end = np.searchsorted(archive, k)
        for a in archive[archived_before[row] : end]:
            tick, x = int(ticks[a]), values["x"][a, row]
            step = arithmetic.potentiation(x) + (c.depression_post if x < c.pre_threshold else 0)
            row_items.append(
                _RowItem(
                    row,
                    tick,
                    drift_steps(row, tick),
                    changed[a],
                    int(step),
                    int(words[a][row]),
                    values["h"][a, row],
                    everything,
                    nothing,
                    False,
                )  # fmt: skip
            )
        archived_before[row] = end

    for k, tick in enumerate(int(t) for t in ticks):
        rows = np.flatnonzero(values["pre_spikes"][k])
        if len(rows) == 0:
            continue
        y, s = arithmetic.decay("y", y_before[k], columns, tick), arithmetic.decay("s", s_before[k], columns, tick)
        depressed = (c.gate_low < s) & (s < c.gate_high) & (y > c.post_threshold)
        word = random_words(seed, Stream.ROUND_PRE, rows, tick)
        for row, row_word in zip(rows.tolist(), word, strict=True):
            bring_up_to_date(row, k)
            row_items.append(
                _RowItem(
                    row,
                    tick,
                    drift_steps(row, tick),
                    depressed,
                    c.depression_pre,
                    int(row_word),
                    values["h"][k, row],
                    ~changed[k],
                    h_before[k, row] > c.h_threshold,
                    True,
                )  # fmt: skip
            )
    end = int(ticks[-1])
    for row in range(pre):
        bring_up_to_date(row, len(ticks))
        steps = drift_steps(row, end)
        row_items.append(_RowItem(row, end, steps, nothing, 0, 0, values["h"][-1, row], everything, nothing, False))
    return _by_synapse(c, row_items, post, connected)


def _by_synapse(c: Constants, row_items: list[_RowItem], post: int, connected: np.ndarray | None) -> Replay:
    """One item a synapse that exists from the items of whole rows."""
    columns = {name: np.array([getattr(item, name) for item in row_items]) for name in _RowItem._fields}

    def spread(a: np.ndarray) -> np.ndarray:
        return np.repeat(a, post) if a.ndim == 1 else a.reshape(-1)

    column = np.tile(np.arange(post), len(row_items))
    exists = slice(None) if connected is None else connected[spread(columns["row"]), column]
    of_synapse = {name: spread(values)[exists] for name, values in columns.items()}
    items = Items(
        row=of_synapse["row"],
        column=column[exists],
        drift_up=np.minimum(of_synapse["drift_steps"] * c.drift_up, c.h_full),
        drift_down=np.minimum(of_synapse["drift_steps"] * c.drift_down, c.h_full),
        learn=of_synapse["learn"].astype(np.int32),
        step=of_synapse["step"],
        row_word=of_synapse["word"],
    )
    return Replay(items, **{name: of_synapse[name] for name in ("tick", "h", "h_known", "w", "transmits")})
