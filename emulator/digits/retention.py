"""A trained network left to itself: what hours of background activity do to its accuracy, with and without drift."""

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import Description, with_values
from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier, constants_of
from bicall.emulator.digits.presentation import TEST, input_spikes, timing
from bicall.emulator.digits.training import evaluate
from bicall.emulator.rule import compiled
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

CHUNK_MS = 1000.0  # of background that is made at once
INPUTS, OUTPUTS = 2, 3  # whose background a sample's key is of, beside training and test images
OWN = "own"  # the drift that the network has
PARTS = (0, 1 / 16, 1 / 4, 1 / 2, 1)  # of the time, after which accuracy is measured


def at_rest(description: Description, rate_hz: float, drift: float | str) -> Description:
    """A description with background activity for a stimulus, and a drift a second (of full scale) in both directions.

    A drift is a step of h's last bit as often as it takes.
    """
    values: dict[str, Any] = {"presentation__input_rate_hz": rate_hz, "presentation__test_ms": CHUNK_MS}
    if drift != OWN:
        assert not isinstance(drift, str)
        full = 2**description.hidden_weight.bits - 1
        values |= {"hidden_weight__drift_up_per_s": drift, "hidden_weight__drift_down_per_s": drift}
        if drift:
            period = round(1e3 / (drift * full * description.time.tick_ms))
            if period < 1:
                raise BadInput(
                    f"drift is {drift:g} a second, must be at most {1e3 / full / description.time.tick_ms:g}"
                )
            values["time__drift_period_ticks"] = period
    return with_values(description, **values)


def leave(network: Classifier, rate_hz: float, drift: float | str, seconds: range, with_outputs: bool) -> float:
    """Let a network's layer run under Poisson spikes, changing its state in place; every neuron may learn.

    Args:
        seconds: numbers of the seconds to run, which make their spikes their own.
        with_outputs: output neurons get background, too, as spikes of their teachers.

    Returns:
        The mean rate of the outputs, in Hz.
    """
    described, state = at_rest(network.description, rate_hz, drift), network.state
    c, when = constants_of(described, network.arithmetic), timing(described, TEST)._replace(delay=0)
    everyone, outputs = np.ones(len(state.x), bool), np.ones(len(state.y), bool)
    fired = 0
    for second in seconds:
        pre = input_spikes(everyone, when, network.seed, INPUTS, second)
        teacher = SpikeTrain.silent(when.ticks)
        if with_outputs:
            teacher = input_spikes(outputs, when, network.seed, OUTPUTS, second)
        fired += compiled.run(c, state, pre, teacher, network.seed)[1].post_spikes
    return fired / max(len(seconds) * len(outputs), 1)


def measure(
    network: Classifier,
    data: Data,
    rates_hz: list[float],
    drifts: list[float | str],
    hours: float,
    test_images: int | None = None,
    with_outputs: bool = True,
) -> dict:
    """Leave copies of a trained network to background activity, and test them after parts of the time.

    Args:
        drifts: each a drift a second (of full scale), or OWN.
        test_images: the first ones; None: all.

    Returns:
        network, seed, hours, with_outputs, test_images; `before`, the accuracy in % at first; `runs`: for each rate and
        drift the `hours` of each test, its `accuracy`, the share of `changed` transmitted bits, `output_rate_hz`.

    Raises:
        BadInput: a rate, a drift or a time that cannot be.
    """
    if not hours > 0:
        raise BadInput(f"hours is {hours}, must be above 0")
    for drift in drifts:
        at_rest(network.description, 1.0, drift)
    ends = [round(3600 * hours * part) for part in PARTS]
    before = evaluate(network, data, test_images)
    cases = [(rate, drift, k) for rate in rates_hz for drift in drifts for k in range(1, len(ends))]
    runs: list[dict[str, Any]] = []
    resting = network
    for rate, drift, k in progress(cases, "left to itself"):
        if k == 1:
            resting = replace(network, state=network.state.copy())
            runs.append({"rate_hz": rate, "drift_per_s": drift, "hours": [0.0], "changed": [0.0],
                         "accuracy": [before["accuracy"]], "output_rate_hz": []})  # fmt: skip
        run = runs[-1]
        run["output_rate_hz"].append(leave(resting, rate, drift, range(ends[k - 1], ends[k]), with_outputs))
        run["hours"].append(ends[k] / 3600)
        run["changed"].append(float(np.mean(resting.weights != network.weights)))
        run["accuracy"].append(evaluate(resting, data, test_images)["accuracy"])
    return {
        "network": network.description.name, "arithmetic": network.arithmetic, "seed": network.seed, "hours": hours,
        "with_outputs": with_outputs, "test_images": before["images"], "before": before["accuracy"], "runs": runs,
    }  # fmt: skip


def rows(result: dict) -> list[tuple[str, ...]]:
    """A row a run: rate, drift, accuracy after each part of the time, changed bits and the outputs' rate at last."""
    return [
        (f"{run['rate_hz']:g} Hz", _named(run["drift_per_s"]), *(f"{accuracy:.2f}" for accuracy in run["accuracy"]),
         f"{100 * run['changed'][-1]:.2f}", f"{run['output_rate_hz'][-1]:.2f}")
        for run in result["runs"]
    ]  # fmt: skip


def draw(result: dict) -> Figure:
    """Accuracy over time, a panel a rate, a line a drift."""
    rates = list(dict.fromkeys(run["rate_hz"] for run in result["runs"]))
    figure = Figure(figsize=(3.2 * len(rates) + 0.8, 3.2), dpi=150, layout="constrained")
    for axes, rate in zip(np.atleast_1d(figure.subplots(1, len(rates), sharey=True)), rates, strict=True):
        for run in result["runs"]:
            if run["rate_hz"] == rate:
                axes.plot(run["hours"], run["accuracy"], "o-", label=f"drift {_named(run['drift_per_s'])}")
        axes.set(xlabel="hours left to itself", title=f"background of {rate:g} Hz")
    figure.axes[0].set_ylabel("test accuracy (%)")
    figure.axes[0].legend(fontsize=7)
    where = "inputs and outputs" if result["with_outputs"] else "inputs"
    figure.suptitle(f"{result['network']}, {result['arithmetic']}, seed {result['seed']}: background on {where}")
    return figure


def _named(drift: float | str) -> str:
    return drift if isinstance(drift, str) else f"{drift:g} a second"
