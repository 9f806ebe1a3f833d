"""Images to spikes: an encoder written again from its description, its statistics, and batches against samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bicall.emulator.digits import batch, presentation
from bicall.emulator.digits.presentation import TEST, TRAINING
from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.constants import fixed, real
from bicall.emulator.rule.description import with_values
from bicall.emulator.rule.randomness import Stream, random_words
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState


def poisson_again(described, active, seed, purpose, sample) -> np.ndarray:
    """bool[ticks, inputs]: interval after interval by inverting the geometric distribution, in Python's integers."""
    shown = described.presentation
    ticks = described.ticks(shown.train_ms if purpose == TRAINING else shown.test_ms)
    p = shown.input_rate_hz * described.time.tick_ms / 1e3
    limits = [min(int((1 - (1 - p) ** g) * 2**32), 2**32 - 1) for g in range(1, ticks + 1)]
    key = int(random_words(seed, Stream.SAMPLE, purpose, sample))
    spikes = np.zeros((ticks, len(active)), bool)
    for i in np.flatnonzero(active):
        tick, draw = -1, 0
        while True:
            word = int(random_words(key, Stream.INPUT, i, draw))
            tick, draw = tick + 1 + sum(limit <= word for limit in limits), draw + 1
            if tick >= ticks:
                break
            spikes[tick, i] = True
    return spikes


@given(
    seed=st.integers(0, 2**32 - 1), sample=st.integers(0, 10**6), purpose=st.sampled_from([TRAINING, TEST]),
    rate=st.sampled_from([0.5, 20.0, 111.0, 700.0, 1000.0]), ms=st.sampled_from([60.0, 61.0, 90.0]),
)  # fmt: skip
def test_the_encoder_does_what_it_says(configuration, seed, sample, purpose, rate, ms):
    described = with_values(
        configuration,
        presentation__input_rate_hz=rate,
        presentation__train_ms=ms,
        presentation__test_ms=ms,
    )
    active = np.array([True, False, True, True])
    if purpose == TRAINING:
        train, _ = presentation.training_sample(described, active, 3, seed, sample)
    else:
        train, _ = presentation.test_sample(described, active, seed, sample)
    assert np.array_equal(train.dense(4), poisson_again(described, active, seed, purpose, sample))


def test_rates_and_intervals_are_those_of_a_poisson_process(configuration):
    """111 Hz in ticks of 1 ms: a spike in each tick with probability 0.111, whatever came before."""
    active = np.ones(400, bool)
    trains = [presentation.test_sample(configuration, active, 1, sample)[0].dense(400) for sample in range(4)]
    spikes = np.concatenate(trains, axis=1)  # 250 ticks of 1,600 inputs
    n, p = spikes.size, 0.111
    assert abs(spikes.sum() - n * p) < 4 * np.sqrt(n * p * (1 - p))
    by_tick = spikes.sum(axis=1)
    assert stats.chisquare(by_tick).pvalue > 1e-4
    after_a_spike = spikes[1:][spikes[:-1]]
    assert abs(after_a_spike.mean() - p) < 4 * np.sqrt(p * (1 - p) / after_a_spike.size)
    assert abs(np.corrcoef(spikes[:, :-1].ravel(), spikes[:, 1:].ravel())[0, 1]) < 4 / np.sqrt(n)


def test_every_sample_purpose_and_seed_has_its_own_spikes(configuration):
    active = np.ones(50, bool)
    described = with_values(configuration, presentation__train_ms=250.0)
    trains = [presentation.training_sample(described, active, 0, seed, n)[0] for seed in (1, 2) for n in (0, 1)]
    trains += [presentation.test_sample(described, active, 1, 0)[0]]
    dense = [train.dense(50) for train in trains]
    for i, first in enumerate(dense):
        for second in dense[:i]:
            assert not np.array_equal(first, second)


def test_the_teacher_is_regular_late_and_for_one_class(configuration):
    """190 Hz in the last 60 of 210 ms: every 5.26 ms, on the first tick not before it is due."""
    described = with_values(configuration, decoder__outputs_per_class=2)
    _, teacher = presentation.training_sample(described, np.zeros(4, bool), label=3, seed=1, sample=0)
    dense = teacher.dense(20)
    assert np.flatnonzero(dense.any(axis=0)).tolist() == [6, 7]
    due = 150 + np.ceil(np.arange(12) * 1000 / 190)
    assert np.flatnonzero(dense[:, 6]).tolist() == due[due < 210].tolist()
    assert np.array_equal(dense[:, 6], dense[:, 7])
    assert not presentation.test_sample(described, np.ones(4, bool), 1, 0)[1].sources.size


@pytest.mark.parametrize("arithmetic", [fixed, real])
@pytest.mark.parametrize("learning", [True, False])
def test_a_batch_is_its_samples_one_by_one(configuration, arithmetic, learning):
    """Twelve random images in one compiled call, and each in the plain loop with a reset before it."""
    described = with_values(
        configuration,
        time__drift_period_ticks=100,
        hidden_weight__drift_up_per_s=0.05,
        hidden_weight__drift_down_per_s=0.05,
        plasticity__potentiation=0.05,
        transmission__weight_high=0.06,
        presentation__train_ms=70.0,
        presentation__test_ms=70.0,
    )
    c, rng, seed, first = arithmetic(described), np.random.default_rng(0), 77, 5
    active, labels = rng.random((12, 64)) < 0.5, rng.integers(0, 10, 12).astype(np.uint8)
    together, single = (LayerState.initial(c, 64, 10, seed) for _ in range(2))
    spikes, counts = batch.present(c, described, together, active, labels if learning else None, seed, first)
    for loop in (plain, compiled):
        state, n_pre = single.copy(), 0
        for n in range(12):
            if learning:
                trains = presentation.training_sample(described, active[n], labels[n], seed, first + n)
            else:
                trains = presentation.test_sample(described, active[n], seed, first + n)
                state.tick = 0  # each test sample has the same ticks
            state.reset()
            found = loop.run(c, state, *trains, seed, learning)
            found = found[0] if isinstance(found, tuple) else found
            assert found.sum(axis=0).tolist() == spikes[n].tolist()
            n_pre += len(trains[0].sources)
        state.reset()
        for name in STATE_VARIABLES:
            assert np.array_equal(getattr(state, name), getattr(together, name)), name
        assert (counts.pre_spikes, counts.post_spikes) == (n_pre, spikes.sum())
    assert together.tick == (12 * 70 if learning else 0)
    assert spikes.sum() > 50
    assert np.array_equal(together.h, single.h) != learning


def test_a_batch_in_pieces_is_the_batch(configuration):
    c, rng = fixed(configuration), np.random.default_rng(0)
    active, labels = rng.random((9, 64)) < 0.5, rng.integers(0, 10, 9).astype(np.uint8)
    whole, pieces = (LayerState.initial(c, 64, 10, 1) for _ in range(2))
    spikes, _ = batch.present(c, configuration, whole, active, labels, 1, 0)
    parts = [
        batch.present(c, configuration, pieces, active[a:b], labels[a:b], 1, a)[0] for a, b in ((0, 4), (4, 5), (5, 9))
    ]
    assert np.array_equal(np.concatenate(parts), spikes)
    assert np.array_equal(pieces.h, whole.h) and pieces.tick == whole.tick
