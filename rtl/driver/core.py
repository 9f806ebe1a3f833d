"""The core bicall_core as a Python object: Verilated, with the host's side of its streams and registers."""

import ctypes
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside
from bicall.rtl.driver import simulator
from bicall.rtl.driver.core_words import Size, constant_words, parameters, read_state, state_words
from bicall.rtl.driver.registers import BY_NAME

# kinds of events, in their top two bits
AXON_SPIKE, TEACHER_SPIKE, END_OF_TICK, RESET = (kind << 30 for kind in range(4))
# with bit 29: a drive, which is no teacher's; learning enables, whose value is bit 28
DRIVE, DISABLE, ENABLE = TEACHER_SPIKE | 1 << 29, RESET | 1 << 29, RESET | 3 << 28

IMAGE = "h.hex"
NAME_AT = {register.word: register.name for register in BY_NAME.values()}
PATIENCE = 10_000_000  # cycles
U8, U32, I32, I64 = (np.ctypeslib.ndpointer(t, flags="C_CONTIGUOUS") for t in (np.uint8, np.uint32, np.int32, np.int64))


class Access(NamedTuple):
    """Words of h as the core made them, in order; arrays are [accesses]."""

    tick: np.ndarray
    row: np.ndarray
    group: np.ndarray
    sweep: np.ndarray  # whether it was a sweep's
    h: np.ndarray  # [accesses, lanes]


