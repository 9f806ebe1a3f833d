"""Two published protocols: spike pairing under the Clopath rule, and learning to predict a potential (Urbanczik-Senn).

Each function returns plain data; `write` stores data as JSON beside its figure.
"""

import json
from pathlib import Path

import numpy as np

from bicall.emulator.closed_loop import adex
from bicall.emulator.closed_loop.two_compartment import TwoCompartment, learn, prediction
from bicall.emulator.schemes import clopath
from bicall.emulator.schemes.run import Trial, run
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.files import write_aside, write_text

NEURON = {"A_LTP": 8e-5, "A_LTD": 14e-5, "A_LTD_const": True, "u_ref_squared": 60.0}
NEURON |= {"theta_plus": -45.3, "theta_minus": -70.6, "delay_u_bars": 4.0}
DT = 0.1  # ms
KICK = 80.0  # mV, makes the neuron spike
LEAD = 10.0  # ms between the two spikes of a pair
FIRST_WEIGHT = 0.5  # mV
PAIRS_SHOWN = 15.0  # a protocol's five pairs are shown 15 times (Clopath et al. 2010, scaled as in NEST's example)


@cached_njit
def _play(neuron, table, jumps):
    """The fields of one neuron after each step, shape (steps + 1, fields); row 0 is rest."""
    y = np.zeros((adex.FIELDS, 1))
    y[adex.V] = y[adex.U_PLUS] = y[adex.U_MINUS] = y[adex.U_BAR] = neuron.E_L
    y[adex.V_TH] = neuron.V_th_rest
    clamp, states = np.zeros(1, np.int64), np.empty((len(jumps), adex.FIELDS))
    states[0] = y[:, 0]
    for step in range(1, len(jumps)):
        adex.step(neuron, table, y, clamp, 0, jumps[step])
        states[step] = y[:, 0]
    return states


def pair(pre: np.ndarray, post: np.ndarray) -> float:
    """The weight sent at the last of the presynaptic spikes; times in ms."""
    neuron, pre_steps = adex.AdEx(), np.rint(np.asarray(pre) / DT).astype(np.int64)
    post_steps = np.rint(np.asarray(post) / DT).astype(np.int64)
    steps = max(pre_steps[-1], post_steps[-1]) + round(LEAD / DT)
    table, sent = adex.coefficients(neuron, DT), np.full(len(pre_steps), FIRST_WEIGHT)
    state = np.array([[FIRST_WEIGHT, 0.0, 0.0, 100.0]])
    while True:  # the synapse's own jumps depend on its weights: repeat until they no longer change
        jumps = np.zeros(steps + 1)
        jumps[post_steps + 1] += KICK
        jumps[pre_steps + 1] += sent
        states = _play(neuron, table, jumps)
        names = {"V_m": adex.V, "u_bar_plus": adex.U_PLUS, "u_bar_minus": adex.U_MINUS}
        entries, levels = clopath.archive({name: states[:, field] for name, field in names.items()}, NEURON, DT)
        synapses = np.zeros_like(pre_steps)
        rule, delays = clopath.parameters(DT, 15.0), np.ones(1, np.int64)
        trial = Trial(rule, state, delays, 0, entries, levels, pre_steps, synapses)
        new = run(trial, "ED").sent
        if np.array_equal(new, sent):
            return float(sent[-1])
        sent = new


def spike_pairing(rates: tuple[float, ...] = (10.0, 20.0, 30.0, 40.0, 50.0)) -> dict:
    """Weight after five pairs of spikes 10 ms apart, against their rate in Hz, in percent of the first weight.

    A presynaptic spike before (`pre_post`) and after (`post_pre`) the postsynaptic one. Figure 2 of Clopath et al.
    (2010), in the form of NEST's clopath_synapse_spike_pairing example.
    """
    result = {"rates_hz": list(rates), "pre_post_percent": [], "post_pre_percent": []}
    for rate in rates:
        interval = 1000.0 / rate
        leading = 10.0 + interval * np.arange(5)
        last = 10.0 + interval * np.arange(1, 7)  # NEST's example shows one more pair where pre comes first
        for key, weight in (
            ("pre_post_percent", pair(last + LEAD, last + 2 * LEAD)),
            ("post_pre_percent", pair(leading + LEAD, leading)),
        ):
            result[key].append(100.0 + 100.0 * PAIRS_SHOWN * (weight - FIRST_WEIGHT) / FIRST_WEIGHT)
    return result


