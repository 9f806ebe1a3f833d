"""Learning in Lava: a classifier goes on from where it is."""

import time
from functools import partial
from pathlib import Path
from typing import Any

from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.graph import network_of
from bicall.emulator.digits.samples import of_parts, training_samples
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.support.files import ensure_writable
from bicall.emulator.support.reporting import progress
from bicall.lava_procs.build.network import Session
from bicall.lava_procs.compare.check import named


def learn(
    classifier: Classifier,
    images: int,
    record: Path | None = None,
    save: Path | None = None,
    data: Data | None = None,
) -> dict[str, Any]:
    """Let a classifier learn its next training samples in Lava, as `bicall train` would let it.

    Args:
        classifier: where to begin; it is changed.
        record: where to write the recording of all ticks. Recording takes most of the time of a small network.
        save: where to write the classifier that has learned, for `bicall evaluate` or `bicall train --resume`.
        data: which to learn; None: those that it was made for.

    Returns:
        network, arithmetic, seed, data, images, presented, ticks, start_s (compiling and starting Lava's
        operating-system processes), run_s, ticks_per_s, and the files written.

    Raises:
        BadInput: more images than there are, a rule that changes over the training, or a file that cannot be written.
    """
    files = {name: path for name, path in (("recording", record), ("saved", save)) if path is not None}
    for path in files.values():
        ensure_writable(path)
    held = classifier.held(images)
    samples, source = training_samples(held, images, data)
    network, recorder = network_of(held), PopulationRecorder() if record else None
    began, ticks = time.perf_counter(), 0
    with Session(network) as session:
        for sample in progress(samples, f"Lava ({classifier.arithmetic})"):
            session.reset()
            shown = sample(of_parts(partial(session.run, recorder=recorder), True))
            ticks += len(shown)
        ended = time.perf_counter()
        start_s = session.start_s
    network.reset()
    classifier.state = network.started.plastic_layers["outputs"]
    classifier.presented += images
    about: dict[str, Any] = {
        "network": classifier.description.name,
        "arithmetic": classifier.arithmetic,
        "seed": classifier.seed,
    }
    if recorder and record:
        gates = {"": [classifier.constants.gate_low, classifier.constants.gate_high]}
        named(recorder.recording(made_by="Lava", **about, gates=gates), "outputs.").save(record)
    if save:
        classifier.save(save)
    result: dict[str, Any] = about | {
        "data": source,
        "images": images,
        "presented": classifier.presented,
        "ticks": ticks,
    }
    result |= {"start_s": start_s, "run_s": ended - began - start_s}
    result["ticks_per_s"] = ticks / result["run_s"]
    return result | {name: str(path) for name, path in files.items()}
