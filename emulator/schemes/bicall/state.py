"""What a sparse network remembers from one tick to the next."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.randomness import Stream, counter_random
from bicall.emulator.rule.state import is_fixed
from bicall.emulator.schemes.bicall.connectivity import Connectivity
from bicall.emulator.schemes.bicall.procedural import Procedural
from bicall.emulator.schemes.bicall.row_of import row_bounds, row_targets
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.pointers import LANES

INITIAL_H = int(Stream.INITIAL_H)
MOST_ARRIVALS = 2**16 - 1  # spikes at a neuron in a tick
MOST_SYNAPSES = 2**32 - 1  # of a part
ARCHIVED = 16  # entries a neuron, which fill a cache line


class Arrays(NamedTuple):
    """The arrays of a `SparseState`. Traces and membranes are int32 in fixed point and float64 in float."""

    h: np.ndarray  # [synapses] hidden weight after tick `last` of its row; uint8 or uint16, or float64
    x: np.ndarray  # [parts, axons] presynaptic trace after tick `last`; every part keeps its own copy
    last: np.ndarray  # int32[parts, axons] the tick up to which a row is up to date
    y: np.ndarray  # [neurons]
    s: np.ndarray  # [neurons]
    current: np.ndarray  # [neurons]
    membrane: np.ndarray  # [neurons]
    refractory: np.ndarray  # int32[neurons]
    # archives: ticks of spikes whose gate was open; a log of the part in dense networks, else one of each neuron
    log_ticks: np.ndarray  # int32[parts, room] ascending; room is 0 in sparse networks
    log_columns: np.ndarray  # uint32[parts, room] which neuron of the part
    logged: np.ndarray  # int64[parts] how many there are
    entries: np.ndarray  # int32[neurons, archived] newest first, -1 where there is none; [0, 0] in dense networks
    newest: np.ndarray  # int32[neurons] the last archived tick, or -1
    oldest: np.ndarray  # int32[parts] a tick before which no row of the part was visited last
    rows: np.ndarray  # int32[axons] number of each axon: random words are asked for by it; likewise `columns`
    columns: np.ndarray  # int32[neurons]
    under_way: np.ndarray  # int32[delays, axons] spikes that arrive at a tick, at tick modulo delays
    arriving: np.ndarray  # int64[delays] how many


@dataclass
class SparseState:
    """State after tick `tick`. `h` and `x` of a row are those of an earlier tick until the network is flushed."""

    tick: int
    arrays: Arrays
    resets: list[int] = field(default_factory=list)  # ticks after which a reset came, ascending

    @classmethod
    def initial(
        cls,
        constants: Constants,
        connectivity: Connectivity | Procedural,
        seed: int,
        archived: int = ARCHIVED,
        rows: np.ndarray | None = None,
        columns: np.ndarray | None = None,
    ) -> "SparseState":
        """Before tick 1: h uniform by the seed, the same as `LayerState.initial`'s, all else 0.

        Args:
            archived: entries that a neuron's archive can hold, or in dense networks the log of a part for each of its
                neurons; 4 and 8 bytes each.
            rows, columns: numbers of the axons and of the neurons, if these are a part of something larger. Random
                words are asked for by them. None: 0, 1, 2, ...

        Raises:
            BadInput: an archive whose entries are not a power of two, at least LANES, not a number for each axon and
                neuron, more spikes at a neuron in a tick than can be counted, or too large a part.
        """
        if archived < LANES or archived & (archived - 1):
            raise BadInput(f"archived is {archived}, must be a power of two, at least {LANES} entries a neuron")
        c = connectivity
        _check(c)
        room = archived * int(np.diff(c.bounds).max()) if c.is_dense else 0
        parts, axons, neurons = c.parts, c.axons, c.neurons
        dtype: type[np.number]
        h_dtype: type[np.number]
        if is_fixed(constants):
            dtype, h_dtype = np.int32, np.uint8 if constants.h_bits <= 8 else np.uint16
        else:
            dtype, h_dtype = np.float64, np.float64
        rows, columns = _numbers("rows", rows, axons), _numbers("columns", columns, neurons)
        h, room_for_row = np.empty(c.synapses, h_dtype), np.zeros(max(c.longest_row, 1), np.uint32)
        if is_fixed(constants):
            _initial_fixed(h, c, room_for_row, rows, columns, seed, 32 - constants.h_bits)
        else:
            _initial_float(h, c, room_for_row, rows, columns, seed)
        delays = int(c.delays.max(initial=1)) + c.window  # in a window, spikes of all its ticks are under way
        traces = {name: np.zeros(neurons, dtype) for name in ("y", "s", "current", "membrane")}
        return cls(
            0,
            Arrays(
                h=h,
                x=np.zeros((parts, axons), dtype),
                last=np.zeros((parts, axons), np.int32),
                **traces,
                refractory=np.zeros(neurons, np.int32),
                log_ticks=np.zeros((parts, room), np.int32),
                log_columns=np.zeros((parts, room), np.uint32),
                logged=np.zeros(parts, np.int64),
                entries=np.full((0, 0) if room else (neurons, archived), -1, np.int32),
                newest=np.full(neurons, -1, np.int32),
                oldest=np.zeros(parts, np.int32),
                rows=rows,
                columns=columns,
                under_way=np.zeros((delays, axons), np.int32),
                arriving=np.zeros(delays, np.int64),
            ),
        )

    def reset(self) -> None:
        """Between two samples: traces, currents, membranes and refractory counters to 0.

        h, the tick and spikes under way go on. No row is touched: a row finds the reset at its next visit.
        """
        for name in ("y", "s", "current", "membrane", "refractory"):
            getattr(self.arrays, name).fill(0)
        if self.resets[-1:] != [self.tick]:
            self.resets.append(self.tick)

    def copy(self) -> "SparseState":
        return SparseState(self.tick, Arrays(*(array.copy() for array in self.arrays)), list(self.resets))

    @property
    def bytes(self) -> int:
        """Memory of the state; connectivity is extra."""
        return sum(array.nbytes for array in self.arrays)


def _check(connectivity: Connectivity | Procedural) -> None:
    if connectivity.axons > MOST_ARRIVALS and (largest := connectivity.largest_in_degree()) > MOST_ARRIVALS:
        raise BadInput(
            f"in_degree is {largest} for some neuron, must be at most {MOST_ARRIVALS}, "
            "the most spikes that are counted in a tick"
        )
    largest_part = max(connectivity.synapses_of(part) for part in range(connectivity.parts))
    if largest_part > MOST_SYNAPSES:
        raise BadInput(f"a part has {largest_part} synapses, must be at most {MOST_SYNAPSES}: choose more parts")


def _numbers(name: str, numbers: np.ndarray | None, count: int) -> np.ndarray:
    numbers = np.arange(count) if numbers is None else np.asarray(numbers)
    if numbers.shape != (count,):
        raise BadInput(f"{name}: has shape {list(numbers.shape)}, must be [{count}]")
    return numbers.astype(np.int32)


@cached_njit
def _initial_fixed(h, network, room, rows, columns, seed, shift):
    for p in range(len(network.bounds) - 1):
        for i in range(len(network.delays)):
            begin, end = row_bounds(network, p, i)
            targets, row = row_targets(network, p, i, room), rows[i]
            for k in range(end - begin):
                h[begin + k] = counter_random(seed, INITIAL_H, columns[targets[k]], row) >> np.uint32(shift)


@cached_njit
def _initial_float(h, network, room, rows, columns, seed):
    for p in range(len(network.bounds) - 1):
        for i in range(len(network.delays)):
            begin, end = row_bounds(network, p, i)
            targets, row = row_targets(network, p, i, room), rows[i]
            for k in range(end - begin):
                h[begin + k] = counter_random(seed, INITIAL_H, columns[targets[k]], row) / 2.0**32
