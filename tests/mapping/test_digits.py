"""Mapped digits networks equal unmapped ones, and a wrong mapping is noticed."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from bicall.emulator.configuration import description
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.graph import network_of, training_samples
from bicall.emulator.digits.presentation import TRAINING, input_spikes, timing
from bicall.emulator.digits.samples import shown
from bicall.emulator.network import compiled as network_loop
from bicall.emulator.network.rates import measure_rates
from bicall.emulator.rule import compiled
from bicall.emulator.rule.state import STATE_VARIABLES, SpikeTrain
from bicall.mapping.chips import chip as chips
from bicall.mapping.configuration.configuration import AXON, EVENT, PORT, configure
from bicall.mapping.machine.execution import MappedNetwork
from bicall.mapping.machine.verification import Agreement, verify
from bicall.mapping.mapper.mapper import baseline, map_network
from bicall.mapping.workloads import by_network

SAMPLES = 3


def blobs(inputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Active inputs and labels of some made-up images, dense enough that everything learns."""
    rng = np.random.default_rng(1)
    return rng.random((SAMPLES, inputs)) < 0.3, np.array([3, 9, 3], np.uint8)


def mapped(digits: Classifier, chip: str):
    active, labels = blobs(len(digits.state.x))
    network = network_of(digits)
    measure_rates(network, training_samples(digits, active, labels))
    mapping = map_network(network, chips.load(chip), effort=1e-2)
    return network, mapping, configure(mapping.graph, mapping.chip, mapping.core_of), active, labels


def verified(digits: Classifier, network, configuration, active: np.ndarray, labels: np.ndarray) -> Agreement:
    return verify(network, configuration, training_samples(digits, active, labels))[0]


def stochastic() -> Classifier:
    """Every rounding stochastic: each core needs the layer's row and column numbers for all its noise."""
    sections = ("pre_trace", "post_trace", "gate_trace", "hidden_weight")
    values = {f"{section}__rounding": "stochastic" for section in sections}
    return Classifier.fresh(description.with_values(description.load("digits-256"), **values), "fixed", 7)


@pytest.mark.parametrize("digits", [Classifier.fresh(description.load("digits-256"), "fixed", 7), stochastic()])
def test_several_cores_equal_one_layer(digits):
    network, mapping, configuration, active, labels = mapped(digits, "small-mesh")
    result = verified(digits, network, configuration, active, labels)
    assert len(configuration.cores) == 3
    assert (result.samples, result.differences, result.first) == (SAMPLES, 0, "")
    assert result.compared > 15_000 and result.spikes > 0


def test_images_that_the_answer_ends_or_turns_to_teaching():
    described = description.with_values(
        description.load("digits-256-margin"), presentation__margin=1, transmission__weight_high=0.045
    )
    digits = Classifier.fresh(described, "fixed", 9)
    network, _, configuration, active, labels = mapped(digits, "small-mesh")
    pre = input_spikes(active[0], timing(described, TRAINING), 9, TRAINING, 0)
    answering = SpikeTrain(pre.starts[:159], pre.sources)
    spikes, _ = compiled.run(digits.constants, digits.state.copy(), answering, SpikeTrain.silent(158), 9, False)
    labels[0] = spikes.sum(axis=0).argmax()  # so that one is answered rightly
    agreement, _ = verify(network, configuration, [by_network(sample) for sample in shown(digits, active, labels)])
    assert (agreement.differences, agreement.first) == (0, "")
    assert agreement.ticks == 158 + 2 * 210
    assert agreement.spikes > 20


@pytest.mark.parametrize("connectivity", ["random", "patch"])
def test_a_sparse_layer_on_cores_with_fewer_axons(connectivity):
    """No core hears all inputs, so rows have other numbers on the core than in the layer."""
    values = {"network__connectivity": connectivity, "network__inputs_per_output": 64, "decoder__outputs_per_class": 2}
    digits = Classifier.fresh(description.with_values(stochastic().description, **values), "fixed", 7)
    chip = chips.with_values(chips.load("small-mesh"), core__axons=160)
    active, labels = blobs(256)
    network = network_of(digits)
    measure_rates(network, training_samples(digits, active, labels))
    mapping = map_network(network, chip, effort=1e-3)
    configuration = configure(mapping.graph, mapping.chip, mapping.core_of)
    assert len(configuration.cores) >= 5 and all(len(tables.sources) <= 160 for tables in configuration.cores)
    result = verified(digits, network, configuration, active, labels)
    assert (result.samples, result.differences, result.first) == (SAMPLES, 0, "")


