"""Play one postsynaptic neuron and its plastic inputs under any scheme."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bicall.emulator.schemes import clopath, compressed, event_driven, time_driven, urbanczik
from bicall.emulator.schemes.counters import NAMES
from bicall.emulator.schemes.rule import settle_all

SCHEMES = {"TD": "time-driven", "ED": "event-driven", "EC": "event-driven with compression"}


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
    """Play a trial under scheme "TD", "ED" or "EC"; the trial itself is left as it is."""
    state = trial.state.copy()
    arguments = (trial.rule, state, *trial[2:])
    if scheme == "TD":
        sent, counters = time_driven.run(*arguments)
    elif scheme == "ED":
        sent, counters = event_driven.run(*arguments)
    else:
        sent, counters = compressed.run(*arguments, RULES[type(trial.rule)].SUMS)
    last = trial.state[:, 0].copy()
    last[trial.spike_synapses] = sent  # in order of time, so the last assignment of a synapse stays
    return Run(sent, last, settle_all(trial.rule, state), state, dict(zip(NAMES, map(int, counters), strict=True)))


RULES = {clopath.Clopath: clopath, urbanczik.Urbanczik: urbanczik}
