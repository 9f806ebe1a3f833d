"""What the rule loses in Lava's learning engine: digits and a pairing protocol beside the exact rule."""

import time

import numpy as np
from lava.magma.core.run_conditions import RunSteps

from bicall.emulator.configuration.description import Description, with_values
from bicall.emulator.data import mnist
from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.presentation import training_sample
from bicall.emulator.network.spikes import concatenated
from bicall.emulator.rule import compiled
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress
from bicall.lava_procs.build.loihi_layer import build_loihi_layer, hidden_of
from bicall.lava_procs.build.running import run_config, running

PAIRINGS = 20  # of one protocol, to average the stochastic rounding
PAIRING_TICKS = 400  # from one pairing to the next: long enough for all traces to decay
DELAYS = np.arange(-80, 81, 5)  # presynaptic minus postsynaptic spike, in ticks
RATE_TICKS = 200
PRE_HZ, POST_HZ, AXONS_A_RATE = (10, 25, 50, 100), (10, 20, 50, 100), 8


def compare_digits(
    description: Description, images: int, test_images: int, seed: int, data: Data | None = None
) -> dict:
    """Let both forms learn the same samples from the same spikes and the same initial h, then test both.

    The exact rule learns in the emulator. Both are tested there, too: what is compared is what was learned, not how
    weights are transmitted.

    Args:
        data: which to learn; None: MNIST.

    Returns:
        images, test_images, seed, data; accuracy in % as `exact` and `native`; `same_bits`, the part of the synapses
        whose transmitted bit agrees; `changed_bits`, the part whose bit the exact rule changed; `correlation` of the
        changes of h; native_ticks_per_s.

    Raises:
        BadInput: more images than there are, or the description does not fit Loihi's widths.
    """
    digits = data or mnist.load()
    if not 1 <= test_images <= len(digits.test.samples):
        raise BadInput(f"test images is {test_images}, must be from 1 to {len(digits.test.samples)}")
    if not 1 <= images <= len(digits.train.samples):
        raise BadInput(f"images is {images}, must be from 1 to {len(digits.train.samples)}")
    exact, native = (Classifier.for_data(description, "fixed", seed, digits) for _ in range(2))
    taught, labels = exact.encode(digits.train.samples[:images]), digits.train.labels[:images]
    samples = [training_sample(description, taught[k], labels[k], seed, k) for k in range(images)]
    ticks = samples[0][0].ticks
    before = exact.state.h.copy()
    pre, teacher = (concatenated(list(trains)) for trains in zip(*samples, strict=True))
    layer = build_loihi_layer(description, native.state, pre, teacher, seed)
    with running(layer.neuron, run_config("fixed")):
        began = time.perf_counter()
        for _ in progress(samples, "Lava's learning engine"):
            layer.neuron.run(RunSteps(ticks))
            layer.neuron.reset.set(np.array([1]))
        seconds = time.perf_counter() - began
        native.state.h[:] = hidden_of(layer.synapses.tag_1.get()).T
    exact.train(taught, labels)

    active, labels = exact.encode(digits.test.samples[:test_images]), digits.test.labels[:test_images]
    result = {
        "network": description.name,
        "images": images,
        "test_images": test_images,
        "seed": seed,
        "data": digits.source,
    }
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
    ticks = PAIRINGS * PAIRING_TICKS
    spikes, lesson = np.zeros((ticks, len(DELAYS)), bool), np.zeros((ticks, 1), bool)
    post = np.arange(PAIRINGS) * PAIRING_TICKS + PAIRING_TICKS // 2
    lesson[post, 0] = True
    for axon, delay in enumerate(DELAYS):
        spikes[post + delay, axon] = True
    exact, native = _forced(description, spikes, lesson, seed)
    return {
        "delay": DELAYS.tolist(),
        "exact": (exact[:, 0] / PAIRINGS).tolist(),
        "native": (native[:, 0] / PAIRINGS).tolist(),
    }


def compare_rates(description: Description, seed: int) -> dict:
    """Both forms under Poisson presynaptic spikes and regular postsynaptic ones, with the gate held open.

    Returns:
        `pre_hz` and `post_hz`, the rates; `exact` and `native`, lists [pre rate][post rate] of the mean change of h in
        RATE_TICKS ticks, in parts of full scale.
    """
    per_tick = description.time.tick_ms / 1e3
    rates = np.repeat(PRE_HZ, AXONS_A_RATE) * per_tick
    spikes = np.random.default_rng(seed).random((RATE_TICKS, len(rates))) < rates
    lesson = np.zeros((RATE_TICKS, len(POST_HZ)), bool)
    for neuron, rate in enumerate(POST_HZ):
        lesson[:: round(1 / (rate * per_tick)), neuron] = True
    changes = _forced(description, spikes, lesson, seed)
    exact, native = (change.reshape(len(PRE_HZ), AXONS_A_RATE, -1).mean(axis=1).tolist() for change in changes)
    return {"pre_hz": list(PRE_HZ), "post_hz": list(POST_HZ), "exact": exact, "native": native}


def _forced(description: Description, spikes: np.ndarray, lesson: np.ndarray, seed: int):
    """Changes of h [pre, post], in parts of full scale, of the exact rule and of the native form.

    The neurons fire as `lesson` bool[ticks, post] says and at no other time: weights are small and the gate is open.
    All h begin in the middle, so that no end is reached soon.
    """
    forced = with_values(
        description,
        plasticity__gate_low=-1.0,
        plasticity__gate_high=2.0,
        transmission__weight_low=0.0,
        transmission__weight_high=0.01,
    )
    constants = fixed(forced)
    pre, teacher = SpikeTrain.from_dense(spikes), SpikeTrain.from_dense(lesson)
    state = LayerState.initial(constants, spikes.shape[1], lesson.shape[1], seed)
    state.h[:] = constants.h_threshold + 1
    start = state.h.copy()
    layer = build_loihi_layer(forced, state.copy(), pre, teacher, seed)
    fired, _ = compiled.run(constants, state, pre, teacher, seed)
    assert np.array_equal(fired, lesson), "the neurons must fire with the teacher's spikes and at no other time"
    with running(layer.neuron, run_config("fixed")):
        layer.neuron.run(RunSteps(len(spikes)))
        native = hidden_of(layer.synapses.tag_1.get()).T
    return (state.h - start) / constants.h_full, (native - start) / constants.h_full
