"""METIS (through pymetis): blocks of neurons with the least edge-cut.

usage: python partition.py PROBLEM.npz RESULT.npz

PROBLEM: `neurons`; `parts`; `source`, `target`, `weight` of the edges between neurons (int64 each). A source of spikes
outside the chip is no vertex of METIS' graph. RESULT: `part`, int64[neurons].
"""

import sys

import numpy as np
import pymetis

problem = np.load(sys.argv[1])
n, parts = int(problem["neurons"]), int(problem["parts"])
source, target, weight = problem["source"], problem["target"], problem["weight"]
# METIS wants each edge from both sides, none twice, none from a vertex to itself
low, high = np.minimum(source, target), np.maximum(source, target)
key, place = np.unique((low * n + high)[low != high], return_inverse=True)
total = np.bincount(place, weight[low != high]).astype(np.int64)
a, b = key // n, key % n
rows, columns, weights = np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([total, total])
order = np.argsort(rows, kind="stable")
starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])
graph = pymetis.CSRAdjacency(starts.astype(np.int64), columns[order].astype(np.int64))
_, part = pymetis.part_graph(parts, graph, eweights=weights[order].tolist(), options=pymetis.Options(seed=1))
np.savez(sys.argv[2], part=np.array(part, np.int64))
