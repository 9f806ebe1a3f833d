"""Programs on several MPI ranks: what they say to each other; one that fails ends all, and says so."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.extras import require

FAILED = 1
BAD_INPUT = 2


class Communicator(Protocol):
    """What is used of `mpi4py.MPI.Comm`."""

    def Get_rank(self) -> int: ...  # noqa: N802
    def Get_size(self) -> int: ...  # noqa: N802
    def Allgather(self, sent: Any, received: Any) -> None: ...  # noqa: N802
    def Allgatherv(self, sent: Any, received: Any) -> None: ...  # noqa: N802
    def Barrier(self) -> None: ...  # noqa: N802


class Alone:
    """A communicator of one rank, for runs without MPI."""

    def Get_rank(self) -> int:  # noqa: N802
        return 0

    def Get_size(self) -> int:  # noqa: N802
        return 1

    def Allgather(self, sent: Any, received: Any) -> None:  # noqa: N802
        received[:] = sent

    def Allgatherv(self, sent: Any, received: Any) -> None:  # noqa: N802
        received[0][:] = sent

    def Barrier(self) -> None:  # noqa: N802
        pass


def gathered(communicator: Communicator, values: np.ndarray) -> list[np.ndarray]:
    """Everybody's values, by rank: arrays of one dimension and any length."""
    lengths = np.zeros(communicator.Get_size(), np.int64)
    communicator.Allgather(np.array([len(values)], np.int64), lengths)
    received = np.empty(lengths.sum(), values.dtype)
    communicator.Allgatherv(values, (received, lengths.tolist()))
    return np.split(received, np.cumsum(lengths)[:-1])


@contextmanager
def ending_together(mpi: bool, last: Callable[[], object]) -> Iterator[Any]:
    """Give MPI's communicator of all ranks, or None without `mpi`.

    If the block raises on one rank, the rank names itself, its error and `last()` (the last checkpoint, or None) and
    ends all. If another rank has died, the launcher ends this one, which then names the last checkpoint. Nobody waits.

    Raises:
        BadInput: mpi4py is missing.
    """
    if not mpi:
        yield None
        return
    require("mpi4py")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # before there are other threads, which inherit it
    from mpi4py import MPI

    communicator = MPI.COMM_WORLD
    rank = communicator.Get_rank()

    def say(what: str) -> None:
        os.write(2, f"rank {rank}: {what}; last checkpoint: {last() or 'none'}\n".encode())

    def watch() -> None:
        signal.sigwait({signal.SIGTERM})  # a handler would have to wait until MPI comes back
        say("ended by the launcher, as another rank has failed or the run was stopped")
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield communicator
    except BaseException as error:
        if not isinstance(error, BadInput):
            sys.excepthook(type(error), error, error.__traceback__)
        say(f"{error}" if isinstance(error, BadInput) else f"{type(error).__name__}: {error}")
        communicator.Abort(BAD_INPUT if isinstance(error, BadInput) else FAILED)
        raise
