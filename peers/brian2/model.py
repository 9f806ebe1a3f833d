"""The digits network in Brian2, C++ standalone: `python model.py FOLDER FORM`, in the environment of setup.sh.

FOLDER holds `network.npz`, written by `bicall bench brian2`: constants, initial weights and spikes. The project is
built in FOLDER/build; then each line on standard input starts one run, answered by a line of JSON with the processor
seconds of its loop. After the first run its hidden weights and output spikes are in FOLDER/result.npz.

The equations are those of the toolkit in float, in the order of its tick contract, so that both give the same spikes
and weights. Traces belong to neurons, not to synapses, and decay by exact integration; synapses are touched by spikes
only; drift has a clock of its own. That is FORM `tuned`. In FORM `published` the synapses are those of the rule's
authors' own Brian2 model: x, y and h belong to each synapse and are integrated in every tick. Brian2's own flags of the
compiler (-O3 -ffast-math -march=native), one thread.
Tick n of the contract is Brian2's time n * dt.
"""

import json
import sys
from pathlib import Path

import numpy as np
from brian2 import (
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    SpikeMonitor,
    Synapses,
    defaultclock,
    device,
    ms,
    set_device,
)

INPUTS = """
dx/dt = -x / tau_x : 1
arrived : boolean
"""
OUTPUTS = """
dv/dt = -v / tau_v : 1 (unless refractory)
dy/dt = -y / tau_y : 1
ds/dt = -s / tau_s : 1
"""
ON_PRE = """
v_post += weight_low + (weight_high - weight_low) * int(h > 0.5)
h = clip(h + depression_pre * int(y_post > post_threshold and s_post > gate_low and s_post < gate_high), 0, 1)
"""
ON_POST = """
open = int(s_post > gate_low and s_post < gate_high)
h = clip(h + open * (potentiation * x_pre + depression_post * int(x_pre < pre_threshold)), 0, 1)
"""
SYNAPSE = """
dpre_trace/dt = -pre_trace / euler_tau_x : 1 (clock-driven)
dpost_trace/dt = -post_trace / euler_tau_y : 1 (clock-driven)
dh/dt = (drift_up * int(h > 0.5) * int(h < 1) - drift_down * int(h <= 0.5) * int(h > 0)) / drift_time : 1 (clock-driven)
"""
DRIFT = "h = clip(h + int(t > 0*ms) * (drift_up * int(h > 0.5) - drift_down * int(h <= 0.5)), 0, 1)"

folder, published = Path(sys.argv[1]), sys.argv[2] == "published"
stored = np.load(folder / "network.npz")
constants = json.loads(str(stored["constants"]))
tick, ticks, sample_ticks = constants["tick_ms"] * ms, int(constants["ticks"]), int(constants["sample_ticks"])
n_inputs, n_outputs = stored["h"].shape

set_device("cpp_standalone", directory=str(folder / "build"), build_on_run=False)
defaultclock.dt = tick
namespace = {name: value for name, value in constants.items() if not name.endswith(("_ms", "ticks", "_period"))}
namespace |= {f"tau_{name}": constants[f"tau_{name}_ms"] * ms for name in "xysv"}

# in the order in which they happen within a tick; `when` and `order` say so to Brian2
outputs = NeuronGroup(
    n_outputs,
    OUTPUTS,
    threshold="v > 1",
    reset="v = 0; y += y_bump * (1 - y); s += s_bump * (1 - s)",
    # one tick more than the ticks left out: Brian2 counts the one in which the spike fell
    refractory=(constants["refractory_ticks"] + 1) * tick,
    method="exact",
    namespace=namespace,
)
inputs = NeuronGroup(
    n_inputs,
    INPUTS,
    threshold="arrived",
    reset="x += x_bump * (1 - x); arrived = False",
    method="exact",
    namespace=namespace,
)
source = SpikeGeneratorGroup(n_inputs, stored["inputs"], stored["input_ticks"] * tick, when="after_groups")
teacher = SpikeGeneratorGroup(n_outputs, stored["teachers"], stored["teacher_ticks"] * tick, when="after_groups")
relay = Synapses(source, inputs, on_pre="arrived_post = True")
relay.connect(j="i")
relay.pre.when, relay.pre.order = "after_groups", 1
inputs.thresholder["spike"].when, inputs.thresholder["spike"].order = "after_groups", 2

drift_time = int(constants["drift_period"]) * tick
if published:
    namespace["drift_time"] = drift_time
    for name in "xy":  # with these, Euler's steps are exact
        namespace[f"euler_tau_{name}"] = tick / -np.expm1(-tick / namespace[f"tau_{name}"])
    on_pre = ON_PRE.replace("y_post", "post_trace") + "pre_trace += x_bump * (1 - pre_trace)"
    on_post = "post_trace += y_bump * (1 - post_trace)" + ON_POST.replace("x_pre", "pre_trace")
    synapses = Synapses(inputs, outputs, SYNAPSE, method="euler", on_pre=on_pre, on_post=on_post, namespace=namespace)
    synapses.run_regularly("pre_trace = 0; post_trace = 0", dt=sample_ticks * tick, when="end")
else:
    synapses = Synapses(inputs, outputs, "h : 1", on_pre=ON_PRE, on_post=ON_POST, namespace=namespace)
    synapses.run_regularly(DRIFT, dt=drift_time, when="after_groups", order=3)
synapses.connect()
synapses.h = stored["h"].ravel()
synapses.pre.when = "before_thresholds"
teaching = Synapses(teacher, outputs, on_pre="v_post += teacher_weight", namespace=namespace)
teaching.connect(j="i")
teaching.pre.when = "before_thresholds"
inputs.resetter["spike"].when, inputs.resetter["spike"].order = "before_thresholds", 1
floor = outputs.run_regularly("v = clip(v, membrane_floor, inf)", when="before_thresholds", order=2)
outputs.resetter["spike"].when = "after_thresholds"

# between two samples: traces, membranes and refractory periods start anew
blank_inputs = inputs.run_regularly("x = 0", dt=sample_ticks * tick, when="end")
blank_outputs = outputs.run_regularly(
    "v = 0; y = 0; s = 0; lastspike = -10*second", dt=sample_ticks * tick, when="end", order=1
)
spikes = SpikeMonitor(outputs)

network = Network(outputs, inputs, source, teacher, relay, synapses, teaching, spikes)
# processor time of the loop alone, which other users of the machine do not lengthen as they do wall-clock time
device.insert_code("before_network_run", "const std::clock_t loop_began = std::clock();")
device.insert_code(
    "after_network_run",
    'std::ofstream("seconds.txt") << double(std::clock() - loop_began) / CLOCKS_PER_SEC << std::endl;',
)
network.run((ticks + 1) * tick)
device.build(directory=str(folder / "build"), run=False)

for number, _ in enumerate(sys.stdin):
    device.run(str(folder / "build"))
    if number == 0:
        fired = np.rint(np.asarray(spikes.t / tick)).astype(np.int64)
        np.savez(folder / "result.npz", h=np.array(synapses.h), neurons=np.array(spikes.i), ticks=fired)
    seconds = float((folder / "build" / "seconds.txt").read_text())
    print(json.dumps({"seconds": seconds}), flush=True)
