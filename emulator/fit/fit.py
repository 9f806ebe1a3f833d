"""Data in, a trained classifier out: search on validation samples, training, one test."""

import math
import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from bicall.emulator.configuration.description import with_values
from bicall.emulator.data.samples import Data, Split
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.readout import column_readout, linear_readout
from bicall.emulator.digits.training import compile_loops, evaluate
from bicall.emulator.encoders.encoder import Fitted
from bicall.emulator.fit.choose import Choice, activity, choices, described, schedule
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import note, progress, working

SEARCH = 0.25  # of the time, at most
TRIAL_PRESENTATIONS, TRIAL_SAMPLES = 3000, 1000  # of a trial: trained with, validated on
VALIDATED, ROUNDS = 300, 5  # a trial is repeated on other splits until so many samples validated it, or so often
PRESENTATIONS, PASSES = 3000, 3  # a network sees at least so many, and each sample so often, if there is time
LEAST = 500  # presentations, however little time there is
CHUNK = 500  # samples encoded and shown at a time
READOUT_SAMPLES = 10_000  # training samples of the linear readout, at most
Z = 1.959964  # of a 95 % interval


class Trial(NamedTuple):
    """A choice, and how many of the validation samples it was right about, in %."""

    choice: Choice
    accuracy: float
    samples: int


class Fit(NamedTuple):
    """What `fit` found: the trained network, the data with the splits it used, and all figures, JSON-ready."""

    network: Classifier
    data: Data
    result: dict


def fit(data: Data, seed: int = 1, minutes: float = 2.5, name: str = "fit") -> Fit:
    """Choose, train and test a network in fixed point.

    The choice falls by validation samples: those that the data have, or a share of the training samples, which train in
    the end. Test samples are looked at once, at the end.

    Args:
        seed: of splits, initial weights, spikes, rounding and the order of samples.
        minutes: time for search and training; reading, testing and the linear readout come on top.

    Raises:
        BadInput: minutes or seed are out of range, samples are too few for a choice, or cannot be encoded.
    """
    if not 0 < minutes <= 1e5:
        raise BadInput(f"minutes is {minutes:g}, must be above 0 and at most 100000")
    if not 0 <= seed < 2**32:
        raise BadInput(f"seed is {seed}, must be from 0 to {2**32 - 1}")
    if not len(data.with_splits(seed).validation.labels):
        raise BadInput(f"{data.source}: has 1 training sample of each class, must have at least 2 of one for a choice")
    _compile(data, seed)
    began = time.monotonic()
    end = began + 60 * minutes
    trials, pace = _search(data, seed, began + SEARCH * 60 * minutes)
    best = max(trials, key=lambda trial: trial.accuracy).choice
    wanted = max(PRESENTATIONS, PASSES * len(data.train.labels))
    presentations = max(min(wanted, int((end - time.monotonic()) / pace)), min(LEAST, wanted))
    with working("fitting the encoder"):
        fitted = best.encoder.fit(data.train.samples, data.kind, data.shape)
    network = _fresh(best, fitted, data, presentations, seed, name)
    _train(network, data.train, presentations, seed, end)
    trained = time.monotonic()
    test = evaluate(network, data)
    right = round(test["accuracy"] / 100 * test["images"])
    majority = int(np.bincount(data.train.labels).argmax())
    result = {
        "data": data.source,
        "kind": data.kind,
        "classes": list(data.classes),
        "samples": {part: len(split.labels) for part, split in data.splits().items()},
        "seed": seed,
        "trials": [
            {"encoder": each.choice.encoder.model_dump(), "drive": each.choice.drive, "margin": each.choice.margin,
             "accuracy": each.accuracy, "samples": each.samples}
            for each in trials
        ],
        "encoder": best.encoder.model_dump(),
        "inputs": fitted.inputs,
        "outputs": len(network.state.y),
        "presentations": network.presented,
        "seconds": trained - began,
        "accuracy": test["accuracy"],
        "interval": [100 * bound for bound in wilson(right, test["images"])],
        "majority": 100 * float(np.mean(data.test.labels == majority)),
        "readout": _readout(fitted, data),
        "confusion": test["confusion"],
    }  # fmt: skip
    return Fit(network, data, result)


