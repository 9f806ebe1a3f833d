"""Replaying recordings: NEST's own, and made-up ones whose weights a slow oracle in plain Python has written."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bicall.emulator.commands.schemes import app
from bicall.emulator.schemes import clopath
from bicall.emulator.schemes.recording import load
from bicall.emulator.schemes.replay import replay
from bicall.emulator.schemes.run import run
from bicall.emulator.support.errors import BadInput

NEST = Path(__file__).parents[4] / "shared" / "reference" / "nest"
TOLERANCE = {"clopath": 1e-14, "urbanczik": 1e-11}
NAMES = ("clopath_aeif_single", "clopath_aeif_multi20", "urbanczik_single", "urbanczik_multi20")


@pytest.mark.parametrize("name", NAMES)
def test_nest_recording(name):
    if not (NEST / f"{name}.npz").exists():
        pytest.skip("the recorded NEST runs (shared/reference/nest) are not here")
    result = replay(NEST / f"{name}.npz")
    for scheme, numbers in result["schemes"].items():
        assert numbers["max_deviation_sent"] <= TOLERANCE[result["rule"]], scheme
        assert numbers["max_deviation_final"] <= TOLERANCE[result["rule"]], scheme


def clopath_oracle(r, neuron):
    """Every sent weight, from the written order of NEST's update; loops and dictionaries only."""
    dt, sent = r["dt"], []
    delay_u, steps = round(neuron["delay_u_bars"] / dt), len(r["mm_t"])
    voltage, plus, minus, slow = (
        dict(enumerate(r[f"mm_{k}"], 1)) for k in ("V_m", "u_bar_plus", "u_bar_minus", "u_bar_bar")
    )
    theta_plus, theta_minus = neuron["theta_plus"], neuron["theta_minus"]
    potentiation, depression = {}, {}
    for k in range(1, steps + 1):
        u_plus, u_minus = plus.get(k - delay_u, 0.0), minus.get(k - delay_u, 0.0)
        if voltage[k] > theta_plus and u_plus > theta_minus:
            potentiation[k] = neuron["A_LTP"] * (voltage[k] - theta_plus) * (u_plus - theta_minus) * dt
        if u_minus > theta_minus:
            depression[k] = neuron["A_LTD"] * (u_minus - theta_minus)
            if not neuron["A_LTD_const"]:
                depression[k] *= slow[k] ** 2 / neuron["u_ref_squared"]
    weight, trace, last = dict(enumerate(r["w0"])), {}, {}
    for time, s in zip(r["spk_pre_t"], r["spk_pre_i"], strict=True):
        ks, d, kl, x = round(time / dt), round(r["delays"][s] / dt), last.get(s, 0), trace.get(s, 0.0)
        for k in range(kl - d + 1, ks - d + 1):
            if k in potentiation:
                change = potentiation[k] * x * math.exp((kl - k - d) * dt / r["tau_x"])
                weight[s] = min(weight[s] + change, r["Wmax"][s])
        weight[s] = max(weight[s] - depression.get(ks - d, 0.0), r["Wmin"][s])
        sent.append(weight[s])
        trace[s], last[s] = x * math.exp((kl - ks) * dt / r["tau_x"]) + 1 / r["tau_x"], ks
    return sent, list(weight.values())


