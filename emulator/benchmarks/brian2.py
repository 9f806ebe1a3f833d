"""A digits network's training beside the same network in Brian2 (C++ standalone), in one run on this machine.

Brian2 lives in an environment of its own (peers/brian2); it is started as a process and never imported.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median

import numpy as np
import platformdirs

from bicall.emulator.configuration.description import Description
from bicall.emulator.data.samples import Data
from bicall.emulator.digits import batch, features
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.presentation import TRAINING, timing, training_sample
from bicall.emulator.digits.training import compile_loops
from bicall.emulator.rule import compiled
from bicall.emulator.rule.constants import real
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

# of the Brian2 model: synapses as the rule's authors wrote them, or by hand as the tick contract has them
FORMS = ("published", "tuned")
PEER = Path(__file__).resolve().parents[2] / "peers" / "brian2"
CONSTANTS = (
    "x_bump", "y_bump", "s_bump", "potentiation", "depression_pre", "depression_post", "pre_threshold",
    "post_threshold", "gate_low", "gate_high", "drift_up", "drift_down", "weight_low", "weight_high", "teacher_weight",
    "membrane_floor", "drift_period", "refractory_ticks",
)  # fmt: skip


def default_environment() -> Path:
    """Where the environment with Brian2 is looked for if nothing else is said: $BICALL_BRIAN2, or the user's cache."""
    return Path(os.environ.get("BICALL_BRIAN2") or Path(platformdirs.user_cache_dir("bicall")) / "brian2")


def bench_brian2(description: Description, digits: Data, images: int, repeats: int, environment: Path) -> dict:
    """Time training on the first `images` training images, ours and Brian2's taking turns, one thread each.

    Times are processor times, as other users of the machine lengthen wall-clock times. Brian2 gets the spikes
    ready-made and reports the time of its loop alone; ours includes making the spikes. Building and compiling are not
    timed. Both start from the same weights and see the same spikes, so that their results can be compared: equal output
    spikes and nearly equal weights show that the two are the same network. Brian2 runs in two forms (`FORMS`): with
    synapses as the rule's authors wrote them, whose traces and h are integrated in every tick, and tuned by hand to do
    no more than the tick contract asks for. The tuned form is the one whose results are compared.

    Args:
        environment: folder of the virtual environment that peers/brian2/setup.sh made.

    Returns:
        medians and ranges in ms an image of Brian2 in both forms and of ours in both arithmetics, Brian2's as multiples
        of ours, the output spikes of Brian2 and of ours in float, and the largest difference of a hidden weight.

    Raises:
        BadInput: no such environment, a description that the model has no words for, or Brian2 failed.
    """
    python = environment / "bin" / "python"
    if not python.exists():
        raise BadInput(f"Brian2 is not in {environment}; make it with: sh {PEER / 'setup.sh'} {environment}")
    _check(description)
    active = features.active_inputs(description, digits.train.samples[:images])
    assert isinstance(active, np.ndarray), "pictures are no spikes"
    labels = digits.train.labels[:images]
    networks = {arithmetic: Classifier.fresh(description, arithmetic, 1) for arithmetic in ("float", "fixed")}
    for network in networks.values():
        compile_loops(network)
    seconds: dict[str, list[float]] = {name: [] for name in (*FORMS, *networks)}
    with ExitStack() as stack:
        folders = {form: Path(stack.enter_context(tempfile.TemporaryDirectory())) for form in FORMS}
        for folder in folders.values():
            _write_network(folder, networks["float"], active, labels)
        runs = {form: stack.enter_context(_brian2(python, folders[form], form)) for form in FORMS}
        for _ in progress(range(repeats), f"{description.name} beside Brian2"):
            for form, run in runs.items():
                seconds[form].append(run())
            for arithmetic in networks:
                seconds[arithmetic].append(_ours(description, arithmetic, active, labels))
        with np.load(folders["tuned"] / "result.npz") as stored:
            theirs = {name: stored[name] for name in stored.files}
    h, spikes = _reference(description, active, labels)
    medians = {name: 1e3 * median(values) / images for name, values in seconds.items()}
    return {
        "network": description.name,
        "inputs": len(networks["float"].state.x),
        "outputs": len(networks["float"].state.y),
        "images": images,
        "repeats": repeats,
        "ms_per_image": medians,
        "range_ms_per_image": {
            name: [1e3 * min(values) / images, 1e3 * max(values) / images] for name, values in seconds.items()
        },
        "ratio": {form: {name: medians[form] / medians[name] for name in networks} for form in FORMS},
        "output_spikes": {"brian2": len(theirs["ticks"]), "float": int(spikes.sum())},
        "equal_spikes": np.array_equal(_dense(theirs, spikes.shape), spikes),
        "largest_difference_of_h": float(np.abs(theirs["h"].reshape(h.shape) - h).max()),
    }


