"""Networks of all kinds in Lava: every spike and every state variable of the plain loop, in both arithmetics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.backends import run
from bicall.emulator.data import mnist
from bicall.emulator.digits import margin
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.samples import training_samples
from bicall.emulator.network.network import DIRECT, FIXED, PLASTIC, Network
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.spikes import recent_spikes
from bicall.emulator.nir.integers import neuron_constants
from bicall.emulator.rule.description import Rule, with_values
from bicall.emulator.rule.recording import compare
from bicall.emulator.rule.state import LifState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.bicall_dense.models import PyBiCaLLDenseModelFixed
from bicall.lava_procs.bicall_dense.process import BiCaLLDense
from bicall.lava_procs.build.network import Session
from bicall.lava_procs.calcium_lif.models import PyCalciumLIFModelFixed
from bicall.lava_procs.calcium_lif.process import CalciumLIF
from bicall.lava_procs.compare.check import compare_classifier, compare_network
from bicall.lava_procs.compare.learn import learn
from bicall.lava_procs.plain_lif.models import PyPlainLIFModelFixed
from bicall.lava_procs.plain_lif.process import PlainLIF
from bicall.lava_procs.population_input.models import PyPopulationInputModelFixed
from bicall.lava_procs.population_input.process import PopulationInput

ARITHMETICS = pytest.mark.parametrize("arithmetic", ["fixed", "float"])


VALUES = [0]  # compared so far, printed by the slow test


def same(case, arithmetic: str, cuts) -> int:
    """Compare with the plain loop: a recorded run, started anew for each piece; how many values were equal."""
    expected, spikes, recording = case.play("plain", arithmetic)
    found, other_spikes, other_recording = case.play("lava", arithmetic, cuts)
    assert recording.variables.keys() == other_recording.variables.keys()
    assert compare(other_recording, recording) is None
    for name, train in spikes.items():
        np.testing.assert_array_equal(train.dense(9), other_spikes[name].dense(9))
    same_state(expected, found)
    return recording.size


def same_state(expected: Network, found: Network) -> None:
    assert expected.started.tick == found.started.tick
    for name, layer in expected.started.layers.items():
        other = found.started.layers[name]
        for variable, values in (layer._asdict() if isinstance(layer, LifState) else vars(layer)).items():
            np.testing.assert_array_equal(values, getattr(other, variable), err_msg=f"{name}.{variable}")
    for name, population in expected.populations.items():
        under_way = (
            recent_spikes(each.started, name, expected.remembered_ticks).dense(population.size)
            for each in (expected, found)
        )
        np.testing.assert_array_equal(*under_way, err_msg=name)


@ARITHMETICS
@settings(max_examples=4)
@given(data=st.data())
def test_lava_equals_plain(network_cases, arithmetic, data):
    case = data.draw(network_cases(most_neurons=4))
    same(case, arithmetic, data.draw(st.sets(st.integers(1, 49), max_size=1)))


@pytest.mark.slow
@ARITHMETICS
@settings(max_examples=60)
@given(data=st.data())
def test_lava_equals_plain_many_times(network_cases, arithmetic, data):
    VALUES[0] += same(data.draw(network_cases()), arithmetic, data.draw(st.sets(st.integers(1, 49), max_size=2)))
    print(f"{VALUES[0]:,} values equal")


def busy_network(rule: Rule) -> Network:
    """A circle of three populations: two that learn, one of them from two others by delays an axon; a teacher."""
    rng, strong = np.random.default_rng(3), rule.neuron.threshold_mantissa
    network = Network("busy")
    network.add_inputs("in", 9)
    network.add_inputs("teacher", 4)
    network.add_neurons("first", 4, rule)
    network.add_neurons("second", 3, rule)
    network.add_neurons("relay", 5, rule)
    network.connect("in", "first", kind=PLASTIC, delay=rng.integers(1, 6, 9))
    network.connect("second", "first", rng.random((3, 4)) < 0.6, kind=PLASTIC, delay=2)
    network.connect("teacher", "first", kind=DIRECT)
    network.connect("relay", "first", rng.random((5, 4)) < 0.3, kind=DIRECT, delay=3)
    network.connect("in", "relay", rng.integers(-strong // 4, strong, (9, 5)), delay=2)
    network.connect("first", "relay", rng.integers(-strong // 2, strong // 2, (4, 5)), delay=rng.integers(1, 9, 4))
    network.connect("relay", "second", kind=PLASTIC)
    network.connect("in", "second", rng.integers(0, strong // 3, (9, 3)), kind=FIXED)
    return network


def spikes_for(network: Network, ticks: int, seed: int) -> dict[str, SpikeTrain]:
    rng = np.random.default_rng(seed)
    return {
        each.name: SpikeTrain.from_dense(rng.random((ticks, each.size)) < 0.2)
        for each in network.populations.values()
        if each.is_input
    }


@ARITHMETICS
def test_a_session_goes_on_over_resets_pauses_enables_and_drives(busy_description, arithmetic):
    """One start for five runs; a second session goes on from the first one's state, spikes under way included."""
    network = busy_network(busy_description())
    network.start(arithmetic, 7)
    other, expected, found = network.copy(), PopulationRecorder(), PopulationRecorder()
    drive = np.random.default_rng(1).normal(0.3, 0.5, (25, 3))
    if arithmetic == "fixed":
        drive = np.rint(drive * network.populations["second"].mantissa).astype(np.int32)
    runs = [
        {"learning": False},
        {"learns": {"first": np.array([True, False, True, False])}},
        {"drive": {"second": drive}},
        {},
        {"learning": False, "learns": {"second": np.zeros(3, bool)}},
    ]
    for half in (runs[:3], runs[3:]):
        with Session(network) as session:
            for k, options in enumerate(half):
                inputs = spikes_for(network, 25, k)
                if k == 1:
                    session.reset()
                    other.reset()
                recorder = None if options.get("learning") is False else found
                spikes = session.run(inputs, recorder=recorder, **options)
                beside = run(other, inputs, "plain", recorder=expected if recorder else None, **options)
                for name, train in beside.items():
                    np.testing.assert_array_equal(train.sources, spikes[name].sources)
                same_state(other, network)
    assert compare(found.recording(), expected.recording()) is None
    fired = expected.recording().variables
    assert all(fired[f"{name}.post_spikes"].values.sum() > 20 for name in ("first", "second", "relay"))


