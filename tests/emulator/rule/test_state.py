"""Spike trains and layer states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from bicall.emulator.rule.constants import fixed, real
from bicall.emulator.rule.description import with_values
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput


@given(hnp.arrays(bool, st.tuples(st.integers(0, 20), st.integers(1, 8))))
def test_spike_trains_round_trip(spikes):
    train = SpikeTrain.from_dense(spikes)
    assert train.ticks == len(spikes)
    assert np.array_equal(train.dense(spikes.shape[1]), spikes)
    for k in range(train.ticks):
        assert train.sources[train.starts[k] : train.starts[k + 1]].tolist() == np.flatnonzero(spikes[k]).tolist()


def test_silence():
    assert not SpikeTrain.silent(5).dense(3).any()
    assert SpikeTrain.silent(0).ticks == 0


def test_a_source_out_of_range_is_refused():
    with pytest.raises(BadInput, match="source is 3, must be from 0 to 2"):
        SpikeTrain(np.array([0, 1]), np.array([3], np.int32)).dense(3)


@pytest.mark.parametrize("bits", [2, 8, 16])
def test_both_arithmetics_start_from_the_same_words(configuration, bits):
    described = with_values(configuration, hidden_weight__bits=bits)
    integers = LayerState.initial(fixed(described), 40, 7, seed=3)
    floats = LayerState.initial(real(described), 40, 7, seed=3)
    assert np.array_equal(integers.h, np.floor(floats.h * 2**bits))
    assert integers.h.dtype == np.int32 and floats.h.dtype == np.float64
    assert integers.h.flags.f_contiguous
    for state in (integers, floats):
        assert state.tick == 0 and state.h.shape == (40, 7)
        assert not any(getattr(state, name).any() for name in STATE_VARIABLES if name != "h")


def test_h_starts_uniform(configuration):
    h = LayerState.initial(fixed(configuration), 256, 100, seed=1).h
    assert stats.chisquare(np.bincount(h.ravel(), minlength=256)).pvalue > 1e-4
    # and rows and columns do not resemble their neighbours
    for axis in (0, 1):
        a, b = np.take(h, range(99), axis), np.take(h, range(1, 100), axis)
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 4 / np.sqrt(a.size)
    assert not np.array_equal(h, LayerState.initial(fixed(configuration), 256, 100, seed=2).h)


def test_a_larger_layer_starts_like_the_smaller_one(configuration):
    small, large = (LayerState.initial(fixed(configuration), *shape, seed=1).h for shape in ((5, 3), (9, 8)))
    assert np.array_equal(large[:5, :3], small)


def test_a_copy_shares_nothing(configuration):
    state = LayerState.initial(fixed(configuration), 4, 3, seed=0)
    copy = state.copy()
    for name in STATE_VARIABLES:
        getattr(copy, name)[:] = 1
        assert not np.array_equal(getattr(state, name), getattr(copy, name))
    assert copy.h.flags.f_contiguous


def test_a_slice_of_a_train_is_dense_too():
    spikes = np.random.default_rng(0).random((20, 5)) < 0.3
    train = SpikeTrain.from_dense(spikes)
    piece = SpikeTrain(train.starts[7:13], train.sources)
    assert np.array_equal(piece.dense(5), spikes[7:12])
