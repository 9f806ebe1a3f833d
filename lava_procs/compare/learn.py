"""Learning digits in Lava: a network goes on from where it is."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from lava.magma.core.run_conditions import RunSteps

from bicall.emulator.digits.classifier import Network
from bicall.emulator.rule.recording import Recording
from bicall.emulator.support.files import ensure_writable
from bicall.emulator.support.reporting import progress
from bicall.lava_procs.build.layer import build_layer
from bicall.lava_procs.build.recordings import join
from bicall.lava_procs.build.running import run_config, running
from bicall.lava_procs.build.samples import joined, training_samples


def learn(network: Network, images: int, record: Path | None = None, save: Path | None = None) -> dict:
    """Let a network learn its next training images in Lava, as `bicall train` would let it.

    Args:
        network: where to begin; it is not changed.
        record: where to write the recording of all ticks. Recording takes most of the time of a small network.
        save: where to write the network that has learned, for `bicall evaluate` or `bicall train --resume`.

    Returns:
        network, arithmetic, seed, data, images, presented, ticks, start_s (compiling and starting Lava's
        operating-system processes), run_s, ticks_per_s, and the files written.

    Raises:
        BadInput: more images than there are, or a file that cannot be written.
    """
    files = {name: path for name, path in (("recording", record), ("saved", save)) if path is not None}
    for path in files.values():
        ensure_writable(path)
    samples, source = training_samples(network.description, images, network.seed, network.presented)
    pre, teacher, ticks = joined(samples)
    layer = build_layer(
        network.description, network.state, pre, teacher, network.seed,
        reset_interval=ticks, record=ticks if record else 0,
    )  # fmt: skip
    parts, state = [], network.state.copy()
    began = time.perf_counter()
    with running(layer.neuron, run_config(network.arithmetic)):
        started = time.perf_counter()
        for _ in progress(samples, f"Lava ({network.arithmetic})"):
            layer.neuron.run(RunSteps(ticks))
            if layer.recorder is not None:
                parts.append(layer.recorder.collect())
        ended = time.perf_counter()
        state.h[:] = layer.connection.hidden().T
    state.tick += images * ticks
    learned = replace(network, state=state, presented=network.presented + images)
    about = {"network": network.description.name, "arithmetic": network.arithmetic, "seed": network.seed}
    if record:
        gates = {"": [network.constants.gate_low, network.constants.gate_high]}
        Recording(join(parts).variables, {"made_by": "Lava", **about, "gates": gates}).save(record)
    if save:
        learned.save(save)
    result: dict[str, Any] = about | {
        "data": source,
        "images": images,
        "presented": learned.presented,
        "ticks": images * ticks,
    }
    result |= {"start_s": started - began, "run_s": ended - started}
    result["ticks_per_s"] = result["ticks"] / result["run_s"]
    return result | {name: str(path) for name, path in files.items()}