class Core:
    """A Verilated bicall_core after its reset, with a description's constants in its registers.

    Args:
        constants: integers.
        size: of the core.
        folder: where Verilog files lie that take the place of this room's.
        coverage: count what is covered, for `coverage`.
        waves: able to write all signals, for `write_waves`.
        image: file with the first h, which the Verilog reads with $readmemh.

    Raises:
        BadInput: a missing tool, a failed build, or a constant that the core refuses.
    """

    def __init__(
        self,
        constants: Constants,
        size: Size,
        folder: Path = simulator.ROOM,
        coverage: bool = False,
        waves: bool = False,
        image: Path | None = None,
    ):
        self.constants, self.size = constants, size
        chosen: dict[str, int | str] = {**parameters(constants, size)}
        if image is not None:
            chosen["IMAGE"] = f'"{IMAGE}"'
        sources = simulator.verilog("bicall_core", folder)
        library = ctypes.CDLL(
            str(
                simulator.build_library(
                    "bicall_core",
                    sources,
                    Path(__file__).with_name("core_batch.cpp"),
                    chosen,
                    coverage,
                    waves,
                )
            )
        )
        self._call = _typed(library)
        self._core = self._new(image)
        self._learns = np.ones(size.neurons, bool)
        self.configure(constants)

    def _new(self, image: Path | None) -> int:
        """A new simulation; what it reads lies in the working folder, so that all cores of one size share a build."""
        if image is None:
            return self._call.core_new()
        before = Path.cwd()
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(image, Path(folder) / IMAGE)
            os.chdir(folder)
            try:
                return self._call.core_new()
            finally:
                os.chdir(before)

    def close(self) -> None:
        """Free the simulation."""
        if self._core:
            self._call.core_delete(self._core)
            self._core = 0

    def coverage(self) -> str:
        """What all cores of this size and these widths have covered in this process, in Verilator's format."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "coverage.dat"
            self._call.core_coverage(str(path).encode())
            return path.read_text(errors="replace")

    @contextmanager
    def write_waves(self, path: Path):
        """Write all signals to a VCD file as long as the block lasts, whole or not at all; a cycle is 10 ns."""
        with write_aside(path) as aside:
            self._call.core_waves(self._core, str(aside).encode())
            try:
                yield
            finally:
                self._call.core_waves(self._core, b"")

    @property
    def cycles(self) -> int:
        """Clock cycles since the start."""
        return self._call.core_cycles(self._core)

    def write_word(self, word: int, value: int, strobes: int = 15) -> int:
        """Write a word of the address space, or only some bytes; the AXI response, 0 for OKAY and 2 for SLVERR."""
        return self._answered(self._call.core_write(self._core, word * 4, value & 0xFFFFFFFF, strobes))

    def read_word(self, word: int) -> tuple[int, int]:
        """Read a word of the address space: the AXI response and the value."""
        value = ctypes.c_uint32()
        return self._answered(self._call.core_read(self._core, word * 4, ctypes.byref(value))), value.value

    def write(self, register: str, value: int) -> None:
        """Write a register by name.

        Raises:
            BadInput: the core refuses the value.
        """
        if self.write_word(BY_NAME[register].word, value):
            raise BadInput(f"core: register {register} refuses {value}")

    def read(self, register: str) -> int:
        """Read a register by name, as an unsigned number."""
        return self.read_word(BY_NAME[register].word)[1]

    def configure(self, constants: Constants) -> None:
        """Put other constants of the same widths and roundings into the registers.

        Raises:
            BadInput: the core refuses one of them.
        """
        self.constants = constants
        for word, value in constant_words(constants):
            self.write(NAME_AT[word], value)

    def load(self, state: LayerState, seed: int) -> None:
        """Put a layer's state into a core after a reset or a flush. `seed` is of the stochastic rounding.

        Raises:
            BadInput: the core refuses a value, or has not been flushed.
        """
        if state.connected is not None and not self.size.sparse:
            raise BadInput("core: holds dense layers, the layer is sparse, must be a core with SPARSE 1")
        for word, value in state_words(self.constants, self.size, state, seed):
            if self.write_word(word, value):
                raise BadInput(f"core: {NAME_AT.get(word, f'address 0x{word:06X}')} refuses {value}")

    def state(self) -> LayerState:
        """The layer's state after a flush; `connected` only of a sparse core."""
        self.flush()
        return read_state(self.constants, self.size, self.size.axons, self.size.neurons, self._read_words)

    def flush(self) -> None:
        """Bring all rows up to date.

        Raises:
            RuntimeError: the core hangs.
        """
        self.write("flush", 1)
        until = self.cycles + PATIENCE
        while self.read("flush"):
            if self.cycles > until:
                raise RuntimeError("core: the flush does not end")

    def send(self, events: np.ndarray, barriers: int) -> tuple[np.ndarray, np.ndarray]:
        """Stream events in and spikes out until a number of ends of tick have come.

        Returns:
            bool[barriers, neurons], the postsynaptic spikes, and int64[barriers], the cycle in which each tick ended.

        Raises:
            RuntimeError: the core hangs, or streams out what it must not.
        """
        counts = np.zeros((barriers, self.size.neurons), np.uint8)
        ended = np.zeros(barriers, np.int64)
        events = np.ascontiguousarray(events, np.uint32)
        got = self._call.core_stream(self._core, events, len(events), barriers, counts, self.size.neurons, ended)
        if got != barriers or counts.max(initial=0) > 1:
            raise RuntimeError(
                f"core: {got} of {barriers} ticks came to an end, {counts.max(initial=0)} spikes at once"
            )
        return counts.astype(bool), ended

    def run(
        self,
        pre: SpikeTrain,
        teacher: SpikeTrain,
        drive: np.ndarray | None = None,
        learns: np.ndarray | None = None,
    ) -> np.ndarray:
        """Run the ticks of `pre`, as `emulator.rule.plain.run`; bool[ticks, post], the postsynaptic spikes.

        Args:
            drive: int32[ticks, post] of 0 and one other number, or None.

        Raises:
            BadInput: a drive of several strengths, or one that does not fit the register.
        """
        self.enable(np.ones(self.size.neurons, bool) if learns is None else learns)
        return self.send(tick_events(pre, teacher, self.driven(drive)), pre.ticks)[0]

    def enable(self, learns: np.ndarray) -> None:
        """Set the neurons' learning enables, bool[post], between two ticks; a reset between samples leaves them."""
        changed = np.flatnonzero(learns != self._learns)
        self.send(np.where(learns[changed], ENABLE, DISABLE) + changed, 0)
        self._learns = learns.copy()

    def driven(self, drive: np.ndarray | None) -> SpikeTrain | None:
        """Put the strength of a drive into its register, between two ticks; whom it drives, by tick.

        Args:
            drive: as of `run`.

        Raises:
            BadInput: as of `run`.
        """
        if drive is None or not drive.any():
            return None
        strengths = np.unique(drive[drive != 0])
        if len(strengths) > 1:
            raise BadInput(f"drive: is {strengths[0]} and {strengths[1]}, must be of one strength in the core")
        self.write("drive_weight", int(strengths[0]))
        return SpikeTrain.from_dense(drive != 0)

    def reset_sample(self) -> None:
        """Between two samples: traces, currents, membranes and refractory counters to 0."""
        self.send(np.array([RESET]), 0)

    def stop_in_mid_tick(self, events: np.ndarray, cycles: int) -> None:
        """Send events and reset the core some cycles after it took the last; registers get the constants again."""
        self._call.core_stop(self._core, np.ascontiguousarray(events, np.uint32), len(events), cycles)
        self._learns[:] = True
        self.configure(self.constants)

    def pauses(self, seed: int, idle: float, busy: float) -> None:
        """From now on the host does not send with probability `idle` a cycle, and does not take with `busy`."""
        self._call.core_pauses(self._core, seed, int(idle * 256), int(busy * 256))

    def watch(self) -> None:
        """From now on keep each access to the synapses, for `accesses`."""
        self._call.core_watch(self._core, 1)

    def accesses(self) -> Access:
        """The accesses since the last call."""
        empty = np.zeros(0, np.int32)
        numbers = np.empty(self._call.core_accesses(self._core, empty, 0), np.int32)
        self._call.core_accesses(self._core, numbers, len(numbers))
        table = numbers.reshape(-1, 4 + self.size.lanes)
        tick = table[:, 0].astype(np.uint32).astype(np.int64)
        return Access(tick, table[:, 1], table[:, 2], sweep=table[:, 3].astype(bool), h=table[:, 4:])

    def _read_words(self, address: int, count: int) -> np.ndarray:
        return np.array([self.read_word(address + k)[1] for k in range(count)], np.uint32)

    @staticmethod
    def _answered(response: int) -> int:
        if response < 0:
            raise RuntimeError("core: no response")
        return response


