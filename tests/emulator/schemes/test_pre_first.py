"""A rule whose presynaptic spikes come before the entry of their step (as BiCaLL's do), and that drifts in between."""

import inspect
from typing import NamedTuple

import numpy as np
import pytest

from bicall.emulator.schemes import event_driven, time_driven
from bicall.emulator.schemes import rule as operation
from bicall.emulator.schemes.rule import implements
from bicall.emulator.schemes.run import Trial


class Counting(NamedTuple):
    """Integers in float64: exact, so every scheme must give equal numbers."""

    unused: float = 0.0


@implements(operation.pre_first, Counting)
def _pre_first(rule):
    return 1


@implements(operation.advance, Counting)
def _advance(rule, state, synapse, start, stop):
    state[synapse, 0] = min(state[synapse, 0] + (stop - start), 1e6)


@implements(operation.integrate, Counting)
def _integrate(rule, state, synapse, value, previous, entry, delay):
    state[synapse, 0] = state[synapse, 0] * 3.0 % 65521.0 + value * (entry + delay - previous)


@implements(operation.settle, Counting)
def _settle(rule, state, synapse):
    return state[synapse, 0]


@implements(operation.transmit, Counting)
def _transmit(rule, state, synapse, level, previous, step):
    sent = state[synapse, 0]
    state[synapse, 0] = sent * 5.0 % 65521.0 + level
    return sent


def by_the_contract(t):
    """Each step: drift, presynaptic spikes, then the entry, `delay` steps after it was archived. Plain Python."""
    weight, previous, sent = t.state[:, 0].copy(), np.full(len(t.delays), t.start), []
    for step in range(1, len(t.entries)):
        weight = np.minimum(weight + 1, 1e6)
        for s in t.spike_synapses[t.spike_steps == step]:
            sent.append(weight[s])
            weight[s] = weight[s] * 5 % 65521 + t.levels[max(step - t.delays[s], 0)]
            previous[s] = step
        for s, delay in enumerate(t.delays):
            if step >= delay and t.entries[step - delay] != 0:
                weight[s] = weight[s] * 3 % 65521 + t.entries[step - delay] * (step - previous[s])
    return np.array(sent), weight


def uncached(module):
    """The module's `run`, compiled here only: a cache that names this test's rule cannot be read without it."""
    space = {"__name__": f"uncached_{module.__name__}"}
    exec(inspect.getsource(module).replace("cache=True, ", ""), space)
    return space["run"]


SCHEMES = {"TD": uncached(time_driven), "ED": uncached(event_driven)}


@pytest.mark.parametrize("seed", range(20))
def test_order_of_one_step(seed):
    """The order matters to this rule at every operation: drift, spike and entry do not commute."""
    rng, steps, k = np.random.default_rng(seed), 400, 5
    entries = np.where(rng.random(steps + 1) < 0.3, rng.integers(1, 9, steps + 1), 0).astype(float)
    levels = rng.integers(0, 3, steps + 1).astype(float)
    entries[0] = levels[0] = 0.0
    spikes = rng.random((steps + 1, k)) < rng.choice([0.01, 0.2, 1.0])
    spikes[0] = False
    spike_steps, spike_synapses = (a.astype(np.int64) for a in np.nonzero(spikes))
    delays = rng.integers(0, 6, k)
    t = Trial(Counting(), np.zeros((k, 1)), delays, 0, entries, levels, spike_steps, spike_synapses)
    sent, weights = by_the_contract(t)
    for scheme, play in SCHEMES.items():
        state = t.state.copy()
        assert np.array_equal(play(t.rule, state, *t[2:])[0], sent), scheme
        assert np.array_equal(state[:, 0], weights), scheme