def dendritic_learning(repetitions: int = 100, inputs: int = 200, seed: int = 1) -> dict:
    """A neuron sees a frozen pattern of input spikes while its soma is driven; the dendrite learns to predict it.

    Urbanczik and Senn (2014), figure 1, as NEST's urbanczik_synapse_example: a pattern of 200 ms of 10 Hz inputs,
    two patterns without drive before and after.

    Returns:
        `error_mv`: root mean square difference between prediction and target in each driven repetition; time courses of
        the first and last driven repetition; the mean weight after each.
    """
    rng, neuron, period = np.random.default_rng(seed), TwoCompartment(), round(200.0 / DT)
    steps, begin = (repetitions + 4) * period, 2 * period
    pattern = rng.random((period, inputs)) < 10.0 * DT / 1000.0
    once_steps, once_inputs = np.nonzero(pattern)
    spike_steps = (once_steps[None, :] + period * np.arange(repetitions + 4)[:, None] + 1).ravel()
    time = np.arange(steps + 1) * DT
    driven = (np.arange(steps + 1) >= begin) & (np.arange(steps + 1) < steps - 2 * period)
    # the drive of NEST's example: weights of 10 * 0.1 for each input of one step
    excitation = np.where(driven, 4.8 * np.sin(4.0 * np.pi * time / 200.0) + 5.4, 0.0)
    inhibition = np.where(driven, 18.0, 0.0)
    result = learn(
        spike_steps.astype(np.int64),
        np.tile(once_inputs, repetitions + 4).astype(np.int64),
        excitation,
        inhibition,
        weight=90.0,
        eta=0.17,
        w_max=1350.0,
        seed=seed,
        every=period,
    )
    predicted = prediction(neuron, result.dendrite)
    first = begin + period * np.arange(repetitions)
    settled = round(20.0 / DT)  # the drive needs some time constants of its conductances to build up
    errors = []
    for start in first:
        window = slice(start + settled, start + period)
        errors.append(float(np.sqrt(np.mean((predicted[window] - result.target[window]) ** 2))))
    courses = {}
    for name, start in (("first", first[0]), ("last", first[-1])):
        window = slice(start + 1, start + 1 + period, 10)
        courses[name] = {"predicted_mv": predicted[window].tolist(), "target_mv": result.target[window].tolist()}
    return {
        "error_mv": errors,
        "mean_weight_pa": result.weights.mean(axis=1).tolist(),
        "output_spikes": int(result.spikes.sum()),
        "time_ms": (np.arange(0, period, 10) * DT).tolist(),
        **courses,
    }


def write_spike_pairing(path: str | Path) -> dict:
    """Run `spike_pairing`; write its figure to `path` and its data beside it as JSON; return the data."""
    data = spike_pairing()
    figure, axes = _figure(1)
    axes[0].plot(data["rates_hz"], data["pre_post_percent"], "o-", label="pre before post")
    axes[0].plot(data["rates_hz"], data["post_pre_percent"], "s-", label="post before pre")
    axes[0].axhline(100.0, color="grey", lw=0.5)
    axes[0].set(xlabel="rate of pairs (Hz)", ylabel="weight (% of the first)", title="Clopath rule: spike pairing")
    axes[0].legend()
    return _store(path, figure, data)


def write_dendritic_learning(path: str | Path) -> dict:
    """Run `dendritic_learning`; write its figure to `path` and its data beside it as JSON; return the data."""
    data = dendritic_learning()
    figure, axes = _figure(3)
    for axis, name in zip(axes, ("first", "last"), strict=False):
        axis.plot(data["time_ms"], data[name]["target_mv"], label="target")
        axis.plot(data["time_ms"], data[name]["predicted_mv"], label="dendritic prediction")
        axis.set(xlabel="time in the pattern (ms)", ylabel="potential (mV)", title=f"{name} repetition")
        axis.legend()
    axes[2].plot(range(1, len(data["error_mv"]) + 1), data["error_mv"])
    axes[2].set(xlabel="repetition", ylabel="error (mV)", title="learning", ylim=(0, None))
    return _store(path, figure, data)


def _figure(panels: int):
    from matplotlib.figure import Figure  # not at the top: the data alone need no drawing library

    figure = Figure(figsize=(4.5 * panels, 3.4), layout="constrained")
    return figure, [figure.add_subplot(1, panels, k + 1) for k in range(panels)]


def _store(path: str | Path, figure, data: dict) -> dict:
    with write_aside(path) as aside:
        figure.savefig(aside)
    write_text(Path(path).with_suffix(".json"), json.dumps(data, indent=1) + "\n")
    return data