def test_the_unmapped_network_is_the_emulators():
    digits = stochastic()
    network, _, _, active, labels = mapped(digits, "small-mesh")
    state = digits.state.copy()
    for sample in training_samples(digits, active, labels):
        state.reset()
        network.reset()
        expected, _ = compiled.run(digits.constants, state, sample["inputs"], sample["teachers"], digits.seed)
        assert (network_loop.run(network, sample)["outputs"].dense(len(state.y)) == expected).all()
    other = network.state.layers["outputs"]
    assert all((getattr(state, name) == getattr(other, name)).all() for name in STATE_VARIABLES)


def test_the_network_learned_while_it_was_compared():
    digits = stochastic()
    network, _, configuration, active, labels = mapped(digits, "small-mesh")
    mesh = MappedNetwork(network, configuration)
    before = [part.state.h.copy() for part in mesh.parts]
    verified(digits, network, configuration, active, labels)
    assert all((part.state.h == h).all() for part, h in zip(mesh.parts, before, strict=True))  # digits was left alone
    trained = replace(digits, state=digits.state.copy())
    trained.train(active, labels)
    assert np.mean(trained.state.h != digits.state.h) > 0.1


def _wrong_axon(configuration):
    """One packet of one input goes to its neighbour's axon."""
    packets = configuration.packets
    e = int(np.flatnonzero((packets.kind == AXON) & (packets.cores != PORT))[100])
    packets.index[e] += 1


def _wrong_core(configuration):
    packets = configuration.packets
    cores = sorted({tables.core for tables in configuration.cores})
    e = int(np.flatnonzero(packets.cores == cores[0])[50])
    packets.cores[e] = cores[1]


def _lost_packet(configuration):
    packets = configuration.packets
    starts = packets.starts.copy()
    starts[41:] -= 1  # input 40 loses its last destination
    keep = np.delete(np.arange(len(packets.cores)), starts[41])
    configuration.packets = packets._replace(
        starts=starts, **{name: getattr(packets, name)[keep] for name in ("cores", "index", "kind", "delays", "axons")}
    )


def _late_packet(configuration):
    configuration.chip = chips.with_values(configuration.chip, core__longest_delay=2)
    configuration.packets.delays[20] = 2


def _wrong_teacher(configuration):
    packets = configuration.packets
    chosen = np.flatnonzero((packets.kind == EVENT) & (packets.index < 2))
    packets.index[chosen] = 1 - packets.index[chosen]


def _wrong_neuron(configuration):
    """A core holds another core's neuron."""
    first, second = configuration.cores[:2]
    neurons = first.neurons.copy()
    neurons[-1] = second.neurons[0]
    configuration.cores[0] = first._replace(neurons=np.sort(neurons))


@pytest.mark.parametrize(
    "corrupt", [_wrong_axon, _wrong_core, _lost_packet, _late_packet, _wrong_teacher, _wrong_neuron]
)
def test_a_wrong_configuration_is_noticed(corrupt):
    digits = stochastic()
    network, _, configuration, active, labels = mapped(digits, "small-mesh")
    active[:, :60] = True  # so that every corrupted packet carries spikes
    corrupt(configuration)
    assert verified(digits, network, configuration, active, labels).differences > 0


@pytest.mark.parametrize("numbers", ["rows", "columns"])
def test_rounding_by_other_than_the_layers_numbers_is_noticed(numbers, monkeypatch):
    """A core that rounds with its own numbers: columns from 0; rows, which are all here, one further on."""
    digits = stochastic()
    network, _, configuration, active, labels = mapped(digits, "small-mesh")

    def run(constants, state, *arguments, **options):
        wrong = state.rows + np.int32(1) if numbers == "rows" else np.arange(len(state.columns), dtype=np.int32)
        right = getattr(state, numbers)
        setattr(state, numbers, wrong)
        try:
            return compiled.run(constants, state, *arguments, **options)
        finally:
            setattr(state, numbers, right)

    monkeypatch.setattr("bicall.mapping.machine.parts.compiled", SimpleNamespace(run=run))
    assert verified(digits, network, configuration, active, labels).differences > 0


def test_placement_is_better_than_the_baseline():
    digits = Classifier.fresh(description.load("digits-256"), "fixed", 7)
    network, mapping, *_ = mapped(digits, "small-mesh")
    assert mapping.spike_hops < 0.7 * baseline(network, mapping.chip).spike_hops
