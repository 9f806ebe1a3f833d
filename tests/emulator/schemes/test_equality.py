"""Time-driven is the reference model: the other schemes must give its weights, on every spike and after the flush."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.schemes import clopath, compressed, event_driven, prefix, urbanczik
from bicall.emulator.schemes.run import Trial, run

RELATIVE = 1e-12


def trial(rule, seed, synapses, steps, rate, spread, dense, burst):
    """A random trial; `rate` is the chance of a spike a step, `spread` the longest delay in steps."""
    rng = np.random.default_rng(seed)
    chance = rate * rng.integers(rng.integers(0, 2), 2, synapses)  # in half of the trials some inputs are silent
    spiking = rng.random((steps + 1, synapses)) < chance
    if burst:
        begin = rng.integers(1, steps + 1)
        spiking[begin : begin + 20] = True  # every input at every step: coincident spikes at the highest rate
    spiking[0] = False
    spike_steps, spike_synapses = (a.astype(np.int64) for a in np.nonzero(spiking))
    delays = rng.integers(1, spread + 1, synapses)
    entries = np.where(rng.random(steps + 1) < (1.0 if dense else 0.05), rng.normal(size=steps + 1), 0.0)
    entries[0] = 0.0
    levels = np.where(rng.random(steps + 1) < 0.5, 1e-3 * rng.random(steps + 1), 0.0)
    if rule == "clopath":
        parameters, start = clopath.parameters(0.1, rng.uniform(1.0, 30.0)), 0
        state = np.zeros((synapses, len(clopath.FIELDS)))
        state[:, clopath.WEIGHT], state[:, clopath.MAXIMUM] = rng.uniform(0.2, 1.0, synapses), rng.choice([0.9, 1e3])
        state[:, clopath.MINIMUM] = rng.uniform(0.0, 0.4)
        entries = 0.02 * np.abs(entries)
    else:
        parameters = urbanczik.parameters(0.1, 10.0, 3.0, rng.choice([3.0, 5.0]), rng.uniform(1.0, 100.0), 300.0, 30.0)
        start, state = -10, np.zeros((synapses, len(urbanczik.FIELDS)))
        state[:, urbanczik.WEIGHT] = state[:, urbanczik.INITIAL] = rng.uniform(0.0, 100.0, synapses)
        state[:, urbanczik.MAXIMUM], state[:, urbanczik.ETA] = rng.uniform(50.0, 1e4), rng.uniform(0.001, 0.1)
    return Trial(parameters, state, delays, start, entries, levels, spike_steps, spike_synapses)


trials = st.builds(
    trial,
    rule=st.sampled_from(["clopath", "urbanczik"]),
    seed=st.integers(0, 2**32 - 1),
    synapses=st.integers(1, 8),
    steps=st.integers(1, 600),
    rate=st.sampled_from([0.0, 0.002, 0.02, 0.3, 1.0]),
    spread=st.integers(1, 20),
    dense=st.booleans(),
    burst=st.booleans(),
)


def differs(a, b, scale):
    """The largest difference between two runs, relative to `scale`, the largest number that entered the weights."""
    parts = ((a.sent, b.sent), (a.last, b.last), (a.flushed, b.flushed))
    return max(float(np.abs(x - y).max(initial=0.0)) for x, y in parts) / scale


def scale_of(t, reference):
    """A weight sums what was integrated: rounding is relative to the largest of these, not to a clipped sum."""
    if isinstance(t.rule, clopath.Clopath):
        return max(1.0, float(np.abs(reference.state[:, clopath.WEIGHT]).max()))
    r = t.rule
    gain = 15.0 * r.capacitance * r.tau_ex * t.state[:, urbanczik.ETA].max() / (r.leak * (r.tau_leak - r.tau_ex))
    return max(1.0, gain * float(np.abs(t.entries).sum()), float(np.abs(reference.flushed).max()))


@settings(max_examples=300, deadline=None)
@given(trials)
def test_schemes_agree(t):
    reference, event, short, sums = (run(t, scheme) for scheme in ("TD", "ED", "EC", "PS"))
    scale = scale_of(t, reference)
    assert differs(sums, reference, scale) <= RELATIVE
    assert differs(event, reference, scale) <= RELATIVE
    assert differs(short, reference, scale) <= RELATIVE
    if isinstance(t.rule, clopath.Clopath):  # the same operations in the same order: not one bit apart
        assert np.array_equal(event.sent, reference.sent)
        assert np.array_equal(event.flushed, reference.flushed)


@settings(max_examples=100, deadline=None)
@given(trials)
def test_counters(t):
    reference, event, short, sums = (run(t, scheme).counters for scheme in ("TD", "ED", "EC", "PS"))
    steps, synapses, spikes = len(t.entries) - 1, len(t.delays), len(t.spike_steps)
    assert reference["synapse_visits"] == steps * synapses
    assert event["synapse_visits"] == short["synapse_visits"] == spikes + synapses
    read = [np.count_nonzero(t.entries[: max(steps - delay, 0) + 1]) for delay in t.delays]
    assert event["weight_computations"] == sum(read)  # after the flush, every synapse has read every entry once
    assert event["peak_history"] <= np.count_nonzero(t.entries)
    entries = np.count_nonzero(t.entries)
    assert sums["synapse_visits"] == spikes + synapses
    assert sums["history_manipulations"] == entries and sums["peak_history"] <= entries
    assert entries <= sums["weight_computations"] <= entries + min(sum(read), prefix.FEW * (spikes + synapses))
    assert short["weight_computations"] <= event["weight_computations"]
    assert short["peak_history"] <= synapses + 2 * len(np.unique(t.delays))


def compiled_again(module, changes):
    """The module's `run` compiled from changed source: a scheme with one deliberate error."""
    source = inspect.getsource(module)
    for old, new in changes:
        assert source.count(old) >= 1, old
        source = source.replace(old, new)
    space = {"__name__": f"mutant_of_{module.__name__}"}
    exec(source.replace("cache=True", "boundscheck=True"), space)
    return space["run"]


