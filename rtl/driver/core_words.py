"""A core's size, and a layer's state and constants as words of its address space, to load it with and to read back."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.randomness import COLUMN_STEP
from bicall.emulator.rule.state import LayerState
from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver.registers import BY_NAME, CONSTANTS, REGIONS

NEURONS, ROWS, H = (REGIONS[name].first for name in ("neurons", "rows", "h"))  # addresses of words
Read = Callable[[int, int], np.ndarray]  # address and number of words side by side -> uint32[words]


class Size(NamedTuple):
    """Size of a core; a row of its memory is split into words of `lanes` synapses."""

    axons: int
    neurons: int
    lanes: int
    depth: int = 32  # entries of the archive of postsynaptic spikes
    sparse: bool = False  # a bit a synapse says whether it exists

    @property
    def groups(self) -> int:
        return -(-self.neurons // self.lanes)

    def h_word(self, row: int, column: int) -> int:
        """Address of a synapse's h, in words."""
        lane_bits = max(1, (self.lanes - 1).bit_length())
        group_bits = (self.groups - 1).bit_length()
        group, lane = divmod(column, self.lanes)
        return H + (((row << group_bits) + group) << lane_bits) + lane


def parameters(constants: Constants, size: Size) -> dict[str, int]:
    """Verilog parameters of bicall_core."""
    c = constants
    return {
        "AXONS": size.axons,
        "NEURONS": size.neurons,
        "LANES": size.lanes,
        "DEPTH": size.depth,
        "SPARSE": int(size.sparse),
        "H_BITS": c.h_bits,
        "STEP_FRACTION_BITS": c.step_fraction_bits,
        "X_BITS": c.x_bits,
        "Y_BITS": c.y_bits,
        "S_BITS": c.s_bits,
        "H_ROUNDING": c.h_rounding,
        "X_ROUNDING": c.x_rounding,
        "Y_ROUNDING": c.y_rounding,
        "S_ROUNDING": c.s_rounding,
    }


def constant_words(constants: Constants) -> Iterator[tuple[int, int]]:
    """Addresses and values of the registers of the rule and of the neuron.

    Raises:
        BadInput: a rule that the core does not do.
    """
    if constants.reset_by_subtraction:
        raise BadInput("core: neurons reset to 0, the rule resets by subtraction (the emulator does it)")
    for name in CONSTANTS:
        value = int(getattr(constants, name))
        # a drift step beyond full scale is a drift to the end
        yield BY_NAME[name].word, min(value, int(constants.h_full)) if name in ("drift_up", "drift_down") else value


def state_words(constants: Constants, size: Size, state: LayerState, seed: int) -> Iterator[tuple[int, int]]:
    """Addresses and values that bring a core which was just reset to a layer's state.

    The state may be smaller than the core. Each of its rows is written to its end: h is 0 where there is no neuron.
    """
    registers = {
        "seed": seed,
        "tick": state.tick,
        "phase": state.tick % constants.drift_period,
        "row_base": int(state.rows[0]) if len(state.rows) else 0,
        "column_base": int(state.columns[0]),
        "column_turn": int(state.columns[0]) * COLUMN_STEP & 0xFFFF,
    }
    yield from ((BY_NAME[name].word, value) for name, value in registers.items())
    for j in range(len(state.y)):
        yield NEURONS + 4 * j, int(state.y[j]) | int(state.s[j]) << 16
        for field, values in enumerate((state.current, state.membrane, state.refractory), 1):
            yield NEURONS + 4 * j + field, int(values[j])
    exists = np.ones(state.h.shape, bool) if state.connected is None else state.connected
    words = np.zeros((len(state.x), size.neurons), np.int64)
    words[:, : len(state.y)] = state.h + (exists.astype(np.int64) << constants.h_bits) * size.sparse
    for i in range(len(state.x)):
        yield ROWS + 4 * i, int(state.x[i])
    for i in range(len(state.x)):
        for j in range(size.neurons):
            yield size.h_word(i, j), int(words[i, j])


def read_state(constants: Constants, size: Size, rows: int, columns: int, read: Read) -> LayerState:
    """The state of the first rows and columns of a core, after a flush; `connected` only of a sparse core."""
    state = LayerState.initial(constants, rows, columns, 0)
    state.tick = int(read(BY_NAME["tick"].word, 1)[0])
    neurons = read(NEURONS, 4 * columns).reshape(columns, 4)
    state.y[:], state.s[:] = neurons[:, 0] & 0xFFFF, neurons[:, 0] >> 16
    state.current[:], state.membrane[:] = neurons[:, 1].view(np.int32), neurons[:, 2].view(np.int32)
    state.refractory[:] = neurons[:, 3]
    state.x[:] = read(ROWS, 4 * rows).reshape(rows, 4)[:, 0]
    full, exists = int(constants.h_full), np.zeros((rows, columns), bool)
    for i in range(rows):
        for first in range(0, columns, size.lanes):  # lanes lie side by side
            count = min(size.lanes, columns - first)
            words = read(size.h_word(i, first), count)
            state.h[i, first : first + count], exists[i, first : first + count] = words & full, words > full
    state.connected = exists if size.sparse else None
    return state
