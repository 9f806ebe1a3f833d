"""Accuracy on imperfect chips, of networks that were trained on a perfect chip and of those trained on the same one."""

from collections.abc import Iterator
from functools import partial
from typing import Any, TypeGuard

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import Description
from bicall.emulator.data.samples import Data
from bicall.emulator.digits import batch, schedule
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.features import encoder_of
from bicall.emulator.digits.figures import FIXED_COLOUR, FLOAT_COLOUR
from bicall.emulator.digits.imperfections import Chip, Imperfections
from bicall.emulator.digits.margin import Part
from bicall.emulator.digits.presentation import test_sample
from bicall.emulator.digits.samples import one, shown
from bicall.emulator.digits.training import EncodedSamples
from bicall.emulator.encoders.decoders import NEVER
from bicall.emulator.encoders.encoder import Encoded
from bicall.emulator.rule import compiled
from bicall.emulator.rule.constants import Constants
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

CHUNK = 100  # samples between two steps of a bar
# by name, what grows worse and how far: field of Imperfections and its values
STUDIES: dict[str, tuple[str, tuple[float, ...]]] = {
    "mismatch": ("mismatch", (0.05, 0.1, 0.2, 0.3)),
    "stuck synapses": ("stuck_synapses", (0.01, 0.05, 0.2)),
    "silent neurons": ("silent_neurons", (0.05, 0.1, 0.2)),
    "dead axons": ("dead_axons", (0.01, 0.05, 0.2)),
    "flipped bits of h": ("h_flips_per_s", (1e-5, 1e-4, 1e-3)),
    "flipped bits of traces": ("trace_flips_per_s", (0.01, 0.1, 1.0)),
    "jitter": ("jitter_ticks", (1, 2, 5)),
    "no drift upwards": ("drift_up", (0.0,)),
    "no drift downwards": ("drift_down", (0.0,)),
    "ten times the drift": ("drift", (10.0,)),
    "no drift": ("drift", (0.0,)),
}


def imperfect(field: str, value: float) -> Imperfections:
    """One thing wrong; `drift` is both directions."""
    values: dict[str, Any] = {"drift_up": value, "drift_down": value} if field == "drift" else {field: value}
    return Imperfections(**values)


class Trial:
    """A classifier on a chip.

    Args:
        network: what it starts from; it is changed.
        run: the loop, as of `Chip`.
    """

    def __init__(self, network: Classifier, imperfections: Imperfections, seed: int, run=compiled.run):
        self.network, self._run = network, run
        self.chip = Chip(imperfections, network.state.h.shape, seed, network.description.time.tick_ms, run)

    def train(self, active: Encoded, labels: np.ndarray) -> None:
        """Learn n encoded samples with labels int[n], as `Classifier.train`."""
        network, begin = self.network, 0
        for described, count in schedule.pieces(network.description, network.presented, len(active)):
            c = self.chip.constants(described, network.arithmetic)
            chosen = slice(begin, begin + count)
            begin += count
            if self._can_be_a_batch(active):
                batch.present(
                    c, described, network.state, self._alive(active[chosen]), labels[chosen], network.seed,
                    network.presented,
                )  # fmt: skip
                network.presented += count
                continue
            for sample in shown(network, active[chosen], labels[chosen]):
                network.state.reset()
                sample(partial(self._run_part, c))
            network.presented += count
        network.state.reset()

    def answer(self, active: Encoded, first_sample: int = 0) -> np.ndarray:
        """The classes int[n] of n encoded samples; nothing is learned."""
        network, chip = self.network, self.chip
        c, tick = chip.constants(network.description, network.arithmetic), network.state.tick
        counts = np.zeros((len(active), len(network.state.y)), np.int64)
        first = np.full_like(counts, NEVER)
        if self._can_be_a_batch(active):
            counts, _ = batch.present(
                c, network.description, network.state, self._alive(active), None, network.seed, first_sample, first
            )
            return network.classify(counts, first)
        for n in range(len(active)):
            network.state.reset()
            network.state.tick = tick  # each sample in the same ticks, as `Classifier.answer`
            pre, teacher = test_sample(network.description, one(active, n), network.seed, first_sample + n)
            spikes = chip.run(c, network.state, pre, teacher, network.seed, False)
            counts[n] = spikes.sum(axis=0)
            first[n] = np.where(spikes.any(axis=0), spikes.argmax(axis=0), NEVER)
        network.state.reset()
        network.state.tick = tick
        return network.classify(counts, first)

    def _run_part(self, c: Constants, part: Part) -> np.ndarray:
        network = self.network
        return self.chip.run(c, network.state, part.pre, part.teacher, network.seed, True, part.drive, part.learns)

    def _can_be_a_batch(self, active: Encoded) -> TypeGuard[np.ndarray]:
        return self._run is compiled.run and self.chip.is_steady and isinstance(active, np.ndarray)

    def _alive(self, active: np.ndarray) -> np.ndarray:
        return np.where(self.chip.dead, active.dtype.type(0), active)


