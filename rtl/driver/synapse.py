"""The circuit bicall_synapse as a Python object: Verilated, and fed with NumPy arrays."""

import ctypes
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.randomness import COLUMN_STEP
from bicall.rtl.driver import simulator

INT32, INT64 = (np.ctypeslib.ndpointer(dtype, flags="C_CONTIGUOUS") for dtype in (np.int32, np.int64))


class Items(NamedTuple):
    """Work for synapses, in order: each item is a drift and then, where `learn` is set, a learning step.

    All fields are integer arrays [items].
    """

    row: np.ndarray
    column: np.ndarray
    drift_up: np.ndarray  # of h above theta_w, saturated at full scale
    drift_down: np.ndarray  # of h at or below theta_w, saturated at full scale
    learn: np.ndarray  # 0 or 1
    step: np.ndarray  # signed, with the binary places of a step below h's last bit
    row_word: np.ndarray  # random word of row and tick; its low 16 bits count


class SynapseCircuit:
    """The Verilated bicall_synapse with the widths and the rounding of a description.

    Args:
        constants: integers.
        folder: where bicall_synapse.v lies.

    Raises:
        BadInput: a tool that it takes to build the circuit is missing, or the build fails.
    """

    def __init__(self, constants: Constants, folder: Path = simulator.ROOM):
        parameters = {
            "H_BITS": constants.h_bits,
            "STEP_FRACTION_BITS": constants.step_fraction_bits,
            "ROUNDING": constants.h_rounding,
        }
        sources = simulator.verilog("bicall_synapse", folder)
        path = simulator.build_library(
            "bicall_synapse", sources, Path(__file__).with_name("synapse_batch.cpp"), parameters
        )
        self._apply = ctypes.CDLL(str(path)).apply_items
        self._apply.argtypes = [ctypes.c_int64, INT32, INT64, *[INT32] * 8]
        self._apply.restype = None

    def apply(self, h: np.ndarray, items: Items) -> tuple[np.ndarray, np.ndarray]:
        """Apply items in order to the synapses in `h`, which they change.

        Args:
            h: int32[rows, columns], C order.

        Returns:
            h after each item and w of each item, both int32[items].
        """
        address = np.ravel_multi_index((items.row, items.column), h.shape).astype(np.int64)
        turn = (np.asarray(items.column, np.int64) * COLUMN_STEP & 0xFFFF).astype(np.int32)
        word = (np.asarray(items.row_word, np.int64) & 0xFFFF).astype(np.int32)
        drift_and_step = items.drift_up, items.drift_down, items.learn, items.step
        inputs = [np.ascontiguousarray(values, np.int32) for values in drift_and_step]
        h_next, w = np.empty(len(address), np.int32), np.empty(len(address), np.int32)
        self._apply(len(address), h.reshape(-1), address, *inputs, word, turn, h_next, w)
        return h_next, w
