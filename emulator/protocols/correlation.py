"""Correlated spiking: of two groups at the same mean rates and parameters, the correlated one learns faster.

A group is a population that projects onto itself: its neurons' spikes are the presynaptic ones a tick later. All
spikes are forced, so that learning changes no rate. The second group has the spikes of the first, each train turned
round in time by a random amount of its own: the same counts and intervals, but no correlation. A third group, of
independent Poisson trains of the same mean rate, learns as fast as the second one: shuffling leaves nothing behind.
"""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import Description
from bicall.emulator.digits.figures import FIXED_COLOUR, FLOAT_COLOUR
from bicall.emulator.protocols import spikes
from bicall.emulator.protocols.bootstrap import ratio_interval
from bicall.emulator.protocols.forced import ARITHMETICS, ForcedLayer, learning_speed
from bicall.emulator.support.reporting import progress

CORRELATIONS = (0.05, 0.1, 0.2, 0.4, 0.6)
RATE_HZ = 15.0
JITTER_MS = 10
WINDOW_MS = 50  # for counting; five times the jitter
NEURONS = 30
GROUPS = ("correlated", "shuffled", "independent")
REPEATS = 12
SECONDS = 30
STEP_MS = 200  # how often the synapses are looked at


def measure(
    description: Description, seed: int, correlations: tuple[float, ...] = CORRELATIONS, repeats: int = REPEATS
) -> dict:
    """Learning speed of each group, from low weights.

    Returns:
        for each arithmetic and correlation: `speed_per_s`, `rate_hz` and the measured `correlation` of each group by
        repeat; and, with their 95 % bootstrap intervals, `ratio` of the mean speeds, correlated to shuffled, and
        `control`, shuffled to independent.
    """
    result: dict[str, Any] = {
        "configuration": description.name,
        "seed": seed,
        "rate_hz": RATE_HZ,
        "correlations": list(correlations),
        "neurons": NEURONS,
        "repeats": repeats,
    }
    runs = [(arithmetic, c) for arithmetic in ARITHMETICS for c in correlations]
    for arithmetic, c in progress(runs, "correlated spikes"):
        trains = [groups(description, c, seed, repeat) for repeat in range(repeats)]
        run = {name: _learn(description, arithmetic, seed, [group[name] for group in trains]) for name in GROUPS}
        correlated, shuffled, independent = (run[name]["speed_per_s"] for name in GROUPS)
        run["ratio"] = ratio_interval(correlated, shuffled, seed)
        run["control"] = ratio_interval(shuffled, independent, seed)
        result.setdefault(arithmetic, {})[str(c)] = run
    return result


def groups(description: Description, correlation: float, seed: int, repeat: int) -> dict[str, np.ndarray]:
    """The trains of the three groups in one repeat, each bool[ticks, neurons]."""
    ticks, tick_ms = description.ticks(1e3 * SECONDS), description.time.tick_ms
    together_key, turn_key, alone_key = (spikes.key(seed, purpose, repeat) for purpose in (2, 3, 4))
    jitter = description.ticks(JITTER_MS)
    together = spikes.correlated(RATE_HZ, correlation, NEURONS, ticks, jitter, tick_ms, together_key)
    # the finite common train of this repeat misses its rate by some percent, and the speed depends steeply on it
    rate = together.mean() * 1e3 / tick_ms
    alone = spikes.poisson(np.full(NEURONS, rate), ticks, tick_ms, alone_key)
    return dict(zip(GROUPS, (together, spikes.shuffled(together, turn_key), alone), strict=True))


def _learn(description: Description, arithmetic: str, seed: int, repeats: list[np.ndarray]) -> dict:
    tick_ms, step, speeds = description.time.tick_ms, description.ticks(STEP_MS), []
    for repeat, trains in enumerate(repeats):
        layer = ForcedLayer(description, arithmetic, NEURONS, NEURONS, 0.0, seed + repeat)
        speeds.append(learning_speed(layer, trains, step, tick_ms))
    return {
        "speed_per_s": speeds,
        "rate_hz": [float(trains.mean()) * 1e3 / tick_ms for trains in repeats],
        "correlation": [spikes.correlation_coefficient(trains, description.ticks(WINDOW_MS)) for trains in repeats],
    }


def rows(result: dict) -> tuple[tuple, list]:
    """Ratios of learning speeds and mean rates, by correlation."""
    columns = ("correlation", "arithmetic", "correlated to shuffled", "shuffled to independent", "rates (Hz)")
    made = []
    for c in result["correlations"]:
        for arithmetic in ARITHMETICS:
            run = result[arithmetic][str(c)]
            ratios = (
                f"{run[n]['ratio']:.2f} ({run[n]['low']:.2f} to {run[n]['high']:.2f})" for n in ("ratio", "control")
            )
            rates = (f"{np.mean(run[name]['rate_hz']):.2f}" for name in GROUPS)
            made.append((c, arithmetic, *ratios, ", ".join(rates)))
    return columns, made


def draw(result: dict) -> Figure:
    figure = Figure(figsize=(13, 4), dpi=150, layout="constrained")
    ratio_axes, speed_axes, rate_axes = figure.subplots(1, 3)
    c = result["correlations"]
    ratio_axes.axhline(1, color="grey", lw=0.5)
    for arithmetic, colour in (("float", FLOAT_COLOUR), ("fixed", FIXED_COLOUR)):
        runs = [result[arithmetic][str(value)] for value in c]
        names = (("ratio", "correlated to shuffled", "o-"), ("control", "shuffled to independent", "s:"))
        for name, meaning, style in names:
            ratio, low, high = (np.array([run[name][key] for run in runs]) for key in ("ratio", "low", "high"))
            error = (ratio - low, high - ratio)
            ratio_axes.errorbar(c, ratio, error, fmt=style, color=colour, capsize=2, label=f"{arithmetic}: {meaning}")
        for name, style in zip(GROUPS, ("o-", "s--", "^:"), strict=True):
            speed = [np.mean(run[name]["speed_per_s"]) for run in runs]
            speed_axes.plot(c, speed, style, color=colour, label=f"{arithmetic}: {name}")
            if arithmetic == "float":  # the spikes are the same in both
                rate_axes.plot(c, [np.mean(run[name]["rate_hz"]) for run in runs], style, color="black", label=name)
    ratio_axes.set(xlabel="correlation coefficient", ylabel="ratio of learning speeds, 95 % interval")
    speed_axes.set(xlabel="correlation coefficient", ylabel="learning speed (1/s)", ylim=(0, None))
    rate_axes.set(xlabel="correlation coefficient", ylabel="mean rate (Hz)", ylim=(0, 1.4 * result["rate_hz"]))
    for axes in (ratio_axes, speed_axes, rate_axes):
        axes.legend(fontsize=7)
    figure.suptitle(
        f"Correlated spiking: {result['neurons']} neurons, {result['repeats']} repeats, {result['configuration']}, "
        f"seed {result['seed']}"
    )
    return figure
