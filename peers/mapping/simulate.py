"""SANA-FE: energy and time of several mappings of a network under the same spikes, with its Loihi's figures.

usage: python simulate.py PROBLEM.npz RESULT.npz

PROBLEM: `width`, `height` (a tile has one core); `starts`, `targets` (synapses by neuron, compressed sparse rows);
`spikes`, bool[ticks, neurons]; for each mapping `core.NAME`, int64[neurons]. RESULT: for each NAME the array
[energy in J, the network's part of it in J, time in s, hops].
"""

import re
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import sanafe

problem = np.load(sys.argv[1])
width, height = int(problem["width"]), int(problem["height"])
starts, targets, spikes = problem["starts"], problem["targets"], problem["spikes"]
text = files("sanafe.examples").joinpath("loihi.yaml").read_text()
text = re.sub(r"width: \d+", f"width: {width}", text)
text = re.sub(r"height: \d+", f"height: {height}", text)
text = text.replace("loihi_tile[0..31]", f"loihi_tile[0..{width * height - 1}]").replace(
    "loihi_core[0..3]", "loihi_core"
)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "chip.yaml"
    path.write_text(text)
    chip = sanafe.load_arch(path)


def simulated(core: np.ndarray) -> np.ndarray:
    network = sanafe.Network()
    group = network.create_neuron_group("all", len(core), default_synapse_hw_name="loihi_sparse_synapse")
    place = dict.fromkeys(core.tolist(), 0)
    for neuron, at in enumerate(core.tolist()):
        train = spikes[:, neuron].astype(int).tolist()
        group[neuron].set_attributes(soma_hw_name=f"loihi_inputs[{place[at]}]", model_attributes={"spikes": train})
        tile = chip.tiles[at % width * height + at // width]  # its tiles are numbered by column
        group[neuron].map_to_core(tile.cores[0])
        place[at] += 1
    for source in range(len(core)):
        for target in targets[starts[source] : starts[source + 1]].tolist():
            group[source].connect_to_neuron(group[target], {"weight": 0})  # an input neuron spikes by its train only
    running = sanafe.SpikingChip(chip)
    running.load(network)
    result = running.sim(len(spikes), timing_model="detailed", perf_trace=True)
    if result["neurons_fired"] != spikes.sum():
        sys.exit(f"SANA-FE fired {result['neurons_fired']} spikes of {spikes.sum()}")
    hops = sum(result["perf_trace"]["hops"])
    return np.array([result["energy"]["total"], result["energy"]["network"], result["sim_time"], hops], float)


np.savez(sys.argv[2], **{name: simulated(problem[name]) for name in problem.files if name.startswith("core.")})
