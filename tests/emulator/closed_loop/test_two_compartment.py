"""The two-compartment neuron against NEST's, what it archives against the rule's own archive, and both protocols."""

import ast
import json
from pathlib import Path

import numpy as np
import pytest

from bicall.emulator.closed_loop import protocols
from bicall.emulator.closed_loop.two_compartment import TwoCompartment, learn, step
from bicall.emulator.schemes import urbanczik
from bicall.emulator.schemes.run import Trial, run
from bicall.emulator.support.errors import BadInput

NEST = Path(__file__).parents[4] / "shared" / "reference" / "nest"


@pytest.mark.parametrize("name", ["urbanczik_single", "urbanczik_multi20"])
def test_neuron_follows_nest(name):
    """The potentials of soma and dendrite within 1e-3 mV, given NEST's conductances and sent weights."""
    if not (NEST / f"{name}.npz").exists():
        pytest.skip("the recorded NEST runs (shared/reference/nest) are not here")
    z = dict(np.load(NEST / f"{name}.npz"))
    assert ast.literal_eval(str(z["params"]))["g_sp"] == TwoCompartment().g_sp
    dt, steps = float(z["dt"]), len(z["mm_t"])
    decay = np.exp(-dt / 3.0)
    arrived = [np.diff(z[key], prepend=0) + (1 - decay) * np.r_[0, z[key][:-1]] for key in ("mm_g_ex.s", "mm_g_in.s")]
    current = np.zeros(steps + 100)
    np.add.at(current, np.rint((z["w_t"] + z["delays"][z["w_i"]]) / dt).astype(int), z["w_w"])
    y, error = np.array([-70.0, -70.0, 0.0, 0.0, 0.0]), 0.0
    for k in range(1, steps + 1):
        step(TwoCompartment(), y, arrived[0][k - 1], arrived[1][k - 1], current[k], dt)
        error = max(error, abs(y[0] - z["mm_V_m.s"][k - 1]), abs(y[1] - z["mm_V_m.p"][k - 1]))
    assert error < 1e-3


def test_learning_is_the_rule_under_any_scheme():
    rng, steps, inputs = np.random.default_rng(1), 5000, 6
    spike_steps, spike_inputs = (a.astype(np.int64) for a in np.nonzero(rng.random((steps + 1, inputs)) < 0.005))
    drive = 5.4 + 4.8 * np.sin(np.arange(steps + 1) / 300.0)
    kept = spike_steps > 0
    spike_steps, spike_inputs = spike_steps[kept], spike_inputs[kept]
    r = learn(spike_steps, spike_inputs, drive, np.full(steps + 1, 18.0), 90.0, 0.3, 150.0, delay=0.7)
    neuron = TwoCompartment()._asdict() | {"soma": {"g_L": 30.0, "E_L": -70.0}}
    entries, levels = urbanczik.archive({"V_m.p": r.dendrite, "spikes": r.spikes.astype(float)}, neuron, 0.1)
    assert np.abs(entries - r.entries).max() < 1e-14
    state = np.zeros((inputs, len(urbanczik.FIELDS)))
    state[:, [urbanczik.WEIGHT, urbanczik.INITIAL]], state[:, urbanczik.MAXIMUM], state[:, urbanczik.ETA] = (
        90.0,
        150.0,
        0.3,
    )
    rule = urbanczik.parameters(0.1, 10.0, 3.0, 3.0, 100.0, 300.0, 30.0)
    trial = Trial(rule, state, np.full(inputs, 7), -10, r.entries, levels, spike_steps, spike_inputs)
    for scheme in ("TD", "ED", "EC"):
        assert np.abs(run(trial, scheme).sent - r.sent).max() < 1e-9
    assert np.ptp(r.sent) > 1.0


def test_spike_pairing_is_clopaths_figure():
    """Values of NEST 3.10's clopath_synapse_spike_pairing example (run once, 2026-11-22), within 1 %."""
    data = protocols.spike_pairing()
    nest_pre_post = [103.304, 112.536, 124.036, 138.947, 157.029]
    nest_post_pre = [57.826, 57.426, 72.167, 103.869, 149.434]
    np.testing.assert_allclose(data["pre_post_percent"], nest_pre_post, rtol=0.01)
    np.testing.assert_allclose(data["post_pre_percent"], nest_post_pre, rtol=0.01)


def test_dendrite_learns(tmp_path):
    data = protocols.dendritic_learning(repetitions=40)
    assert np.mean(data["error_mv"][-5:]) < 0.7 * data["error_mv"][0]
    protocols.write_spike_pairing(tmp_path / "pairing.svg")
    assert json.loads((tmp_path / "pairing.json").read_text())["rates_hz"] == [10, 20, 30, 40, 50]
    assert (tmp_path / "pairing.svg").stat().st_size > 1000


def test_bad_input():
    none = np.zeros(10)
    with pytest.raises(BadInput, match="synapse 1: its spike at step 3 is not sorted"):
        learn(np.array([5, 3]), np.array([0, 1]), none, none, 1.0, 0.1, 2.0)
    with pytest.raises(BadInput, match="delay is -1 ms"):
        learn(np.array([3]), np.array([0]), none, none, 1.0, 0.1, 2.0, delay=-1)