def urbanczik_oracle(r, neuron):
    """As `clopath_oracle`, for the rule of Urbanczik and Senn."""
    dt, sent, soma, dendrite = r["dt"], [], neuron["soma"], neuron["dendritic"]
    beta, slope, theta = neuron["beta"], neuron["rate_slope"], neuron["theta"]
    spikes = [round(t / dt) for t in r["spk_post"]]
    archive = {}
    for k, dendritic in enumerate(r["mm_V_m.p"], 1):
        u = (soma["E_L"] * soma["g_L"] + neuron["g_sp"] * dendritic) / (soma["g_L"] + neuron["g_sp"])
        rate = neuron["phi_max"] / (1 + slope * math.exp(beta * (theta - u)))
        archive[k] = (spikes.count(k) - rate * dt) * 15 * beta / (1 + math.exp(-beta * (theta - u)) / slope)
    tau_l, tau_d = dendrite["C_m"] / dendrite["g_L"], r["tau_Delta"]
    weight, state = dict(enumerate(r["w0"])), {}
    for time, s in zip(r["spk_pre_t"], r["spk_pre_i"], strict=True):
        ks, d = round(time / dt), round(r["delays"][s] / dt)
        kl, trace_l, trace_s, integral, filtered = state.get(s, (-round(1 / dt), 0.0, 0.0, 0.0, 0.0))
        tau_s = dendrite["tau_syn_ex"] if weight[s] > 0 else dendrite["tau_syn_in"]
        filtered *= math.exp((kl - ks) * dt / tau_d)
        for k in range(max(1, kl - d + 1), ks - d + 1):
            age = (kl - k - d) * dt
            change = (trace_l * math.exp(age / tau_l) - trace_s * math.exp(age / tau_s)) * archive[k]
            integral += change
            filtered += math.exp((k + d - ks) * dt / tau_d) * change
        scale = 15 * dendrite["C_m"] * tau_s * r["eta"][s] / (dendrite["g_L"] * (tau_l - tau_s))
        weight[s] = max(min(r["w0"][s] + (integral - filtered) * scale, r["Wmax"][s]), r["Wmin"][s])
        sent.append(weight[s])
        decay = (kl - ks) * dt
        trace_l, trace_s = trace_l * math.exp(decay / tau_l) + 1, trace_s * math.exp(decay / tau_s) + 1
        state[s] = (ks, trace_l, trace_s, integral, filtered)
    return sent, list(weight.values())


