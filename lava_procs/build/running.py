"""Running Lava processes so that no operating-system process outlives the run, whatever happens."""

import ctypes
import functools
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import networkx
import numpy as np
from lava.magma.compiler.compiler_graphs import find_processes
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.magma.runtime.message_infrastructure.multiprocessing import SystemProcess

from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.population_input.process import PopulationInput
from bicall.lava_procs.support.connection import BiCaLLConnection
from bicall.lava_procs.support.words import rounding_words

PR_SET_PDEATHSIG = 1  # of prctl(2)
TAGS = {"fixed": "fixed_pt", "float": "floating_pt"}  # the toolkit's names of the arithmetics, and Lava's tags


def run_config(arithmetic: str, models: Mapping | None = None) -> Loihi2SimCfg:
    """The run config that selects all models of one arithmetic on the CPU.

    Args:
        arithmetic: "fixed" or "float".
        models: from process class to the model class to use instead of the tag's.

    Raises:
        BadInput: another arithmetic.
    """
    if arithmetic not in TAGS:
        raise BadInput(f"arithmetic: is {arithmetic!r}, must be one of {', '.join(TAGS)}")
    return Loihi2SimCfg(select_tag=TAGS[arithmetic], exception_proc_model_map=dict(models or {}))


@contextmanager
def running(process: AbstractProcess, config: Loihi2SimCfg) -> Iterator[None]:
    """Compile `process` and all that is connected with it; stop everything at the end of the block.

    Inside the block, run with `process.run(RunSteps(...))`. If the block ends with an exception, Ctrl-C included, the
    operating-system processes are ended at once, as one that waits for a message would wait for ever.

    Raises:
        BadInput: neurons feed themselves through axons without delay.
    """
    _check_loops(process)
    before = multiprocessing.active_children()
    rounding_words(0, 0, np.zeros(1, np.int64), 0)  # compiled here once, not in every process that is forked
    try:
        with _children_tied_to_this_process():
            process.create_runtime(run_cfg=config)
        yield
        process.stop()
    except BaseException:
        for child in multiprocessing.active_children():
            if child not in before and isinstance(child, SystemProcess):
                child.terminate()
        if process.runtime:
            process.runtime._is_started = False  # else stop() would wait for answers from ended processes
            process.stop()
        raise


def _check_loops(process: AbstractProcess) -> None:
    """Neurons await their input before they fire: a loop whose axons have no delay would wait for itself."""
    graph = networkx.DiGraph()
    for connection in find_processes(process):
        if isinstance(connection, BiCaLLConnection) and connection.proc_params["delay"].min() == 0:
            sources = [port.process for port in connection.s_in.get_src_ports()]
            # which sends what arrives before it awaits the weights
            graph.add_edges_from((source, connection) for source in sources if not isinstance(source, PopulationInput))
            graph.add_edges_from((connection, port.process) for port in connection.a_out.get_dst_ports())
    if not networkx.is_directed_acyclic_graph(graph):
        names = " -> ".join(source.name for source, _ in networkx.find_cycle(graph))
        raise BadInput(f"delay: is 0 in the loop {names}, must be at least 1 for neurons that feed themselves")


@contextmanager
def _children_tied_to_this_process() -> Iterator[None]:
    """Children that are forked in the block end with this process, and leave Ctrl-C to it.

    Ctrl-C reaches every process of the terminal; only this one shall act on it, and then end the others. Children
    ignore it. Here it waits for the block's end: what is raised amid a fork can get lost.
    """
    global _forking
    _end_children_with_parent()
    main = threading.current_thread() is threading.main_thread()  # no other thread may set signal handlers
    came: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: came.append(number)) if main else None
    _forking = True
    try:
        yield
    finally:
        _forking = False
        if main:
            signal.signal(signal.SIGINT, handler)
    if came:
        signal.raise_signal(signal.SIGINT)


@functools.cache
def _end_children_with_parent() -> None:
    """Once, before the first run: what is registered at a fork stays so."""
    os.register_at_fork(after_in_child=_end_with_parent)


def _end_with_parent() -> None:
    """In a child: leave Ctrl-C to its parent, and ask Linux to kill it when that ends, even by kill -9."""
    if not _forking:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


_forking = False
