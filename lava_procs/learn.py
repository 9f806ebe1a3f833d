"""Learning in Lava with a recorder, and nothing else."""

import time
from collections.abc import Sequence
from pathlib import Path

from lava.magma.core.run_conditions import RunSteps

from emulator.description import Description
from emulator.files import ensure_writable
from emulator.network import Network
from emulator.recording import Recording
from emulator.terminal import progress
from lava_procs.layer import build_layer
from lava_procs.recordings import join
from lava_procs.running import run_config, running
from lava_procs.samples import Sample, joined


def learn(
    description: Description, samples: Sequence[Sample], seed: int, arithmetic: str, save: Path | None = None
) -> dict:
    """Let an untrained network learn samples in Lava.

    Args:
        save: where to write the recording of all ticks.

    Returns:
        network, arithmetic, seed, images, ticks, pre_spikes, post_spikes, start_s (compiling and starting Lava's
        operating-system processes), run_s, ticks_per_s.

    Raises:
        BadInput: no samples, samples of different lengths, or another arithmetic.
    """
    if save is not None:
        ensure_writable(save)
    network = Network.fresh(description, arithmetic, seed)
    pre, teacher, ticks = joined(samples)
    layer = build_layer(description, network.state, pre, teacher, seed, reset_interval=ticks, record=ticks)
    parts = []
    began = time.perf_counter()
    with running(layer.neuron, run_config(arithmetic)):
        started = time.perf_counter()
        for _ in progress(samples, f"Lava ({arithmetic})"):
            layer.neuron.run(RunSteps(ticks))
            parts.append(layer.recorder.collect())
        ended = time.perf_counter()
    about = {"network": description.name, "arithmetic": arithmetic, "seed": seed}
    recording = join(parts)
    if save is not None:
        Recording(recording.variables, {"made_by": "Lava", **about}).save(save)
    spikes = {name: int(recording.variables[name].values.sum()) for name in ("pre_spikes", "post_spikes")}
    result = about | spikes | {"images": len(samples), "ticks": ticks * len(samples)}
    result |= {"start_s": started - began, "run_s": ended - started}
    return result | {"ticks_per_s": result["ticks"] / result["run_s"]}
