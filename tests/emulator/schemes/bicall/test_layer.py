"""A population of a larger network: its own numbers, a drive from fixed projections, and back and forth to a layer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.rule import plain
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, SpikeTrain
from bicall.emulator.schemes.bicall.layer import from_layer, to_layer
from bicall.emulator.schemes.bicall.run import run
from bicall.emulator.schemes.bicall.state import SparseState
from bicall.emulator.support.errors import BadInput


def random_population(c, seed, arithmetic):
    """A state with numbers of a larger layer, and 60 ticks of arriving spikes, teachers and drive."""
    rng = np.random.default_rng(seed)
    axons, neurons, ticks = int(rng.integers(1, 12)), int(rng.integers(1, 9)), 60
    connected = None if rng.integers(2) else rng.random((axons, neurons)) < 0.5
    state = LayerState.initial(c, axons, neurons, seed, connected)
    state.rows = np.sort(rng.choice(3000, axons, replace=False)).astype(np.int32)
    state.columns = np.sort(rng.choice(3000, neurons, replace=False)).astype(np.int32)
    trains = [SpikeTrain.from_dense(rng.random((ticks, n)) < 0.2) for n in (axons, neurons)]
    size = 0.3 * c.membrane_threshold / (64 if arithmetic == "fixed" else 1)
    drive = rng.normal(0, min(size, 10_000), (ticks, neurons)).astype(state.x.dtype)
    return state, trains, drive


def piece(train, first, last):
    return SpikeTrain(train.starts[first : last + 1], train.sources)


@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
@settings(max_examples=40)
@given(data=st.data())
def test_a_population_of_a_larger_network(arithmetic, cases, data):
    """Pieces by the plain loop and by the engine in turns give what the plain loop gives alone."""
    c = data.draw(cases).constants(arithmetic)
    seed = data.draw(st.integers(0, 2**32 - 1))
    reference, trains, drive = random_population(c, seed, arithmetic)
    layer = reference.copy()
    for first, last in ((0, 20), (20, 40), (40, 60)):
        here, in_ticks = [piece(train, first, last) for train in trains], drive[first:last]
        expected = plain.run(c, reference, *here, seed, drive=in_ticks)
        if first == 20:
            plain.run(c, layer, *here, seed, drive=in_ticks)
            continue
        network, state = from_layer(c, layer, archived=data.draw(st.sampled_from([8, 16])))
        post, _ = run(c, network, state, *here, seed, drive=in_ticks)
        assert np.array_equal(post.dense(network.neurons), expected)
        layer = to_layer(c, network, state, seed)
    assert layer.tick == reference.tick
    for name in (*STATE_VARIABLES, "rows", "columns"):
        found, expected = getattr(layer, name), getattr(reference, name)
        assert found.dtype == expected.dtype
        scale = 0 if arithmetic == "fixed" else 1e-12 * np.abs(expected).max(initial=1)
        assert (np.abs(found.astype(float) - expected) <= scale).all(), name
    assert (layer.connected is None) == (reference.connected is None or reference.connected.all())


@pytest.mark.parametrize("scheme", ["TD", "EC"])
def test_drive_and_numbers_in_the_other_schemes(busy_case, scheme):
    c = busy_case("nearest" if scheme == "EC" else "stochastic").constants("fixed")
    for seed in range(6):
        reference, trains, drive = random_population(c, seed, "fixed")
        network, state = from_layer(c, reference)
        expected = plain.run(c, reference, *trains, seed, drive=drive)
        post, _ = run(c, network, state, *trains, seed, scheme=scheme, drive=drive)
        assert np.array_equal(post.dense(network.neurons), expected)
        assert np.array_equal(to_layer(c, network, state, seed).h, reference.h)


def test_initial_weights_are_drawn_by_the_numbers(busy_case):
    c = busy_case("stochastic").constants("fixed")
    whole, rows, columns = LayerState.initial(c, 9, 7, 3), np.array([1, 4, 8]), np.array([0, 6])
    part = whole.part(rows, columns)
    network, _ = from_layer(c, part)
    again = to_layer(c, network, SparseState.initial(c, network, 3, rows=rows, columns=columns), 3)
    assert np.array_equal(again.h, part.h) and np.array_equal(again.columns, part.columns)


def test_bad_input(busy_case):
    c = busy_case("stochastic").constants("fixed")
    layer, silent = LayerState.initial(c, 3, 2, 0), SpikeTrain.silent(4)
    network, state = from_layer(c, layer, delays=3)
    with pytest.raises(BadInput, match=r"drive: is float64\[4, 2\], must be int32\[4, 2\]"):
        run(c, network, state, silent, silent, 0, drive=np.zeros((4, 2)))
    with pytest.raises(BadInput, match=r"rows: has shape \[2\], must be \[3\]"):
        SparseState.initial(c, network, 0, rows=np.arange(2))
    run(c, network, state, SpikeTrain.from_dense(np.ones((2, 3), bool)), SpikeTrain.silent(2), 0)
    with pytest.raises(BadInput, match="6 spikes are under way, must be none"):
        to_layer(c, network, state, 0)
    with pytest.raises(BadInput, match="axon 1: delay is 0, must be a whole number from 1 to 255"):
        from_layer(c, layer, delays=0, recurrent=True)
