"""The fewest spike-hops of any mapping, by OR-Tools' CP-SAT, for small networks and unicast meshes.

usage: python optimum.py PROBLEM.npz RESULT.npz

PROBLEM: `width`, `height`, `port` (a core's number), `neurons`, `most_neurons` and `most_axons` a core, `seconds` to
spend; axons by their `source` (a neuron, or -1: the port), `direct` (takes no place for an axon), `read` (also goes to
the port), `rate` (int64), and their `targets` from `starts` on. RESULT: `core`, int64[neurons], of the best mapping;
`bound`, the rates times links below which there is none.
"""

import sys

import numpy as np
from ortools.sat.python import cp_model

problem = np.load(sys.argv[1])
width, height, port, neurons = (int(problem[name]) for name in ("width", "height", "port", "neurons"))
cores = range(width * height)
distance = [[abs(a % width - b % width) + abs(a // width - b // width) for b in cores] for a in cores]

model = cp_model.CpModel()
on = [[model.new_bool_var(f"neuron {v} on {c}") for c in cores] for v in range(neurons)]
for v in range(neurons):
    model.add_exactly_one(on[v])
for c in cores:
    model.add(sum(on[v][c] for v in range(neurons)) <= int(problem["most_neurons"]))
costs, rows = [], [[] for _ in cores]
# axons with the same source and targets go the same ways: one of them with the sum of their rates, and as many places
alike: dict[tuple, list[int]] = {}
for a, (source, direct, read) in enumerate(zip(problem["source"], problem["direct"], problem["read"], strict=True)):
    targets = problem["targets"][problem["starts"][a] : problem["starts"][a + 1]]
    alike.setdefault((int(source), bool(direct), bool(read), tuple(targets.tolist())), []).append(a)
for (source, direct, read, targets), members in alike.items():
    rate = int(problem["rate"][members].sum())
    ends = []
    for c in cores:
        if len(targets) == 1:
            ends.append(on[targets[0]][c])
            continue
        end = model.new_bool_var("")
        for target in targets:
            model.add_implication(on[target][c], end)
        ends.append(end)
    if not direct:
        for c in cores:
            rows[c].append(len(members) * ends[c])
    if source < 0:
        costs.append(rate * sum(distance[port][c] * ends[c] for c in cores))
        continue
    if read:
        costs.append(rate * sum(distance[c][port] * on[source][c] for c in cores))
    if not targets:
        continue
    longest = max(map(max, distance)) * min(len(cores), len(targets))
    links = model.new_int_var(0, longest, "")
    for home in cores:
        model.add(links >= sum(distance[home][c] * ends[c] for c in cores)).only_enforce_if(on[source][home])
    # each target alone is a bound
    for target in targets:
        if target != source:
            for home in cores:
                for c in cores:
                    if distance[home][c] > 1:
                        model.add(links >= distance[home][c]).only_enforce_if(on[source][home], on[target][c])
    costs.append(rate * links)
for c in cores:
    model.add(sum(rows[c]) <= int(problem["most_axons"]))
model.minimize(sum(costs))
solver = cp_model.CpSolver()
solver.parameters.max_time_in_seconds = float(problem["seconds"])
solver.parameters.num_workers = 8
solver.parameters.random_seed = 1
status = solver.solve(model)
if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
    sys.exit(f"CP-SAT found no mapping: {solver.status_name(status)}")
core = np.array([next(c for c in cores if solver.value(on[v][c])) for v in range(neurons)], np.int64)
np.savez(sys.argv[2], core=core, bound=solver.best_objective_bound)
