"""Margin-driven presentation: an image is shown without learning, and the network's answer says what is learned.

Whoever shows the images (the host of a chip, too) needs the pools' spike counts and nothing else of the network's: from
them it decides whether the image is taught and which neurons' learning is enabled. A synapse sees what it always sees.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bicall.emulator.configuration.description import Description
from bicall.emulator.digits.presentation import TRAINING, encode_teacher, input_spikes, timing
from bicall.emulator.encoders.encoder import Encoded
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.state import SpikeTrain, is_fixed
from bicall.emulator.support.caching import cached_njit

ENDS = -1  # a decision: the answer is good enough
NO_MARGIN = 2**62  # a lead that no answer has


class Part(NamedTuple):
    """A part of a presentation, with the arguments of `rule.plain.run`."""

    pre: SpikeTrain
    teacher: SpikeTrain
    drive: np.ndarray | None
    learns: np.ndarray


@cached_njit
def decide(spikes, label, outputs_per_class, margin):
    """The class that must learn to be silent, or ENDS if the answer is good enough.

    Args:
        spikes: int64[outputs], of each output so far.
        label: the right class.
        margin: lead of the right pool over the best wrong one, in spikes, that is good enough; NO_MARGIN if none is.

    Returns:
        the wrong class whose pool fired most, of equals the first; or ENDS.
    """
    right, most, rival = 0, -1, ENDS
    for pool in range(len(spikes) // outputs_per_class):
        count = spikes[pool * outputs_per_class : (pool + 1) * outputs_per_class].sum()
        if pool == label:
            right = count
        elif count > most:
            most, rival = count, pool
    return ENDS if right - most >= margin else rival


def margin_of(description: Description) -> int:
    """The margin as `decide` takes it."""
    margin = description.presentation.margin
    return NO_MARGIN if margin == "none" else margin


def wrong_teacher_weight(description: Description, constants: Constants) -> float:
    """What a teacher's spike adds to a wrong neuron's input, in the units of the other weights."""
    weight = description.presentation.wrong_teacher_weight
    return round(weight * description.neuron.threshold_mantissa) if is_fixed(constants) else weight


def present(
    description: Description,
    constants: Constants,
    active: Encoded,
    label: int,
    outputs: int,
    seed: int,
    sample: int,
    run: Callable[[Part], np.ndarray],
) -> np.ndarray:
    """Show one training image in parts, as its answer demands.

    Args:
        description: with `learn_from_ms` above 0.
        active: one encoded sample, as in `presentation.training_sample`.
        outputs: how many output neurons there are.
        sample: the number of the presentation.
        run: runs a part on any backend, going on from the part before; returns bool[ticks, outputs], its output spikes.

    Returns:
        bool[ticks, outputs], with as many ticks as were shown.
    """
    when, per_class = timing(description, TRAINING), description.decoder.outputs_per_class
    pre = input_spikes(active, when, seed, TRAINING, sample)
    answering = SpikeTrain(pre.starts[: when.learn_from + 1], pre.sources)
    spikes = run(Part(answering, SpikeTrain.silent(when.learn_from), None, np.zeros(outputs, bool)))
    rival = decide(spikes.sum(axis=0), label, per_class, margin_of(description))
    if rival == ENDS:
        return spikes
    starts, sources = np.zeros(when.ticks + 1, np.int64), np.zeros(when.ticks * per_class, np.int32)
    n = encode_teacher(when, label * per_class, (label + 1) * per_class, starts, sources)
    classes = np.arange(outputs) // per_class
    drive = np.zeros((when.ticks - when.learn_from, outputs), np.int32 if is_fixed(constants) else np.float64)
    drive[np.ix_(np.diff(starts)[when.learn_from :] > 0, classes != label)] = wrong_teacher_weight(
        description, constants
    )
    learns = (classes == label) | (classes == rival) | (description.presentation.learners == "all")
    taught = Part(
        SpikeTrain(pre.starts[when.learn_from :], pre.sources),
        SpikeTrain(starts[when.learn_from :], sources[:n]),
        drive,
        learns,
    )
    return np.concatenate([spikes, run(taught)])