def _check(description: Description) -> None:
    """What peers/brian2/model.py has no words for."""
    needed = {
        "neuron.current_time_constant_ms": (description.neuron.current_time_constant_ms, 0.0),
        "network.connectivity": (description.network.connectivity, "dense"),
    }
    for key, (value, only) in needed.items():
        if value != only:
            raise BadInput(f"configuration {description.name}: {key} is {value}, must be {only} for Brian2's model")


def _ours(description: Description, arithmetic: str, active: np.ndarray, labels: np.ndarray) -> float:
    """Processor seconds of a training from the start."""
    network = Classifier.fresh(description, arithmetic, 1)
    began = time.thread_time()
    batch.present(network.constants, description, network.state, active, labels, network.seed, 0)
    return time.thread_time() - began


def _reference(description: Description, active: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hidden weights after training in float, and output spikes bool[ticks of all images, outputs]."""
    network, spikes = Classifier.fresh(description, "float", 1), []
    for k in range(len(active)):
        network.state.reset()
        sample = training_sample(description, active[k], labels[k], network.seed, k)
        spikes.append(compiled.run(network.constants, network.state, *sample, network.seed)[0])
    return network.state.h, np.concatenate(spikes)


def _dense(theirs: dict, shape: tuple[int, int]) -> np.ndarray:
    spikes = np.zeros(shape, bool)
    spikes[theirs["ticks"] - 1, theirs["neurons"]] = True
    return spikes


def _write_network(folder: Path, network: Classifier, active: np.ndarray, labels: np.ndarray) -> None:
    """All that the Brian2 model needs, spikes by tick from 1 on."""
    d = network.description
    sample_ticks = timing(d, TRAINING).ticks
    spikes: dict[str, list[np.ndarray]] = {name: [] for name in ("inputs", "input_ticks", "teachers", "teacher_ticks")}
    for k in range(len(active)):
        for name, train in zip(
            ("input", "teacher"), training_sample(d, active[k], labels[k], network.seed, k), strict=True
        ):
            spikes[f"{name}s"].append(train.sources)
            spikes[f"{name}_ticks"].append(
                1 + k * sample_ticks + np.repeat(np.arange(train.ticks), np.diff(train.starts))
            )
    c = real(d)
    constants = {name: max(getattr(c, name), -1e9) for name in CONSTANTS} | {  # JSON has no infinity (no floor)
        "tick_ms": d.time.tick_ms,
        "sample_ticks": sample_ticks,
        "ticks": sample_ticks * len(active),
        "tau_x_ms": d.pre_trace.time_constant_ms,
        "tau_y_ms": d.post_trace.time_constant_ms,
        "tau_s_ms": d.gate_trace.time_constant_ms,
        "tau_v_ms": d.neuron.membrane_time_constant_ms,
    }
    arrays = {name: np.concatenate(parts) for name, parts in spikes.items()}
    np.savez(folder / "network.npz", constants=np.array(json.dumps(constants)), h=network.state.h, **arrays)  # type: ignore[arg-type]  # none is an option


@contextmanager
def _brian2(python: Path, folder: Path, form: str) -> Iterator:
    """Build the Brian2 network; gives a function that runs it once and returns the processor seconds of its loop."""
    log = folder / "log.txt"
    command = [str(python), str(PEER / "model.py"), str(folder), form]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with open(log, "w") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment,
            cwd=folder,
        )

    assert process.stdin is not None and process.stdout is not None  # they are pipes
    to, from_it = process.stdin, process.stdout

    def run() -> float:
        try:
            to.write("run\n")
            to.flush()
            for line in from_it:  # Brian2 and the compiler may print lines of their own
                if line.startswith("{"):
                    return json.loads(line)["seconds"]
        except BrokenPipeError:
            pass
        process.wait()
        reason = (log.read_text().strip().splitlines() or ["it said nothing"])[-1]
        raise BadInput(f"Brian2 failed: {reason}")

    try:
        yield run
    finally:
        process.kill()
        process.wait()
        from_it.close()
        with suppress(BrokenPipeError):  # what could not be written
            to.close()