def test_long_runs_are_cut_and_unconnected_populations_run_by_themselves(busy_description, monkeypatch):
    network = busy_network(busy_description())
    network.add_neurons("alone", 2, network.populations["first"].rule)
    network.connect("in", "alone", np.full((9, 2), 40))
    network.start("fixed", 7)
    other, inputs = network.copy(), spikes_for(network, 70, 5)
    monkeypatch.setattr("bicall.lava_procs.build.network.MOST_TICKS", 30)
    spikes, expected = run(network, inputs, "lava"), run(other, inputs, "plain")
    assert all(np.array_equal(train.starts, spikes[name].starts) for name, train in expected.items())
    same_state(other, network)
    assert len(expected["alone"].sources) > 0


class StrongerTeachers(PyPopulationInputModelFixed):
    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.teacher_weight += 1


class DelayLost(PyPopulationInputModelFixed):
    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.line.delays = np.maximum(self.line.delays - 1, 1)


class SpikesSurviveReset(PyPopulationInputModelFixed):
    @property
    def reset_due(self):
        _ = super().reset_due
        return False


class AllLearn(PyCalciumLIFModelFixed):
    def step(self):
        self.learns[:] = 1
        super().step()


class NoRefractoryPeriod(PyPlainLIFModelFixed):
    def fire(self):
        super().fire()
        self.refractory[:] = 0


class LearnsAlways(PyBiCaLLDenseModelFixed):
    def step(self):
        self.learning[:] = 1
        super().step()


