"""Presentations that the network's answer ends or turns to teaching: a batch against its parts in the plain loop."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bicall.emulator.digits import batch, margin, presentation
from bicall.emulator.digits.margin import ENDS, NO_MARGIN, decide
from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.constants import fixed, real
from bicall.emulator.rule.description import with_values
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState
from bicall.emulator.support.errors import BadInput

IMAGES, INPUTS, SEED, FIRST = 40, 64, 77, 5


@pytest.fixture
def described(configuration):
    """Pools of two, in which much happens; some images end early and some are taught."""
    return with_values(
        configuration,
        time__drift_period_ticks=100,
        hidden_weight__drift_up_per_s=0.05,
        hidden_weight__drift_down_per_s=0.05,
        plasticity__potentiation=0.05,
        plasticity__depression_pre=-0.02,
        plasticity__post_threshold=0.1,
        transmission__weight_high=0.06,
        decoder__outputs_per_class=2,
        presentation__train_ms=70.0,
        presentation__teacher_ms=25.0,
        presentation__learn_from_ms=40.0,
        presentation__margin=1,
        presentation__learners="right-and-best-wrong",
        presentation__wrong_teacher_weight=-1.5,
    )


def images():
    rng = np.random.default_rng(0)
    return rng.random((IMAGES, INPUTS)) < 0.5, rng.integers(0, 10, IMAGES).astype(np.uint8)


def one_by_one(module, described, c, loop, may_learn=True):
    """State after all images, each shown by `module.present` with a reset before it; output spikes; ticks shown."""
    active, labels = images()
    state, spikes, ticks = LayerState.initial(c, INPUTS, 20, SEED), [], []

    def run(part):
        found = loop.run(c, state, part.pre, part.teacher, SEED, True, None, part.drive, part.learns & may_learn)
        return found[0] if isinstance(found, tuple) else found

    for n in range(IMAGES):
        state.reset()
        found = module.present(described, c, active[n], labels[n], 20, SEED, FIRST + n, run)
        spikes.append(found.sum(axis=0))
        ticks.append(len(found))
    state.reset()
    return state, np.array(spikes), ticks


def together(described, c):
    state = LayerState.initial(c, INPUTS, 20, SEED)
    return state, *batch.present(c, described, state, *images(), SEED, FIRST)


@pytest.mark.parametrize("arithmetic", [fixed, real])
@pytest.mark.parametrize("learners", ["all", "right-and-best-wrong"])
@pytest.mark.parametrize("lead", [1, "none"])
def test_a_batch_is_its_images_one_by_one(described, arithmetic, learners, lead):
    described = with_values(described, presentation__learners=learners, presentation__margin=lead)
    c = arithmetic(described)
    state, spikes, counts = together(described, c)
    for loop in (plain, compiled):
        other, other_spikes, ticks = one_by_one(margin, described, c, loop)
        assert np.array_equal(spikes, other_spikes)
        for name in STATE_VARIABLES:
            assert np.array_equal(getattr(state, name), getattr(other, name)), name
        assert state.tick == other.tick == sum(ticks)
        assert set(ticks) == ({40, 70} if lead == 1 else {70})
    assert counts.post_spikes == spikes.sum() > 50
    assert not np.array_equal(state.h, LayerState.initial(c, INPUTS, 20, SEED).h)


@pytest.mark.parametrize("learn_from", [40.0, 0.0])
def test_who_may_not_learn_keeps_its_weights(described, learn_from):
    still = {f"hidden_weight__drift_{way}_per_s": 0.0 for way in ("up", "down")}
    described = with_values(described, **still)
    if not learn_from:
        plainly = {"learn_from_ms": 0.0, "margin": "none", "learners": "all", "wrong_teacher_weight": 0.0}
        described = with_values(described, **{f"presentation__{name}": value for name, value in plainly.items()})
    c, may_learn = fixed(described), np.arange(20) >= 8
    state = LayerState.initial(c, INPUTS, 20, SEED)
    before = state.h.copy()
    spikes, _ = batch.present(c, described, state, *images(), SEED, FIRST, may_learn=may_learn)
    assert np.array_equal(state.h[:, :8], before[:, :8]) and (state.h != before).any(axis=0)[8:].all()
    if learn_from:
        other, other_spikes, _ = one_by_one(margin, described, c, plain, may_learn)
        assert np.array_equal(state.h, other.h) and np.array_equal(spikes, other_spikes)
    with pytest.raises(BadInput, match="may learn"):
        batch.present(c, described, state, *images(), SEED, FIRST, may_learn=may_learn[1:])


MUTANTS = [
    ("return ENDS if right - most >= margin", "return ENDS if right - most > margin"),
    ("elif count > most:", "elif count >= most:"),
    ("learns = (classes == label) | (classes == rival)", "learns = (classes == label)"),
    ("classes != label)] =", "classes == rival)] ="),
    ("np.diff(starts)[when.learn_from :] > 0", "np.diff(starts)[when.learn_from :] >= 0"),
    ("None, np.zeros(outputs, bool)", "None, np.ones(outputs, bool)"),
]


@pytest.mark.parametrize("old, new", MUTANTS)
def test_another_presentation_is_noticed(described, old, new):
    """What the equality is worth: changes of the decision, of who learns and of the wrong classes' teacher."""
    source = Path(margin.__file__).read_text().replace("@cached_njit", "")
    assert source.count(old) == 1, "the mutant's passage is gone: write it anew"
    mutant = type(margin)("mutant")
    exec(compile(source.replace(old, new), "mutant", "exec"), mutant.__dict__)
    c = fixed(described)
    state, spikes, _ = together(described, c)
    other, other_spikes, _ = one_by_one(mutant, described, c, plain)
    assert not (np.array_equal(state.h, other.h) and np.array_equal(spikes, other_spikes))


@given(st.lists(st.integers(0, 9), min_size=6, max_size=6), st.integers(0, 2), st.integers(1, 12))
def test_the_decision_is_what_it_says(spikes, label, lead):
    pools = [sum(spikes[2 * k : 2 * k + 2]) for k in range(3)]
    wrong = [k for k in range(3) if k != label]
    best = max(wrong, key=lambda k: (pools[k], -k))
    expected = ENDS if pools[label] >= pools[best] + lead else best
    assert decide(np.array(spikes), label, 2, lead) == expected
    assert decide(np.array(spikes), label, 2, NO_MARGIN) == best


def test_an_image_that_ends_early_changes_nothing_but_by_drift(described):
    described = with_values(described, hidden_weight__drift_up_per_s=0.0, hidden_weight__drift_down_per_s=0.0)
    c, (active, labels), ended = fixed(described), images(), 0
    for n in range(IMAGES):
        state = LayerState.initial(c, INPUTS, 20, SEED)
        before = state.h.copy()
        batch.present(c, described, state, active[n : n + 1], labels[n : n + 1], SEED, FIRST + n)
        assert np.array_equal(state.h, before) == (state.tick == 40)
        ended += state.tick == 40
    assert 0 < ended < IMAGES


def test_other_presentations_refuse_it(described):
    with pytest.raises(BadInput, match="presentation.learn_from_ms is 40.0, must be 0 here"):
        presentation.training_sample(described, np.ones(INPUTS, bool), 0, SEED, 0)