def made_up(rule, seed, dt=0.1, steps=3000, synapses=6, rate=30.0, constant=True, clip=None, w0=1.0):
    """A recording of random potentials and spikes: first and last step, coincident spikes, a silent input."""
    rng = np.random.default_rng(seed)
    delays = rng.integers(1, 21, synapses) * dt
    steps_of = [np.flatnonzero(rng.random(steps + 1) < rate * dt / 1000) for _ in range(synapses)]
    shared = rng.integers(100, steps, 5)
    steps_of = [np.unique(np.concatenate([s[s > 0], shared, [1, steps]])) for s in steps_of]
    steps_of[synapses // 2] = np.zeros(0, int)
    pre_steps = np.concatenate(steps_of)
    pre_i = np.repeat(np.arange(synapses), [len(s) for s in steps_of])
    order = np.lexsort((pre_i, pre_steps))
    r = {"dt": dt, "T": (steps + 1) * dt, "delays": delays, "mm_t": np.arange(1, steps + 1) * dt}
    r |= {"spk_pre_t": pre_steps[order] * dt, "spk_pre_i": pre_i[order]}

    def walk(low, high, tau):
        noise = rng.normal(size=steps + 200)
        smooth = np.convolve(noise, np.exp(-np.arange(200) * dt / tau), "valid")[:steps]
        return low + (high - low) * (smooth - smooth.min()) / np.ptp(smooth)

    if rule == "clopath":
        low, high = clip or (0.0, 100.0)
        neuron = {"A_LTP": rng.uniform(2e-5, 2e-4), "A_LTD": 1e-4 if constant else 2e-6, "A_LTD_const": constant}
        neuron |= {
            "u_ref_squared": 60.0,
            "theta_plus": -45.3,
            "theta_minus": -70.6,
            "delay_u_bars": rng.integers(0, 60) * dt,
        }
        r |= {
            "mm_V_m": walk(-80, 30, 1.0),
            "mm_u_bar_plus": walk(-75, -50, 7.0),
            "mm_u_bar_minus": walk(-75, -50, 10.0),
        }
        r |= {"mm_u_bar_bar": walk(-70, -60, 50.0), "tau_x": rng.uniform(5, 30), "spk_post": np.zeros(0)}
        r |= {"w0": np.full(synapses, w0), "Wmin": np.full(synapses, low), "Wmax": np.full(synapses, high)}
        sent, final = clopath_oracle(r, neuron)
        r |= {f"par_{k}": v for k, v in neuron.items()}
    else:
        low, high = clip or (0.0, 1350.0)
        neuron = {"g_sp": 600.0, "phi_max": 0.15, "rate_slope": 0.5, "beta": 1 / 3, "theta": -55.0}
        neuron |= {"soma": {"g_L": 30.0, "E_L": -70.0, "C_m": 300.0}}
        neuron |= {"dendritic": {"C_m": 300.0, "g_L": 30.0, "tau_syn_ex": 3.0, "tau_syn_in": rng.uniform(2, 6)}}
        post = np.flatnonzero(rng.random(steps + 1) < 0.004)
        r |= {"mm_V_m.p": walk(-70, -45, 10.0), "spk_post": np.repeat(post[post > 0], rng.integers(1, 3)) * dt}
        r |= {"w0": np.full(synapses, 60.0), "Wmin": np.full(synapses, low), "Wmax": np.full(synapses, high)}
        r |= {"eta": rng.uniform(0.05, 0.2, synapses), "tau_Delta": rng.uniform(20, 200)}
        sent, final = urbanczik_oracle(r, neuron)
        r["params"] = str(neuron)
    return r | {"w_t": r["spk_pre_t"], "w_i": r["spk_pre_i"], "w_w": np.array(sent), "final_w": np.array(final)}


VARIANTS = [{}, {"dt": 0.05}, {"dt": 0.2, "rate": 150.0}, {"synapses": 1}]
CASES = [("clopath", v) for v in [*VARIANTS, {"constant": False}, {"clip": (0.99, 1.01)}, {"clip": (0.2, 0.9)}]]
CASES += [("urbanczik", v) for v in [*VARIANTS, {"clip": (0.0, 61.0)}, {"clip": (59.0, 61.0)}, {"clip": (-5.0, 0.0)}]]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_made_up_recording(tmp_path, case):
    rule, variant = CASES[case]
    np.savez(tmp_path / "r.npz", **made_up(rule, case, **variant))
    result = replay(tmp_path / "r.npz")
    for scheme, numbers in result["schemes"].items():
        assert numbers["max_deviation_sent"] <= TOLERANCE[rule], scheme
        assert numbers["max_deviation_final"] <= TOLERANCE[rule], scheme


def exact_weights(t):
    """Every weight a Clopath trial sends, in 80-bit numbers from its archive on, and how often it was rounded."""
    wide = np.longdouble
    weight, trace, last = wide(t.state[:, clopath.WEIGHT]), np.zeros(len(t.state), wide), np.full(len(t.state), t.start)
    entries, sent, additions, roundings = np.flatnonzero(t.entries), [], np.zeros(len(t.state), int), []
    steps, tau = wide(t.rule.tics) / 1000, wide(t.rule.tau_x)
    for now, s in zip(t.spike_steps, t.spike_synapses, strict=True):
        delay, at = t.delays[s], last[s]
        first, stop = np.searchsorted(entries, (at - delay, now - delay), side="right")
        for k in entries[first:stop]:
            change = wide(t.entries[k]) * trace[s] * np.exp((at - k - delay) * steps / tau)
            weight[s] = min(weight[s] + change, wide(t.state[s, clopath.MAXIMUM]))
        level = t.levels[now - delay] if now > delay else 0.0
        weight[s] = max(weight[s] - level, wide(t.state[s, clopath.MINIMUM]))
        trace[s] = trace[s] * np.exp((at - now) * steps / tau) + 1 / tau
        last[s] = now
        additions[s] += stop - first + 1
        sent.append(weight[s])
        roundings.append(additions[s])
    return np.array(sent), np.array(roundings)


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="needs 80-bit numbers")
@pytest.mark.parametrize("name", [NAMES[1], "large weights"])
def test_what_compression_differs_by_is_the_recordings_own_rounding(tmp_path, name):
    """Recorded weights were rounded at every addition. EC's are nearer to the exact ones, and cannot round alike."""
    path = NEST / f"{name}.npz"
    if name == "large weights":
        path = tmp_path / "r.npz"
        r = made_up("clopath", 11, rate=100.0, w0=30.0)
        np.savez(path, **r)
    elif not path.exists():
        pytest.skip("the recorded NEST runs (shared/reference/nest) are not here")
    recording = load(path)
    exact, roundings = exact_weights(recording.trial)
    compressed = run(recording.trial, "EC").sent
    own, differs = np.abs(recording.sent - exact), np.abs(compressed - recording.sent)
    assert (differs <= roundings * np.spacing(recording.sent.max())).all()
    assert np.abs(compressed - exact).max() < 0.5 * own.max()
    assert differs.max() > (1e-15 if name in NAMES else 1e-14)  # else there were nothing to explain


