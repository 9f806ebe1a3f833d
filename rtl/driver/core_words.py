"""A layer's state and constants as the words of a core's address space, which it is loaded with and read back from."""

from collections.abc import Callable, Iterator

import numpy as np

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.randomness import COLUMN_STEP
from bicall.emulator.rule.state import LayerState
from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver.core import NEURONS, ROWS, Size
from bicall.rtl.driver.registers import BY_NAME, CONSTANTS

Read = Callable[[int, int], np.ndarray]  # address and number of words side by side -> uint32[words]


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
    words[:, : len(state.y)] = state.h + (exists.astype(np.int64) << constants.h_bits) * size.sparse  # type: ignore[operator]
    for i in range(len(state.x)):
        yield ROWS + 4 * i, int(state.x[i])
    for i in range(len(state.x)):
        for j in range(size.neurons):
            yield size.h_word(i, j), int(words[i, j])


def read_state(constants: Constants, size: Size, rows: int, columns: int, read: Read) -> LayerState:
    """The state of the first rows and columns of a core, after a flush."""
    state = LayerState.initial(constants, rows, columns, 0)
    state.tick = int(read(BY_NAME["tick"].word, 1)[0])
    neurons = read(NEURONS, 4 * columns).reshape(columns, 4)
    state.y[:], state.s[:] = neurons[:, 0] & 0xFFFF, neurons[:, 0] >> 16
    state.current[:], state.membrane[:] = neurons[:, 1].view(np.int32), neurons[:, 2].view(np.int32)
    state.refractory[:] = neurons[:, 3]
    state.x[:] = read(ROWS, 4 * rows).reshape(rows, 4)[:, 0]
    full = int(constants.h_full)
    for i in range(rows):
        for first in range(0, columns, size.lanes):  # lanes lie side by side
            count = min(size.lanes, columns - first)
            state.h[i, first : first + count] = read(size.h_word(i, first), count) & full
    return state
