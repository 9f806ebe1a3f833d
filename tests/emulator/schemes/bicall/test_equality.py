"""`rule.plain` is the reference model: every scheme must give its spikes, bits, traces and hidden weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.description import with_values
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.schemes.bicall.connectivity import matrix, random_connectivity
from bicall.emulator.schemes.bicall.run import flush, run
from bicall.emulator.schemes.bicall.state import SparseState
from bicall.emulator.support.errors import BadInput

FLOAT = 1e-12  # relative; drift steps are summed before they are added


@pytest.mark.parametrize("every_tick", [False, True])
@settings(max_examples=60)
@given(data=st.data())
def test_event_driven(cases, make_trial, every_tick, data):
    """Any rule, any width and rounding; rates from 0 to 500 Hz, bursts, silence, delays, resets, ticks of testing."""
    trial = make_trial(
        data.draw(cases).described,
        data.draw(st.integers(0, 2**32 - 1)),
        learning=data.draw(st.booleans()),
        archived=data.draw(st.sampled_from([8, 16, 64])),
    )
    assert trial.differs("fixed", "ED", every_tick=every_tick) is None


@settings(max_examples=40)
@given(data=st.data())
def test_time_driven(cases, make_trial, data):
    described = with_values(data.draw(cases).described, hidden_weight__bits=data.draw(st.integers(2, 8)))
    trial = make_trial(described, data.draw(st.integers(0, 2**32 - 1)))
    assert trial.differs("fixed", "TD") is None


@settings(max_examples=60)
@given(data=st.data())
def test_compressed(cases, make_trial, data):
    described = with_values(
        data.draw(cases).described,
        hidden_weight__bits=data.draw(st.integers(2, 8)),  # more bits are another type, which takes long to compile
        pre_trace__rounding=data.draw(st.sampled_from(["truncate", "nearest"])),
        hidden_weight__rounding=data.draw(st.sampled_from(["truncate", "nearest"])),
        **data.draw(st.sampled_from([{}, {"pre_trace__bump": 1.0}])),  # at 1, all rows of a tick share a class
    )
    trial = make_trial(described, data.draw(st.integers(0, 2**32 - 1)))
    assert trial.differs("fixed", "EC", every_tick=data.draw(st.booleans())) is None


@settings(max_examples=40)
@given(data=st.data())
def test_float(cases, make_trial, data):
    trial = make_trial(data.draw(cases).described, data.draw(st.integers(0, 2**32 - 1)))
    assert trial.differs("float", "ED", FLOAT) is None


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["TD", "EC"])
@settings(max_examples=40)
@given(data=st.data())
def test_wide_hidden_weights(cases, make_trial, scheme, data):
    described = with_values(
        data.draw(cases).described,
        hidden_weight__bits=data.draw(st.integers(9, 16)),
        pre_trace__rounding="truncate",
        hidden_weight__rounding="nearest",
    )
    trial = make_trial(described, data.draw(st.integers(0, 2**32 - 1)))
    assert trial.differs("fixed", scheme) is None


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["TD", "EC"])
@settings(max_examples=40)
@given(data=st.data())
def test_float_of_the_other_schemes(cases, make_trial, scheme, data):
    trial = make_trial(data.draw(cases).described, data.draw(st.integers(0, 2**32 - 1)))
    assert trial.differs("float", scheme, FLOAT) is None


@pytest.mark.parametrize("rounding", ["truncate", "nearest", "stochastic"])
@pytest.mark.parametrize("seed", range(4))
def test_busy_networks(busy_case, make_trial, rounding, seed):
    """Where h, gate and thresholds are crossed all the time."""
    trial = make_trial(busy_case(rounding).described, seed, ticks=400, rate=0.1, archived=8)
    spikes, _, arriving, _ = trial.expected("fixed")
    assert spikes.any() and arriving.any()
    for scheme in ("TD", "ED", "EC")[: 2 if rounding == "stochastic" else 3]:
        assert trial.differs("fixed", scheme, every_tick=scheme == "ED") is None, scheme


def test_a_row_that_is_silent_for_longer_than_the_tables(busy_case, make_trial):
    """5,000 ticks of silence, resets in between; slow decay, so that x matters until late."""
    described = with_values(busy_case("stochastic").described, pre_trace__time_constant_ms=3000.0)
    for seed in range(3):
        trial = make_trial(described, seed, ticks=5300, rate=0.1, resets=seed > 0)
        trial.pre[100:5150] = False
        assert trial.differs("fixed", "ED") is None


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_parts(busy_case, make_trial, monkeypatch, seed, threads):
    """Two or three parts, in threads or not, give what one gives."""
    monkeypatch.setattr("bicall.emulator.schemes.bicall.run.CORES", 2)
    monkeypatch.setattr("bicall.emulator.schemes.bicall.run.ROOM", 1)  # many calls of the compiled loop
    trial = make_trial(busy_case("stochastic").described, seed, parts=2 + seed % 2, ticks=300, rate=0.1, archived=8)
    trial.threads = threads
    assert trial.differs("fixed", "ED") is None


def test_a_random_network_of_the_large_kind(busy_case):
    """300 neurons, in-degree 30, recurrent, as in the bench of scale: bit for bit the plain loop with `connected`."""
    from bicall.emulator.rule import plain

    c, n, ticks, delay, seed = fixed(busy_case("stochastic").described), 300, 150, 2, 9
    network = random_connectivity(n, 30, delay, seed)
    exists = matrix(network, np.ones(network.synapses, bool))
    assert (exists.sum(axis=0) == 30).all() and exists.sum(axis=1).std() > 1
    teacher = np.random.default_rng(seed).random((ticks, n)) < 0.05
    state = SparseState.initial(c, network, seed, archived=64)
    post, counts = run(c, network, state, SpikeTrain.silent(ticks), SpikeTrain.from_dense(teacher), seed)
    flushed = flush(c, network, state, seed)
    reference, arriving = LayerState.initial(c, n, n, seed, exists), np.zeros((ticks + delay, n), bool)
    for k in range(ticks):
        trains = (SpikeTrain.from_dense(dense[k : k + 1]) for dense in (arriving, teacher))
        arriving[k + delay] = plain.run(c, reference, *trains, seed)[0]
    assert np.array_equal(post.dense(n), arriving[delay:])
    assert np.array_equal(matrix(network, state.arrays.h), reference.h)
    start = SparseState.initial(c, network, seed)
    assert (state.arrays.h != start.arrays.h).mean() > 0.5  # something was learnt
    visits = exists.sum(axis=1)[np.nonzero(arriving[:ticks])[1]].sum()
    assert counts["synapse_visits"] == visits
    assert 1 < counts["peak_history"] <= 64
    assert flushed["synapse_visits"] <= network.synapses


def test_counters_of_the_schemes(busy_case, make_trial):
    """Every synapse and tick; every spike; every archived spike read once by every synapse."""
    trial = make_trial(busy_case("nearest").described, 3, ticks=300, rate=0.05, resets=False)
    spikes, _, arriving, _ = trial.expected("fixed")
    network, ticks = trial.connectivity, len(trial.pre)
    out_degree = matrix(network, np.ones(network.synapses, bool)).sum(axis=1)
    counts = {scheme: trial.played("fixed", scheme)[3] for scheme in ("TD", "ED", "EC")}
    assert counts["TD"]["synapse_visits"] == counts["TD"]["weight_computations"] == ticks * network.synapses
    assert counts["ED"]["synapse_visits"] == (arriving.sum(axis=0) * out_degree).sum()
    c = trial.constants("fixed")
    sweeps = ticks // c.drift_period + 1
    assert counts["EC"]["synapse_visits"] == counts["ED"]["synapse_visits"] + sweeps * network.synapses
    assert 0 < counts["ED"]["history_manipulations"] <= spikes.sum()
    assert 1 <= counts["ED"]["peak_history"] <= 64 and 1 <= counts["EC"]["peak_history"] <= network.axons * 2


@pytest.mark.parametrize("rounding", ["pre_trace__rounding", "hidden_weight__rounding"])
def test_compression_refuses_randomness(busy_case, make_trial, rounding):
    described = with_values(busy_case("nearest").described, **{rounding: "stochastic"})
    with pytest.raises(BadInput, match=f"{rounding.split('__')[0]}.rounding is stochastic"):
        make_trial(described, 0).played("fixed", "EC")
