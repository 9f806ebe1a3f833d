"""Whatever ends a run, no operating-system process of it is left."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lava.magma.core.run_conditions import RunSteps

from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.lava_procs.build.running import run_config, running


def test_an_exception_in_the_block_ends_all_processes(configuration, build_layer):
    state = LayerState.initial(fixed(configuration), 4, 2, 1)
    layer = build_layer(configuration, state, SpikeTrain.silent(5), SpikeTrain.silent(5), 1)
    before = multiprocessing.active_children()
    with pytest.raises(ZeroDivisionError), running(layer.neuron, run_config("fixed")):
        layer.neuron.run(RunSteps(5))
        assert len(multiprocessing.active_children()) >= len(before) + 5
        _ = 1 / 0
    assert multiprocessing.active_children() == before


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc, as Linux has it")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_and_kill_end_all_processes(end):
    # tests that a shell runs in the background are born with Ctrl-C ignored, and so is what they start
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = f"{heed}; from bicall.cli import main; main()"
    run = subprocess.Popen(
        [sys.executable, "-c", command, "lava", "run", "--images", "200"],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait(lambda: len(_session(run.pid)) >= 7, 240)  # itself and Lava's six
        if end == signal.SIGINT:
            os.killpg(run.pid, end)  # a terminal sends it to all
        else:
            os.kill(run.pid, end)
        output, errors = run.communicate(timeout=120)
        assert run.returncode == (130 if end == signal.SIGINT else -end)
        assert "Traceback" not in errors and not output
        _wait(lambda: not _session(run.pid), 60)
    finally:
        for pid in _session(run.pid):
            os.kill(pid, signal.SIGKILL)


def _session(leader: int) -> list[int]:
    """Living processes of a session, by their numbers."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def _wait(condition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
