"""What the rule loses in Lava's learning engine: digits and a pairing protocol beside the exact rule."""

import time

import numpy as np
from lava.magma.core.run_conditions import RunSteps

from emulator import compiled, datasets
from emulator.constants import fixed
from emulator.description import Description, with_values
from emulator.errors import BadInput
from emulator.features import active_inputs
from emulator.network import Network
from emulator.state import LayerState, SpikeTrain
from emulator.terminal import progress
from lava_procs.loihi_layer import build_loihi_layer, hidden_of
from lava_procs.running import run_config, running
from lava_procs.samples import joined, training_samples

PAIRINGS = 20  # of one protocol, to average the stochastic rounding
PAIRING_TICKS = 400  # from one pairing to the next: long enough for all traces to decay
DELAYS = np.arange(-80, 81, 5)  # presynaptic minus postsynaptic spike, in ticks


def compare_digits(description: Description, images: int, test_images: int, seed: int) -> dict:
    """Let both forms learn the same images from the same spikes and the same initial h, then test both.

    The exact rule learns in the emulator. Both are tested there, too: what is compared is what was learned, not how
    weights are transmitted.

    Returns:
        images, test_images, seed, data; accuracy in % as `exact` and `native`; `same_bits`, the part of the synapses
        whose transmitted bit agrees; `changed_bits`, the part whose bit the exact rule changed; `correlation` of the
        changes of h; native_ticks_per_s.

    Raises:
        BadInput: more images than there are, or the description does not fit Loihi's widths.
    """
    digits = datasets.load()
    if not 1 <= test_images <= len(digits.test_images):
        raise BadInput(f"test images is {test_images}, must be from 1 to {len(digits.test_images)}")
    samples, source = training_samples(description, images, seed)
    exact, native = (Network.fresh(description, "fixed", seed) for _ in range(2))
    before = exact.state.h.copy()
    pre, teacher, ticks = joined(samples)
    layer = build_loihi_layer(description, native.state, pre, teacher, seed, reset_interval=ticks)
    with running(layer.neuron, run_config("fixed")):
        began = time.perf_counter()
        for _ in progress(samples, "Lava's learning engine"):
            layer.neuron.run(RunSteps(ticks))
        seconds = time.perf_counter() - began
        native.state.h[:] = hidden_of(layer.synapses.tag_1.get()).T
    exact.train(active_inputs(description, digits.train_images[:images]), digits.train_labels[:images])

    active, labels = active_inputs(description, digits.test_images[:test_images]), digits.test_labels[:test_images]
    result = {"network": description.name, "images": images, "test_images": test_images, "seed": seed, "data": source}
    for name, network in (("exact", exact), ("native", native)):
        spikes, _ = network.test(active)
        result[name] = 100 * float(np.mean(network.classify(spikes) == labels))
    changes = [(network.state.h - before).ravel() for network in (exact, native)]
    return result | {
        "same_bits": float(np.mean(exact.weights == native.weights)),
        "changed_bits": float(np.mean(exact.weights != (before > exact.constants.h_threshold))),
        "correlation": float(np.corrcoef(*changes)[0, 1]),
        "native_ticks_per_s": images * ticks / seconds,
    }


def compare_pairings(description: Description, seed: int) -> dict:
    """The STDP window of both forms: pairs of one presynaptic and one postsynaptic spike, with the gate held open.

    Returns:
        `delay`, in ticks, positive where the presynaptic spike comes last; `exact` and `native`, change of h a pair in
        parts of full scale; both lists of one length.
    """
    open_gate = with_values(description, plasticity__gate_low=-1.0, plasticity__gate_high=2.0)
    ticks = PAIRINGS * PAIRING_TICKS
    spikes = np.zeros((ticks, len(DELAYS)), bool)
    post = np.arange(PAIRINGS) * PAIRING_TICKS + PAIRING_TICKS // 2
    for axon, delay in enumerate(DELAYS):
        spikes[post + delay, axon] = True
    taught = np.zeros((ticks, 1), bool)
    taught[post, 0] = True
    pre, teacher = SpikeTrain.from_dense(spikes), SpikeTrain.from_dense(taught)

    constants = fixed(open_gate)
    state = LayerState.initial(constants, len(DELAYS), 1, seed)
    state.h[:] = constants.h_threshold + 1  # in the middle, so that no end is reached
    layer = build_loihi_layer(open_gate, state.copy(), pre, teacher, seed)
    start = state.h[:, 0].copy()
    fired, _ = compiled.run(constants, state, pre, teacher, seed)
    assert np.array_equal(fired, taught), "the teacher's spikes, and no others, must make the neuron fire"
    with running(layer.neuron, run_config("fixed")):
        layer.neuron.run(RunSteps(ticks))
        native = hidden_of(layer.synapses.tag_1.get())[0]
    full = PAIRINGS * constants.h_full
    return {
        "delay": DELAYS.tolist(),
        "exact": ((state.h[:, 0] - start) / full).tolist(),
        "native": ((native - start) / full).tolist(),
    }
