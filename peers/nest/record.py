"""Record NEST runs of one neuron with plastic inputs, in the layout that `bicall schemes replay` reads.

Run in the peers' environment (requirements.txt beside this file): `python record.py FOLDER [CASE...]`. Each case
changes what a replay could get wrong: delays, constant or voltage-dependent depression, clipping, step, kernels, rates,
several spikes in a step.
"""

import sys
from pathlib import Path

import nest
import numpy as np


def trains(rng, synapses, rate, first, last, dt):
    """Poisson spike times in ms on the grid, at most one in a step; every fifth synapse stays silent."""
    times = []
    for synapse in range(synapses):
        count = 0 if synapse % 5 == 4 else rng.poisson(rate * (last - first) / 1000)
        steps = np.unique(rng.integers(round(first / dt), round(last / dt), count))
        times.append(steps * dt)
    return [np.round(t, 4) for t in times]


def record(
    path, rule, seed, dt=0.1, duration=2000.0, synapses=8, rate=20.0, synapse=None, neuron=None, w0=2.0, drive=10.0
):
    """Record one run; `synapse` and `neuron` are parameters that differ from the defaults."""
    rng = np.random.default_rng(seed)
    nest.ResetKernel()
    nest.set_verbosity("M_ERROR")
    nest.resolution = dt
    nest.rng_seed = seed
    model = "aeif_psc_delta_clopath" if rule == "clopath" else "pp_cond_exp_mc_urbanczik"
    cell = nest.Create(model, params=neuron or {})
    delays = np.round(dt * rng.integers(1, 20, synapses), 4)
    delays[0] = dt  # the smallest delay must be a step: at larger ones NEST can drop depression
    inputs = trains(rng, synapses, rate, 30.0, duration - 5.0, dt)
    generators = nest.Create("spike_generator", synapses)
    parrots = nest.Create("parrot_neuron", synapses)
    for generator, times in zip(generators, inputs, strict=True):
        generator.spike_times = np.round(times, 4)
    nest.Connect(generators, parrots, "one_to_one", syn_spec={"delay": dt})
    weights = nest.Create("weight_recorder")
    nest.CopyModel(f"{rule}_synapse", "recorded", {"weight_recorder": weights})
    spec = {"synapse_model": "recorded", "weight": w0, "Wmin": 0.0, "Wmax": 100.0, **(synapse or {})}
    if rule == "urbanczik":
        receptors = nest.GetDefaults(model)["receptor_types"]
        spec["receptor_type"] = receptors["dendritic_exc"]
        current = np.arange(dt, duration, dt)
        for receptor, amplitude in (("soma_exc", 3.0), ("soma_inh", 4.0)):
            source = nest.Create("spike_generator")
            source.spike_times = np.round(current, 4)
            source.spike_weights = amplitude * (1.3 + np.sin(2 * np.pi * current / 200.0))
            nest.Connect(source, cell, syn_spec={"receptor_type": receptors[receptor], "weight": dt, "delay": dt})
        quantities = ["V_m.s", "V_m.p"]
    else:
        source = nest.Create("spike_generator")
        count = rng.poisson(drive * duration / 1000)
        kicks = np.unique(rng.integers(round(30 / dt), round((duration - 5) / dt), count))
        source.spike_times = np.round(kicks * dt, 4)
        nest.Connect(source, cell, syn_spec={"weight": 80.0, "delay": dt})
        quantities = ["V_m", "u_bar_plus", "u_bar_minus", "u_bar_bar"]
    for parrot, delay in zip(parrots, delays, strict=True):
        nest.Connect(parrot, cell, syn_spec={**spec, "delay": float(delay)})
    meter = nest.Create("multimeter", params={"record_from": quantities, "interval": dt})
    spikes_in, spikes_out = nest.Create("spike_recorder"), nest.Create("spike_recorder")
    nest.Connect(meter, cell, syn_spec={"delay": dt})
    nest.Connect(parrots, spikes_in, syn_spec={"delay": dt})
    nest.Connect(cell, spikes_out, syn_spec={"delay": dt})
    nest.Simulate(duration)

    first = parrots[0].global_id
    order = np.argsort(spikes_in.events["times"], kind="stable")
    final = [nest.GetConnections(parrot, cell).get("weight") for parrot in parrots]
    stored = {
        "dt": dt, "T": duration, "delays": delays, "w0": w0, "Wmin": spec["Wmin"], "Wmax": spec["Wmax"],
        "spk_pre_t": spikes_in.events["times"][order], "spk_pre_i": spikes_in.events["senders"][order] - first,
        "spk_post": spikes_out.events["times"],
        "w_t": weights.events["times"], "w_i": weights.events["senders"] - first,
        "w_w": weights.events["weights"], "final_w": np.array(final), "mm_t": meter.events["times"],
        "min_delay": nest.min_delay, "max_delay": nest.max_delay,
    }  # fmt: skip
    stored |= {f"mm_{name}": meter.events[name] for name in quantities}
    if rule == "clopath":
        stored["tau_x"] = spec.get("tau_x", 15.0)
        for key in ("A_LTD", "A_LTP", "A_LTD_const", "u_ref_squared", "theta_plus", "theta_minus", "delay_u_bars"):
            stored[f"par_{key}"] = cell.get(key)
    else:
        stored |= {"eta": spec.get("eta", 0.07), "tau_Delta": spec.get("tau_Delta", 100.0)}
        keys = ("g_sp", "phi_max", "rate_slope", "beta", "theta", "soma", "dendritic")
        stored["params"] = str({key: cell.get(key) for key in keys})
    np.savez_compressed(path, **stored)
    spikes = f"{len(stored['spk_pre_t'])} spikes in, {len(stored['spk_post'])} out"
    print(f"{path.name}: {spikes}, weights {min(final):.4g} to {max(final):.4g}")


