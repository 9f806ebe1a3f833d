"""The engine on ranks gives what it gives on one: spikes, h, traces; with checkpoints that any number of ranks reads.

Ranks are threads here (`talk` in tests/shared); `tests/emulator/benchmarks/test_scale_run.py` has
processes of MPI.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from talk import on_ranks

from bicall.emulator.benchmarks.layers import random_spikes
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.schemes.bicall import checkpoint, ranks
from bicall.emulator.schemes.bicall.connectivity import random_connectivity
from bicall.emulator.schemes.bicall.procedural import procedural_connectivity
from bicall.emulator.schemes.bicall.run import flush, run
from bicall.emulator.schemes.bicall.state import SparseState
from bicall.emulator.support.errors import BadInput

NEURONS, EXTERNAL, DEGREE, PARTS, SEED = 24, 6, 5, 4, 7


def connect(draw, delays, only=None):
    how = {"external": EXTERNAL, "parts": PARTS, "only": only}
    return draw(NEURONS, DEGREE, delays, SEED, **how)


def low_of(draw, only):
    """The first neuron of some parts."""
    bounds = connect(draw, 1).bounds
    return int(bounds[only.start])


def play(c, draw, delays, pre, teacher, size, pieces, folder=None, begin=None, resume=None):
    """On so many ranks, piece by piece: spikes by (tick, neuron), h by part and the neurons' y."""

    def work(communicator):
        parts = ranks.parts_of(communicator.Get_rank(), size, PARTS)
        share = ranks.Share.initial(c, connect(draw, delays, parts), SEED, low_of(draw, parts), EXTERNAL)
        if resume:
            checkpoint.load(resume, share, parts, {"delays": delays.tolist()})
        mine, found = share.pick(teacher), []
        for first, last in pieces:
            rest = [SpikeTrain(train.starts[first : last + 1], train.sources) for train in (pre, mine)]
            spikes, _ = ranks.run(communicator, c, share, *rest, SEED)
            found.append(spikes)
            if folder:
                checkpoint.save_spikes(folder, first, spikes, share.low, parts)
                checkpoint.save(folder, communicator, c, share, parts, SEED, {"delays": delays.tolist()})
        flush(c, share.connectivity, share.state, SEED)
        dense = np.concatenate([each.dense(share.connectivity.neurons) for each in found])
        a = share.state.arrays
        return dense, a.h, a.y, a.membrane, a.x[-1]

    dense, h, y, membrane, x = zip(*on_ranks(size, work), strict=True)
    return np.concatenate(dense, axis=1), *map(np.concatenate, (h, y, membrane)), x[-1]


def alone(c, draw, delays, pre, teacher):
    network = connect(draw, delays)
    state = SparseState.initial(c, network, SEED)
    spikes, _ = run(c, network, state, pre, teacher, SEED)
    flush(c, network, state, SEED)
    a = state.arrays
    return spikes.dense(NEURONS), a.h, a.y, a.membrane, a.x[0]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def busy(rng, ticks=120):
    delays = rng.integers(1, 12, EXTERNAL + NEURONS)
    delays[EXTERNAL:] = np.maximum(delays[EXTERNAL:], rng.integers(1, 4))
    return delays, random_spikes(EXTERNAL, ticks, 200.0, 1), random_spikes(NEURONS, ticks, 60.0, int(rng.integers(99)))


DRAWS = [random_connectivity, procedural_connectivity]


@settings(max_examples=12)
@given(data=st.data())
def test_the_same_integers_on_any_number_of_ranks(busy_case, data):
    c, rng = fixed(busy_case("stochastic").described), np.random.default_rng(data.draw(st.integers(0, 999)))
    draw, size = data.draw(st.sampled_from(DRAWS)), data.draw(st.integers(1, PARTS))
    delays, pre, teacher = busy(rng)
    expected = alone(c, draw, delays, pre, teacher)
    assert expected[0].sum() > 20
    cut = data.draw(st.integers(1, 119))
    assert same(play(c, draw, delays, pre, teacher, size, [(0, cut), (cut, 120)]), expected)


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("before, after", [(1, 3), (4, 2)])
def test_another_number_of_ranks_goes_on(busy_case, tmp_path, draw, before, after):
    c = fixed(busy_case("stochastic").described)
    delays, pre, teacher = busy(np.random.default_rng(5))
    expected = alone(c, draw, delays, pre, teacher)
    play(c, draw, delays, pre, teacher, before, [(0, 30), (30, 71)], tmp_path)
    newest = checkpoint.latest(tmp_path)
    assert newest.name == "tick-0000000071"
    again = play(c, draw, delays, pre, teacher, after, [(71, 120)], tmp_path, resume=newest)
    assert same(again[1:], expected[1:]) and np.array_equal(again[0], expected[0][71:])
    spikes = checkpoint.load_spikes(tmp_path)
    assert np.array_equal(spikes.dense(NEURONS), expected[0])
    checkpoint.forget_spikes(tmp_path, 30)
    assert np.array_equal(checkpoint.load_spikes(tmp_path).dense(NEURONS), expected[0][:30])


def test_an_unfinished_checkpoint_is_none(busy_case, tmp_path):
    c = fixed(busy_case("stochastic").described)
    delays, pre, teacher = busy(np.random.default_rng(5))
    play(c, DRAWS[0], delays, pre, teacher, 2, [(0, 30), (30, 60)], tmp_path)
    (tmp_path / "tick-0000000060" / checkpoint.COMPLETE).unlink()
    assert checkpoint.latest(tmp_path).name == "tick-0000000030"
    part = tmp_path / "tick-0000000030" / "part-00002.npz"
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(BadInput, match="part-00002.npz: cannot be read"):
        play(c, DRAWS[0], delays, pre, teacher, 1, [(30, 60)], resume=part.parent)


def test_another_runs_checkpoint_is_refused(busy_case, tmp_path):
    c = fixed(busy_case("stochastic").described)
    delays, pre, teacher = busy(np.random.default_rng(5))
    play(c, DRAWS[0], delays, pre, teacher, 1, [(0, 30)], tmp_path)
    with pytest.raises(BadInput, match="resume: delays is"):
        play(c, DRAWS[0], delays + 1, pre, teacher, 1, [(30, 60)], resume=checkpoint.latest(tmp_path))


def test_more_ranks_than_parts():
    with pytest.raises(BadInput, match="ranks is 5, must be from 1 to 4, the number of parts"):
        ranks.parts_of(0, 5, 4)


@pytest.mark.parametrize("mutant", ["late", "lost", "wrong"])
def test_a_wrong_exchange_is_noticed(busy_case, monkeypatch, mutant):
    """Spikes that come one tick late, the spikes of a rank that nobody gets, and those of other neurons."""
    c, right = fixed(busy_case("stochastic").described), ranks.exchange
    delays, pre, teacher = busy(np.random.default_rng(5))
    delays[EXTERNAL:] = 3

    def exchange(communicator, mine):
        trains = right(communicator, mine)
        if mutant == "late":
            return [SpikeTrain(np.concatenate([[0], t.starts[:-1]]), t.sources) for t in trains]
        if mutant == "lost":
            return trains[:-1]
        return [SpikeTrain(t.starts, (t.sources + 1) % NEURONS) for t in trains]

    expected = alone(c, DRAWS[0], delays, pre, teacher)
    assert same(play(c, DRAWS[0], delays, pre, teacher, 2, [(0, 120)]), expected)
    monkeypatch.setattr(ranks, "exchange", exchange)
    assert not same(play(c, DRAWS[0], delays, pre, teacher, 2, [(0, 120)]), expected)
