"""The recurrent network: its loop, what it learns and completes, and the subthreshold oscillation."""

import numpy as np
import pytest

from bicall.emulator.configuration import description
from bicall.emulator.protocols import attractor, oscillation, recurrent_digits, spikes
from bicall.emulator.protocols.forced import ForcedLayer
from bicall.emulator.protocols.recurrent import RecurrentLayer
from bicall.emulator.rule import plain
from bicall.emulator.rule.description import with_values
from bicall.emulator.rule.state import STATE_VARIABLES, SpikeTrain
from bicall.emulator.support.errors import BadInput


@pytest.fixture(scope="module")
def network():
    return description.load("attractor")


def outside(network, neurons, ticks, seed=1, rate=400.0):
    return spikes.poisson(np.full(neurons, rate), ticks, network.time.tick_ms, spikes.key(seed, 0))


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_the_loop_is_the_plain_one_with_spikes_fed_back(network, arithmetic):
    """Bit for bit, however the run is cut: spikes of a tick arrive in the next."""
    neurons, ticks = 12, 700
    strong = with_values(network, transmission__weight_high=0.06, transmission__weight_low=-0.02)
    external = outside(network, neurons, ticks)
    current = np.random.default_rng(2).uniform(-0.05, 0.05, (ticks, neurons))
    layer, reference = (RecurrentLayer(strong, arithmetic, neurons, 3) for _ in range(2))
    before = layer.w
    pieces = [slice(0, 1), slice(1, 300), slice(300, ticks)]
    found = np.concatenate([layer.run(SpikeTrain.from_dense(external[p]), True, current[p]) for p in pieces])
    drive, expected, last = reference.drive(current), [], np.zeros(neurons, bool)
    for k in range(ticks):
        here = SpikeTrain.from_dense(last[None]), SpikeTrain.from_dense(external[k : k + 1])
        last = plain.run(reference.constants, reference.state, *here, 3, drive=drive[k : k + 1])[0]
        expected.append(last)
    assert np.array_equal(found, expected) and found.sum() > 100
    for name in STATE_VARIABLES:
        assert np.array_equal(getattr(layer.state, name), getattr(reference.state, name)), name
    assert layer.state.tick == reference.state.tick == ticks
    assert np.count_nonzero(layer.w != before) > 20


def test_every_spike_inhibits_every_neuron_it_does_not_excite(network):
    """Inhibition follows the coding level: n spikes bring n times the lower level, by hand."""
    for active in (1, 4):
        layer = RecurrentLayer(network, "float", 6, 1, 0.0)
        layer.last[:active] = True
        layer.run(SpikeTrain.silent(1))
        assert layer.state.current == pytest.approx(np.full(6, -0.005 * active))


def test_bad_input_is_refused(network):
    layer = RecurrentLayer(network, "fixed", 4, 1)
    with pytest.raises(BadInput, match="external spikes: source is 4, must be from 0 to 3"):
        layer.run(SpikeTrain(np.array([0, 1]), np.array([4], np.int32)))
    with pytest.raises(BadInput, match=r"current: is \[2, 4\], must be \[1, 4\]"):
        layer.run(SpikeTrain.silent(1), True, np.zeros((2, 4)))


@pytest.fixture(scope="module")
def completed(network):
    return attractor.measure(network, 1, cycles=6)


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_stimuli_are_learned_and_kept_apart(completed, arithmetic):
    within, outside_ = completed[arithmetic]["within"], completed[arithmetic]["outside"]
    assert within[0] == 0 and within[-1] > 0.6
    assert max(outside_) < 0.001


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_half_of_a_stimulus_brings_the_rest_back(completed, arithmetic):
    """From half on, the other half fires, nobody else; nothing of it without learning, or for a cue of no pattern."""
    found = completed[arithmetic]
    half = completed["cues"].index(0.5)
    assert min(found["rest"][half:]) > 25
    assert max(found["others"]) < 1
    assert max(found["untrained_rest"]) < 1
    assert max(found["control_others"]) < 1
    assert max(found["rest"][: completed["cues"].index(0.2) + 1]) < 1  # a fifth is too little


