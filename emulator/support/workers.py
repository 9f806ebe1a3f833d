"""Several runs at a time, a core each."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shared_out(work: Callable[[Item], Result], items: Iterable[Item], workers: int | None, doing: str) -> list[Result]:
    """`work` of each item, in the items' order. Its compiled loops let go of the interpreter, so threads will do.

    Args:
        workers: items at a time; None: as many as there are cores.
        doing: what is going on, for whoever watches; with one worker `work` itself says how far it is.

    Raises:
        BadInput: less than one worker; and what `work` raises.
    """
    workers, items = cores() if workers is None else workers, list(items)
    if workers < 1:
        raise BadInput(f"workers is {workers}, must be at least 1")
    if min(workers, len(items)) <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(work, item) for item in items]
        try:
            return [each.result() for each in progress(running, doing)]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
