"""Co-simulation takes the network as it is: its state, its synapses, its count of presentations."""

import numpy as np
import pytest

from bicall.emulator.configuration.description import load, with_values
from bicall.emulator.data import mnist
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.rule import compiled
from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver.core import Core
from bicall.rtl.verify import cosim, cycles, lockstep
from bicall.rtl.verify.samples import size_of, training_trains

SPARSE = with_values(load("digits-256"), network__connectivity="random", network__inputs_per_output=100)


@pytest.fixture
def loaded(monkeypatch) -> list[np.ndarray | None]:
    """The synapses of each state that a core was loaded with."""
    seen, load_state = [], Core.load

    def spy(core, state, seed):
        seen.append(state.connected)
        load_state(core, state, seed)

    monkeypatch.setattr(Core, "load", spy)
    return seen


def test_a_sparse_network_learns_in_the_core(loaded):
    """What once was compared was a dense network of the same name, with 0 different."""
    network = Classifier.fresh(SPARSE, "fixed", 2)
    result = lockstep.check_core(network, training_images=2, test_images=1)
    both = result["lock-step"]
    assert both["different"] == 0, both["first"]
    assert both["spikes"] == 10 * (result["training"]["ticks"] + result["test"]["ticks"]) and both["h"] > 10_000
    assert loaded and all(np.array_equal(connected, network.state.connected) for connected in loaded)
    assert network.state.tick == 0  # it is a copy that learned


def test_cycles_of_a_sparse_network(loaded):
    network = Classifier.fresh(SPARSE, "fixed", 2)
    result = cycles.measure(network, images=2)
    assert result["different"] == 0 and result["cycles"] == result["predicted"]
    assert all(np.array_equal(connected, network.state.connected) for connected in loaded)
    # an axon's spike is transmitted by the synapses that exist, 100 of 256 rows for each neuron
    spikes = result["work"]["rows"] - result["work"]["swept"]
    assert 0.3 < result["synaptic_events"] / (10 * spikes) < 0.5


def test_the_synapse_is_asked_for_synapses_that_exist():
    network = Classifier.fresh(SPARSE, "fixed", 2)
    checked = cosim.check_synapse(network, updates=0, images=1)["training samples"]
    assert checked["different"] == 0, checked["first"]
    full = Classifier.fresh(load("digits-256"), "fixed", 2)
    dense = cosim.check_synapse(full, updates=0, images=1)["training samples"]
    assert 0.3 < checked["updates"] / dense["updates"] < 0.5


def test_a_network_goes_on_where_it_is():
    """The samples and the state are those after what it has learned, as `train` itself goes on."""
    digits = mnist.load()
    network = Classifier.fresh(SPARSE, "fixed", 2)
    active, labels = network.encode(digits.train.samples[:3]), digits.train.labels[:3]
    network.train(active, labels)
    ahead, state = Classifier.fresh(SPARSE, "fixed", 2), network.state.copy()
    ahead.train(active, labels)
    ahead.train(active, labels)
    for pre, teacher in training_trains(network, 3):
        state.reset()
        compiled.run(network.constants, state, pre, teacher, network.seed)
    assert state.tick == ahead.state.tick and np.array_equal(state.h, ahead.state.h)


def test_what_a_core_cannot_hold_is_refused_in_one_line():
    network = Classifier.fresh(SPARSE, "fixed", 2)
    with pytest.raises(BadInput, match="^core: holds dense layers, the layer is sparse, must be a core with SPARSE 1$"):
        Core(network.constants, size_of(network)._replace(sparse=False)).load(network.state, 1)
    with pytest.raises(BadInput, match="^network digits-256: is in float, must be in fixed point for the Verilog$"):
        size_of(Classifier.fresh(SPARSE, "float", 2))
    changing = with_values(load("digits-256"), presentation__step_schedule=((1, 0.5),))
    with pytest.raises(BadInput, match="^configuration digits-256: .*step_schedule.* changes the rule within presenta"):
        lockstep.check_core(Classifier.fresh(changing, "fixed", 2), 3, 1)
    with pytest.raises(BadInput, match="^images: are 0, must be at least 1 for the core$"):
        lockstep.check_core(network, 0, 0)
