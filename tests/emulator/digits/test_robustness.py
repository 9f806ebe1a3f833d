"""Imperfect chips: a perfect one is the classifier itself, both loops agree on all others, what is wrong shows."""

import numpy as np
import pytest

from bicall.emulator.configuration.description import load, with_values
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.imperfections import DIFFERING, Chip, Imperfections
from bicall.emulator.digits.robustness import STUDIES, Trial, draw, imperfect, rows, study
from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.constants import OF_AXONS
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput

IMAGES = 6
WRONG = Imperfections(0.2, 0.05, 0.2, 0.1, 0.1, 2.0, 2, 0.5, 2.0)
STEADY = Imperfections(mismatch=0.2, silent_neurons=0.2, dead_axons=0.1, drift_up=0.5)  # in compiled code as a batch


@pytest.fixture(scope="module")
def network():
    described = with_values(
        load("digits-256-margin"),
        presentation__margin=1,
        plasticity__potentiation=0.1,
        time__drift_period_ticks=50,
        hidden_weight__drift_up_per_s=0.1,
        hidden_weight__drift_down_per_s=0.1,
    )
    return Classifier.fresh(described, "fixed", 3)


def copy(network: Classifier, arithmetic: str = "fixed") -> Classifier:
    return Classifier.fresh(network.description, arithmetic, network.seed, network.encoder)


def images(network):
    random = np.random.default_rng(1)
    return random.random((IMAGES, len(network.state.x))) < 0.3, random.integers(0, 10, IMAGES)


def test_a_perfect_chip_is_the_classifier(network):
    active, labels = images(network)
    one, other = copy(network), copy(network)
    one.train(active, labels)
    trial = Trial(other, Imperfections(), 1)
    trial.train(active, labels)
    for name in STATE_VARIABLES:
        assert np.array_equal(getattr(one.state, name), getattr(other.state, name)), name
    assert (one.presented, one.state.tick) == (other.presented, other.state.tick)
    assert np.array_equal(trial.answer(active, 4), one.answer(active, 4)[0])


@pytest.mark.parametrize("arithmetic", ["fixed", "float"])
@pytest.mark.parametrize("wrong", [WRONG, STEADY])
def test_both_loops_agree_on_an_imperfect_one(network, arithmetic, wrong):
    active, labels = images(network)
    found = []
    for loop in (plain, compiled):
        trial = Trial(copy(network, arithmetic), wrong, 5, loop.run)
        trial.train(active[:3], labels[:3])
        found.append((trial.network.state, trial.answer(active[:2])))
    for name in STATE_VARIABLES:
        assert np.array_equal(getattr(found[0][0], name), getattr(found[1][0], name)), name
    assert np.array_equal(found[0][1], found[1][1])
    assert not np.array_equal(found[0][0].h, copy(network, arithmetic).state.h)


def test_constants_differ_by_as_much_as_was_asked_for(network):
    shape, value = (2000, 2000), 0.2
    chip = Chip(Imperfections(mismatch=value), shape, 1, 1.0, compiled.run)
    mean, own = Chip(Imperfections(), shape, 1, 1.0, compiled.run), {}
    for arithmetic in ("float", "fixed"):
        own[arithmetic] = chip.constants(network.description, arithmetic)
        same = mean.constants(network.description, arithmetic)
        for name in DIFFERING:
            values, expected = getattr(own[arithmetic], name), getattr(same, name)
            assert len(values) == shape[name not in OF_AXONS]
            if "decay" in name and expected:
                full = 4096 if arithmetic == "fixed" else 1
                spread = np.std(np.log(-np.log(np.minimum(values, full - 1e-9) / full)))
                assert arithmetic == "fixed" or spread == pytest.approx(value, rel=0.1), name
            elif np.isfinite(expected) and abs(expected) > 100 and "bump" not in name:
                assert np.std(np.log(values / expected)) == pytest.approx(value, rel=0.1), name
    assert not np.array_equal(own["float"].y_decay, np.roll(own["float"].y_decay, 1))


def run(wrong: Imperfections, network: Classifier, ticks: int = 200):
    """The state and spikes of a layer under random input on an imperfect chip, and the chip."""
    random, state = np.random.default_rng(2), network.state.copy()
    chip = Chip(wrong, state.h.shape, 4, 1.0, compiled.run)
    pre = SpikeTrain.from_dense(random.random((ticks, len(state.x))) < 0.1)
    teacher = SpikeTrain.from_dense(random.random((ticks, len(state.y))) < 0.2)
    c = chip.constants(network.description, "fixed")
    return state, chip.run(c, state, pre, teacher, 3, True), chip


def test_what_is_wrong_is_wrong(network):
    perfect, spikes, _ = run(Imperfections(), network)
    assert spikes.any(axis=0).all()
    state, _, chip = run(Imperfections(stuck_synapses=0.1), network)
    assert 100 < chip.stuck.sum() < 500 and set(np.unique(state.h[chip.stuck])) == {0, 255}
    _, spikes, chip = run(Imperfections(silent_neurons=0.3), network)
    assert chip.silent.any() and not spikes[:, chip.silent].any() and spikes[:, ~chip.silent].any(axis=0).all()
    state, _, chip = run(Imperfections(dead_axons=0.3), network)
    assert not state.x[chip.dead].any() and state.x[~chip.dead].any()
    state, spikes, _ = run(Imperfections(jitter_ticks=3), network)
    assert not np.array_equal(state.x, perfect.x)
    for wrong in (Imperfections(h_flips_per_s=1.0), Imperfections(drift_up=0.0), Imperfections(drift_down=5.0)):
        assert not np.array_equal(run(wrong, network)[0].h, perfect.h)
    assert not np.array_equal(run(Imperfections(trace_flips_per_s=5.0), network)[0].s, perfect.s)


def test_as_many_bits_flip_as_was_asked_for():
    c = Chip(Imperfections(), (300, 10), 1, 1.0, compiled.run).constants(load("digits-256"), "fixed")
    state = LayerState.initial(c, 300, 10, 1)
    before = state.h.copy()
    chip = Chip(Imperfections(h_flips_per_s=0.5), (300, 10), 1, 1.0, compiled.run)
    nothing = SpikeTrain.silent(1000)
    chip.run(c, state, nothing, nothing, 1, False)
    flipped = before ^ state.h
    assert np.count_nonzero(flipped) == pytest.approx(0.5 * 3000, rel=0.25)  # some flip twice
    assert {int(value) for value in flipped.ravel()} >= {1 << bit for bit in range(8)}


def test_a_study(blobs):
    chosen = {
        name: (field, values[:2]) for name, (field, values) in STUDIES.items() if name in ("mismatch", "no drift")
    }
    described = load("digits-256-margin")
    result = study(described, blobs, 20, 10, "fixed", 1, chosen)
    assert [(each["imperfection"], each["value"]) for each in result["found"]] == [
        ("mismatch", 0.05), ("mismatch", 0.1), ("no drift", 0.0),
    ]  # fmt: skip
    assert len(rows([result])) == 4 and len(draw([result]).axes) == 1
    with pytest.raises(BadInput, match="test images is 11, must be from 1 to 10"):
        study(described, blobs, 20, 11, "fixed", 1, chosen)


@pytest.mark.parametrize("field, value", [pair for field, values in STUDIES.values() for pair in [(field, values[0])]])
def test_every_study_is_of_something(field, value):
    assert imperfect(field, value) != Imperfections()
