"""What a plastic layer remembers from one tick to the next, and the spikes that drive it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.randomness import Stream, random_words
from bicall.emulator.support.errors import BadInput

STATE_VARIABLES = ("x", "y", "s", "current", "membrane", "refractory", "h")


class SpikeTrain(NamedTuple):
    """Spikes of many sources over a run, in order of ticks.

    The sources that spike in the run's tick k (0-based) are `sources[starts[k]:starts[k + 1]]`, ascending, none twice.
    """

    starts: np.ndarray  # int64[ticks + 1]
    sources: np.ndarray  # int32[spikes]

    @property
    def ticks(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def from_dense(cls, spikes: np.ndarray) -> "SpikeTrain":
        """From bool[ticks, sources]."""
        counts = spikes.sum(axis=1)
        return cls(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), np.nonzero(spikes)[1].astype(np.int32))

    def dense(self, sources: int) -> np.ndarray:
        """As bool[ticks, sources].

        Raises:
            BadInput: a source is out of range.
        """
        self.check("the", sources)
        in_run = self.sources[self.starts[0] : self.starts[-1]]
        spikes = np.zeros((self.ticks, sources), bool)
        spikes[np.repeat(np.arange(self.ticks), np.diff(self.starts)), in_run] = True
        return spikes

    def last(self, ticks: int) -> "SpikeTrain":
        """The last ticks alone, or all of them if there are fewer."""
        starts = self.starts[max(self.ticks - ticks, 0) :]
        return SpikeTrain(starts - starts[0], self.sources[starts[0] : starts[-1]])

    def copy(self) -> "SpikeTrain":
        """With arrays of its own."""
        return SpikeTrain(self.starts.copy(), self.sources.copy())

    def check_sources(self, name: str, sources: int) -> np.ndarray:
        """Hold it against what the loop of a layer takes for granted, to which the order within a tick is the same.

        Returns:
            the sources of its ticks.

        Raises:
            BadInput: wrong types, starts that do not ascend or go beyond the sources, or a source out of range.
        """
        starts, who = self.starts, self.sources
        for array, what in ((starts, "starts"), (who, "sources")):
            if not isinstance(array, np.ndarray):
                raise BadInput(f"{name} spikes: {what} is a {type(array).__name__}, must be an array of integers")
            if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
                raise BadInput(f"{name} spikes: {what} is {array.dtype}{list(array.shape)}, must be integers in a row")
        if len(starts) == 0 or starts[0] < 0 or starts[-1] > len(who) or np.any(np.diff(starts) < 0):
            raise BadInput(f"{name} spikes: starts must ascend from 0 to {len(who)}, the number of spikes")
        in_run = who[starts[0] : starts[-1]]  # a slice of a longer train keeps all its sources
        bad = in_run[(in_run < 0) | (in_run >= sources)]
        if len(bad):
            raise BadInput(f"{name} spikes: source is {bad[0]}, must be from 0 to {sources - 1}")
        return in_run

    def check(self, name: str, sources: int) -> None:
        """Hold it against what a network's loop takes for granted.

        Raises:
            BadInput: as `check_sources`, or sources of a tick that do not ascend.
        """
        in_run, starts = self.check_sources(name, sources), self.starts
        falls = np.diff(in_run) <= 0
        begins = starts - starts[0]
        falls[begins[(begins > 0) & (begins < len(in_run))] - 1] = False  # a new tick begins there
        if falls.any():
            at = int(np.flatnonzero(falls)[0]) + 1
            tick = int(np.searchsorted(begins, at, side="right")) - 1
            raise BadInput(
                f"{name} spikes: source {in_run[at]} comes after {in_run[at - 1]} in tick {tick} of the run, "
                "must ascend, none twice"
            )

    @classmethod
    def silent(cls, ticks: int) -> "SpikeTrain":
        """No spikes for a number of ticks."""
        return cls(np.zeros(ticks + 1, np.int64), np.zeros(0, np.int32))


class LifState(NamedTuple):
    """State of neurons without plastic synapses, of [neurons]: int32 in fixed point, float64 in float."""

    current: np.ndarray
    membrane: np.ndarray
    refractory: np.ndarray  # int32

    @classmethod
    def rest(cls, neurons: int, constants: Constants) -> "LifState":
        """All 0."""
        dtype = np.int32 if is_fixed(constants) else np.float64
        return cls(np.zeros(neurons, dtype), np.zeros(neurons, dtype), np.zeros(neurons, np.int32))

    def reset(self) -> None:
        """Between two samples."""
        for values in self:
            values.fill(0)

    def copy(self) -> "LifState":
        return LifState(*(values.copy() for values in self))

    def part(self, neurons: np.ndarray) -> "LifState":
        """A copy of the state of some neurons only (integer indices)."""
        return LifState(*(values[neurons] for values in self))


@dataclass
class LayerState:
    """State of `pre` axons, `post` neurons and the plastic synapses between all of them, after tick `tick`.

    Arrays are int32 in fixed point and float64 in float. `h` has the shape [pre, post] and lies in memory column by
    column (Fortran order), as postsynaptic updates go down a column.

    A core of a chip holds a part of a layer: `rows` and `columns` say which. Stochastic rounding asks for the layer's
    numbers, so that a part computes what the whole layer does; they must ascend.

    In a sparse layer `connected` says which synapses exist. The others keep h = 0, transmit nothing and learn nothing.
    """

    tick: int
    x: np.ndarray  # [pre] presynaptic trace
    y: np.ndarray  # [post] postsynaptic trace
    s: np.ndarray  # [post] slow postsynaptic trace of the gate
    current: np.ndarray  # [post] input current
    membrane: np.ndarray  # [post]
    refractory: np.ndarray  # [post] int32, ticks left without integration
    h: np.ndarray  # [pre, post] hidden weight
    rows: np.ndarray = None  # type: ignore[assignment]  # int32[pre] number of each axon in the whole layer; None: this is the whole layer
    columns: np.ndarray = None  # type: ignore[assignment]  # int32[post] likewise of each neuron
    connected: np.ndarray | None = None  # bool[pre, post]; None: all synapses exist

    def __post_init__(self) -> None:
        self.rows = np.arange(len(self.x), dtype=np.int32) if self.rows is None else self.rows
        self.columns = np.arange(len(self.y), dtype=np.int32) if self.columns is None else self.columns

    @classmethod
    def initial(
        cls, constants: Constants, pre: int, post: int, seed: int, connected: np.ndarray | None = None
    ) -> "LayerState":
        """The state before tick 1: h of the synapses that exist uniform over its range by `seed`, all else 0.

        Float and fixed point start from the same random words.
        """
        words = random_words(seed, Stream.INITIAL_H, np.arange(post), np.arange(pre)[:, None])
        dtype: type[np.number]
        h: np.ndarray
        if is_fixed(constants):
            dtype, h = np.int32, words >> np.uint32(32 - constants.h_bits)
        else:
            dtype, h = np.float64, words / 2**32
        if connected is not None:
            h = np.where(connected, h, 0)
        return cls(
            tick=0,
            x=np.zeros(pre, dtype),
            y=np.zeros(post, dtype),
            s=np.zeros(post, dtype),
            current=np.zeros(post, dtype),
            membrane=np.zeros(post, dtype),
            refractory=np.zeros(post, np.int32),
            h=np.asfortranarray(h.astype(dtype)),
            connected=connected,
        )

    def reset(self) -> None:
        """Between two samples: traces, currents, membranes and refractory counters to 0; h and the tick go on."""
        for values in (self.x, self.y, self.s, self.current, self.membrane, self.refractory):
            values.fill(0)

    def copy(self) -> "LayerState":
        arrays = {name: getattr(self, name).copy(order="K") for name in STATE_VARIABLES}
        return LayerState(self.tick, **arrays, rows=self.rows, columns=self.columns, connected=self.connected)

    def part(self, rows: np.ndarray, columns: np.ndarray) -> "LayerState":
        """A copy of the state of the axons `rows` and the neurons `columns` only (int64 indices, ascending)."""
        return LayerState(
            tick=self.tick,
            x=self.x[rows],
            **{name: getattr(self, name)[columns] for name in ("y", "s", "current", "membrane", "refractory")},
            h=np.asfortranarray(self.h[np.ix_(rows, columns)]),
            rows=self.rows[rows],
            columns=self.columns[columns],
            connected=None if self.connected is None else self.connected[np.ix_(rows, columns)],
        )


def is_fixed(constants: Constants) -> bool:
    """Whether constants are those of fixed point (integers) rather than of float."""
    return isinstance(constants.h_full, int)
