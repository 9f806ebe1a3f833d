"""The closed-loop network: its compiled synapses against the time-driven reference model, its neuron against NEST's."""

from pathlib import Path

import numpy as np
import pytest

from bicall.emulator.closed_loop import adex
from bicall.emulator.closed_loop.network import Synapses, random_network, simulate
from bicall.emulator.schemes.clopath import FIELDS, parameters
from bicall.emulator.schemes.run import Trial, run
from bicall.emulator.support.errors import BadInput

NEST = Path(__file__).parents[4] / "shared" / "reference" / "nest"


@pytest.mark.parametrize("name", ["clopath_aeif_single", "clopath_aeif_multi20"])
def test_neuron_follows_nest(name):
    """Same spikes, and the same potential within 0.2 mV, given NEST's input and sent weights."""
    if not (NEST / f"{name}.npz").exists():
        pytest.skip("the recorded NEST runs (shared/reference/nest) are not here")
    z = dict(np.load(NEST / f"{name}.npz"))
    dt, steps = float(z["dt"]), len(z["mm_t"])
    jumps = np.zeros(steps + 100)
    np.add.at(jumps, np.rint(z["drive_times"] / dt).astype(int) + 1, float(z["drive_w"]))
    np.add.at(jumps, np.rint((z["w_t"] + z["delays"][z["w_i"]]) / dt).astype(int), z["w_w"])
    neuron = adex.AdEx()
    table, y, clamp = adex.coefficients(neuron, dt), adex.at_rest(neuron, 1), np.zeros(1, np.int64)
    spikes, states = [], np.empty((steps, adex.FIELDS))
    for k in range(1, steps + 1):
        if adex.step(neuron, table, y, clamp, 0, jumps[k]):
            spikes.append(k)
        states[k - 1] = y[:, 0]
    assert spikes == np.rint(z["spk_post"] / dt).astype(int).tolist()
    for field, key in ((adex.V, "V_m"), (adex.U_PLUS, "u_bar_plus"), (adex.U_MINUS, "u_bar_minus")):
        assert np.abs(states[:, field] - z[f"mm_{key}"]).max() < 0.2


@pytest.mark.parametrize("w_max", [2.0, 0.52])
def test_network_learns_as_time_driven(w_max):
    """Every synapse's weight after a closed-loop run, against the time-driven scheme on what was archived."""
    rule, dt, steps, neurons = Synapses(delay=1.5, w_max=w_max), 0.1, 6000, 12
    network = random_network(neurons, 5, 0.5, seed=3)
    sources = np.repeat(np.arange(neurons), np.diff(network.first))
    activity = simulate(network, steps, dt, synapses=rule, drive_rate=20.0, seed=5, record=True)
    assert len(activity.spike_steps) > 50
    for i in range(neurons):
        mine = np.flatnonzero(network.targets == i)
        state = np.zeros((len(mine), len(FIELDS)))
        state[:, 0], state[:, 2], state[:, 3] = 0.5, rule.w_min, rule.w_max
        spikes = [
            (s, k) for k, m in enumerate(mine) for s in activity.spike_steps[activity.spike_neurons == sources[m]]
        ]
        spike_steps, spike_synapses = np.array(sorted(spikes), np.int64).T.copy()
        trial = Trial(
            parameters(dt, rule.tau_x), state, np.full(len(mine), 15), 0, activity.entries[:, i].copy(),
            activity.levels[:, i].copy(), spike_steps, spike_synapses,
        )  # fmt: skip
        reference = run(trial, "TD")
        assert np.abs(reference.last - network.weights[mine]).max() <= 1e-12
        assert np.abs(reference.last - 0.5).max() > 1e-3


def test_full_archives_are_widened():
    """A neuron that never spikes keeps every archive from being pruned; nothing is lost."""
    network = random_network(4, 2, 0.5, seed=1)
    keep = network.targets != 0  # neuron 0 hears no one
    network.targets[~keep] = 1
    activity = simulate(network, 30000, drive_rate=10.0, seed=2, record=True)
    assert activity.counters["peak_history"] > 256
    assert activity.counters["history_manipulations"] == np.count_nonzero(activity.entries)


def test_bad_input():
    for arguments, message in (
        ({"synapses": Synapses(delay=0.0)}, "delay is 0.0 ms"),
        ({"synapses": Synapses(delay=-1.0)}, "delay is -1.0 ms"),
        ({"drive_rate": 2e4}, "drive_rate is 20000.0/s"),
    ):
        with pytest.raises(BadInput, match=message):
            simulate(random_network(3, 1, 0.1, 1), 10, **arguments)
    with pytest.raises(BadInput, match="in_degree"):
        random_network(3, 0, 0.1, 1)
