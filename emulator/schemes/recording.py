"""Recordings of one postsynaptic neuron with plastic inputs, in the layout NEST runs were stored in.

A recording is an `.npz` with, times in ms:

| key | what |
|---|---|
| `mm_t`, `mm_*` | multimeter: times of every step, potentials in mV |
| `spk_pre_t`, `spk_pre_i` | presynaptic spikes: time, input |
| `spk_post` | postsynaptic spikes |
| `w_t`, `w_i`, `w_w` | every weight that was sent: time, input, weight |
| `final_w` | weight of each input at the end (may be missing) |
| `delays`, `w0`, `Wmin`, `Wmax` | one for all inputs, or one for each |
| `par_*` or `params` | the neuron's parameters, one by one or as the text of a dictionary |
| `tau_x` | Clopath: time constant of the presynaptic trace |
| `eta`, `tau_Delta` | Urbanczik-Senn: learning rate (one for all, or one for each input), time constant of the filter |
| `dt`, `max_delay` | step and longest delay (may be missing) |
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bicall.emulator.schemes import clopath, urbanczik
from bicall.emulator.schemes.fields import Fields
from bicall.emulator.schemes.run import Trial
from bicall.emulator.support.errors import BadInput

GRID = 1e-3  # steps; a time further than this from a step is not on the grid
CLOPATH_NEURON = ("A_LTP", "A_LTD", "A_LTD_const", "u_ref_squared", "theta_plus", "theta_minus", "delay_u_bars")
URBANCZIK_NEURON = ("g_sp", "phi_max", "rate_slope", "beta", "theta")


class Clock(NamedTuple):
    """The step in ms, the first and the last step of the multimeter, and the last step of the run."""

    dt: float
    first: int
    last: int
    end: int


@dataclass(frozen=True)
class Recording:
    """A trial with what was recorded of it.

    Attributes:
        rule: "clopath" or "urbanczik".
        dt: the step in ms.
        trial: what to play.
        sent: the recorded weight of every spike, in the order of `trial.spike_steps`.
        final: the recorded weight of each input at the end (where it was not recorded, the last one sent).
    """

    rule: str
    dt: float
    trial: Trial
    sent: np.ndarray
    final: np.ndarray


def load(path: str | Path, sample_every: int = 1) -> Recording:
    """Read and check a recording.

    Args:
        path: the `.npz` file.
        sample_every: let the neuron archive every n-th step only.

    Raises:
        BadInput: the file cannot be read, lacks a key, or holds something no run can have; the message names the
            synapse or the neuron's quantity.
    """
    fields = Fields.read(path)
    if sample_every < 1:
        raise BadInput(f"sample_every is {sample_every}, must be at least 1")
    if "tau_x" in fields:
        rule, make = "clopath", _clopath
    elif "tau_Delta" in fields:
        rule, make = "urbanczik", _urbanczik
    else:
        raise BadInput(f"{path}: has neither tau_x (Clopath) nor tau_Delta (Urbanczik-Senn), must have one")
    clock = _clock(fields)
    delays = _delays(fields, _synapses(fields), clock)
    steps, synapses, _ = _spikes(fields, "spk_pre", len(delays), clock)
    late = np.flatnonzero(steps - delays[synapses] > clock.last)
    if len(late):
        raise BadInput(
            f"{path}: synapse {synapses[late[0]]}: its spike at {steps[late[0]] * clock.dt:g} ms needs potentials "
            f"later than the last of mm_t, {clock.last * clock.dt:g} ms"
        )
    sent = _sent(fields, steps, synapses, len(delays), clock)
    parameters, state, start, archived = make(fields, clock, len(delays), sample_every)
    entries, levels = (np.pad(values, (0, clock.end - clock.last)) for values in archived)
    trial = Trial(parameters, state, delays, start, entries, levels, steps, synapses)
    last = state[:, 0].copy()
    last[synapses] = sent
    final = fields.per_synapse("final_w", len(delays)) if "final_w" in fields else last
    return Recording(rule, clock.dt, trial, sent, final)


def _sent(fields: Fields, steps: np.ndarray, synapses: np.ndarray, count: int, clock: Clock) -> np.ndarray:
    """The recorded weight of every presynaptic spike, in the order of `steps` and `synapses`."""
    send_steps, send_synapses, order = _spikes(fields, "w", count, clock)
    weights = fields.array("w_w")
    if len(weights) != len(order):
        raise BadInput(f"{fields.path}: w_t has {len(order)} values and w_w {len(weights)}, must be as many")
    spikes = set(zip(steps.tolist(), synapses.tolist(), strict=True))
    sends = set(zip(send_steps.tolist(), send_synapses.tolist(), strict=True))
    for step, synapse in sorted(spikes ^ sends)[:1]:
        has, lacks = ("spk_pre_t", "w_t") if (step, synapse) in spikes else ("w_t", "spk_pre_t")
        raise BadInput(
            f"{fields.path}: synapse {synapse}: {has} has {step * clock.dt:g} ms and {lacks} has not, must have both"
        )
    bad = np.flatnonzero(~np.isfinite(weights))
    if len(bad):
        raise BadInput(f"{fields.path}: w_w at index {bad[0]} is {weights[bad[0]]}, must be finite")
    return weights[order]


def _clopath(fields: Fields, clock: Clock, synapses: int, every: int) -> tuple:
    neuron = fields.parameters(CLOPATH_NEURON)
    quantities = ("V_m", "u_bar_plus", "u_bar_minus") + (() if neuron["A_LTD_const"] else ("u_bar_bar",))
    potentials = {name: _potential(fields, name, clock) for name in quantities}
    if neuron["A_LTP"] < 0:
        raise BadInput(f"{fields.path}: A_LTP is {neuron['A_LTP']}, must be at least 0")
    if neuron["u_ref_squared"] <= 0:
        raise BadInput(f"{fields.path}: u_ref_squared is {neuron['u_ref_squared']}, must be above 0")
    if neuron["delay_u_bars"] < 0:
        raise BadInput(f"{fields.path}: delay_u_bars is {neuron['delay_u_bars']} ms, must be at least 0")
    state = np.zeros((synapses, len(clopath.FIELDS)))
    for key, field in (("w0", clopath.WEIGHT), ("Wmin", clopath.MINIMUM), ("Wmax", clopath.MAXIMUM)):
        state[:, field] = fields.per_synapse(key, synapses)
    archived = clopath.archive(potentials, neuron, clock.dt, every)
    return clopath.parameters(clock.dt, fields.positive("tau_x")), state, 0, archived


def _urbanczik(fields: Fields, clock: Clock, synapses: int, every: int) -> tuple:
    neuron = fields.parameters(URBANCZIK_NEURON)
    neuron["soma"] = fields.compartment("soma", ("g_L", "E_L"))
    dendrite = fields.compartment("dendritic", ("C_m", "g_L", "tau_syn_ex", "tau_syn_in"))
    for name in ("C_m", "g_L", "tau_syn_ex", "tau_syn_in"):
        if dendrite[name] <= 0:
            raise BadInput(f"{fields.path}: the dendrite's {name} is {dendrite[name]}, must be above 0")
    tau_leak = dendrite["C_m"] / dendrite["g_L"]
    for name in ("tau_syn_ex", "tau_syn_in"):
        if dendrite[name] == tau_leak:
            raise BadInput(f"{fields.path}: the dendrite's {name} is its C_m/g_L ({tau_leak} ms), must differ from it")
    state = np.zeros((synapses, len(urbanczik.FIELDS)))
    for key, field in (
        ("w0", urbanczik.WEIGHT),
        ("w0", urbanczik.INITIAL),
        ("Wmin", urbanczik.MINIMUM),
        ("Wmax", urbanczik.MAXIMUM),
        ("eta", urbanczik.ETA),
    ):
        state[:, field] = fields.per_synapse(key, synapses)
    spike_steps = _on_grid(fields, "spk_post", fields.array("spk_post"), clock, "the neuron")
    spikes = np.bincount(spike_steps[spike_steps <= clock.last], minlength=clock.last + 1).astype(np.float64)
    archived = urbanczik.archive(
        {"V_m.p": _potential(fields, "V_m.p", clock), "spikes": spikes}, neuron, clock.dt, every
    )
    rule = urbanczik.parameters(
        clock.dt,
        tau_leak,
        dendrite["tau_syn_ex"],
        dendrite["tau_syn_in"],
        fields.positive("tau_Delta"),
        dendrite["C_m"],
        dendrite["g_L"],
    )
    return rule, state, -round(1.0 / clock.dt), archived


def _clock(fields: Fields) -> Clock:
    times = fields.array("mm_t")
    if len(times) < 2:
        raise BadInput(f"{fields.path}: mm_t has {len(times)} times, must have at least 2")
    if not np.isfinite(times).all():
        raise BadInput(f"{fields.path}: mm_t at index {np.flatnonzero(~np.isfinite(times))[0]} is not a number")
    between = (times[-1] - times[0]) / (len(times) - 1)
    dt = fields.positive("dt") if "dt" in fields else round(between, 6)
    if dt <= 0 or abs(between / dt - 1) > 1e-6:
        raise BadInput(f"{fields.path}: mm_t advances by {between:g} ms, must advance by the step dt of {dt:g} ms")
    steps = np.rint(times / dt).astype(np.int64)
    wrong = np.flatnonzero(steps != steps[0] + np.arange(len(steps)))
    if len(wrong) or steps[0] < 0:
        at = wrong[0] if len(wrong) else 0
        due = (max(steps[0], 0) + at) * dt
        raise BadInput(f"{fields.path}: mm_t at index {at} is {times[at]:g} ms, must be {due:g} ms, one step a value")
    if steps[0] > 1:
        raise BadInput(f"{fields.path}: mm_t begins at {times[0]:g} ms, must begin with the first step, {dt:g} ms")
    end = round(fields.positive("T") / dt) if "T" in fields else 0
    return Clock(dt, int(steps[0]), int(steps[-1]), max(int(steps[-1]), end))


def _potential(fields: Fields, name: str, clock: Clock) -> np.ndarray:
    """A recorded potential, shape (clock.last + 1,), index = step (the initial state, not recorded, as step 1)."""
    recorded = fields.array(f"mm_{name}")
    expected = clock.last - clock.first + 1
    if len(recorded) != expected:
        raise BadInput(f"{fields.path}: mm_{name} has {len(recorded)} values, must have {expected} as mm_t")
    bad = np.flatnonzero(~np.isfinite(recorded))
    if len(bad):
        when = (clock.first + bad[0]) * clock.dt
        raise BadInput(f"{fields.path}: the neuron's {name} at {when:g} ms is {recorded[bad[0]]}, must be finite")
    return np.concatenate([np.full(clock.first, recorded[0]), recorded])


def _synapses(fields: Fields) -> int:
    """The number of inputs: what the arrays with one value for each say, else what the spikes say."""
    for key in ("delays", "final_w", "w0", "Wmin", "Wmax"):
        if key in fields and fields.array(key).size > 1:
            return fields.array(key).size
    named = np.concatenate([fields.array("spk_pre_i"), fields.array("w_i")])
    return int(named.max()) + 1 if len(named) else 1


def _delays(fields: Fields, synapses: int, clock: Clock) -> np.ndarray:
    times, dt = fields.per_synapse("delays", synapses), clock.dt
    longest = fields.positive("max_delay") if "max_delay" in fields else clock.last * dt
    for synapse, delay in enumerate(times):
        who = f"{fields.path}: synapse {synapse}: delay is {delay:g} ms"
        if delay < 0.5 * dt:
            raise BadInput(f"{who}, must be at least one step, {dt:g} ms")
        if delay > longest + 0.5 * dt:
            raise BadInput(f"{who}, the archive allows at most {longest:g} ms")
        if abs(delay / dt - round(delay / dt)) > GRID:
            raise BadInput(f"{who}, must be a multiple of the step, {dt:g} ms")
    return np.rint(times / dt).astype(np.int64)


def _on_grid(fields: Fields, key: str, times: np.ndarray, clock: Clock, who: str | Callable[[int], str]) -> np.ndarray:
    """The steps of spike times; `who` names whose they are, as text or as a function of the index."""
    dt, steps = clock.dt, clock.end
    ratio = times / dt
    in_steps = np.rint(ratio)
    bad = np.flatnonzero(~((np.abs(ratio - in_steps) <= GRID) & (in_steps >= 1) & (in_steps <= steps)))
    if len(bad):
        name = who if isinstance(who, str) else who(bad[0])
        raise BadInput(
            f"{fields.path}: {name}: {key} has a spike at {times[bad[0]]:g} ms, "
            f"must be a multiple of {dt:g} ms from {dt:g} to {steps * dt:g} ms"
        )
    return in_steps.astype(np.int64)


def _spikes(fields: Fields, key: str, count: int, clock: Clock) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps and inputs of the spikes `key`_t, `key`_i in the order of (step, input), and the order itself."""
    times, inputs = fields.array(f"{key}_t"), fields.array(f"{key}_i")
    if len(times) != len(inputs):
        raise BadInput(f"{fields.path}: {key}_t has {len(times)} values and {key}_i {len(inputs)}, must be as many")
    synapses = np.rint(np.nan_to_num(inputs, nan=-1)).astype(np.int64)
    bad = np.flatnonzero((synapses < 0) | (synapses >= count) | (synapses != inputs))
    if len(bad):
        raise BadInput(f"{fields.path}: {key}_i names synapse {inputs[bad[0]]:g}, must be 0 to {count - 1}")
    dt = clock.dt
    in_steps = _on_grid(fields, f"{key}_t", times, clock, lambda index: f"synapse {synapses[index]}")
    last = np.zeros(count, np.int64)
    for step, synapse in zip(in_steps.tolist(), synapses.tolist(), strict=True):
        who = f"{fields.path}: synapse {synapse}: {key}_t has"
        if step == last[synapse]:
            raise BadInput(f"{who} two spikes at {step * dt:g} ms, at most one in a step of {dt:g} ms")
        if step < last[synapse]:
            raise BadInput(f"{who} a spike at {step * dt:g} ms after one at {last[synapse] * dt:g} ms, must be sorted")
        last[synapse] = step
    order = np.lexsort((synapses, in_steps))
    return in_steps[order], synapses[order], order
