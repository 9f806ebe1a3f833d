"""How narrow may it be? One network at many widths, roundings, drift periods, beside float on the same spikes."""

import itertools
import math
import os
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from statistics import mean, stdev
from typing import Any, NamedTuple

from bicall.emulator.configuration.description import Description, with_values
from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.rule.constants import ROUNDINGS, fixed
from bicall.emulator.rule.description import Rounding
from bicall.emulator.search.sweep_cluster import run_all
from bicall.emulator.search.sweep_results import ResultsFile
from bicall.emulator.search.sweep_runs import Images, Run, code_digest, train_and_validate
from bicall.emulator.support.errors import Interrupted
from bicall.emulator.support.reporting import progress


class Point(NamedTuple):
    """What a sweep varies. All three traces have the same width and rounding."""

    trace_bits: int
    trace_rounding: Rounding
    h_bits: int
    h_rounding: Rounding
    drift_period: int  # ticks

    def of(self, description: Description) -> Description:
        """The description at this point. Thresholds and constants follow from it (`emulator.rule.constants`).

        Raises:
            BadInput: a width or period outside the description's limits.
        """
        values: dict[str, Any] = {f"{trace}_trace__bits": self.trace_bits for trace in ("pre", "post", "gate")}
        values |= {f"{trace}_trace__rounding": self.trace_rounding for trace in ("pre", "post", "gate")}
        return with_values(
            description,
            **values,
            hidden_weight__bits=self.h_bits,
            hidden_weight__rounding=self.h_rounding,
            time__drift_period_ticks=self.drift_period,
        )


@dataclass
class Outcome:
    """What was found at a point. Accuracies in %, losses in points (float minus fixed), one for each seed."""

    point: Point
    drift_steps: tuple[int, int]  # up and down each period, in last bits of h
    synapse_bits: int  # memory of all hidden weights
    state_bits: int  # the same and all traces
    accuracies: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    error: str | None = None  # why there are no accuracies

    @property
    def loss(self) -> float:
        return mean(self.losses)

    @property
    def loss_error(self) -> float | None:
        """Standard error of the mean loss."""
        return stdev(self.losses) / math.sqrt(len(self.losses)) if len(self.losses) > 1 else None

    def surely_below(self, max_loss: float) -> bool:
        """Whether the mean loss plus its standard error is at most `max_loss`; with one seed, the loss."""
        return self.loss + (self.loss_error or 0.0) <= max_loss

    def as_json(self) -> dict:
        shown = self.point._asdict() | {
            "drift_step_up": self.drift_steps[0],
            "drift_step_down": self.drift_steps[1],
            "synapse_bits": self.synapse_bits,
            "state_bits": self.state_bits,
            "error": self.error,
        }
        if self.error is None:
            shown |= {"accuracy": mean(self.accuracies), "accuracy_deviation": deviation(self.accuracies)}
            shown |= {"loss": self.loss, "loss_error": self.loss_error, "accuracies": self.accuracies}
        return shown


@dataclass
class Sweep:
    """A finished sweep."""

    description: Description
    seeds: list[int]
    training_images: int
    validation_images: int
    data: str
    float_accuracies: list[float]  # in %, one for each seed; empty if a float run failed
    outcomes: list[Outcome]
    errors: list[str]  # of float runs

    @property
    def failed(self) -> int:
        """How many points have no accuracy."""
        return sum(outcome.error is not None for outcome in self.outcomes)

    def smallest(self, max_loss: float) -> Outcome | None:
        """The point with the least state memory that loses at most `max_loss` points.

        Its mean loss and the standard error of it together stay within `max_loss`: among many points some have a small
        mean by luck, and the smallest of them would be chosen for it. Of points with equal memory the one with the
        cheaper rounding: truncation needs nothing, rounding to nearest a constant, stochastic rounding a random number.
        """
        good = [outcome for outcome in self.outcomes if outcome.error is None and outcome.surely_below(max_loss)]
        return min(good, key=_cost, default=None)

    def as_json(self) -> dict:
        accuracies = self.float_accuracies
        return {
            "network": self.description.name,
            "data": self.data,
            "training_images": self.training_images,
            "validation_images": self.validation_images,
            "seeds": self.seeds,
            "float": {
                "accuracy": mean(accuracies) if accuracies else None,
                "accuracy_deviation": deviation(accuracies),
                "accuracies": accuracies,
                "errors": self.errors,
            },
            "points": [outcome.as_json() for outcome in self.outcomes],
            "failed": self.failed,
        }


def grid(
    description: Description,
    trace_bits: list[int],
    trace_roundings: list[Rounding],
    h_bits: list[int],
    h_roundings: list[Rounding],
    drift_periods: list[int] | None = None,
) -> list[Point]:
    """Every combination.

    Args:
        drift_periods: in ticks; None: for each width of h the period that keeps the description's drift, in physical
            units, at as many last bits of h as the description has. A narrow h drifts in rarer, larger steps; at the
            description's own period its step would be rounded to 0, and the synapse would no longer be bistable.

    Raises:
        BadInput: a width of h outside the description's limits.
    """
    points = []
    for bits in h_bits:
        with_values(description, hidden_weight__bits=bits)  # before any arithmetic with them
    full, period = 2**description.hidden_weight.bits - 1, description.time.drift_period_ticks
    for t_bits, t_rounding, width, h_rounding in itertools.product(trace_bits, trace_roundings, h_bits, h_roundings):
        periods = [max(1, round(period * full / (2**width - 1)))] if drift_periods is None else drift_periods
        points += [Point(t_bits, t_rounding, width, h_rounding, each) for each in periods]
    return points


