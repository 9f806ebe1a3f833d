"""rig's placers (SpiNNaker's): Hilbert curve, reverse Cuthill-McKee, breadth-first, simulated annealing.

usage: python place.py PROBLEM.npz RESULT.npz

PROBLEM: `width`, `height`, `port` (a core's number), and the packets a tick `weight` from part `source` to part
`target`; part number `parts` is the port; the names of `placers`. RESULT: for each the core of each part, int64[parts].
"""

import inspect
import random
import sys

import numpy as np

if not hasattr(inspect, "getargspec"):  # rig 2.4.1 was written for older Pythons
    inspect.getargspec = lambda function: inspect.getfullargspec(function)[:4]

from rig.links import Links
from rig.netlist import Net
from rig.place_and_route import Cores, Machine
from rig.place_and_route.constraints import LocationConstraint
from rig.place_and_route.place import breadth_first, hilbert, rcm, sa

problem = np.load(sys.argv[1])
width, height, port, parts = (int(problem[name]) for name in ("width", "height", "port", "parts"))
diagonals = {(x, y, link) for x in range(width) for y in range(height) for link in (Links.north_east, Links.south_west)}
edges = {(0, y, Links.west) for y in range(height)} | {(width - 1, y, Links.east) for y in range(height)}
edges |= {(x, 0, Links.south) for x in range(width)} | {(x, height - 1, Links.north) for x in range(width)}
machine = Machine(width, height, chip_resources={Cores: 1}, dead_links=diagonals | edges)
resources = {part: {Cores: 1} for part in range(parts)} | {parts: {Cores: 0}}
sinks = {}
for source, target, weight in zip(problem["source"], problem["target"], problem["weight"], strict=True):
    if source != target:
        sinks.setdefault(int(source), []).append((int(target), float(weight)))
# one net for each pair, so that each has its own weight
nets = [Net(source, [target], weight) for source, ends in sinks.items() for target, weight in ends]
constraints = [LocationConstraint(parts, (port % width, port // width))]
placers = {"hilbert": hilbert, "rcm": rcm, "breadth-first": breadth_first, "annealing": sa}
found = {}
for name in problem["placers"].tolist():
    placer = placers[name]
    random.seed(1)
    options = {"random": random} if name == "annealing" else {}
    placed = placer.place(resources, nets, machine, constraints, **options)
    found[name] = np.array([placed[part][1] * width + placed[part][0] for part in range(parts)], np.int64)
np.savez(sys.argv[2], **found)
