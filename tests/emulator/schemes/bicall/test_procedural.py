"""Procedural connectivity gives what the stored engine gives on the same synapses, and what the plain loop gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.description import with_values
from bicall.emulator.schemes.bicall.connectivity import matrix
from bicall.emulator.schemes.bicall.procedural import procedural_connectivity, stored
from bicall.emulator.schemes.bicall.run import flush, run
from bicall.emulator.schemes.bicall.state import SparseState
from bicall.emulator.support.errors import BadInput


def synapses(network):
    """bool[axons, neurons]."""
    return matrix(stored(network), np.ones(network.synapses, bool))


@st.composite
def networks(draw):
    neurons, external = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    recurrent = draw(st.booleans())
    out_degree = draw(st.integers(1, neurons))
    delays = draw(st.lists(st.integers(1, 20), min_size=external + neurons * recurrent, max_size=16))
    delays = np.array(delays)[: external + neurons * recurrent]
    parts = draw(st.integers(1, out_degree))
    return procedural_connectivity(
        neurons, out_degree, delays, draw(st.integers(0, 2**32 - 1)), external, recurrent, parts
    )


def on(network):
    """`run` and `flush` of that connectivity instead of the one that they are given."""

    def play(constants, _, *rest):
        return run(constants, network, *rest)

    return {"play": play, "bring_up_to_date": lambda constants, _, *rest: flush(constants, network, *rest)}


def a_trial(make_trial, described, network, seed, **how):
    """A trial on the synapses of a procedural network."""
    trial, rng = make_trial(described, seed, **how), np.random.default_rng(seed)
    trial.connectivity = stored(network)
    for name, sources in (("pre", network.external), ("teacher", network.neurons)):
        busy = rng.choice([0.0, 0.05, 0.3]), len(trial.pre)
        setattr(trial, name, rng.random((busy[1], sources)) < busy[0])
    return trial


@settings(max_examples=40)
@given(data=st.data())
def test_equal_to_the_plain_loop(cases, make_trial, data):
    """Any rule and rounding, delays, parts; resets and ticks of testing. (Wide h is another type: it compiles long.)"""
    network = data.draw(networks())
    seed, archived = data.draw(st.integers(0, 2**32 - 1)), data.draw(st.sampled_from([8, 64]))
    described = with_values(data.draw(cases).described, hidden_weight__bits=data.draw(st.integers(2, 8)))
    trial = a_trial(make_trial, described, network, seed, learning=seed % 2, archived=archived)
    assert trial.differs("fixed", "ED", every_tick=data.draw(st.booleans()), **on(network)) is None


@pytest.mark.parametrize("seed", range(4))
def test_busy_networks(busy_case, make_trial, seed):
    network = procedural_connectivity(12, 5, 1 + seed, seed, external=6, parts=1 + seed)
    trial = a_trial(make_trial, busy_case("stochastic").described, network, seed, ticks=300, archived=8)
    trial.teacher |= np.random.default_rng(seed).random(trial.teacher.shape) < 0.1
    assert trial.expected("fixed")[0].any()
    assert trial.differs("fixed", "ED", **on(network)) is None


def test_the_stored_network_begins_equal(configuration):
    network = procedural_connectivity(40, 7, 2, 3, external=5, parts=3)
    begin, other = (SparseState.initial(fixed(configuration), each, 9) for each in (network, stored(network)))
    assert np.array_equal(begin.arrays.h, other.arrays.h) and len(np.unique(begin.arrays.h)) > 100


@settings(max_examples=60)
@given(network=networks())
def test_rows(network):
    """Every axon has its out-degree, none twice; the parts do not matter."""
    exists = synapses(network)
    assert (exists.sum(axis=1) == network.synapses // network.axons).all()
    other = network._replace(slices=network.slices[[0, -1]], bounds=network.bounds[[0, -1]])
    assert np.array_equal(exists, synapses(other))


def test_targets_are_uniform():
    exists = synapses(procedural_connectivity(100, 10, 1, 4, external=20_000, recurrent=False))
    expected = 20_000 / 10
    assert np.abs(exists.sum(axis=0) - expected).max() < 5 * expected**0.5
    assert abs(np.corrcoef(exists[:, 0], exists[:, 15])[0, 1]) < 0.03  # slices do not know of each other


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"out_degree": 0}, "out_degree is 0, must be from 1 to 10"),
        ({"out_degree": 11}, "out_degree is 11, must be from 1 to 10"),
        ({"out_degree": 3, "parts": 4}, "parts is 4, must be from 1 to 3, the out-degree"),
        ({"out_degree": 3, "delays": 0}, "axon 0: delay is 0"),
    ],
)
def test_bad_connectivity(arguments, message):
    with pytest.raises(BadInput, match=message):
        procedural_connectivity(10, seed=0, **{"delays": 1, **arguments})


@pytest.mark.parametrize("scheme", ["TD", "EC"])
def test_other_schemes_are_refused(configuration, scheme, make_trial):
    network = procedural_connectivity(4, 2, 1, 0, external=2)
    trial = a_trial(make_trial, configuration, network, 1, ticks=3)
    with pytest.raises(BadInput, match=f"scheme is {scheme} with procedural connectivity, must be ED"):
        trial.played("fixed", scheme, **on(network))
