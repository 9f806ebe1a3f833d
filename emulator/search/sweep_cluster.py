"""Runs in parallel: in processes on this machine, or on a Dask cluster by its address."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import dask
from dask.distributed import Client, KilledWorker, LocalCluster, as_completed
from dask.system import CPU_COUNT
from distributed.client import FutureCancelledError

from bicall.emulator.support.errors import BadInput

CONNECT_SECONDS = 10
SILENT = logging.CRITICAL


class WorkerDied(RuntimeError):
    """A worker process ended while it ran a task: killed, or out of memory."""


def run_all(task: Callable, items: list, shared: Any, scheduler: str | None) -> Generator[tuple[Any, Any], None, None]:
    """Call `task(item, shared)` for each item in worker processes, yielding (item, its result) as they come.

    A task that failed yields the exception instead of a result: one that it raised, or a WorkerDied. Dask lets all
    tasks that wait at a worker suffer for its death, so those get a second chance, one at a time.

    Args:
        shared: sent to each worker once.
        scheduler: address of a Dask scheduler; None: one process for each core of this machine.

    Raises:
        BadInput: the scheduler cannot be reached, or has no workers.
    """
    if not items:
        return
    with _connection(scheduler, len(items)) as client:
        blamed = []
        for item, outcome in _submit(client, task, items, shared):
            if isinstance(outcome, WorkerDied):
                blamed.append(item)
            else:
                yield item, outcome
        for item in blamed:
            yield from _submit(client, task, [item], shared)


def _submit(client: Client, task: Callable, items: list, shared: Any) -> Iterator[tuple[Any, Any]]:
    client.wait_for_workers(1)  # after a death a new one takes a moment
    everywhere = client.scatter(
        shared, broadcast=True, hash=False
    )  # a key of its own: the last one may be on its way out
    futures = {client.submit(task, item, everywhere, pure=False): item for item in items}
    try:
        for future in as_completed(list(futures)):
            yield futures[future], _outcome(future)
    finally:
        client.cancel(list(futures))


def _outcome(future):
    try:
        return future.result()
    except (KilledWorker, FutureCancelledError, asyncio.CancelledError):  # its own worker, or the last with its data
        return WorkerDied("the process that ran it ended before it did")
    except Exception as error:
        return error


@contextmanager
def _connection(scheduler: str | None, tasks: int) -> Iterator[Client]:
    with _quiet():
        if scheduler is not None:
            with _reach(scheduler) as client:
                yield client
            return
        # a task is blamed at the first death, before it can end all workers one after the other
        with _without_interrupts(), dask.config.set({"distributed.scheduler.allowed-failures": 0}):
            cluster = LocalCluster(
                n_workers=min(CPU_COUNT, tasks),
                threads_per_worker=1,
                processes=True,
                dashboard_address=":0",  # any free port, so that two sweeps do not meet
                silence_logs=SILENT,
            )
        with cluster, Client(cluster) as client:
            yield client


def _reach(scheduler: str) -> Client:
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TypeError):  # refused or silent; no address at all
        raise BadInput(f"scheduler {scheduler}: cannot be reached, must be an address like tcp://host:8786") from None
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except asyncio.TimeoutError:  # before Python 3.11 not the built-in one
        client.close()
        raise BadInput(f"scheduler {scheduler}: has no workers, must have at least 1") from None
    return client


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes started in here never see Ctrl-C: the terminal sends it to all, but only the first is to handle it."""
    if threading.current_thread() is not threading.main_thread():  # no other thread may set signal handlers
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask's log says nothing that the outcome of a task, or a one-line error, does not say."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(SILENT)
    try:
        yield
    finally:
        logger.setLevel(level)
