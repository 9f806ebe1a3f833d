"""Ours beside other simulators, whichever are there: first that both are the same, then times, in turns.

A peer lives in an environment of its own (peers/), is started as a process and never imported. Where its results are
not ours, it is not timed.
"""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

import platformdirs

from bicall.emulator.benchmarks.brian2 import bench_brian2
from bicall.emulator.closed_loop.network import random_network, simulate
from bicall.emulator.configuration import description
from bicall.emulator.data import mnist
from bicall.emulator.digits import batch, features
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.schemes.replay import replay
from bicall.emulator.support.errors import BadInput

FOLDER = Path(__file__).resolve().parents[2] / "peers"
MODULES = {"Brian2": "brian2", "NEST": "nest", "GeNN": "pygenn"}
NEURONS, WARM_UP = 1000, 2000  # of the Clopath network; steps
AGREE = 1e-12  # relative, of a weight


def environment_of(peer: str) -> Path:
    """Where a peer's environment is looked for: $BICALL_BRIAN2, $BICALL_NEST, $BICALL_GENN, or the user's cache."""
    return Path(os.environ.get(f"BICALL_{peer.upper()}") or Path(platformdirs.user_cache_dir("bicall")) / peer.lower())


def version_of(peer: str) -> str | None:
    """The version of a peer in its environment; None if it is not there."""
    python = environment_of(peer) / "bin" / "python"
    ask = f"import {MODULES[peer]} as p; print('version', getattr(p, '__version__', '?'))"
    try:
        said = subprocess.run([python, "-c", ask], capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = [line.split()[1] for line in said.stdout.splitlines() if line.startswith("version ")]
    return lines[-1] if said.returncode == 0 and lines else None


def bench_peers(images: int = 100, seconds: float = 1.0, repeats: int = 3) -> dict:
    """Compare with every peer that is there.

    Args:
        images: of digits-256, beside Brian2.
        seconds: simulated, of Clopath networks, beside NEST.
        repeats: turns; medians count.

    Returns:
        `peers`: by name, `version` (None: not there), `environment`; `comparisons`: each with `peer`, `what`, `agree`
        and, if they do, `ns_per_event` and `bytes_per_synapse` of `ours` and `theirs`, and `ratio` of the times.

    Raises:
        BadInput: no peer is there, or one fails.
    """
    found = {peer: version_of(peer) for peer in MODULES}
    if not any(found.values()):
        places = ", ".join(f"{peer} in {environment_of(peer)}" for peer in MODULES)
        raise BadInput(f"peers: none is there (looked for {places}); {FOLDER} says how to make their environments")
    comparisons: list[dict] = []
    if found["Brian2"]:
        comparisons += _beside_brian2(images, repeats)
    if found["NEST"]:
        comparisons += _beside_nest(seconds, repeats)
    peers = {peer: {"version": version, "environment": str(environment_of(peer))} for peer, version in found.items()}
    return {"peers": peers, "comparisons": comparisons}


def _beside_brian2(images: int, repeats: int) -> list[dict]:
    """digits-256 learned from the same spikes: all output spikes are equal, and h differs by roundings."""
    described, digits = description.load("digits-256"), mnist.load()
    result = bench_brian2(described, digits, images, repeats, environment_of("Brian2"))
    network = Classifier.fresh(described, "fixed", 1)
    active, labels = features.active_inputs(described, digits.train.samples[:images]), digits.train.labels[:images]
    _, counts = batch.present(network.constants, described, network.state, active, labels, network.seed, 0)
    agree = result["equal_spikes"] and result["largest_difference_of_h"] < AGREE
    to_ns = 1e6 * images / counts.transmissions
    times = {name: value * to_ns for name, value in result["ms_per_image"].items()}
    sizes = {"ours": network.state.h.itemsize, "theirs": 16}  # Brian2: h in 8 bytes, two indices of 4
    return [
        _compared("Brian2", f"{described.name}, synapses {form}", agree, times["fixed"], times[form], sizes)
        for form in ("published", "tuned")
    ]


def _beside_nest(seconds: float, repeats: int) -> list[dict]:
    """Clopath networks; that both rules are the same is shown on a recording of NEST's, spike by spike."""
    python = environment_of("NEST") / "bin" / "python"
    with tempfile.TemporaryDirectory() as folder:
        _said(python, "record.py", folder, "clopath_plain")
        deviations = replay(Path(folder) / "clopath_plain.npz")["schemes"]
    agree = max(deviations[scheme]["max_deviation_sent"] for scheme in ("TD", "ED")) <= 100 * AGREE
    if not agree:
        return [_compared("NEST", "Clopath", False, 0.0, 0.0, {})]
    comparisons = []
    simulate(random_network(50, 5, 0.1, 1), 100)  # compile
    for in_degree in (100, 1000):
        ours, theirs, last = [], [], {}
        for _ in range(repeats):
            ours.append(_clopath(in_degree, seconds))
            last = json.loads(_said(python, "network.py", NEURONS, seconds, in_degree).splitlines()[-1])
            theirs.append(last["seconds_per_second"] * seconds / (last["rate"] * NEURONS * seconds * in_degree) * 1e9)
        sizes = {"ours": 12, "theirs": last["bytes_per_synapse"]}  # ours: a weight of 8 bytes, a target of 4
        what = f"Clopath, {NEURONS:,} neurons, in-degree {in_degree:,}"
        comparisons.append(_compared("NEST", what, agree, median(ours), median(theirs), sizes))
    return comparisons


def _clopath(in_degree: int, seconds: float) -> float:
    """Processor ns for each event of a synapse."""
    network = random_network(NEURONS, in_degree, 0.5 / in_degree, seed=1)
    simulate(network, WARM_UP)
    begin = time.process_time()
    activity = simulate(network, round(seconds * 10000))
    return (time.process_time() - begin) / max(activity.counters["synapse_visits"], 1) * 1e9


def _compared(peer: str, what: str, agree: bool, ours: float, theirs: float, sizes: dict) -> dict:
    comparison = {"peer": peer, "what": what, "agree": bool(agree)}
    if not agree:
        return comparison
    return comparison | {
        "ns_per_event": {"ours": ours, "theirs": theirs},
        "bytes_per_synapse": sizes,
        "ratio": theirs / ours,
    }


def _said(python: Path, script: str, *arguments) -> str:
    """What a script of peers/nest prints.

    Raises:
        BadInput: it fails.
    """
    command = [str(python), str(FOLDER / "nest" / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BadInput(f"NEST failed: {reason}")
    return done.stdout