@pytest.mark.parametrize(
    "process, mutant, variable",
    [
        (PopulationInput, StrongerTeachers, "first.current"),
        (PopulationInput, DelayLost, "first.pre_spikes"),
        (PopulationInput, SpikesSurviveReset, ""),
        (CalciumLIF, AllLearn, "first.h"),
        (PlainLIF, NoRefractoryPeriod, "relay.refractory"),
        (BiCaLLDense, LearnsAlways, "second.h"),
    ],
)
def test_mutants_are_noticed(busy_description, process, mutant, variable):
    network = busy_network(busy_description("nearest", neuron__refractory_ticks=1))
    network.start("fixed", 7)
    inputs, enabled = spikes_for(network, 40, 1), {"first": np.array([True, False, True, False])}
    samples = [
        lambda run: run(inputs, learns=enabled),
        lambda run: run(inputs, learning=False),
    ]
    assert compare_network(network, samples)["difference"] is None
    found = compare_network(network, samples, models={process: mutant})["difference"]
    assert found is not None and variable in found


def test_neurons_of_a_graph_reset_as_it_says():
    """Strong input leaves membranes above the threshold, where the two ways to reset part."""
    rng, spikes = np.random.default_rng(3), []
    weights = rng.integers(-200, 900, (6, 4)).astype(np.int32)
    inputs = {"pixels": SpikeTrain.from_dense(rng.random((60, 6)) < 0.3)}
    for subtracts in (False, True):
        network = Network("reset")
        network.add_inputs("pixels", (6,))
        network.add_neurons("cells", (4,), neuron_constants(0, 3800, 500 << 6, subtracts), read=True)
        network.connect("pixels", "cells", weights, 11)
        network.start("fixed", 1)
        found = compare_network(network, [lambda run: run(inputs)])
        assert found["difference"] is None
        spikes.append(found["post_spikes"])
    assert spikes[1] > spikes[0] > 0


@pytest.fixture
def decided(configuration):
    """A classifier some of whose images end early, and some of which are taught."""
    return with_values(
        configuration,
        plasticity__potentiation=0.05,
        transmission__weight_high=0.06,
        decoder__outputs_per_class=2,
        presentation__train_ms=60.0,
        presentation__teacher_ms=25.0,
        presentation__learn_from_ms=35.0,
        presentation__margin=1,
        presentation__learners="right-and-best-wrong",
        presentation__wrong_teacher_weight=-1.5,
    )


@pytest.mark.parametrize("arithmetic, images", [("fixed", 20), ("float", 5)])
def test_margin_driven_images_are_learned_the_same(decided, arithmetic, images, capsys):
    classifier = Classifier.fresh(decided, arithmetic, 5)
    result = compare_classifier(classifier, training_samples(classifier, images)[0])
    with capsys.disabled():
        print(f" {result['compared']:,} values equal", end=" ")
    assert result["difference"] is None and result["h_changes"] > 0
    assert 35 * images < result["ticks"] <= 60 * images


def test_margin_driven_learning_equals_bicall_train(decided):
    classifier, beside = (Classifier.fresh(decided, "fixed", 5) for _ in range(2))
    learn(classifier, 3)
    data = mnist.load().train
    beside.train(beside.encode(data.samples[:3]), data.labels[:3])
    np.testing.assert_array_equal(classifier.state.h, beside.state.h)
    assert (classifier.state.tick, classifier.presented) == (beside.state.tick, 3)


def test_a_schedule_is_refused(decided):
    classifier = Classifier.fresh(with_values(decided, presentation__step_schedule=((2, 0.5),)), "fixed", 5)
    assert len(training_samples(classifier, 2)[0]) == 2
    with pytest.raises(BadInput, match="changes the rule within presentations 0 to 2, must not here"):
        training_samples(classifier, 3)


def test_the_decision_is_the_hosts(decided, monkeypatch):
    """Another decision is another network: the samples ask `digits.margin`, and Lava runs what it says."""
    classifier = Classifier.fresh(decided, "fixed", 5)
    monkeypatch.setattr(margin, "decide", lambda *answer: margin.ENDS)
    result = compare_classifier(classifier, training_samples(classifier, 2)[0])
    assert result["difference"] is None and result["ticks"] == 2 * 35
