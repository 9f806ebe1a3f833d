"""Networks come back from their files as they were, and a damaged file is refused in one line."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bicall.backends import run
from bicall.emulator.network import network_file
from bicall.emulator.network.network import Network
from bicall.emulator.rule.description import load_rule
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), arithmetic=st.sampled_from(["fixed", "float"]))
def test_goes_on_from_its_file(network_cases, tmp_path, data, arithmetic):
    """Saved in mid-run, spikes under way included: the rest of the run is the same."""
    case = data.draw(network_cases())
    network, _, _ = case.play("plain", arithmetic, record=False)
    network_file.save(network, tmp_path / "a.npz", {"kept": [1, 2]}, {"extra": np.arange(3)})
    again, more, arrays = network_file.load_with_more(tmp_path / "a.npz")
    assert more == {"kept": [1, 2]} and np.array_equal(arrays["extra"], np.arange(3))
    assert again.populations == network.populations
    for ours, theirs in zip(network.projections, again.projections, strict=True):
        assert ours[:4] == theirs[:4] and np.array_equal(ours.delays, theirs.delays)
        assert (ours.matrix != theirs.matrix).nnz == 0 and ours.matrix.dtype == theirs.matrix.dtype
    inputs = {name: SpikeTrain.from_dense(spikes) for name, spikes in case.spikes.items()}
    ours, theirs = run(network, inputs, "plain"), run(again, inputs, "plain")
    for name, train in ours.items():
        assert np.array_equal(train.starts, theirs[name].starts)
        assert np.array_equal(train.sources, theirs[name].sources)
    assert again.state.tick == network.state.tick


def small() -> Network:
    network = Network("small")
    network.add_inputs("in", 4)
    network.add_neurons("out", 3, load_rule("digits-256"))
    network.connect("in", "out", kind="plastic")
    network.start("fixed", 1)
    return network


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda about, arrays: arrays.pop("state.out.h"), "is damaged"),
        (lambda about, arrays: arrays.update({"state.out.h": np.zeros((4, 3))}), "h of out is float64"),
        (lambda about, arrays: arrays.update({"state.out.h": np.zeros((5, 3), np.int32)}), "h of out is int32"),
        (lambda about, arrays: arrays.update({"0.delays": np.zeros(4, np.int32)}), "delay is 0, must be from 1"),
        (lambda about, arrays: about["populations"][1]["rule"]["neuron"].update(floor=1), "neuron.floor is 1"),
        (lambda about, arrays: about["projections"][0].update(kind="elastic"), "kind is 'elastic'"),
        (lambda about, arrays: about["projections"][0].update(pre="nobody"), "nobody"),
        (lambda about, arrays: about["state"].update(seed=-1), "seed is -1"),
        (lambda about, arrays: about["state"].update(arithmetic="octal"), "arithmetic is 'octal'"),
        (lambda about, arrays: arrays.update(rates=np.full(7, np.nan)), "rates must be 7 numbers"),
        (lambda about, arrays: about.pop("populations"), "is damaged"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(change, message, tmp_path):
    network_file.save(small(), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as file:
        arrays = dict(file)
    about = json.loads(str(arrays["about"]))
    change(about, arrays)
    np.savez(tmp_path / "b.npz", **arrays | {"about": np.array(json.dumps(about))})
    with pytest.raises(BadInput, match=message) as error:
        network_file.load(tmp_path / "b.npz")
    assert "\n" not in str(error.value)


def test_files_of_the_first_round_are_read(tmp_path):
    """Format bicall-hypergraph-1: one delay a projection, constants for rules, no state."""
    network = small()
    about = {
        "name": "old",
        "populations": [
            {"name": "in", "shape": [4], "is_input": True, "is_read": False, "constants": None},
            {"name": "out", "shape": [3], "is_input": False, "is_read": True,
             "constants": network.populations["out"].constants._asdict()},
        ],
        "projections": [{"pre": "in", "post": "out", "kind": "plastic", "bits": 8, "delay": 2}],
    }  # fmt: skip
    np.savez(
        tmp_path / "old.npz", format=np.array("bicall-hypergraph-1"), about=np.array(json.dumps(about)),
        rates=np.ones(7), **{"0.starts": np.arange(5) * 3, "0.targets": np.tile(np.arange(3), 4).astype(np.int32),
                             "0.weights": np.ones(12, np.int32)},
    )  # fmt: skip
    old = network_file.load(tmp_path / "old.npz")
    assert old.populations["out"].constants == network.populations["out"].constants
    assert old.projections[0].delay == 2 and old.state is None
    old.start("fixed", 1)
    assert np.array_equal(old.state.layers["out"].h, network.state.layers["out"].h)
