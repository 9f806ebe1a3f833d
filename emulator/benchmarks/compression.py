"""What compression costs where it is not exact: steps rounded to nearest in place of stochastic rounding.

Rows with random words of their own have nothing to share, so under EC steps are rounded to nearest. With the same
spikes both roundings take the same steps, each of which differs by at most one last bit of h. Clipping brings two
values nearer or leaves them. So without drift the two h differ by at most the number of steps, in last bits. Drift
moves h away from the threshold and can carry two values apart as far as it goes: then there is no bound below full
scale.
"""

import numpy as np

from bicall.emulator.benchmarks.layers import RATE, SEED, constants, random_spikes
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.schemes.bicall.connectivity import random_connectivity
from bicall.emulator.schemes.bicall.run import flush, run
from bicall.emulator.schemes.bicall.state import SparseState

INPUTS, NEURONS, TICKS = 500, 100, 5000
NO_DRIFT = {"hidden_weight__drift_up_per_s": 0.0, "hidden_weight__drift_down_per_s": 0.0}
NEAREST = {"hidden_weight__rounding": "nearest"}


def bench_compression(inputs: int = INPUTS, neurons: int = NEURONS, ticks: int = TICKS) -> dict:
    """Compare h of a dense layer after a run with stochastic rounding: with nearest (EC), and with other random words.

    Returns:
        `cases`: for each of drift and no drift, and each comparison, the mean and largest difference of h in last bits,
        the share of synapses whose transmitted bit differs, the `bound` (the most steps of a synapse; None with drift)
        and whether every synapse is `within` its own.
    """
    network = random_connectivity(neurons, inputs, 1, SEED, external=inputs, recurrent=False)
    trains = random_spikes(inputs, ticks, RATE, SEED), random_spikes(neurons, ticks, RATE, SEED + 1)
    cases = []
    for drift, values in ((False, NO_DRIFT), (True, {})):
        stochastic, nearest = (constants(inputs * RATE / 1000, **values, **more) for more in ({}, NEAREST))
        reference, post = _play(stochastic, network, trains, SEED, "ED")
        steps = np.bincount(post.sources, minlength=neurons) + np.bincount(trains[0].sources, minlength=inputs)[:, None]
        for name, arguments in (
            ("EC, to nearest", (nearest, network, trains, SEED, "EC")),
            ("ED, other words", (stochastic, network, trains, SEED + 1, "ED")),
        ):
            h, other_post = _play(*arguments)
            if not np.array_equal(other_post.sources, post.sources):
                raise AssertionError("the outputs must spike alike, or the comparison is of something else")
            difference, threshold = np.abs(h - reference), stochastic.h_threshold
            cases.append(
                {
                    "drift": drift,
                    "compared": name,
                    "mean_difference": float(difference.mean()),
                    "largest_difference": int(difference.max()),
                    "weights_that_differ": float(((h > threshold) != (reference > threshold)).mean()),
                    "bound": None if drift else int(steps.max()),
                    "within": None if drift else bool((difference <= steps).all()),
                }
            )
    return {"seed": SEED, "inputs": inputs, "neurons": neurons, "ticks": ticks, "cases": cases}


def _play(c: Constants, network, trains, seed: int, scheme: str) -> tuple[np.ndarray, SpikeTrain]:
    """h at the end as int64[inputs, neurons], and the output spikes; h begins the same for every seed."""
    state = SparseState.initial(c, network, SEED)
    pre, teacher = trains
    post, _ = run(c, network, state, pre, teacher, seed, scheme=scheme)
    flush(c, network, state, seed)
    return state.arrays.h.astype(np.int64).reshape(network.axons, network.neurons), post