voltage_dependent = {"A_LTD_const": False, "A_LTD": 1e-6, "u_ref_squared": 60.0}
unequal = {"dendritic": {"tau_syn_ex": 2.0, "tau_syn_in": 5.0}}
CASES = {
    "clopath_plain": dict(rule="clopath"),
    "clopath_voltage_dependent": dict(rule="clopath", neuron=voltage_dependent),
    "clopath_strong_depression": dict(rule="clopath", neuron={"A_LTD_const": False, "u_ref_squared": 70.0}, w0=3.0),
    "clopath_clipped": dict(rule="clopath", synapse={"Wmin": 1.98, "Wmax": 2.01}, drive=25.0),
    "clopath_outside": dict(rule="clopath", synapse={"Wmin": 0.5, "Wmax": 1.5}, drive=25.0),
    "clopath_many_spikes": dict(rule="clopath", drive=60.0, rate=60.0, synapses=20, duration=5000.0),
    "clopath_other_parameters": dict(rule="clopath", synapse={"tau_x": 7.3}, neuron={"delay_u_bars": 5.7, "A_LTP": 3e-4,
        "A_LTD": 3e-4, "theta_plus": -50.0, "theta_minus": -68.0, "tau_u_bar_plus": 9.0}),  # fmt: skip
    "clopath_step_0.05": dict(rule="clopath", dt=0.05, duration=1000.0),
    "clopath_step_0.2": dict(rule="clopath", dt=0.2, duration=1000.0),
    "clopath_no_delay_of_averages": dict(rule="clopath", neuron={"delay_u_bars": 0.0}),
    "clopath_large_weights": dict(rule="clopath", w0=20.0, drive=20.0),
    "urbanczik_plain": dict(rule="urbanczik", w0=100.0, synapse={"eta": 0.17, "Wmax": 1350.0}),
    "urbanczik_clipped": dict(rule="urbanczik", w0=100.0, synapse={"eta": 0.9, "Wmin": 95.0, "Wmax": 110.0}),
    "urbanczik_clipped_at_0": dict(rule="urbanczik", w0=5.0, synapse={"eta": 0.9, "Wmax": 20.0}, neuron=unequal),
    "urbanczik_bursts": dict(rule="urbanczik", w0=100.0, synapse={"eta": 0.1, "Wmax": 1350.0}, neuron={"t_ref": 0.0,
        "phi_max": 4.0, "theta": -62.0}),  # fmt: skip
    "urbanczik_other_parameters": dict(rule="urbanczik", w0=60.0,
        synapse={"eta": 0.3, "tau_Delta": 40.0, "Wmax": 900.0},
        neuron={"g_sp": 300.0, "beta": 0.25, "rate_slope": 0.7, "soma": {"g_L": 25.0, "E_L": -68.0},
        "dendritic": {"C_m": 250.0, "g_L": 20.0, "tau_syn_ex": 4.0, "tau_syn_in": 3.0}}),  # fmt: skip
    "urbanczik_step_0.05": dict(rule="urbanczik", dt=0.05, duration=1000.0, w0=100.0,
        synapse={"eta": 0.17, "Wmax": 1350.0}),  # fmt: skip
    "urbanczik_long_silence": dict(rule="urbanczik", rate=0.4, duration=20000.0, w0=300.0,
        synapse={"eta": 0.1, "Wmax": 1350.0}),  # fmt: skip
}  # fmt: skip

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, case) in enumerate(CASES.items()):
        if not sys.argv[2:] or name in sys.argv[2:]:
            record(folder / f"{name}.npz", seed=number + 1, **case)
