"""How long a training image takes in the plain and in the compiled loop, measured in one run."""

import time
from statistics import median

from bicall.emulator.configuration.description import Description
from bicall.emulator.data.samples import Data
from bicall.emulator.digits import batch, features
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.presentation import training_sample
from bicall.emulator.digits.training import compile_loops
from bicall.emulator.rule import compiled, plain
from bicall.emulator.support.reporting import progress


def bench_emulator(
    description: Description, digits: Data, images: int = 500, plain_images: int = 5, repeats: int = 5
) -> dict:
    """Time training of fresh networks in both arithmetics, one thread.

    The batch loop includes encoding, resets and counting; the plain and the compiled loop get ready-made spikes.

    Returns:
        for each arithmetic the medians over `repeats` in ms an image: `plain`, `compiled`, `batch`; `ratio`, the median
        of plain over batch, which is what training runs;
        and `nominal_updates_per_s`: every synapse once a tick, as a time-driven loop would.
    """
    active = features.active_inputs(description, digits.train.samples[:images])
    labels = digits.train.labels[:images]
    result = {"network": description.name, "images": images, "repeats": repeats}
    for arithmetic in ("float", "fixed"):
        network = Classifier.fresh(description, arithmetic, 1)
        compile_loops(network)
        samples = [training_sample(description, active[k], labels[k], 1, k) for k in range(plain_images)]
        _loop(compiled.run, network, samples)  # compiles its signature
        times: dict[str, list[float]] = {"plain": [], "compiled": [], "batch": []}
        for _ in progress(range(repeats), f"timing ({arithmetic})"):
            times["plain"].append(_loop(plain.run, Classifier.fresh(description, arithmetic, 1), samples))
            times["compiled"].append(_loop(compiled.run, Classifier.fresh(description, arithmetic, 1), samples))
            network = Classifier.fresh(description, arithmetic, 1)
            began = time.perf_counter()
            batch.present(network.constants, description, network.state, active, labels, 1, 0)
            times["batch"].append(1e3 * (time.perf_counter() - began) / images)
        medians = {name: median(values) for name, values in times.items()}
        ticks = samples[0][0].ticks
        result[arithmetic] = medians | {
            "ratio": median(a / b for a, b in zip(times["plain"], times["batch"], strict=True)),
            "nominal_updates_per_s": network.state.h.size * ticks / (medians["batch"] / 1e3),
        }
    return result


def _loop(run, network: Classifier, samples: list) -> float:
    """ms an image of a loop over samples, with a reset before each."""
    began = time.perf_counter()
    for sample in samples:
        network.state.reset()
        run(network.constants, network.state, *sample, network.seed)
    return 1e3 * (time.perf_counter() - began) / len(samples)
