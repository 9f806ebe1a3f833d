"""Sweeps: the grid, runs in processes, going on after an interruption, failures reported, the smallest point."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean, stdev

import dask
import numpy as np
import pytest
from dask.distributed import Client, LocalCluster
from hypothesis import given
from hypothesis import strategies as st

from bicall import cli
from bicall.emulator.configuration import description
from bicall.emulator.data.samples import Data, Found, assemble
from bicall.emulator.rule.constants import ROUNDINGS, fixed
from bicall.emulator.rule.description import with_values
from bicall.emulator.search import sweep
from bicall.emulator.search.sweep import Outcome, Point, Sweep, grid
from bicall.emulator.search.sweep_report import sweep_figure, sweep_table
from bicall.emulator.search.sweep_results import ResultsFile
from bicall.emulator.search.sweep_runs import Images, Run, code_digest, train_and_validate
from bicall.emulator.support.errors import BadInput, Interrupted
from bicall.emulator.support.terminal import output

IMAGES, VALIDATION, SEEDS = 40, 30, [1, 2]


@pytest.fixture(scope="module")
def digits() -> Data:
    """Noisy bars, one place a class: learned well in 40 images."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 80).astype(np.uint8)
    images = rng.integers(0, 60, (80, 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 + 4 * (label % 5) : 8 + 4 * (label % 5), 4 + 10 * (label // 5) : 14 + 10 * (label // 5)] = 250
    parts = {"train": (images, labels), "test": (images[:5], labels[:5])}
    return assemble("bars", Found("images", parts, tuple("0123456789")), seed=1, shuffle=False)


@pytest.fixture(scope="module")
def cluster():
    """Two workers in processes of their own; a task whose worker dies is given up at once."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster,
    ):
        yield cluster.scheduler_address


@pytest.fixture
def points(configuration):
    return grid(configuration, [8, 12], ["stochastic"], [4, 8], ["nearest"])


@pytest.fixture
def run_sweep(configuration, digits, points, cluster, tmp_path):
    def run(scheduler=cluster, validation=VALIDATION, seeds=SEEDS):
        results = tmp_path / "runs.jsonl"
        return sweep.sweep(configuration, digits, points, seeds, IMAGES, validation, results, scheduler)

    return run


def made_outcome(point: Point, loss: float, memory: int, error: str | None = None) -> Outcome:
    return Outcome(point, (1, 1), memory, memory, [] if error else [80 - loss], [] if error else [loss], error)


def test_grid_has_every_combination_once(configuration):
    points = grid(configuration, [6, 8], ["truncate", "nearest"], [4, 8], list(ROUNDINGS), [100, 200])
    assert len(points) == len(set(points)) == 2 * 2 * 2 * 3 * 2


@given(bits=st.integers(2, 16))
def test_drift_follows_the_width_of_h(configuration, bits):
    (point,) = grid(configuration, [12], ["truncate"], [bits], ["nearest"])
    before, after = fixed(configuration), fixed(point.of(configuration))
    assert (after.drift_up, after.drift_down) == (before.drift_up, before.drift_down) != (0, 0)
    assert after.drift_up / after.h_full / after.drift_period == pytest.approx(
        before.drift_up / before.h_full / before.drift_period, rel=0.01
    )


def test_constants_follow_from_the_widths(configuration):
    changed = fixed(Point(8, "nearest", 6, "truncate", 500).of(configuration))
    assert (changed.x_full, changed.y_full, changed.s_full, changed.h_full) == (255, 255, 255, 63)
    p = configuration.plasticity
    assert changed.pre_threshold == round(255 * p.pre_threshold)
    assert changed.gate_high == round(255 * p.gate_high)
    step = 63 * 2**configuration.hidden_weight.step_fraction_bits
    assert changed.depression_pre == round(step * p.depression_pre)
    assert changed.drift_period == 500


def test_runs_in_two_processes_equal_runs_here(configuration, digits, points, run_sweep):
    swept = run_sweep()
    images = Images.of(configuration, digits, IMAGES, VALIDATION)
    for outcome in swept.outcomes:
        runs = [Run(outcome.point.of(configuration), "fixed", seed) for seed in SEEDS]
        here = [train_and_validate(run, images, code_digest()) for run in runs]
        in_float = [train_and_validate(Run(configuration, "float", s), images, code_digest()) for s in SEEDS]
        assert outcome.accuracies == here
        assert outcome.losses == [a - b for a, b in zip(in_float, here, strict=True)]
        assert swept.float_accuracies == in_float
        assert outcome.synapse_bits == 256 * 10 * outcome.point.h_bits
        assert outcome.state_bits == outcome.synapse_bits + (256 + 20) * outcome.point.trace_bits
    assert [outcome.point for outcome in swept.outcomes] == points
    assert mean(swept.float_accuracies) > 20  # they learn: chance is 10


def test_validation_images_are_the_last_training_images(configuration, digits):
    images = Images.of(configuration, digits, IMAGES, VALIDATION)
    np.testing.assert_array_equal(images.train_labels, digits.train.labels[:40])
    np.testing.assert_array_equal(images.validation_labels, digits.train.labels[50:])
    with pytest.raises(BadInput, match="images is 40, must be at most 39"):
        Images.of(configuration, digits, 40, 41)


@given(active=st.lists(st.lists(st.booleans(), min_size=13, max_size=13), min_size=1, max_size=5))
def test_packed_images_come_back(active):
    active = np.array(active)
    images = Images(np.packbits(active, axis=1), None, None, None, 13, True)
    np.testing.assert_array_equal(images.unpacked(images.train), active)


def test_goes_on_where_it_stopped(run_sweep, tmp_path):
    first, file = run_sweep(), tmp_path / "runs.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    assert len(lines) == 2 + 4 * 2
    again = run_sweep(scheduler="tcp://127.0.0.1:1")  # nothing is missing, so nobody is asked
    assert again.as_json() == first.as_json()
    # the last two runs are lost, one of them half-written
    file.write_bytes(b"".join(lines[:-2]) + lines[-2][:30])
    assert run_sweep().as_json() == first.as_json()
    assert file.read_bytes().splitlines(keepends=True)[:-2] == lines[:-2]
    assert {json.loads(line)["key"] for line in file.read_bytes().splitlines()} == {
        json.loads(line)["key"] for line in lines
    }


def test_a_failed_point_is_reported_and_tried_again(run_sweep, monkeypatch, tmp_path):
    def fails_once_in_a_while(run, images, expected_digest):
        if run.description.hidden_weight.bits == 4 and run.seed == 2 and run.arithmetic == "fixed":
            raise MemoryError("no\nroom")
        return float(run.seed)

    monkeypatch.setattr(sweep, "train_and_validate", fails_once_in_a_while)
    swept = run_sweep()
    assert [outcome.error for outcome in swept.outcomes] == ["fixed, seed 2: MemoryError: no room", None] * 2
    assert swept.failed == swept.as_json()["failed"] == 2
    assert swept.smallest(100).point.h_bits == 8
    assert len((tmp_path / "runs.jsonl").read_text().splitlines()) == 2 + 4 * 2 - 2
    with output.capture() as captured:
        output.print(sweep_table(swept))
    assert captured.get().count("MemoryError") == 2
    monkeypatch.setattr(sweep, "train_and_validate", lambda run, images, expected_digest: 5.0)
    again = run_sweep()
    assert again.failed == 0 and again.outcomes[0].accuracies == [1.0, 5.0]


def test_without_float_no_point_has_a_loss(run_sweep, monkeypatch):
    def no_float(run, images, expected_digest):
        return 1 / (run.arithmetic == "fixed")

    monkeypatch.setattr(sweep, "train_and_validate", no_float)
    swept = run_sweep(seeds=[3])
    assert swept.failed == 4 and swept.float_accuracies == [] and swept.smallest(100) is None
    assert "float, seed 3: ZeroDivisionError" in swept.errors[0]
    sweep_figure(swept)


@pytest.mark.slow  # which tasks Dask blames for a death depends on what waited at the worker: not sure every time
def test_a_worker_that_dies_fails_its_point_only(run_sweep, monkeypatch):
    def dies(run, images, expected_digest):
        import os

        if run.description.hidden_weight.bits == 4 and run.description.gate_trace.bits == 8 and run.seed == 1:
            os._exit(1)
        return 50.0

    monkeypatch.setattr(sweep, "train_and_validate", dies)
    swept = run_sweep()
    assert "WorkerDied" in swept.outcomes[0].error
    assert [outcome.error for outcome in swept.outcomes[1:]] == [None] * 3


def test_interruption_keeps_what_is_done(run_sweep, monkeypatch, tmp_path):
    def interrupted(task, items, shared, scheduler):
        for item in items[:3]:
            yield item, 10.0
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep, "run_all", interrupted)
    with pytest.raises(Interrupted, match="after 3 of 10 runs; the same command goes on"):
        run_sweep()
    assert len(ResultsFile(tmp_path / "runs.jsonl").accuracies) == 3


@pytest.mark.slow
def test_control_c_in_a_terminal(tmp_path):
    """The signal goes to all processes, as from a terminal: one line, exit code 130, and the next run goes on."""
    bicall_command = [sys.executable, "-c", "from bicall.cli import main; main()", "sweep", "--output", str(tmp_path)]
    bicall_command += ["--images=3000", "--validation=300", "--trace-bits=8,12", "--h-bits=8", "--h-rounding=nearest"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(bicall_command, start_new_session=True, **pipes)
    runs = tmp_path / "runs.jsonl"
    while process.poll() is None and not (runs.exists() and runs.stat().st_size):
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130 and out == ""
    assert err.startswith("bicall: interrupted after") and len(err.splitlines()) == 1
    done = runs.read_bytes()
    assert done.endswith(b"\n") and len(done.splitlines()) < 21
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs.jsonl"]
    assert subprocess.run(bicall_command, stdout=subprocess.DEVNULL).returncode == 0
    assert runs.read_bytes().startswith(done) and len(runs.read_bytes().splitlines()) == 21


def test_a_worker_with_other_code_is_refused(configuration):
    with pytest.raises(RuntimeError, match="another version"):
        train_and_validate(Run(configuration, "fixed", 1), None, "other")


def test_the_key_knows_all_that_changes_an_accuracy(configuration, monkeypatch):
    run = Run(configuration, "fixed", 1)
    others = [
        run._replace(seed=2),
        run._replace(arithmetic="float"),
        run._replace(description=with_values(configuration, plasticity__potentiation=0.0321)),
        run._replace(description=with_values(configuration, gate_trace__rounding="nearest")),
    ]
    keys = {other.key("images") for other in [run, *others]} | {run.key("other images")}
    assert len(keys) == 6 and run.key("images") == Run(configuration, "fixed", 1).key("images")
    monkeypatch.setattr("bicall.emulator.search.sweep_runs.code_digest", lambda: "changed code")
    assert run.key("images") not in keys


@pytest.mark.parametrize("scheduler", ["tcp://127.0.0.1:1", "nowhere", "tcp://", "ftp://host:1"])
def test_no_such_scheduler(run_sweep, scheduler, monkeypatch):
    monkeypatch.setattr("bicall.emulator.search.sweep_cluster.CONNECT_SECONDS", 1)
    with pytest.raises(BadInput, match="scheduler .* cannot be reached"):
        run_sweep(scheduler=scheduler)


def test_a_cluster_without_workers(run_sweep, monkeypatch):
    monkeypatch.setattr("bicall.emulator.search.sweep_cluster.CONNECT_SECONDS", 1)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0", protocol="tcp") as empty,
        pytest.raises(BadInput, match="has no workers"),
    ):
        run_sweep(scheduler=empty.scheduler_address)


def test_the_cluster_is_free_again(run_sweep, cluster):
    run_sweep()
    with Client(cluster) as client:
        assert not client.who_has()


def test_smallest_is_the_cheapest_that_is_good_enough(configuration):
    def point(h_bits, rounding):
        return Point(8, rounding, h_bits, rounding, 100)

    outcomes = [
        made_outcome(point(4, "truncate"), 3.0, 10),
        made_outcome(point(5, "truncate"), 0.0, 15, "failed"),
        made_outcome(point(6, "stochastic"), -1.0, 20),
        made_outcome(point(6, "nearest"), 0.5, 20),
        made_outcome(point(8, "truncate"), 0.0, 30),
    ]
    swept = Sweep(configuration, [1], 1, 1, "", [80.0], outcomes, [])
    assert swept.smallest(0.5) is outcomes[3]
    assert swept.smallest(0.4) is outcomes[2]
    assert swept.smallest(3.0) is outcomes[0]
    assert swept.smallest(-2.0) is None
    outcomes[3].losses[:] = [0.0, 1.0]  # a mean of 0.5, but no one knows
    assert swept.smallest(0.5) is outcomes[2] and swept.smallest(1.0) is outcomes[3]


def test_loss_is_paired_by_seed(configuration):
    # accuracies spread by 10 points over the seeds, but the loss is the same for each: its error is 0
    outcome = Outcome(Point(8, "nearest", 8, "nearest", 1), (1, 1), 1, 1, [70.0, 80.0, 90.0], [1.0, 1.0, 1.0])
    assert outcome.loss == 1 and outcome.loss_error == 0
    assert outcome.as_json()["accuracy_deviation"] == 10


@pytest.mark.parametrize("periods", [None, [7000, 14784]])
def test_figure_shows_means_and_deviations(configuration, periods):
    points = grid(configuration, [8, 12], ["truncate", "nearest"], [6, 8], ["nearest", "stochastic"], periods)
    rng = np.random.default_rng(1)
    outcomes = [Outcome(point, (1, 1), 1, 1, rng.uniform(70, 90, 3).tolist(), [0.0] * 3) for point in points]
    swept = Sweep(configuration, [1, 2, 3], 10, 10, "", [80.0, 81.0, 82.0], outcomes, [])
    every_axes = sweep_figure(swept, 0.5).axes
    assert [axes.get_xlabel() for axes in every_axes] == ["bits of the traces", "bits of h"] + (
        ["drift period (ticks)"] if periods else []
    )
    # the configuration has 12 bits truncated in the traces, 8 bits stochastic in h
    held = [o for o in outcomes if o.point[2:4] == (8, "stochastic") and o.point.drift_period == 14784]
    for container in every_axes[0].containers:
        line, _, (bars,) = container
        expected = [o for o in held if o.point.trace_rounding == container.get_label()]
        np.testing.assert_allclose(line.get_ydata().astype(float), [mean(o.accuracies) for o in expected])
        np.testing.assert_allclose(
            [segment[1, 1] - segment[0, 1] for segment in bars.get_segments()],
            [2 * stdev(o.accuracies) for o in expected],
        )
    assert {container.get_label() for container in every_axes[0].containers} == {"truncate", "nearest"}


@pytest.mark.parametrize("name", description.names())
def test_a_configuration_written_reads_the_same(name):
    described = description.load(name)
    assert description.parse(description.as_toml(described), name) == described


@pytest.fixture
def command(monkeypatch, capsys, digits, cluster, tmp_path):
    def command(*arguments):
        monkeypatch.setattr("bicall.emulator.data.mnist.load", lambda: digits)
        fixed_arguments = ["--images", "40", "--validation", "30", "--seeds", "1", "--trace-bits", "12"]
        fixed_arguments += ["--h-rounding", "nearest", "--trace-rounding", "truncate", "--scheduler", cluster]
        example = str(Path(__file__).parents[1] / "example.toml")
        arguments = ["bicall", "sweep", example, *fixed_arguments, "--output", str(tmp_path), *arguments]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code or 0, *capsys.readouterr()

    return command


def test_command_writes_table_figure_and_smallest(command, tmp_path):
    code, out, _ = command("--h-bits", "4,8", "--max-loss", "100")
    assert code == 0 and "12 truncate" in out and "example-smallest.toml" in out
    assert (tmp_path / "sweep.png").read_bytes().startswith(b"\x89PNG")
    smallest = description.load(tmp_path / "example-smallest.toml")
    assert smallest.hidden_weight.bits == 4 and smallest.gate_trace.bits == 12
    code, out, _ = command("--h-bits", "4,8", "--max-loss", "100", "--json")
    assert code == 0 and json.loads(out)["smallest"]["h_bits"] == 4 and len(json.loads(out)["points"]) == 2


def test_command_tells_of_failures(command, monkeypatch):
    def fails(run, images, expected_digest):
        return 1 / (run.description.hidden_weight.bits != 4)

    monkeypatch.setattr(sweep, "train_and_validate", fails)
    code, out, _ = command("--h-bits", "4,8")
    assert code == 1 and "1 of 2 points failed" in out and "ZeroDivisionError" in out


def test_command_finds_nothing_good_enough(command, monkeypatch, tmp_path):
    monkeypatch.setattr(
        sweep, "train_and_validate", lambda run, images, expected_digest: 9.0 * (run.arithmetic == "float")
    )
    code, out, _ = command("--h-bits", "4,8", "--max-loss", "1")
    assert code == 1 and "no point stays within 1 points" in out
    assert not list(tmp_path.glob("*.toml"))


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (("--h-bits", "4,x"), "h-bits is '4,x', must be whole numbers"),
        (("--h-bits", "1"), "hidden_weight.bits is 1, must be greater than or equal to 2"),
        (("--h-bits", "99999999999"), "hidden_weight.bits is 99999999999"),
        (("--trace-bits", "17"), "pre_trace.bits is 17"),
        (("--trace-rounding", "up"), "trace-rounding is 'up', must be one of truncate, nearest, stochastic"),
        (("--drift-period", "0"), "time.drift_period_ticks is 0"),
        (("--seeds", "-1"), "seed is -1, must be from 0"),
        (("--images", "60"), "images is 60, must be at most 50"),
        (("--output", "/dev/null/x"), "cannot be written"),
    ],
)
def test_bad_input_is_one_line(command, arguments, expected):
    code, out, err = command(*arguments)
    assert code == 2 and out == "" and expected in err and len(err.splitlines()) == 1