@pytest.mark.parametrize("rule", TOLERANCE)
def test_forms_of_the_same_recording(tmp_path, rule):
    """One value for all or for each; JSON, par_ keys or Python notation; spikes sorted by input or by time."""
    r = made_up(rule, 3)
    np.savez(tmp_path / "a.npz", **r)
    by_input = np.argsort(r["spk_pre_i"], kind="stable")
    other = r | {"spk_pre_t": r["spk_pre_t"][by_input], "spk_pre_i": r["spk_pre_i"][by_input].astype(float)}
    other |= {key: r[key][0] for key in ("w0", "Wmin", "Wmax")}
    other |= {"note": np.array([{"an": "object"}], dtype=object), "T": None}
    if rule == "clopath":
        neuron = {k[4:]: v for k, v in r.items() if k.startswith("par_")}
        other = {k: v for k, v in other.items() if not k.startswith("par_")} | {"params": json.dumps(neuron)}
        other.pop("mm_u_bar_bar")
    else:
        for key, value in eval(other.pop("params")).items():
            nested = value.items() if isinstance(value, dict) else ()
            other |= {f"par_{key}.{name}": v for name, v in nested} or {f"par_{key}": value}
    other.pop("dt"), other.pop("T")
    np.savez(tmp_path / "b.npz", **other)
    a, b = replay(tmp_path / "a.npz"), replay(tmp_path / "b.npz")
    assert a["dt_ms"] == b["dt_ms"]
    for scheme in a["schemes"]:
        assert a["schemes"][scheme]["max_deviation_sent"] == b["schemes"][scheme]["max_deviation_sent"]


def test_a_wrong_recording_is_noticed(tmp_path):
    """One weight off by 1e-13, or one parameter off by a part in a million: the deviation says so."""
    r = made_up("clopath", 1)
    r["w_w"][10] += 1e-13
    np.savez(tmp_path / "r.npz", **r)
    assert replay(tmp_path / "r.npz")["schemes"]["TD"]["max_deviation_sent"] > 9e-14
    np.savez(tmp_path / "r.npz", **made_up("clopath", 1) | {"par_A_LTD": 1.000001e-4})
    assert replay(tmp_path / "r.npz")["schemes"]["ED"]["max_deviation_sent"] > 1e-12


def test_command(tmp_path):
    np.savez(tmp_path / "r.npz", **made_up("urbanczik", 2, steps=500))
    result = CliRunner().invoke(app, ["replay", str(tmp_path / "r.npz"), "--json"])
    assert result.exit_code == 0
    numbers = json.loads(result.stdout)["schemes"]["EC"]
    assert {"max_deviation_sent", "synapse_visits", "weight_computations", "peak_history"} <= numbers.keys()
    assert "urbanczik" in CliRunner().invoke(app, ["replay", str(tmp_path / "r.npz")]).stdout


