"""Networks of all kinds on the cores of a chip: every spike and every state variable of the plain loop."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bicall.emulator.network import compiled
from bicall.emulator.network.network import Network
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.rule.description import load_rule
from bicall.emulator.rule.recording import compare
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.mapping.chips import chip as chips
from bicall.mapping.configuration.checker import check_configuration
from bicall.mapping.configuration.reader import read_configuration
from bicall.mapping.configuration.writer import write_configuration
from bicall.mapping.machine.backend import OnChip
from bicall.mapping.mapper.limits import TooSmall

CHIP = chips.with_values(
    chips.load("small-mesh"),
    core__neurons=4,
    core__longest_delay=24,
    core__bits_per_synapse=16,
    core__synapse_bits=16384,
)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_mapped_equals_plain(network_cases, data):
    case = data.draw(network_cases(most_neurons=5))
    try:
        on_chip = OnChip(case.network, CHIP)
    except TooSmall:
        assume(False)
    expected, spikes, recording = case.play("plain", "fixed")
    found, other_spikes, other_recording = case.play(on_chip.run, "fixed")
    assert recording.variables.keys() == other_recording.variables.keys()
    assert compare(recording, other_recording) is None
    for name, train in spikes.items():
        assert np.array_equal(train.sources, other_spikes[name].sources)


def recurrent() -> tuple[Network, dict[str, SpikeTrain]]:
    """Two plastic layers, a recurrent plastic projection, fixed weights into a layer that learns, teachers."""
    rng, rule = np.random.default_rng(1), load_rule("digits-256")
    network = Network("recurrent")
    network.add_inputs("in", 30)
    network.add_inputs("teacher", 8)
    network.add_neurons("hidden", 12, rule)
    network.add_neurons("out", 8, rule, read=True)
    network.connect("in", "hidden", kind="plastic", delay=rng.integers(1, 5, 30))
    network.connect("in", "out", rng.integers(0, 300, (30, 8)))
    network.connect("hidden", "out", kind="plastic", delay=2)
    network.connect("out", "out", kind="plastic", delay=3)
    network.connect("teacher", "out", kind="direct")
    network.start("fixed", 5)
    return network, {
        "in": SpikeTrain.from_dense(rng.random((150, 30)) < 0.2),
        "teacher": SpikeTrain.from_dense(rng.random((150, 8)) < 0.1),
    }


def test_goes_on_with_spikes_under_way_and_passes_the_checker(tmp_path):
    network, inputs = recurrent()
    on_chip, other = OnChip(network, CHIP), network.copy()
    assert len(on_chip.configuration.cores) >= 5
    write_configuration(network, on_chip.configuration, tmp_path)
    assert check_configuration(network, read_configuration(tmp_path))["synapses"] == network.synapses + 8
    recordings = []
    for who, run in ((network, on_chip.run), (other, compiled.run)):
        recorder = PopulationRecorder()
        for _ in range(2):
            run(who, inputs, recorder=recorder)
        recordings.append(recorder.recording())
    assert compare(*recordings) is None
    assert recordings[0].variables["out.post_spikes"].values.sum() > 20


def test_cores_have_no_float():
    network, inputs = recurrent()
    on_chip = OnChip(network, CHIP)
    network.start("float", 1)
    with pytest.raises(BadInput, match="must be fixed on cores"):
        on_chip.run(network, inputs)