MUTANTS = [
    (event_driven, ("level, before, step)", "level, before, step + 1)")),  # trace decays one step too far
    (event_driven, ('side="right"', 'side="left"')),  # reads the entry of the last visit again
    (event_driven, ("first = previous - delay - pre_first(rule)", "first = previous - pre_first(rule)")),  # no delay
    (event_driven, ("levels[step - delay]", "levels[step]")),  # depression not delayed
    (event_driven, ("oldest = (previous - delays).min()", "oldest = previous.min()")),  # prunes what is still needed
    (event_driven, ("last_step - delay\n        )", "last_step - delay - 1\n        )")),  # the flush stops early
    (compressed, ("segment_start - spikes[slot], now", "segment_start - spikes[slot] + 1, now")),  # wrong age of a sum
    (compressed, ("segments[g] = 0.0", "pass")),  # a segment is counted twice
    (compressed, ("users[slot[synapse]] += 1\n            previous", "previous")),  # sums in use are dropped
    (compressed, ("levels[step - delays[synapse]]", "levels[step]")),
    (
        prefix,
        ("FEW = 8", "FEW = 0"),
        ("(begin - anchor * apart)", "(begin - anchor * apart + 1)"),
    ),  # an anchor off by one
    (prefix, ("part -= prefix[first - 1, field]", "pass")),  # what came before the window counts
    (prefix, ("if anchor == closing else totals[field, anchor]", "if True else 0.0")),  # totals in between are left out
    (prefix, ("seen[synapse] = arrived[g]", "seen[synapse] = max(arrived[g] - 1, 0)")),  # an entry is read twice
    (prefix, ("steps[arrived[g]] <= last", "steps[arrived[g]] < last")),  # the window ends a step early
    (
        prefix,
        ("CUT = 45.0", "CUT = 3.0"),
        ("(abs(rate) * apart)) + 2", "(abs(rate) * apart))"),
    ),  # a window is cut too early
]


@pytest.mark.parametrize(
    "number", [k if k in (0, 6) else pytest.param(k, marks=pytest.mark.slow) for k in range(len(MUTANTS))]
)
def test_mutants_are_caught(number, monkeypatch):
    """Each wrong scheme breaks the equality on one of a few fixed trials, which the right scheme passes."""
    module, *changes = MUTANTS[number]
    monkeypatch.setattr(module, "run", compiled_again(module, changes))
    scheme = {event_driven: "ED", compressed: "EC", prefix: "PS"}[module]
    caught = False
    for seed in range(10):
        rate, steps = (0.02, 400) if seed < 5 else (0.005, 3000)
        t = trial("clopath", seed, 6, steps, rate, 20, True, seed % 2 == 1)
        reference = run(t, "TD")
        try:
            caught = caught or differs(run(t, scheme), reference, scale_of(t, reference)) > RELATIVE
        except IndexError:  # a mutant that loses count leaves its arrays
            caught = True
    assert caught
