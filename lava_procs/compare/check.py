"""The same samples in Lava and in the emulator's plain loop, every value of every tick compared."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.graph import network_of
from bicall.emulator.digits.samples import NetworkRun, Sample, of_parts
from bicall.emulator.network import plain
from bicall.emulator.network.network import Network
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.rule.recording import Recording, Variable, compare
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import ensure_writable
from bicall.emulator.support.reporting import progress
from bicall.lava_procs.build.network import Session

Models = Mapping[type, type]  # from a process class to the model class to use instead of the tag's


def compare_classifier(
    classifier: Classifier,
    samples: Sequence[Sample],
    learning: bool = True,
    models: Models | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Run a classifier in Lava and in the plain loop, and compare all its state after every tick.

    Before each sample all but h returns to 0. The comparison stops after the first sample with a difference.

    Args:
        classifier: where both begin; it is not changed.
        samples: at least one; what is shown may depend on the answers.
        learning: whether h changes.
        models, folder: as of `compare_network`.

    Returns:
        As `compare_network`; variables have no population's name.

    Raises:
        BadInput: no samples, or a folder that cannot be written.
    """

    def shown(sample: Sample) -> Callable[[NetworkRun], object]:
        return lambda run: sample(of_parts(run, learning))

    result = compare_network(network_of(classifier), [shown(sample) for sample in samples], models, folder, "outputs.")
    return result | {"learning": learning}


def compare_network(
    network: Network,
    samples: Sequence[Callable[[NetworkRun], object]],
    models: Models | None = None,
    folder: Path | None = None,
    prefix: str = "",
) -> dict[str, Any]:
    """Run a started network in Lava and in the plain loop, and compare all its state after every tick.

    Before each sample all but h returns to 0. The comparison stops after the first sample with a difference.

    Args:
        network: where both begin; it is not changed.
        samples: each is called with a function that runs the network further, whose arguments are those of
            `network.plain.run` but the network and the recorder; at least one.
        models: as in `run_config`, to run other models than the tag's.
        folder: where to write both recordings, `lava-ARITHMETIC.npz` and `emulator-ARITHMETIC.npz`, for `bicall diff`.
        prefix: what to leave out of the variables' names.

    Returns:
        network, arithmetic, seed, samples, ticks; `compared`, the number of values, and `values`, that number by
        variable; pre_spikes, post_spikes and h_changes, what happened in the emulator; `difference`, None or the first
        one as text (Lava's value first); lava_ticks_per_s.

    Raises:
        BadInput: no samples, a network that was not started, or a folder that cannot be written.
    """
    if not samples:
        raise BadInput("samples: are 0, must be at least 1")
    reference, found = network.copy(), network.copy()
    arithmetic, seed = network.started.arithmetic, network.started.seed
    paths = [folder / f"{name}-{arithmetic}.npz" for name in ("lava", "emulator")] if folder else []
    for path in paths:
        ensure_writable(path)
    about = {"network": network.name, "arithmetic": arithmetic, "seed": seed}
    result: dict[str, Any] = about | {"samples": 0, "ticks": 0, "compared": 0, "values": {}}
    result |= {"pre_spikes": 0, "post_spikes": 0, "h_changes": 0, "difference": None, "lava_ticks_per_s": 0.0}
    recordings: list[tuple[Recording, Recording]] = []
    seconds = 0.0
    with Session(found, models) as session:
        for sample in progress(samples, f"Lava and emulator ({arithmetic})"):
            in_lava, expected = PopulationRecorder(), PopulationRecorder()
            h = {name: layer.h.copy() for name, layer in reference.started.plastic_layers.items()}
            session.reset()
            began = time.perf_counter()
            sample(partial(session.run, recorder=in_lava))
            seconds += time.perf_counter() - began
            reference.reset()
            sample(partial(plain.run, reference, recorder=expected))

            pair = [named(recorder.recording(made_by=by, **about), prefix)
                    for recorder, by in ((in_lava, "Lava"), (expected, "emulator"))]  # fmt: skip
            _count(result, pair[1], {f"{name}.h".removeprefix(prefix): values for name, values in h.items()})
            if folder is not None:
                recordings.append((pair[0], pair[1]))
            difference = compare(*pair)
            if difference:
                result["difference"] = str(difference)
                break
    result["lava_ticks_per_s"] = result["ticks"] / (seconds - session.start_s)
    for path, parts in zip(paths, zip(*recordings, strict=True), strict=True):
        joined(parts).save(path)
    return result


def joined(parts: Sequence[Recording]) -> Recording:
    """One recording of recordings that follow each other in time and hold the same variables."""
    variables = {
        name: Variable(
            np.concatenate([part.variables[name].ticks for part in parts]),
            np.concatenate([part.variables[name].values for part in parts]),
        )
        for name in parts[0].variables
    }
    return Recording(variables, parts[0].about)


def named(recording: Recording, prefix: str) -> Recording:
    """The recording with names that are shorter by `prefix`, where they begin with it."""
    variables = {name.removeprefix(prefix): variable for name, variable in recording.variables.items()}
    return Recording(variables, recording.about)


def _count(result: dict[str, Any], recording: Recording, h_before: dict[str, np.ndarray]) -> None:
    """Add one sample to the counts of `compare_network`."""
    result["samples"] += 1
    result["compared"] += recording.size
    result["ticks"] += max(len(variable.ticks) for variable in recording.variables.values())
    for name, variable in recording.variables.items():
        result["values"][name] = result["values"].get(name, 0) + variable.values.size
        for kind in ("pre_spikes", "post_spikes"):
            if name.rpartition(".")[2] == kind:
                result[kind] += int(np.count_nonzero(variable.values))
        if name in h_before:
            h = variable.values
            result["h_changes"] += int(np.count_nonzero(h[0] != h_before[name]) + np.count_nonzero(h[1:] != h[:-1]))
