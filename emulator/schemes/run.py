"""Play one postsynaptic neuron and its plastic inputs under any scheme."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bicall.emulator.schemes import clopath, compressed, event_driven, prefix, time_driven, urbanczik
from bicall.emulator.schemes.counters import NAMES
from bicall.emulator.schemes.rule import settle_all
from bicall.emulator.support.arrays import ANY, checked
from bicall.emulator.support.errors import BadInput

LONGEST = 2**31 - 1  # delay in steps
SCHEMES = {
    "TD": "time-driven",
    "ED": "event-driven",
    "EC": "event-driven with compression",
    "PS": "event-driven with prefix sums",
}


class Trial(NamedTuple):
    """What one neuron and its inputs do.

    Attributes:
        rule: parameters, a named tuple whose class implements the operations of `emulator.schemes.rule`.
        state: the synapses at step 0, shape (synapses, fields), float64.
        delays: dendritic delay of each synapse in steps, shape (synapses,), int64, at least 1.
        start: the step that counts as every synapse's previous spike at the beginning.
        entries, levels: what the neuron archives, shape (steps + 1,), float64, index = step; an entry of 0 is not kept.
        spike_steps, spike_synapses: presynaptic spikes, sorted by step, int64.
    """

    rule: NamedTuple
    state: np.ndarray
    delays: np.ndarray
    start: int
    entries: np.ndarray
    levels: np.ndarray
    spike_steps: np.ndarray
    spike_synapses: np.ndarray


@dataclass(frozen=True)
class Run:
    """What a scheme made of a trial.

    Attributes:
        sent: the weight of every spike, in the order of `Trial.spike_steps`, float64.
        last: the weight each synapse sent last (its first weight if it never spiked), float64.
        flushed: the weight of each synapse once everything archived has been integrated, float64.
        state: all fields of the synapses after the flush.
        counters: the counts of `emulator.schemes.counters.NAMES`.
    """

    sent: np.ndarray
    last: np.ndarray
    flushed: np.ndarray
    state: np.ndarray
    counters: dict[str, int]


def run(trial: Trial, scheme: str) -> Run:
    """Play a trial under scheme "TD", "ED", "EC" or "PS"; the trial itself is left as it is.

    Raises:
        BadInput: arrays of other types or shapes, spikes of no synapse, unsorted or outside the run, another scheme.
    """
    if scheme not in SCHEMES:
        raise BadInput(f"scheme is {scheme!r}, must be one of {', '.join(SCHEMES)}")
    _check(trial)
    state = trial.state.copy()
    arguments = (trial.rule, state, *trial[2:])
    if scheme == "TD":
        sent, counters = time_driven.run(*arguments)
    elif scheme == "ED":
        sent, counters = event_driven.run(*arguments)
    elif scheme == "PS":
        sent, counters = prefix.run(*arguments)
    else:
        sent, counters = compressed.run(*arguments, RULES[type(trial.rule)].SUMS)
    last = trial.state[:, 0].copy()
    last[trial.spike_synapses] = sent  # in order of time, so the last assignment of a synapse stays
    return Run(sent, last, settle_all(trial.rule, state), state, dict(zip(NAMES, map(int, counters), strict=True)))


def _check(trial: Trial) -> None:
    synapses, steps, spikes = len(trial.state), len(trial.entries) - 1, len(trial.spike_steps)
    checked("state", trial.state, np.float64, (ANY, np.shape(trial.state)[-1]))
    checked("delays", trial.delays, np.int64, (synapses,), (1, LONGEST))
    checked("entries", trial.entries, np.float64, (ANY,))
    checked("levels", trial.levels, np.float64, (steps + 1,))
    checked("spike steps", trial.spike_steps, np.int64, (ANY,), (0, steps))
    checked("spike synapses", trial.spike_synapses, np.int64, (spikes,), (0, synapses - 1))
    if (falls := np.flatnonzero(np.diff(trial.spike_steps) < 0)).size:
        at = int(falls[0]) + 1
        raise BadInput(f"spike steps: is {trial.spike_steps[at]} at {at}, must not be below the one before")


RULES = {clopath.Clopath: clopath, urbanczik.Urbanczik: urbanczik}