def test_sampling_halves_the_archive(tmp_path):
    np.savez(tmp_path / "r.npz", **made_up("urbanczik", 2))
    full, half = replay(tmp_path / "r.npz"), replay(tmp_path / "r.npz", sample_every=2)
    full, half = full["schemes"]["ED"], half["schemes"]["ED"]
    assert half["history_manipulations"] == full["history_manipulations"] // 2
    coarse = replay(tmp_path / "r.npz", sample_every=20)["schemes"]["ED"]
    assert 1e-3 < half["max_deviation_sent"] < 0.5 * coarse["max_deviation_sent"]


BAD = [
    ("delays", lambda r: np.where(np.arange(6) == 2, -0.5, r["delays"]), "synapse 2: delay is -0.5 ms"),
    ("delays", lambda r: np.where(np.arange(6) == 4, 400.0, r["delays"]), "synapse 4: delay is 400 ms, the archive"),
    (
        "delays",
        lambda r: np.where(np.arange(6) == 4, 0.25, r["delays"]),
        "synapse 4: delay is 0.25 ms, must be a multiple",
    ),
    ("delays", lambda r: r["delays"][:4], "names synapse 4, must be 0 to 3"),
    ("spk_pre_t", lambda r: r["spk_pre_t"][::-1], "must be sorted"),
    ("spk_pre_t", lambda r: np.full_like(r["spk_pre_t"], 7.0), "synapse 0: spk_pre_t has two spikes at 7 ms"),
    ("spk_pre_t", lambda r: r["spk_pre_t"] + 0.03, "must be a multiple of 0.1 ms"),
    ("spk_pre_t", lambda r: r["spk_pre_t"] * np.nan, "synapse 0: spk_pre_t has a spike at nan"),
    ("spk_pre_i", lambda r: r["spk_pre_i"] + 1, "names synapse 6"),
    ("mm_V_m", lambda r: np.where(np.arange(3000) == 99, np.nan, r["mm_V_m"]), "the neuron's V_m at 10 ms is nan"),
    ("mm_V_m", lambda r: r["mm_V_m"][1:], "mm_V_m has 2999 values"),
    ("mm_t", lambda r: r["mm_t"] * 2, "mm_t advances by 0.2 ms"),
    ("mm_t", lambda r: r["mm_t"] + 10, "mm_t begins at 10.1 ms"),
    ("w_t", lambda r: r["w_t"][:-1], "w_t has"),
    ("w_w", lambda r: r["w_w"] * np.inf, "w_w at index 0 is inf"),
    ("tau_x", lambda r: -1.0, "tau_x is"),
    ("tau_x", lambda r: np.arange(1.0, 7.0), "must be the same for all synapses"),
    ("par_theta_plus", lambda r: np.nan, "theta_plus is nan"),
    ("par_theta_plus", lambda r: None, "theta_plus is missing"),
]


@pytest.mark.parametrize("case", range(len(BAD)))
def test_bad_input_is_named(tmp_path, case):
    key, change, message = BAD[case]
    r = made_up("clopath", 5)
    r[key] = change(r)
    np.savez(tmp_path / "r.npz", **{k: v for k, v in r.items() if v is not None})
    with pytest.raises(BadInput, match=message.replace("(", r"\(")) as error:
        replay(tmp_path / "r.npz")
    assert "\n" not in str(error.value)


def test_files_that_are_no_recordings(tmp_path):
    (tmp_path / "text.npz").write_text("no zip")
    np.savez(tmp_path / "empty.npz", a=1)
    for name, message in (("missing", "not a recording"), ("text", "not a recording"), ("empty", "neither tau_x")):
        with pytest.raises(BadInput, match=message):
            replay(tmp_path / f"{name}.npz")