def study(
    description: Description, data: Data, images: int, test_images: int, arithmetic: str, seed: int,
    studies: dict[str, tuple[str, tuple[float, ...]]] = STUDIES,
) -> dict:  # fmt: skip
    """Train on a perfect chip and on imperfect ones, test on imperfect ones.

    Args:
        images: training samples, each presented once; test_images: test samples, the first ones.
        seed: of the network, and of what is wrong with the chips.
        studies: as `STUDIES`.

    Returns:
        network, data, arithmetic, seed, images, test_images; `perfect`, a perfect chip's accuracy in %; `found`: for
        each imperfection and value `before`, trained on the perfect chip, and `after`, trained on the imperfect one.

    Raises:
        BadInput: more images than there are.
    """
    for name, number, split in (("images", images, data.train), ("test images", test_images, data.test)):
        if not 1 <= number <= len(split.samples):
            raise BadInput(f"{name} is {number}, must be from 1 to {len(split.samples)}")
    encoder = encoder_of(description, data)
    labels, right = data.train.labels[:images], data.test.labels[:test_images]

    def fresh() -> Classifier:
        return Classifier.fresh(description, arithmetic, seed, encoder, data.classes)

    def accuracy(trial: Trial) -> float:
        answers = [trial.answer(test[part], int(part[0])) for part in _chunks(test_images)]
        return 100 * float(np.mean(np.concatenate(answers) == right))

    perfect = fresh()
    samples, test = EncodedSamples(perfect, data.train.samples), EncodedSamples(perfect, data.test.samples)
    for part in _chunks(images):
        perfect.train(samples[part], labels[part])
    result: dict[str, Any] = {
        "network": description.name, "data": data.source, "arithmetic": arithmetic, "seed": seed, "images": images,
        "test_images": test_images, "perfect": accuracy(Trial(perfect, Imperfections(), seed)), "found": [],
    }  # fmt: skip
    cases = [(name, field, value) for name, (field, values) in studies.items() for value in values]
    for name, field, value in progress(cases, f"imperfect chips ({arithmetic})"):
        wrong = imperfect(field, value)
        untrained = fresh()
        untrained.state, untrained.presented = perfect.state.copy(), perfect.presented
        before = accuracy(Trial(untrained, wrong, seed))
        trial = Trial(fresh(), wrong, seed)
        for part in _chunks(images):
            trial.train(samples[part], labels[part])
        result["found"].append({"imperfection": name, "value": value, "before": before, "after": accuracy(trial)})
    return result


def _chunks(count: int) -> Iterator[np.ndarray]:
    """The numbers from 0 to count - 1, some at a time."""
    return (np.arange(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK))


def rows(results: list[dict]) -> list[tuple]:
    """A row an imperfection: in each arithmetic the accuracy trained on the perfect and on the imperfect chip."""
    lines = [("none", "", *(f"{result['perfect']:.2f}" for result in results for _ in range(2)))]
    for k, first in enumerate(results[0]["found"]):
        values = (f"{result['found'][k][when]:.2f}" for result in results for when in ("before", "after"))
        lines.append((first["imperfection"], f"{first['value']:g}", *values))
    return lines


def draw(results: list[dict]) -> Figure:
    """Accuracy over each imperfection that has several values."""
    names = list(dict.fromkeys(each["imperfection"] for each in results[0]["found"]))
    several = [name for name in names if sum(each["imperfection"] == name for each in results[0]["found"]) > 1]
    figure = Figure(figsize=(3.4 * max(len(several), 1), 3.4), dpi=150, layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, max(len(several), 1), sharey=True))
    colours = {"float": FLOAT_COLOUR, "fixed": FIXED_COLOUR}
    for axes, name in zip(panels, several, strict=False):
        for result in results:
            points = [each for each in result["found"] if each["imperfection"] == name]
            places = ["0", *(f"{each['value']:g}" for each in points)]
            for when, style in (("before", "s:"), ("after", "o-")):
                values = [result["perfect"], *(each[when] for each in points)]
                trained = "perfect" if when == "before" else "this"
                label = f"{result['arithmetic']}, trained on the {trained} chip"
                axes.plot(places, values, style, color=colours[result["arithmetic"]], label=label)
        axes.set_xlabel(name)
    panels[0].set_ylabel("test accuracy (%)")
    panels[0].legend(fontsize=6)
    first = results[0]
    figure.suptitle(f"{first['network']}: {first['images']:,} training images, seed {first['seed']}")
    return figure