def sweep(
    description: Description,
    digits: Data,
    points: list[Point],
    seeds: list[int],
    images: int,
    validation: int,
    results: str | os.PathLike,
    scheduler: str | None = None,
) -> Sweep:
    """Train and validate at every point with every seed, and in float, on the same images and spikes.

    Images for validation are the last `validation` training images: widths are chosen by them, so the test set stays
    unseen.

    Args:
        results: JSON-lines file of the runs; what it holds already is not run again.
        scheduler: address of a Dask scheduler; None: parallel processes here.

    Raises:
        BadInput: a value outside its limits, a damaged results file, no such scheduler.
        Interrupted: Ctrl-C; what was done is in the results file.
    """
    constants = {point: fixed(point.of(description)) for point in points}
    reference = [Run(description, "float", seed) for seed in seeds]
    runs = {point: [Run(point.of(description), "fixed", seed) for seed in seeds] for point in points}
    known = ResultsFile(results)
    shown = Images.of(description, digits, images, validation)
    # bad seeds end here, not in workers
    states = [Classifier.fresh(description, "fixed", seed, shown.encoder, shown.classes).state for seed in seeds]
    everything = [*reference, *itertools.chain.from_iterable(runs.values())]
    accuracies, errors = _accuracies(everything, known, shown, scheduler)

    synapses = states[0].h.size if states[0].connected is None else int(states[0].connected.sum())
    traces = states[0].x.size + states[0].y.size + states[0].s.size
    float_errors = _errors(reference, errors)
    float_accuracies = [] if float_errors else [accuracies[run] for run in reference]
    outcomes = []
    for point in points:
        synapse_bits = synapses * point.h_bits
        outcome = Outcome(
            point,
            drift_steps=(constants[point].drift_up, constants[point].drift_down),
            synapse_bits=synapse_bits,
            state_bits=synapse_bits + traces * point.trace_bits,
        )
        failures = _errors(runs[point], errors) + float_errors
        if failures:
            outcome.error = failures[0]
        else:
            outcome.accuracies = [accuracies[run] for run in runs[point]]
            pairs = zip(float_accuracies, outcome.accuracies, strict=True)
            outcome.losses = [in_float - in_fixed for in_float, in_fixed in pairs]
        outcomes.append(outcome)
    return Sweep(description, seeds, images, validation, digits.source, float_accuracies, outcomes, float_errors)


def deviation(values: list[float]) -> float | None:
    """Standard deviation of a sample; None for fewer than two values."""
    return stdev(values) if len(values) > 1 else None


def _accuracies(
    runs: list[Run], known: ResultsFile, images: Images, scheduler: str | None
) -> tuple[dict[Run, float], dict[Run, str]]:
    """Accuracies of the runs, those that `known` lacks by running them, and one-line errors of runs that failed."""
    digest = images.digest()
    keys = {run: run.key(digest) for run in runs}
    missing = [run for run, key in keys.items() if key not in known.accuracies]
    task = partial(train_and_validate, expected_digest=code_digest())
    errors, done = {}, len(keys) - len(missing)
    try:
        with closing(run_all(task, missing, images, scheduler)) as finished:
            for run, result in progress(finished, "sweeping", total=len(keys), start=done):
                if isinstance(result, BaseException):
                    errors[run] = " ".join(f"{type(result).__name__}: {result}".split())
                else:
                    known.add(keys[run], result, _about(run, images))
                    done += 1
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted after {done} of {len(keys)} runs; the same command goes on from {known.path}"
        ) from None
    return {run: known.accuracies[key] for run, key in keys.items() if run not in errors}, errors


def _errors(runs: list[Run], errors: dict[Run, str]) -> list[str]:
    return [f"{run.arithmetic}, seed {run.seed}: {errors[run]}" for run in runs if run in errors]


def _about(run: Run, images: Images) -> dict:
    """What a line of the results file says to a reader."""
    d = run.description
    about = {"network": d.name, "arithmetic": run.arithmetic, "seed": run.seed}
    if run.arithmetic == "fixed":
        about |= Point(
            d.gate_trace.bits,
            d.gate_trace.rounding,
            d.hidden_weight.bits,
            d.hidden_weight.rounding,
            d.time.drift_period_ticks,
        )._asdict()
    return about | {"training_images": len(images.train), "validation_images": len(images.validation)}


def _cost(outcome: Outcome) -> tuple:
    roundings = ROUNDINGS.index(outcome.point.h_rounding), ROUNDINGS.index(outcome.point.trace_rounding)
    return outcome.state_bits, *roundings, outcome.loss
