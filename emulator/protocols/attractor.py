"""A recurrent network that learns stimuli and completes them from a part."""

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import Description
from bicall.emulator.digits.figures import FIXED_COLOUR, FLOAT_COLOUR
from bicall.emulator.protocols import spikes
from bicall.emulator.protocols.forced import ARITHMETICS
from bicall.emulator.protocols.recurrent import RecurrentLayer
from bicall.emulator.rule.randomness import random_words
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.reporting import progress

NEURONS = 200
PATTERNS = 4
ACTIVE = 30  # neurons a pattern, drawn for each pattern on its own, so that patterns overlap
CYCLES = 10  # each shows every pattern once
CUES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # parts of a pattern


def patterns(seed: int) -> np.ndarray:
    """Neurons of each pattern, int64[PATTERNS, ACTIVE]."""
    return np.array([
        np.sort(np.argsort(random_words(spikes.key(seed, 10, p), spikes.PROTOCOL, np.arange(NEURONS), 0))[:ACTIVE])
        for p in range(PATTERNS)
    ])  # fmt: skip


def stimulus(description: Description, neurons: np.ndarray, milliseconds: float, key: int) -> SpikeTrain:
    """External Poisson spikes of some neurons."""
    rates = np.zeros(NEURONS)
    rates[neurons] = description.presentation.input_rate_hz
    ticks = description.ticks(milliseconds)
    return SpikeTrain.from_dense(spikes.poisson(rates, ticks, description.time.tick_ms, key))


def measure(description: Description, seed: int, cycles: int = CYCLES) -> dict:
    """Learn all patterns from low weights, then cue each with parts of it, and with as many neurons of none.

    Returns:
        for each arithmetic: `within` and `outside`, parts of the synapses that transmit a 1, within any pattern and
        elsewhere, before and after each cycle; and by cue the mean rates in Hz of the cued neurons, of the `rest` of
        the pattern and of all `others`, after learning, before it (`untrained_rest`), and for a cue of neurons that
        belong to no one pattern (`control_others`, all that are not cued).
    """
    shown = patterns(seed)
    result = {
        "configuration": description.name,
        "seed": seed,
        "neurons": NEURONS,
        "patterns": PATTERNS,
        "active": ACTIVE,
        "cues": list(CUES),
    }
    for arithmetic in ARITHMETICS:
        layer = RecurrentLayer(description, arithmetic, NEURONS, seed, 0.0)
        found = {"within": [0.0], "outside": [0.0]}
        found["untrained_rest"] = _complete(description, layer, shown, seed)["rest"]
        for cycle in progress(range(cycles), f"learning ({arithmetic})"):
            for p, neurons in enumerate(shown):
                key = spikes.key(seed, 11, cycle * PATTERNS + p)
                layer.run(stimulus(description, neurons, description.presentation.train_ms, key))
                layer.reset()
            for name, value in zip(("within", "outside"), learned(layer, shown), strict=True):
                found[name].append(value)
        found |= _complete(description, layer, shown, seed)
        result[arithmetic] = found
    return result


def learned(layer: RecurrentLayer, shown: np.ndarray) -> tuple[float, float]:
    """Parts of the synapses that transmit a 1: between different neurons of a pattern, and of no common pattern."""
    inside = np.zeros((NEURONS, NEURONS), bool)
    for neurons in shown:
        inside[np.ix_(neurons, neurons)] = True
    itself = np.eye(NEURONS, dtype=bool)
    return float(layer.w[inside & ~itself].mean()), float(layer.w[~inside & ~itself].mean())


def _complete(description: Description, layer: RecurrentLayer, shown: np.ndarray, seed: int) -> dict:
    """Rates by cue, means over the patterns; the layer does not learn."""
    names = ("cued", "rest", "others", "control_others")
    found: dict[str, list[float]] = {name: [] for name in names}
    everyone = np.arange(NEURONS)
    milliseconds = description.presentation.test_ms
    for number, part in enumerate(CUES):
        n, rates = round(part * ACTIVE), []
        for p, neurons in enumerate(shown):
            # ACTIVE neurons apart, in the order of their numbers: a set that is no pattern
            mixed = (everyone + p * ACTIVE)[:n] % NEURONS
            key = spikes.key(seed, 12, number * PATTERNS + p)
            cued = np.sort(neurons[np.argsort(random_words(key, spikes.PROTOCOL, neurons, 1))[:n]])
            spiked = _present(layer, stimulus(description, cued, milliseconds, key))
            control = _present(layer, stimulus(description, mixed, milliseconds, key))
            groups = (cued, np.setdiff1d(neurons, cued), np.setdiff1d(everyone, neurons))
            rates.append([*(spiked[group].mean() for group in groups), np.delete(control, mixed).mean()])
        for name, rate in zip(names, np.mean(rates, axis=0) * 1e3 / milliseconds, strict=True):
            found[name].append(float(rate))
    return found


def _present(layer: RecurrentLayer, train: SpikeTrain) -> np.ndarray:
    """Spikes of each neuron, int64[neurons], without learning."""
    spiked = layer.run(train, learning=False).sum(axis=0)
    layer.reset()
    return spiked


def rows(result: dict) -> tuple[tuple, list]:
    """Rates by cue, in Hz."""
    names = ("cued", "rest", "others", "untrained_rest", "control_others")
    columns = ("cue", "arithmetic", *(f"{name.replace('_', ' ')} (Hz)" for name in names))
    return columns, [
        (f"{100 * part:.0f} %", arithmetic, *(f"{result[arithmetic][name][k]:.1f}" for name in names))
        for k, part in enumerate(result["cues"])
        for arithmetic in ARITHMETICS
    ]


def draw(result: dict) -> Figure:
    figure = Figure(figsize=(11, 4), dpi=150, layout="constrained")
    learning, completing = figure.subplots(1, 2)
    for arithmetic, colour in (("float", FLOAT_COLOUR), ("fixed", FIXED_COLOUR)):
        found = result[arithmetic]
        for name, style in (("within", "o-"), ("outside", "x:")):
            learning.plot(found[name], style, color=colour, label=f"{arithmetic}: {name} patterns")
        curves = (
            ("cued", "o:"),
            ("rest", "s-"),
            ("others", "x-"),
            ("untrained_rest", "v--"),
            ("control_others", "+--"),
        )
        for name, style in curves:
            label = f"{arithmetic}: {name.replace('_', ' ')}"
            completing.plot(result["cues"], found[name], style, color=colour, label=label)
    learning.set(xlabel="cycles", ylabel="synapses that transmit a 1", ylim=(-0.03, 1.03), title="learning")
    completing.set(xlabel="part of the pattern that is cued", ylabel="mean rate (Hz)", title="completion")
    completing.set_ylim(top=1.4 * max(result["float"]["cued"]))
    learning.legend(fontsize=6)
    completing.legend(fontsize=6, ncols=2, loc="upper left")
    figure.suptitle(
        f"{result['configuration']}: {result['neurons']} neurons, {result['patterns']} patterns of {result['active']}, "
        f"seed {result['seed']}"
    )
    return figure
