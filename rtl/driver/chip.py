"""A Verilated chip as a Python object: the host's side of its port, rounds and words of its tiles."""

import ctypes
import tempfile
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside
from bicall.rtl.driver import simulator
from bicall.rtl.driver.chip_top import TOP, ChipPlan, modules_of, verilog
from bicall.rtl.driver.packets import COUNTERS, FIELDS, WORDS, Kind, Operation, flit, marker

U32, I64 = (np.ctypeslib.ndpointer(t, flags="C_CONTIGUOUS") for t in (np.uint32, np.int64))
MOST_WORDS = (1 << FIELDS["data"].bits) - 1  # that are read at once
HALF = FIELDS["data"].most


class Heard(NamedTuple):
    """What came out of the chip, up to a number of markers."""

    rounds: np.ndarray  # int64[flits], the round in which each came, from 0; markers are left out
    flits: np.ndarray  # uint32[flits]
    cycles: np.ndarray  # int64[rounds], the cycle of each round's marker


class Chip:
    """A chip after its reset; its tiles are ready.

    Args:
        plan: what to build.
        folder: where Verilog files lie that take the place of this room's.
        coverage: count what is covered, for `coverage`.
        waves: able to write all signals, for `write_waves`.

    Raises:
        BadInput: a missing tool or a failed build.
    """

    def __init__(self, plan: ChipPlan, folder: Path = simulator.ROOM, coverage: bool = False, waves: bool = False):
        self.plan = plan
        with tempfile.TemporaryDirectory() as made:
            sources = sources_of(plan, Path(made), folder)
            batch = Path(__file__).with_name("chip_batch.cpp")
            library = ctypes.CDLL(str(simulator.build_library(TOP, sources, batch, {}, coverage, waves)))
        self._call = _typed(library)
        self._chip = self._call.chip_new()
        self.exchange([], 1)  # each tile sends a marker as soon as it is ready

    def close(self) -> None:
        """Free the simulation."""
        if self._chip:
            self._call.chip_delete(self._chip)
            self._chip = None

    def coverage(self) -> str:
        """What all chips of this plan have covered in this process, in Verilator's format."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "coverage.dat"
            self._call.chip_coverage(str(path).encode())
            return path.read_text(errors="replace")

    @contextmanager
    def write_waves(self, path: Path):
        """Write all signals to a VCD file as long as the block lasts, whole or not at all; a cycle is 10 ns."""
        with write_aside(path) as aside:
            self._call.chip_waves(self._chip, str(aside).encode())
            try:
                yield
            finally:
                self._call.chip_waves(self._chip, b"")

    @property
    def cycles(self) -> int:
        """Clock cycles since the start."""
        return self._call.chip_cycles(self._chip)

    def pauses(self, seed: int, idle: float, busy: float) -> None:
        """From now on the host does not send with probability `idle` a cycle, and does not take with `busy`."""
        self._call.chip_pauses(self._chip, seed, int(idle * 256), int(busy * 256))

    def exchange(self, flits: Iterable[int] | np.ndarray, rounds: int) -> Heard:
        """Send flits, and hear what comes until so many rounds have ended.

        Raises:
            RuntimeError: the chip hangs.
        """
        sent = np.ascontiguousarray(
            np.fromiter(flits, np.uint32) if not isinstance(flits, np.ndarray) else flits, np.uint32
        )
        count = self._call.chip_exchange(self._chip, sent, len(sent), rounds)
        if count < 0:
            raise RuntimeError("chip: hangs")
        came, cycles = np.empty(count, np.uint32), np.empty(rounds, np.int64)
        self._call.chip_came(self._chip, came, cycles)
        is_marker = FIELDS["marker"].of(came).astype(bool)
        return Heard((np.cumsum(is_marker) - is_marker)[~is_marker], came[~is_marker], cycles)

    def write(self, tile: int, words: Iterable[tuple[int, int]]) -> None:
        """Write words of a tile: addresses and values. Refused ones show in the tile's counter.

        All rounds that were sent must have come to an end.
        """
        flits = self.write_flits(tile, words)
        self.exchange(flits, 0)

    def write_flits(self, tile: int, words: Iterable[tuple[int, int]]) -> list[int]:
        """The flits that write words of a tile."""
        flits: list[int] = []
        at, high = None, None
        for address, value in words:
            if address != at:
                flits += self._address(tile, address)
            upper, lower = value >> 16 & HALF, value & HALF
            if upper != high:
                flits.append(self._operation(tile, Operation.DATA_HIGH, upper))
            flits.append(self._operation(tile, Operation.WRITE, lower))
            at, high = address + 1, upper
        return flits

    def read(self, tile: int, address: int, count: int) -> np.ndarray:
        """Words of a tile that lie side by side, uint32[count].

        All rounds that were sent must have come to an end.

        Raises:
            BadInput: one of them is not there.
        """
        parts = [
            self._read(tile, first, min(MOST_WORDS, address + count - first))
            for first in range(address, address + count, MOST_WORDS)
        ]
        return np.concatenate([np.zeros(0, np.uint32), *parts])

    def _read(self, tile: int, address: int, count: int) -> np.ndarray:
        flits = [*self._address(tile, address), self._operation(tile, Operation.READ, count), marker()]
        halves = self.exchange(flits, 1).flits
        halves = halves[FIELDS["reply"].of(halves) == 1].reshape(count, 2)
        failed = FIELDS["failed"].of(halves).any(axis=1)
        if failed.any():
            raise BadInput(f"tile {tile}: address 0x{address + int(failed.argmax()):06X} is not there")
        data = FIELDS["data"].of(halves)
        return data[:, 0] << 16 | data[:, 1]

    def counters(self, tile: int) -> dict[str, int]:
        """What a tile has counted so far."""
        first = WORDS[COUNTERS[0]].address
        return dict(zip(COUNTERS, self.read(tile, first, len(COUNTERS)).tolist(), strict=True))

    def to(self, tile: int, kind: Kind, **values: int) -> int:
        """A flit to a tile."""
        x, y = self.plan.place(tile)
        return flit(kind, x=x, y=y, **values)

    def _address(self, tile: int, address: int) -> list[int]:
        return [
            self._operation(tile, Operation.ADDRESS_HIGH, address >> 16),
            self._operation(tile, Operation.ADDRESS_LOW, address & HALF),
        ]

    def _operation(self, tile: int, operation: Operation, data: int) -> int:
        return self.to(tile, Kind.OPERATION, operation=operation, data=data)


def sources_of(plan: ChipPlan, made: Path, folder: Path = simulator.ROOM) -> list[Path]:
    """All Verilog files of a chip; the one on top is written into the folder `made`."""
    top = made / f"{TOP}.v"
    top.write_text(verilog(plan))
    return [top, *modules_of(plan, folder)]


def _typed(library: ctypes.CDLL) -> ctypes.CDLL:
    chip, i64, u32 = ctypes.c_void_p, ctypes.c_int64, ctypes.c_uint32
    signatures = {
        "chip_new": ([], chip),
        "chip_delete": ([chip], None),
        "chip_pauses": ([chip, u32, u32, u32], None),
        "chip_exchange": ([chip, U32, i64, i64], i64),
        "chip_came": ([chip, U32, I64], None),
        "chip_cycles": ([chip], i64),
    }
    built_to = {"chip_coverage": ([ctypes.c_char_p], None), "chip_waves": ([chip, ctypes.c_char_p], None)}
    signatures |= {name: signature for name, signature in built_to.items() if hasattr(library, name)}
    for name, (arguments, result) in signatures.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library
