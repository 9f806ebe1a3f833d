"""A subthreshold oscillation of the membrane makes a recurrent network learn faster, at equal mean rates.

All neurons of one assembly get Poisson spikes from outside, as in `attractor`, and a sinusoidal current, the same for
all, which alone makes none of them fire. A constant goes with it, so that the mean rate stays what it is without. Both
transmitted levels are set to the lower one, so that what is learned cannot change the rates either.
"""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import Description, with_values
from bicall.emulator.digits.figures import FIXED_COLOUR, FLOAT_COLOUR
from bicall.emulator.protocols import spikes
from bicall.emulator.protocols.bootstrap import ratio_interval
from bicall.emulator.protocols.forced import ARITHMETICS, ForcedLayer, learning_speed
from bicall.emulator.protocols.recurrent import RecurrentLayer
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

NEURONS = 40
INPUT_RATE_HZ = 230.0
FREQUENCY_HZ = 7.0
AMPLITUDES = (0.3, 0.6, 0.9)  # of the membrane, in thresholds
SECONDS = 30
REPEATS = 8
STEP_MS = 200  # how often the synapses are looked at
CONDITIONS = ("none", "oscillation", "shuffled")


def measure(
    description: Description, seed: int, amplitudes: tuple[float, ...] = AMPLITUDES, repeats: int = REPEATS
) -> dict:
    """Learning speed from low weights, by amplitude.

    Returns:
        `offset` of the current by amplitude, in thresholds; for each arithmetic and amplitude, and each condition (no
        oscillation; oscillation; its spikes, each train turned round in time by an amount of its own), `speed_per_s`
        and `rate_hz` by repeat; `alone`, the highest membrane under the oscillation alone; and, with their 95 %
        bootstrap intervals, the ratios `oscillation to none` and `shuffled to none`.

    Raises:
        BadInput: the oscillation alone makes neurons fire.
    """
    quiet = with_values(description, transmission__weight_high=description.transmission.weight_low)
    result: dict[str, Any] = {
        "configuration": description.name,
        "seed": seed,
        "neurons": NEURONS,
        "frequency_hz": FREQUENCY_HZ,
        "amplitudes": list(amplitudes),
        "repeats": repeats,
        "offset": {},
    }
    flat = _current(description, 0.0, 0.0)
    for amplitude in progress(amplitudes, "equal rates"):
        result["offset"][str(amplitude)] = _equal_rate_offset(quiet, amplitude, seed)
    runs = [(arithmetic, amplitude) for arithmetic in ARITHMETICS for amplitude in amplitudes]
    for arithmetic, amplitude in progress(runs, "oscillation"):
        current = _current(description, amplitude, result["offset"][str(amplitude)])
        found: dict[str, Any] = {name: {"speed_per_s": [], "rate_hz": []} for name in CONDITIONS}
        found["alone"] = _highest_alone(quiet, arithmetic, current)
        for repeat in range(repeats):
            outside = _outside(quiet, spikes.key(seed, 20, repeat))
            trains = {"none": _spikes(quiet, arithmetic, outside, flat)}
            trains["oscillation"] = _spikes(quiet, arithmetic, outside, current)
            trains["shuffled"] = spikes.shuffled(trains["oscillation"], spikes.key(seed, 21, repeat))
            for name, fired in trains.items():
                found[name]["rate_hz"].append(float(fired.mean()) * 1e3 / description.time.tick_ms)
                found[name]["speed_per_s"].append(_learn(quiet, arithmetic, fired, seed + repeat))
        for name in CONDITIONS[1:]:
            with_it, without = (found[condition]["speed_per_s"] for condition in (name, "none"))
            found[f"{name} to none"] = ratio_interval(with_it, without, seed)
        result.setdefault(arithmetic, {})[str(amplitude)] = found
    return result


def _current(description: Description, amplitude: float, offset: float) -> np.ndarray:
    """The current whose sine moves the membrane by `amplitude` thresholds, plus `offset`; float64[ticks, NEURONS]."""
    ticks, tick_ms = description.ticks(1e3 * SECONDS), description.time.tick_ms
    turn = 2 * np.pi * FREQUENCY_HZ * tick_ms / 1e3
    gain = 1.0
    for time_constant in (description.neuron.current_time_constant_ms, description.neuron.membrane_time_constant_ms):
        decay = np.exp(-tick_ms / time_constant) if time_constant else 0.0
        gain /= abs(1 - decay * np.exp(-1j * turn))
    wave = offset + amplitude / gain * np.sin(turn * np.arange(ticks))
    return np.repeat(wave[:, None], NEURONS, axis=1)


def _outside(description: Description, key: int) -> SpikeTrain:
    ticks, tick_ms = description.ticks(1e3 * SECONDS), description.time.tick_ms
    return SpikeTrain.from_dense(spikes.poisson(np.full(NEURONS, INPUT_RATE_HZ), ticks, tick_ms, key))


