"""Time of a Clopath network beside NEST's, on this machine in one run: `python peers/nest/compare.py NEST_PYTHON`.

Run with the toolkit's Python; NEST_PYTHON is the Python of the environment of requirements.txt. One thread each, the
same neuron and synapse parameters, N = 1,000, Poisson kicks of 80 mV at 5/s; the random connections and kicks differ.
The two take turns, three times; the median counts. Times are processor time, so that other programs disturb less.
Compiling (ours) and building (both) are not timed; 200 ms are simulated first.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bicall.emulator.closed_loop.network import random_network, simulate

NEURONS, SECONDS, IN_DEGREES, REPEATS = 1000, 5.0, (100, 1000), 3


def ours(in_degree):
    simulate(random_network(50, 5, 0.1, 1), 100)  # compile
    network = random_network(NEURONS, in_degree, 0.5 / in_degree, seed=1)
    simulate(network, 2000)
    begin = time.process_time()
    activity = simulate(network, round(SECONDS * 10000))
    took = time.process_time() - begin
    rate = len(activity.spike_steps) / NEURONS / SECONDS
    return {"seconds_per_second": took / SECONDS, "rate": rate, "weight": float(network.weights.mean())}


def nests(python, in_degree):
    script = Path(__file__).with_name("network.py")
    command = [python, str(script), str(NEURONS), str(SECONDS), str(in_degree)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


for in_degree in IN_DEGREES:
    turns = [(ours(in_degree), nests(sys.argv[1], in_degree)) for _ in range(REPEATS)]
    for name, runs in zip(("ours", "NEST"), zip(*turns, strict=True), strict=True):
        times = sorted(run["seconds_per_second"] for run in runs)
        line = {"in_degree": in_degree, "who": name, "seconds_per_simulated_second": statistics.median(times)}
        line |= {"range": [times[0], times[-1]], "rate": runs[0]["rate"], "weight": runs[0]["weight"]}
        print(json.dumps(line))
