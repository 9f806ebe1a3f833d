"""`bicall scale run`: the same digest in every way of running, resumed runs, and ranks that die."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bicall.emulator.benchmarks.scale_run import Plan, run_scale
from bicall.emulator.support.errors import BadInput

SMALL = {"synapses": 20_000, "in_degree": 50, "rate": 20.0, "ticks": 120}
SAME = ("digest", "events", "spikes")
ROOT = {f"{who}_ALLOW_RUN_AS_ROOT{what}": "1" for who in ("OMPI", "PRTE") for what in ("", "_CONFIRM")}


def seen(result):
    return [result[name] for name in SAME]


@pytest.mark.parametrize("connectivity", ["stored", "procedural"])
def test_a_resumed_run_is_the_same(tmp_path, connectivity):
    plan = Plan(**SMALL, connectivity=connectivity)
    whole = run_scale(plan)
    assert whole["events"] > 10_000 and whole["spikes"] > 100
    asked = iter([False, True])
    first = run_scale(plan, folder=tmp_path, every=50, stop=lambda: next(asked))
    assert 0 < first["last_tick"] < plan.ticks
    rest = run_scale(plan, folder=tmp_path, resume=True)
    assert rest["first_tick"] == 50 or rest["first_tick"] == 100
    assert rest["digest"] == whole["digest"] and rest["last_tick"] == plan.ticks


def test_threads_change_nothing():
    assert seen(run_scale(Plan(**SMALL))) == seen(run_scale(Plan(**SMALL), threads=min(2, os.cpu_count() or 1)))


def test_bytes_of_a_synapse():
    """Procedural connectivity stores no targets."""
    size = {"synapses": 400_000, "in_degree": 400, "ticks": 5}
    stored, computed = (run_scale(Plan(**size, connectivity=name)) for name in ("stored", "procedural"))
    assert stored["connectivity_bytes_per_synapse"] > 4 > 0.1 > computed["connectivity_bytes_per_synapse"]


def test_folders(tmp_path):
    """A folder is needed for checkpoints, and has one run's files only."""
    for how in ({"every": 10}, {"resume": True}):
        with pytest.raises(BadInput, match="folder: is missing"):
            run_scale(Plan(**SMALL), **how)
    (tmp_path / "tick-0000000010").mkdir()
    with pytest.raises(BadInput, match="has the files of a run, must be without"):
        run_scale(Plan(**SMALL), folder=tmp_path)


@pytest.mark.parametrize(
    "values, message",
    [
        ({"connectivity": "drawn"}, "connectivity is 'drawn', must be one of stored, procedural"),
        ({"in_degree": 0}, "in_degree is 0"),
        ({"in_degree": 200}, "in_degree is 200, must be at most 141"),
        ({"rate": 0.0}, "rate is 0.0 Hz"),
        ({"ticks": 0}, "ticks is 0"),
        ({"seed": -1}, "seed is -1, must be from 0"),
        ({"parts": -2}, "parts is -2, must be at least 0"),
        ({"synapses": 10**9, "in_degree": 1}, "takes 1000000000 neurons"),
    ],
)
def test_bad_plans(values, message):
    with pytest.raises(BadInput, match=message):
        Plan(**SMALL | values)


def command(*more):
    options = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items()]
    return [str(Path(sys.executable).parent / "bicall"), "scale", "run", *options, *more]


def under_mpi(ranks, *more):
    mpirun = shutil.which("mpirun", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    return [mpirun, "--oversubscribe", "-n", str(ranks), *command("--mpi", *more)]


needs_mpi = pytest.mark.skipif(
    shutil.which("mpirun", path=str(Path(sys.executable).parent)) is None, reason="needs the extra [mpi]"
)


@pytest.mark.slow
@needs_mpi
@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_processes_give_the_same_integers(tmp_path, ranks):
    expected = run_scale(Plan(**SMALL))
    run = [under_mpi(ranks, "--json", f"--folder={tmp_path}", "--checkpoint-every=50")]
    run.append(under_mpi(1 + ranks % 4, "--json", f"--folder={tmp_path}", "--resume"))
    for each in run:
        done = subprocess.run(each, env=os.environ | ROOT, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["digest"] == expected["digest"]
        shutil.rmtree(tmp_path / "tick-0000000120")  # so that the second run goes on from tick 100


@pytest.mark.slow
@needs_mpi
def test_a_rank_that_dies_ends_the_run(tmp_path):
    """It is named, and so is the last checkpoint; nobody waits."""
    long = under_mpi(2, "--ticks=2000000", f"--folder={tmp_path}", "--checkpoint-every=100")
    process = subprocess.Popen(long, env=os.environ | ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        while len(list(tmp_path.glob("tick-*/complete.json"))) < 2:
            assert process.poll() is None, process.communicate()
            time.sleep(0.2)
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
        os.kill(int(children[-1]), signal.SIGKILL)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0
    assert "rank" in said and "last checkpoint" in said and str(tmp_path) in said
