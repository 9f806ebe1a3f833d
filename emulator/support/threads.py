"""Threads in one compiled loop, which share work without the interpreter, and the numbers that they all change.

A thread that waits sleeps after a short while. So a core is free for the thread that is waited for, also if other
programs take part of the machine: a thread that spins would keep it away.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from numba import types
from numba.extending import intrinsic

from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.pointers import Intrinsic

CORES = os.cpu_count() or 1
LOOKS = 2000  # at a number before the first sleep: some microseconds
NAP = 50  # microseconds

_usleep = types.ExternalFunction("usleep", types.int32(types.uint32))


def in_threads(threads: int, work: Callable[..., None], *arguments: Any) -> None:
    """Call compiled `work`, which lets go of the interpreter, in so many threads with the same arguments."""
    with ThreadPoolExecutor(max(threads - 1, 1)) as pool:
        others = [pool.submit(work, *arguments) for _ in range(threads - 1)]
        work(*arguments)
        for other in others:
            other.result()


@intrinsic
def add(_: Any, array: Any, n: Any, value: Any) -> Intrinsic:
    """Add `value` to array[n] (int64, contiguous), in one go for all threads; returns what it was before."""

    def body(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        begin = context.make_array(signature.args[0])(context, builder, values[0]).data
        return builder.atomic_rmw("add", builder.gep(begin, [values[1]]), values[2], "seq_cst")

    return types.int64(array, types.int64, types.int64), body


@intrinsic
def load(_: Any, array: Any, n: Any) -> Intrinsic:
    """array[n] (int64, contiguous) as other threads left it."""

    def body(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        begin = context.make_array(signature.args[0])(context, builder, values[0]).data
        return builder.load_atomic(builder.gep(begin, [values[1]]), "seq_cst", align=8)

    return types.int64(array, types.int64), body


@intrinsic
def store(_: Any, array: Any, n: Any, value: Any) -> Intrinsic:
    """Set array[n] (int64, contiguous); what was written before is seen by threads that `load` it."""

    def body(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        begin = context.make_array(signature.args[0])(context, builder, values[0]).data
        builder.store_atomic(values[2], builder.gep(begin, [values[1]]), "seq_cst", align=8)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), body


@cached_njit(nogil=True)
def wait_for(array: Any, n: int, least: int, stop: int) -> bool:
    """Wait until array[n] is at least `least`, or array[stop] is not 0. Returns whether it is the first."""
    looks = 0
    while load(array, n) < least:  # type: ignore[call-arg]
        if load(array, stop) != 0:
            return False
        looks += 1
        if looks > LOOKS:
            _usleep(NAP)
    return True
