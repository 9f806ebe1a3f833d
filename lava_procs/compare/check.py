"""The same samples in Lava and in the emulator's plain loop, every value of every tick compared."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from lava.magma.core.run_conditions import RunSteps

from bicall.emulator.configuration.description import Description
from bicall.emulator.digits.classifier import Network
from bicall.emulator.rule import plain
from bicall.emulator.rule.recording import Recorder, Recording, compare
from bicall.emulator.support.files import ensure_writable
from bicall.emulator.support.reporting import progress
from bicall.lava_procs.build.layer import build_layer
from bicall.lava_procs.build.recordings import join
from bicall.lava_procs.build.running import run_config, running
from bicall.lava_procs.build.samples import Sample, joined


def compare_with_emulator(
    description: Description,
    samples: Sequence[Sample],
    seed: int,
    arithmetic: str,
    models: Mapping | None = None,
    folder: Path | None = None,
) -> dict:
    """`compare_network`, of an untrained network that learns.

    Args:
        arithmetic: "fixed" or "float".
    """
    return compare_network(Network.fresh(description, arithmetic, seed), samples, models=models, folder=folder)


def compare_network(
    network: Network,
    samples: Sequence[Sample],
    learning: bool = True,
    models: Mapping | None = None,
    folder: Path | None = None,
) -> dict:
    """Run a network in Lava and in `emulator.rule.plain`, and compare all its state after every tick.

    Before each sample all but h returns to 0. The comparison stops after the first sample with a difference.

    Args:
        network: where both begin; it is not changed.
        samples: of one length, at least one.
        learning: whether h changes.
        models: as in `run_config`, to run other models than the tag's.
        folder: where to write both recordings, `lava-ARITHMETIC.npz` and `emulator-ARITHMETIC.npz`, for `bicall diff`.

    Returns:
        network, arithmetic, seed, learning, samples, ticks; `compared`, the number of values, and `values`, that number
        by variable; pre_spikes, post_spikes and h_changes, what happened in the emulator; `difference`, None or the
        first one as text (Lava's value first); lava_ticks_per_s.

    Raises:
        BadInput: no samples, or samples of different lengths.
    """
    if folder is not None:
        paths = [folder / f"{name}-{network.arithmetic}.npz" for name in ("lava", "emulator")]
        for path in paths:
            ensure_writable(path)
    state, seed = network.state.copy(), network.seed
    pre, teacher, ticks = joined(samples)
    layer = build_layer(
        network.description, network.state, pre, teacher, seed, reset_interval=ticks, learning=learning, record=ticks
    )
    about = {"network": network.description.name, "arithmetic": network.arithmetic, "seed": seed, "learning": learning}
    result: dict[str, Any] = about | {"samples": 0, "ticks": 0, "compared": 0, "values": {}}
    result |= {"pre_spikes": 0, "post_spikes": 0, "h_changes": 0, "difference": None, "lava_ticks_per_s": 0.0}
    recordings: list[tuple[Recording, Recording]] = []
    seconds = 0.0
    with running(layer.neuron, run_config(network.arithmetic, models)):
        for sample in progress(samples, f"Lava and emulator ({network.arithmetic})"):
            began = time.perf_counter()
            layer.neuron.run(RunSteps(ticks))
            seconds += time.perf_counter() - began
            assert layer.recorder is not None  # it was asked for
            in_lava = layer.recorder.collect(made_by="Lava", **about)

            h_before = state.h.copy()
            state.reset()
            recorder = Recorder()
            plain.run(network.constants, state, *sample, seed, learning, recorder)
            expected = recorder.recording(made_by="emulator", **about)

            _count(result, expected, h_before)
            if folder is not None:
                recordings.append((in_lava, expected))
            difference = compare(in_lava, expected)
            if difference:
                result["difference"] = str(difference)
                break
    result["lava_ticks_per_s"] = result["ticks"] / seconds
    if folder is not None:
        for path, parts in zip(paths, zip(*recordings, strict=True), strict=True):
            join(parts).save(path)
    return result


def _count(result: dict, recording: Recording, h_before: np.ndarray) -> None:
    """Add one sample to the counts of `compare_network`."""
    variables = recording.variables
    h = variables["h"].values
    result["samples"] += 1
    result["ticks"] += len(h)
    result["compared"] += recording.size
    for name, variable in variables.items():
        result["values"][name] = result["values"].get(name, 0) + variable.values.size
    for name in ("pre_spikes", "post_spikes"):
        result[name] += int(np.count_nonzero(variables[name].values))
    result["h_changes"] += int(np.count_nonzero(h[0] != h_before) + np.count_nonzero(h[1:] != h[:-1]))
