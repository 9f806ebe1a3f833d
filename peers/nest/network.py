"""NEST's side of the network comparison: run in the peers' environment; prints one JSON line for each in-degree."""

import json
import resource
import sys
import time

import nest
import numpy as np

neurons, seconds, in_degrees = int(sys.argv[1]), float(sys.argv[2]), [int(k) for k in sys.argv[3:]]
for in_degree in in_degrees:
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.resolution, nest.local_num_threads = 0.1, 1
    parameters = {"V_reset": -49.6, "a": 4.0, "b": 0.0805, "delay_u_bars": 4.0, "t_clamp": 2.0, "V_m": -70.6}
    cells = nest.Create("aeif_psc_delta_clopath", neurons, params=parameters)
    drive = nest.Create("poisson_generator", params={"rate": 5.0})
    nest.Connect(drive, cells, syn_spec={"weight": 80.0, "delay": 1.0})
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    plastic = {"synapse_model": "clopath_synapse", "weight": 0.5 / in_degree, "Wmax": 2.0, "delay": 1.0}
    nest.Connect(cells, cells, {"rule": "fixed_indegree", "indegree": in_degree, "allow_autapses": False}, plastic)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) * 1024 / (neurons * in_degree)
    spikes = nest.Create("spike_recorder")
    nest.Connect(cells, spikes)
    nest.Simulate(200.0)
    before, begin = spikes.n_events, time.process_time()
    nest.Simulate(1000.0 * seconds)
    took = time.process_time() - begin
    rate = (spikes.n_events - before) / neurons / seconds
    mean = float(np.mean(nest.GetConnections(synapse_model="clopath_synapse").weight))
    found = {"in_degree": in_degree, "seconds_per_second": took / seconds, "rate": rate, "weight": mean}
    print(json.dumps(found | {"bytes_per_synapse": memory, "version": nest.__version__}))
