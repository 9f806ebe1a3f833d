"""The plain loop of a network is the reference: every backend gives its spikes and its state, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.rule.recording import compare


def equal(case, backend: str, arithmetic: str, cuts) -> int:
    """Compare a backend with the plain loop; how many values were equal."""
    expected, spikes, recording = case.play("plain", arithmetic)
    found, other_spikes, other_recording = case.play(backend, arithmetic, cuts)
    assert recording.variables.keys() == other_recording.variables.keys()
    assert compare(recording, other_recording) is None
    unrecorded, last_spikes, _ = case.play(backend, arithmetic, cuts, record=False)
    for name, train in spikes.items():
        for other in (other_spikes[name], last_spikes[name]):
            assert np.array_equal(train.starts, other.starts) and np.array_equal(train.sources, other.sources)
    for name, layer in expected.state.layers.items():
        for other in (found.state.layers[name], unrecorded.state.layers[name]):
            for variable, values in vars(layer).items() if not isinstance(layer, tuple) else layer._asdict().items():
                assert np.array_equal(values, getattr(other, variable)), f"{name}.{variable}"
    return recording.size


@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
@settings(max_examples=40)
@given(data=st.data())
def test_compiled_equals_plain(network_cases, arithmetic, data):
    case = data.draw(network_cases())
    cuts = data.draw(st.sets(st.integers(1, 49), max_size=3))
    equal(case, "compiled", arithmetic, cuts)


@settings(max_examples=40)
@given(data=st.data())
def test_events_equal_plain(network_cases, data):
    case = data.draw(network_cases())
    cuts = data.draw(st.sets(st.integers(1, 49), max_size=3))
    equal(case._replace(learns={}), "events", "fixed", cuts)


@pytest.mark.slow
def test_a_hundred_million_values(network_cases):
    """Larger networks and longer runs, until 10^8 values of state and spikes have been compared."""
    compared = {"compiled, fixed": 0, "compiled, float": 0, "events, fixed": 0}

    @settings(max_examples=60)
    @given(case=network_cases(fewest_neurons=20, most_neurons=60, ticks=150))
    def compare_all(case):
        for name in compared:
            backend, arithmetic = name.split(", ")
            compared[name] += equal(case._replace(learns={}) if backend == "events" else case, backend, arithmetic, ())

    compare_all()
    print(", ".join(f"{name}: {values:,} values, 0 different" for name, values in compared.items()))
    assert sum(compared.values()) >= 1e8
