"""Steps and drift that change at given presentations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bicall.emulator.configuration.description import load, with_values
from bicall.emulator.digits import presentation
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.schedule import factor, pieces
from bicall.emulator.rule.constants import fixed
from bicall.emulator.support.errors import BadInput

STEPS = [[3, 0.5], [7, 0.25]]


def test_without_a_schedule_a_description_stays_what_it_is(configuration):
    assert list(pieces(configuration, 5, 9)) == [(configuration, 9)]


def test_factors_hold_from_their_presentation_on(configuration):
    described = with_values(configuration, presentation__step_schedule=STEPS, presentation__drift_schedule=[[5, 0.1]])
    found = [
        (piece.plasticity.potentiation / described.plasticity.potentiation, piece.time.drift_period_ticks, count)
        for piece, count in pieces(described, 1, 8)
    ]
    period = described.time.drift_period_ticks
    assert found == [(1, period, 2), (0.5, period, 2), (0.5, 10 * period, 2), (0.25, 10 * period, 2)]


@given(st.integers(0, 20), st.integers(1, 20), st.sets(st.integers(1, 40), max_size=4))
def test_the_pieces_are_the_whole(first, count, starts):
    described = with_values(load("digits-256"), presentation__step_schedule=[[n, 1 / n] for n in sorted(starts)])
    each = [piece for piece, n in pieces(described, first, count) for _ in range(n)]
    assert len(each) == count
    for n, piece in enumerate(each, start=first):
        times = factor(described.presentation.step_schedule, n)
        assert times == max([1 / start for start in starts if start <= n], default=1.0, key=lambda value: -value)
        assert piece.plasticity.depression_pre == pytest.approx(times * described.plasticity.depression_pre)


def test_stretched_drift_keeps_its_step(configuration):
    """A tenth of the drift is the same step in ten times the period: a smaller one would be lost to h's last bit."""
    described = with_values(configuration, presentation__drift_schedule=[[1, 0.1], [2, 0.0]])
    (stretched, _), (off, _) = pieces(described, 1, 2)
    before, after = fixed(described), fixed(stretched)
    assert (after.drift_up, after.drift_down) == (before.drift_up, before.drift_down) != (0, 0)
    assert after.drift_period == 10 * before.drift_period
    assert (fixed(off).drift_up, fixed(off).drift_period) == (0, before.drift_period)


def test_training_in_pieces_is_training_in_one_go(configuration):
    described = with_values(configuration, presentation__step_schedule=STEPS, plasticity__potentiation=0.1)
    described = with_values(described, transmission__weight_high=0.06)
    rng = np.random.default_rng(0)
    active, labels = rng.random((10, 256)) < 0.3, rng.integers(0, 10, 10).astype(np.uint8)
    networks = [Classifier.fresh(described, "fixed", 1) for _ in range(3)]
    networks[2].description = with_values(described, presentation__step_schedule=[])
    whole = networks[0].train(active, labels)
    parts = [networks[1].train(active[a:b], labels[a:b]) for a, b in ((0, 4), (4, 5), (5, 10))]
    networks[2].train(active, labels)
    assert np.array_equal(networks[0].state.h, networks[1].state.h) and networks[1].presented == 10
    assert whole == tuple(np.sum(parts, axis=0))
    assert not np.array_equal(networks[0].state.h, networks[2].state.h)


def test_whoever_cannot_change_steps_refuses_presentations_that_would(configuration):
    described = with_values(configuration, presentation__step_schedule=STEPS)
    active = np.ones(4, bool)
    presentation.training_sample(described, active, 0, 1, 2)
    with pytest.raises(BadInput, match="presentation.step_schedule begins with presentation 3, must not before 4"):
        presentation.training_sample(described, active, 0, 1, 3)
