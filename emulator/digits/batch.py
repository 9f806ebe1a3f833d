"""Many samples in one compiled call: encode, reset, run, count output spikes."""

import numpy as np

from bicall.emulator.digits.presentation import TEST, TRAINING, encode, encode_teacher, sample_key, timing
from bicall.emulator.rule.compiled import Counts, Layer, advance, all_learn, no_drive
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.description import Description
from bicall.emulator.rule.state import LayerState
from bicall.emulator.support.caching import cached_njit


def present(
    constants: Constants,
    description: Description,
    state: LayerState,
    active: np.ndarray,
    labels: np.ndarray | None,
    seed: int,
    first_sample: int,
) -> tuple[np.ndarray, Counts]:
    """Present images one after the other, with a reset before each, changing `state` in place.

    The same as `rule.compiled.run` on each sample of `digits.presentation`, without Python in between.

    Args:
        active: bool[n, inputs].
        labels: uint8[n] to train with a teacher, or None to test: no learning, and the state's h and tick stay.
        first_sample: number of the first presentation; the others follow.

    Returns:
        int64[n, outputs], output spikes of each sample, and what was done.
    """
    learning = labels is not None
    when = timing(description, TRAINING if learning else TEST)
    output_spikes = np.zeros((len(active), len(state.y)), np.int64)
    counts = np.array(
        _present(
            constants, seed, state.tick, Layer.of(constants, state), no_drive(state), all_learn(state),
            np.ascontiguousarray(active), labels if learning else np.zeros(0, np.uint8),
            when, description.network.outputs_per_class, first_sample, learning, output_spikes,
        )
    )  # fmt: skip
    if learning:
        state.tick += when.ticks * len(active)
    state.reset()
    return output_spikes, Counts(*(int(count) for count in counts))


@cached_njit
def _present(
    c,
    seed,
    tick,
    layer,
    no_drive,
    all_learn,
    active,
    labels,
    when,
    outputs_per_class,
    first_sample,
    learning,
    output_spikes,
):
    n_post, n_pre = layer.h.shape
    starts, teacher_starts = np.zeros(when.ticks + 1, np.int64), np.zeros(when.ticks + 1, np.int64)
    sources = np.zeros(2 * n_pre * when.ticks, np.int32)
    ticks_of = np.zeros_like(sources)
    teacher_sources = np.zeros(outputs_per_class * when.ticks, np.int32)
    post_spikes = np.zeros((when.ticks, n_post), np.bool_)
    arrived, fired, transmissions, depressions, potentiations = 0, 0, 0, 0, 0
    for n in range(len(active)):
        key = sample_key(seed, TRAINING if learning else TEST, first_sample + n)
        arrived += encode(active[n], when, key, starts, sources, ticks_of)
        if learning:
            first = labels[n] * outputs_per_class
            encode_teacher(when, first, first + outputs_per_class, teacher_starts, teacher_sources)
        layer.x[:] = 0
        layer.y[:] = 0
        layer.s[:] = 0
        layer.current[:] = 0
        layer.membrane[:] = 0
        layer.refractory[:] = 0
        post_spikes[:] = False
        done = advance(
            c,
            seed,
            tick,
            layer,
            starts,
            sources,
            teacher_starts,
            teacher_sources,
            learning,
            post_spikes,
            no_drive,
            all_learn,
        )
        if learning:
            tick += when.ticks
        fired += done[0]
        transmissions += done[1]
        depressions += done[2]
        potentiations += done[3]
        for k in range(when.ticks):
            for j in range(n_post):
                output_spikes[n, j] += post_spikes[k, j]
    return arrived, fired, transmissions, depressions, potentiations
