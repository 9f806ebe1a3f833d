"""Many samples in one compiled call: encode, reset, run, count output spikes."""

from typing import NamedTuple

import numpy as np

from bicall.emulator.configuration.description import Description
from bicall.emulator.digits.margin import ENDS, decide, margin_of, wrong_teacher_weight
from bicall.emulator.digits.presentation import (
    TEST,
    TRAINING,
    arrive,
    compiled_inputs,
    encode_teacher,
    sample_key,
    timing,
)
from bicall.emulator.encoders.encoder import Encoded
from bicall.emulator.rule.checks import check_layer
from bicall.emulator.rule.compiled import Counts, advance
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.layer import Layer, all_learn, no_drive
from bicall.emulator.rule.state import LayerState
from bicall.emulator.support.arrays import check_number, checked
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput

LAST_SAMPLE = 2**32 - 1


class Decision(NamedTuple):
    """What follows from an answer, for the compiled loop."""

    margin: int
    everybody: bool  # learns, not only the right and the best wrong pool
    wrong_teacher_weight: float


def present(
    constants: Constants,
    description: Description,
    state: LayerState,
    active: Encoded,
    labels: np.ndarray | None,
    seed: int,
    first_sample: int,
    first_spikes: np.ndarray | None = None,
    may_learn: np.ndarray | None = None,
) -> tuple[np.ndarray, Counts]:
    """Present images one after the other, with a reset before each, changing `state` in place.

    The same as `rule.compiled.run` on each sample of `digits.presentation`, or on the parts of `digits.margin`, without
    Python in between.

    Args:
        active: n encoded samples.
        labels: int[n] to train with a teacher, or None to test: no learning, and the state's h and tick stay.
        first_sample: number of the first presentation; the others follow.
        first_spikes: int64[n, outputs], lowered to the tick of each output's first spike, if given.
        may_learn: bool[outputs]; the learning enables of the others stay 0. None: all may.

    Returns:
        int64[n, outputs], output spikes of each sample, and what was done.

    Raises:
        BadInput: arrays of another type or shape, spikes of no input, labels that are no class, or no number of a
            presentation.
    """
    learning = labels is not None
    check_layer(constants, state)
    check_number("seed", seed, 0, 2**32 - 1)
    inputs = compiled_inputs(active, len(state.x))
    if labels is None:
        classes_of = np.zeros(0, np.int64)
    else:
        classes = len(state.y) // description.decoder.outputs_per_class
        classes_of = checked("labels", labels, np.int64, (len(active),), (0, classes - 1))
    if first_spikes is not None:
        if not isinstance(first_spikes, np.ndarray):
            raise BadInput(f"first spikes: is a {type(first_spikes).__name__}, must be an array, as it is changed")
        checked("first spikes", first_spikes, np.int64, (len(active), len(state.y)))
    check_number("first sample", first_sample, 0, LAST_SAMPLE - len(active))
    when = timing(description, TRAINING if learning else TEST)
    decided = when.learn_from > 0
    may_learn = all_learn(state) if may_learn is None else checked("may learn", may_learn, bool, (len(state.y),))
    brief, drive, learns = when, no_drive(state), may_learn.copy()
    if decided:
        brief = when._replace(ticks=when.learn_from)
        drive = np.zeros((when.ticks, len(state.y)), state.current.dtype)
    decision = Decision(
        margin_of(description),
        description.presentation.learners == "all",
        wrong_teacher_weight(description, constants),
    )
    output_spikes = np.zeros((len(active), len(state.y)), np.int64)
    ticks, *counts = _present(
        constants, seed, state.tick, Layer.of(constants, state), drive, learns, may_learn,
        inputs, len(active), classes_of,
        brief, when, decision, description.decoder.outputs_per_class, first_sample, learning, output_spikes,
        np.zeros((0, 0), np.int64) if first_spikes is None else first_spikes,
    )  # fmt: skip
    state.tick += ticks
    state.reset()
    return output_spikes, Counts(*(int(count) for count in counts))


def total(counts: list[Counts]) -> Counts:
    """The sum of what was done, number by number."""
    return Counts(*(sum(numbers) for numbers in zip(Counts(0, 0, 0, 0, 0), *counts, strict=True)))


@cached_njit(nogil=True)
def _present(
    c, seed, tick, layer, drive, learns, may_learn, inputs, samples, labels, brief, when, decision, outputs_per_class,
    first_sample, learning, output_spikes, first_spikes,
):  # fmt: skip
    """Images shown for `brief` and, where `brief` is shorter than `when` and the answer not good enough, on.

    Returns:
        ticks that learning saw, and what was done.
    """
    n_post, n_pre = layer.h.shape
    starts, teacher_starts = np.zeros(when.ticks + 1, np.int64), np.zeros(when.ticks + 1, np.int64)
    sources = np.zeros(2 * n_pre * when.ticks, np.int32)  # given spikes are at most one a tick and input, too
    ticks_of = np.zeros_like(sources)
    teacher_sources = np.zeros(outputs_per_class * when.ticks, np.int32)
    post_spikes = np.zeros((when.ticks, n_post), np.bool_)
    first_tick, decided = tick, brief.ticks < when.ticks
    arrived, fired, transmissions, depressions, potentiations = 0, 0, 0, 0, 0
    for n in range(samples):
        key = sample_key(seed, TRAINING if learning else TEST, first_sample + n)
        if learning:
            first = labels[n] * outputs_per_class
            encode_teacher(when, first, first + outputs_per_class, teacher_starts, teacher_sources)
        if decided:
            learns[:] = False
            drive[:] = 0
        layer.x[:] = 0
        layer.y[:] = 0
        layer.s[:] = 0
        layer.current[:] = 0
        layer.membrane[:] = 0
        layer.refractory[:] = 0
        post_spikes[:] = False
        begin, end = 0, brief.ticks
        while True:
            arrive(inputs, n, brief if end == brief.ticks else when, key, starts, sources, ticks_of)
            arrived += starts[end] - starts[begin]
            done = advance(
                c, seed, tick, layer, starts[begin : end + 1], sources, teacher_starts[begin : end + 1],
                teacher_sources, learning, post_spikes[begin:end], drive[begin:end], learns,
            )  # fmt: skip
            if learning:
                tick += end - begin
            fired += done[0]
            transmissions += done[1]
            depressions += done[2]
            potentiations += done[3]
            for k in range(begin, end):
                for j in range(n_post):
                    output_spikes[n, j] += post_spikes[k, j]
                    if len(first_spikes) and post_spikes[k, j] and k < first_spikes[n, j]:
                        first_spikes[n, j] = k
            if end == when.ticks:
                break
            rival = decide(output_spikes[n], labels[n], outputs_per_class, decision.margin)
            if rival == ENDS:
                break
            for j in range(n_post):
                wrong = j // outputs_per_class != labels[n]
                chosen = decision.everybody or not wrong or j // outputs_per_class == rival
                learns[j] = chosen and may_learn[j]
                if wrong:
                    for k in range(end, when.ticks):
                        if teacher_starts[k + 1] > teacher_starts[k]:
                            drive[k, j] = decision.wrong_teacher_weight
            begin, end = end, when.ticks
    return tick - first_tick, arrived, fired, transmissions, depressions, potentiations