def test_without_inhibition_stimuli_run_into_each_other(network, completed):
    """The control for inhibition by the negative level: without it a cue wakes neurons outside of its stimulus."""
    loose = attractor.measure(with_values(network, transmission__weight_low=0.0), 1, cycles=4)["fixed"]
    assert max(loose["others"]) > 20 and max(loose["outside"]) > 0.05
    assert max(completed["fixed"]["others"]) < 1


def test_float_and_fixed_learn_alike(completed):
    real, fixed = completed["float"], completed["fixed"]
    assert real["within"][-1] == pytest.approx(fixed["within"][-1], abs=0.05)
    assert np.allclose(real["rest"], fixed["rest"], atol=12)  # Hz, of up to 55


def test_patterns_overlap_and_depend_on_the_seed():
    shown = attractor.patterns(1)
    assert all(len(set(neurons)) == attractor.ACTIVE for neurons in shown)
    assert len(np.intersect1d(shown[0], shown[1])) > 0
    assert not np.array_equal(shown, attractor.patterns(2))


@pytest.fixture(scope="module")
def waves(network):
    return oscillation.measure(network, 1, amplitudes=(0.9,), repeats=3)


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_an_oscillation_speeds_learning_up_at_equal_rates(waves, arithmetic):
    run = waves[arithmetic]["0.9"]
    assert run["oscillation to none"]["low"] > 1.25
    assert run["shuffled to none"]["high"] < 1.1
    none, waving, shuffled = (np.mean(run[name]["rate_hz"]) for name in oscillation.CONDITIONS)
    assert waving == pytest.approx(none, rel=0.01)
    assert run["shuffled"]["rate_hz"] == run["oscillation"]["rate_hz"] and shuffled == waving
    assert 0.5 < run["alone"] < 1  # below threshold


def test_the_oscillation_works_alike_in_float_and_fixed(waves):
    real, fixed = (waves[name]["0.9"]["oscillation to none"]["ratio"] for name in ("float", "fixed"))
    assert fixed == pytest.approx(real, rel=0.1)


def test_an_oscillation_that_fires_neurons_is_refused(network):
    with pytest.raises(BadInput, match="is above the membrane's threshold"):
        oscillation._highest_alone(network, "float", oscillation._current(network, 1.5, 0.0))


@pytest.mark.parametrize("arithmetic", ["float", "fixed"])
def test_learning_on_given_spikes_is_learning_in_the_network(network, arithmetic):
    """The oscillation's speeds are measured on its spikes: the network itself, learning, reaches the same h, bit for
    bit, as long as what is learned is not transmitted."""
    neurons, ticks = 20, 4000
    quiet = with_values(network, transmission__weight_high=network.transmission.weight_low)
    layer = RecurrentLayer(quiet, arithmetic, neurons, 5, 0.0)
    fired = layer.run(SpikeTrain.from_dense(outside(network, neurons, ticks)))
    forced = ForcedLayer(oscillation.forced(quiet), arithmetic, neurons, neurons, 0.0, 5)
    pre = np.roll(fired, 1, axis=0)
    pre[0] = False
    forced.run(pre, fired)
    assert np.array_equal(forced.state.h, layer.state.h) and (forced.state.h > 0).any()


def test_the_recurrent_network_classifies_digits():
    """A few hundred images: far above chance, float and fixed alike, and no input that is off is made to fire."""
    result = recurrent_digits.measure(description.load("digits-256"), 1, training_images=300, test_images=100)
    for arithmetic in ("float", "fixed"):
        found = result[arithmetic]
        assert found["accuracy"] > 50
        assert np.sum(found["confusion"]) == 100
        assert found["active_inputs_hz"] > 50 and found["inactive_inputs_hz"] < 5
    assert abs(result["float"]["accuracy"] - result["fixed"]["accuracy"]) < 20