def _spikes(description: Description, arithmetic: str, outside: SpikeTrain, current: np.ndarray) -> np.ndarray:
    """What the neurons fire: learning does not matter, as both levels transmit the same."""
    return RecurrentLayer(description, arithmetic, NEURONS, 1, 0.0).run(outside, False, current)


def _highest_alone(description: Description, arithmetic: str, current: np.ndarray) -> float:
    """The highest membrane, in thresholds, that the current alone leads to."""
    layer = RecurrentLayer(description, arithmetic, NEURONS, 1, 0.0)
    highest = 0.0
    for k in range(0, 2 * description.ticks(1e3 / FREQUENCY_HZ)):
        if layer.run(SpikeTrain.silent(1), False, current[k : k + 1]).any():
            raise BadInput(f"oscillation {FREQUENCY_HZ} Hz: is above the membrane's threshold, must be below")
        highest = max(highest, float(layer.state.membrane.max() / layer.constants.membrane_threshold))
    return highest


def _equal_rate_offset(description: Description, amplitude: float, seed: int) -> float:
    """The constant current with which the oscillation leaves the mean rate as it is; by bisection, in float."""
    outside = _outside(description, spikes.key(seed, 22))
    target = _spikes(description, "float", outside, _current(description, 0.0, 0.0)).sum()
    low, high = -0.005, 0.005
    for _ in range(12):
        middle = (low + high) / 2
        fired = _spikes(description, "float", outside, _current(description, amplitude, middle)).sum()
        low, high = (middle, high) if fired < target else (low, middle)
    return (low + high) / 2


def forced(description: Description) -> Description:
    """The same rule for neurons that fire as told."""
    return with_values(
        description, transmission__weight_low=0.0, transmission__weight_high=0.0, transmission__teacher_weight=2.0,
        neuron__current_time_constant_ms=0.0, neuron__refractory_ticks=0,
    )  # fmt: skip


def _learn(description: Description, arithmetic: str, fired: np.ndarray, seed: int) -> float:
    """Learning speed when the neurons fire as given, which is how they do fire, as no learned weight is transmitted."""
    layer = ForcedLayer(forced(description), arithmetic, NEURONS, NEURONS, 0.0, seed)
    return learning_speed(layer, fired, description.ticks(STEP_MS), description.time.tick_ms)


def rows(result: dict) -> tuple[tuple, list]:
    """Ratios of learning speeds and mean rates, by amplitude."""
    ratios = [f"{name} to none" for name in CONDITIONS[1:]]
    columns = ("amplitude (thresholds)", "arithmetic", *ratios, *(f"{name} (Hz)" for name in CONDITIONS))
    made = []
    for amplitude in result["amplitudes"]:
        for arithmetic in ARITHMETICS:
            run = result[arithmetic][str(amplitude)]
            shown = (f"{run[n]['ratio']:.2f} ({run[n]['low']:.2f} to {run[n]['high']:.2f})" for n in ratios)
            rates = (f"{np.mean(run[name]['rate_hz']):.2f}" for name in CONDITIONS)
            made.append((amplitude, arithmetic, *shown, *rates))
    return columns, made


def draw(result: dict) -> Figure:
    figure = Figure(figsize=(10, 4), dpi=150, layout="constrained")
    ratio_axes, rate_axes = figure.subplots(1, 2)
    ratio_axes.axhline(1, color="grey", lw=0.5)
    for arithmetic, colour in (("float", FLOAT_COLOUR), ("fixed", FIXED_COLOUR)):
        runs = [result[arithmetic][str(amplitude)] for amplitude in result["amplitudes"]]
        for name, style in (("oscillation to none", "o-"), ("shuffled to none", "s:")):
            ratio, low, high = (np.array([run[name][key] for run in runs]) for key in ("ratio", "low", "high"))
            ratio_axes.errorbar(
                result["amplitudes"], ratio, (ratio - low, high - ratio), fmt=style, color=colour, capsize=2,
                label=f"{arithmetic}: {name}",
            )  # fmt: skip
        for name, style in zip(CONDITIONS, ("^-", "o--", "s:"), strict=True):
            rates = [np.mean(run[name]["rate_hz"]) for run in runs]
            rate_axes.plot(result["amplitudes"], rates, style, color=colour, label=f"{arithmetic}: {name}")
    ratio_axes.set(ylabel="ratio of learning speeds, 95 % interval", ylim=(0, None))
    rate_axes.set(ylabel="mean rate (Hz)", ylim=(0, 1.6 * max(rates)))
    for axes in (ratio_axes, rate_axes):
        axes.set_xlabel(f"amplitude of the membrane at {result['frequency_hz']:g} Hz (thresholds)")
        axes.legend(fontsize=7)
    figure.suptitle(
        f"Subthreshold oscillation: {result['neurons']} neurons, {result['repeats']} repeats, "
        f"{result['configuration']}, seed {result['seed']}"
    )
    return figure