def wilson(right: int, samples: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share (Wilson, J. Am. Stat. Assoc. 22, 1927)."""
    share, spread = right / samples, Z**2 / samples
    middle = share + spread / 2
    half = Z * math.sqrt(share * (1 - share) / samples + spread / (4 * samples))
    return max((middle - half) / (1 + spread), 0.0), min((middle + half) / (1 + spread), 1.0)


def _search(data: Data, seed: int, until: float) -> tuple[list[Trial], float]:
    """Trials of all choices that there is time for, at least one, and seconds that a presentation takes."""
    found: list[Trial] = []
    pace = longest = 0.0
    kept: dict[str, list] = {}
    candidates = choices(data)
    for choice in progress(candidates, "searching"):
        if found and time.monotonic() + longest > until:
            break
        began = time.monotonic()
        key = choice.encoder.model_dump_json()
        if key not in kept:
            kept = {key: _rounds(choice, data, seed)}  # of one encoder at a time: they are large
        right = samples = 0
        for number, (fitted, train, validation) in enumerate(kept[key]):
            shown = min(TRIAL_PRESENTATIONS, max(PRESENTATIONS, PASSES * len(train.labels)))
            network = _fresh(choice, fitted, data, shown, seed + number, "trial")
            start = time.monotonic()
            _train(network, train, shown, seed)
            pace = (time.monotonic() - start) / shown
            predicted, _ = network.answer(network.encode(validation.samples[:]))
            right += int((predicted == validation.labels).sum())
            samples += len(validation.labels)
        longest = max(longest, time.monotonic() - began)
        found.append(Trial(choice, 100 * right / samples, samples))
        note(f"{choice.encoder.kind}, drive {choice.drive}, margin {choice.margin}: {found[-1].accuracy:.2f} %")
    return found, pace


def _rounds(choice: Choice, data: Data, seed: int) -> list[tuple[Fitted, Split, Split]]:
    """Encoder, training and validation samples of each repetition: few samples are split several times."""
    rounds: list[tuple[Fitted, Split, Split]] = []
    samples = 0
    while samples < VALIDATED and len(rounds) < ROUNDS:
        split = data if len(data.validation.labels) else data.with_splits((seed + len(rounds)) % 2**32)
        validation = split.validation.take(np.arange(min(len(split.validation.labels), TRIAL_SAMPLES)))
        rounds.append((choice.encoder.fit(split.train.samples, data.kind, data.shape), split.train, validation))
        samples += len(validation.labels)
        if split is data:
            break
    return rounds


def _compile(data: Data, seed: int) -> None:
    """Have Numba compile the loops, so that the time that a presentation is found to take does not contain it."""
    first = choices(data)[0]
    small = data.train.take(np.arange(1))
    fitted = first.encoder.fit(small.samples, data.kind, data.shape)
    with working("compiling"):
        compile_loops(Classifier.fresh(described(first, 1.0, 1, "compiled"), "fixed", seed, fitted, data.classes))


def _fresh(choice: Choice, fitted: Fitted, data: Data, presentations: int, seed: int, name: str) -> Classifier:
    configuration = described(choice, activity(fitted, data), presentations, name)
    network = Classifier.fresh(configuration, "fixed", seed % 2**32, fitted, data.classes)
    return replace(network, origin=data.origin)


def _train(network: Classifier, split: Split, presentations: int, seed: int, end: float = math.inf) -> None:
    """Show samples in an order that is new in each pass.

    Where they turn out to take longer than until `end` (of `time.monotonic`), there are fewer, at least `LEAST`, and
    the schedule of the steps is drawn together.
    """
    began = time.monotonic()
    rng = np.random.Generator(np.random.PCG64(seed))
    order = np.zeros(0, np.int64)
    for first in progress(range(0, presentations, CHUNK), "training"):
        count = min(CHUNK, presentations - first)
        while len(order) < count:
            order = np.concatenate([order, rng.permutation(len(split.labels))])
        chosen, order = order[:count], order[count:]
        network.train(network.encode(split.samples[chosen]), split.labels[chosen])
        now, shown = time.monotonic(), network.presented
        affordable = shown * (max(end, now) - began) / max(now - began, 1e-9)
        if affordable < presentations:
            presentations = max(math.ceil(affordable), min(LEAST, presentations), shown)
            begun = network.description.presentation.step_schedule
            network.description = with_values(
                network.description, presentation__step_schedule=schedule(presentations, begun, shown)
            )
        if shown >= presentations:
            break


def _readout(fitted: Fitted, data: Data) -> dict:
    """Accuracy in % of a line on a table's columns, else on the network's inputs; and how many samples taught it."""
    taught = min(len(data.train.labels), READOUT_SAMPLES)
    with working("linear readout"):
        if data.kind == "table":
            return {"accuracy": column_readout(data, taught), "samples": taught, "of": "columns"}
        return {"accuracy": linear_readout(fitted, data, taught)["accuracy"], "samples": taught, "of": "inputs"}