def tick_events(pre: SpikeTrain, teacher: SpikeTrain, driven: SpikeTrain | None = None) -> np.ndarray:
    """The events of a run, uint32: each tick's teacher spikes, driven neurons, axons' spikes and end."""
    sent = [(TEACHER_SPIKE, teacher), (AXON_SPIKE, pre)]
    if driven is not None:
        sent.insert(1, (DRIVE, driven))
    parts = []
    for k in range(pre.ticks):
        parts += [kind + train.sources[train.starts[k] : train.starts[k + 1]].astype(np.int64) for kind, train in sent]
        parts.append(np.array([END_OF_TICK], np.int64))
    return np.concatenate(parts).astype(np.uint32)


def _typed(library: ctypes.CDLL) -> ctypes.CDLL:
    core, i64, u32 = ctypes.c_void_p, ctypes.c_int64, ctypes.c_uint32
    signatures = {
        "core_new": ([], core),
        "core_delete": ([core], None),
        "core_write": ([core, u32, u32, u32], ctypes.c_int),
        "core_read": ([core, u32, ctypes.POINTER(u32)], ctypes.c_int),
        "core_stop": ([core, U32, i64, i64], None),
        "core_pauses": ([core, u32, u32, u32], None),
        "core_stream": ([core, U32, i64, i64, U8, i64, I64], i64),
        "core_cycles": ([core], i64),
        "core_watch": ([core, ctypes.c_int], None),
        "core_accesses": ([core, I32, i64], i64),
    }
    built_to = {"core_coverage": ([ctypes.c_char_p], None), "core_waves": ([core, ctypes.c_char_p], None)}
    signatures |= {name: signature for name, signature in built_to.items() if hasattr(library, name)}
    for name, (arguments, result) in signatures.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library
