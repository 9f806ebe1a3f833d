"""How a sample becomes spikes: Poisson trains of its active inputs or given spikes, and a regular teacher.

Every spike is a pure function of seed, sample and input, so each backend gets the same ones.
"""

from typing import NamedTuple

import numpy as np

from bicall.emulator.configuration.description import Description
from bicall.emulator.encoders.encoder import FULL, Encoded, Trains
from bicall.emulator.rule.randomness import Stream, counter_random
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.arrays import ANY, check_number, checked
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput

SAMPLE, INPUT, LEVEL = int(Stream.SAMPLE), int(Stream.INPUT), int(Stream.LEVEL)
WORDS = 16  # random words that are drawn at once: as many as fit a vector register
LAST_TICK, LAST_SOURCE = 2**31 - 1, 2**31 - 1
TRAINING, TEST = 0, 1  # training and test samples of one number get different spikes


class Timing(NamedTuple):
    """A presentation in ticks.

    `gaps[g - 1]` / 2^32 is the probability of an interval of at most g ticks; `guide[b]` is how many of them no random
    number with the upper eight bits b can be below, where a search may begin.
    """

    ticks: int
    learn_from: int  # ticks of a training image until its answer is decided on; 0 if it is not, and for test images
    delay: int  # of the inputs' spikes, in the layer in front
    teacher_from: int
    teacher_period: float
    gaps: np.ndarray  # uint32[ticks]
    guide: np.ndarray  # int64[256]


def timing(description: Description, purpose: int) -> Timing:
    """The timing of one image, for `purpose` TRAINING or TEST (which has no teacher)."""
    shown = description.presentation
    ticks = description.ticks(shown.train_ms if purpose == TRAINING else shown.test_ms)
    per_tick = shown.input_rate_hz * description.time.tick_ms / 1e3
    within = 1.0 - (1.0 - per_tick) ** np.arange(1, ticks + 1)
    gaps = np.minimum(np.floor(within * 2**32), 2**32 - 1).astype(np.uint32)
    teacher_from = ticks - description.ticks(shown.teacher_ms) if purpose == TRAINING else ticks
    guide = np.searchsorted(gaps, np.arange(256, dtype=np.uint32) << np.uint32(24), side="right")
    teacher_period = 1e3 / (shown.teacher_rate_hz * description.time.tick_ms)
    learn_from = description.ticks(shown.learn_from_ms) if purpose == TRAINING else 0
    return Timing(ticks, learn_from, description.encoder.delay, teacher_from, teacher_period, gaps, guide)


class Inputs(NamedTuple):
    """Encoded samples as the compiled loops take them: levels at which inputs fire at random, or given spikes."""

    levels: np.ndarray  # uint8[n, inputs], parts of the full rate; [0, 0] if spikes are given
    starts: np.ndarray  # int64[n + 1], as in `Trains`; [0] if there are levels
    ticks: np.ndarray  # int32[spikes]
    sources: np.ndarray  # int32[spikes]


def compiled_inputs(encoded: Encoded, inputs: int) -> Inputs:
    """What an encoder made for a number of inputs, for the compiled loops.

    Raises:
        BadInput: arrays of another type or shape, or spikes that are not those of `Trains`.
    """
    if isinstance(encoded, Trains):
        return Inputs(np.zeros((0, 0), np.uint8), *_checked_trains(encoded, inputs))
    active = np.asarray(encoded)
    active = checked("active inputs", active, bool if active.dtype == bool else np.uint8, (ANY, inputs))
    levels = active.view(np.uint8) * np.uint8(FULL) if active.dtype == bool else active
    nothing = np.zeros(0, np.int32)
    return Inputs(levels, np.zeros(1, np.int64), nothing, nothing)


def _checked_trains(trains: Trains, inputs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ticks = checked("spikes' ticks", trains.ticks, np.int32, (ANY,), (0, LAST_TICK))
    sources = checked("spikes' inputs", trains.sources, np.int32, (len(ticks),), (0, inputs - 1))
    starts = checked("spikes' starts", trains.starts, np.int64, (ANY,), (0, len(ticks)))
    if len(starts) == 0 or starts[0] != 0 or starts[-1] != len(ticks) or (np.diff(starts) < 0).any():
        raise BadInput(f"spikes' starts: must ascend from 0 to {len(ticks)}, the number of spikes")
    falls = np.diff(ticks.astype(np.int64) * inputs + sources) <= 0
    falls[starts[(starts > 0) & (starts < len(ticks))] - 1] = False  # a new sample begins there
    if falls.any():
        at = int(np.flatnonzero(falls)[0]) + 1
        raise BadInput(
            f"spikes' ticks: input {sources[at]} in tick {ticks[at]} comes after input {sources[at - 1]} in tick "
            f"{ticks[at - 1]} of its sample, must ascend, none twice"
        )
    return starts, ticks, sources


@cached_njit
def arrive(inputs, n, timing, key, starts, sources, ticks_of):
    """The spikes of sample n of some `Inputs`, into arrays as `encode` fills them."""
    if len(inputs.levels):
        encode(inputs.levels[n], timing, key, starts, sources, ticks_of)
    else:
        begin, end = inputs.starts[n], inputs.starts[n + 1]
        play(inputs.ticks[begin:end], inputs.sources[begin:end], timing, starts, sources)


@cached_njit
def play(ticks, given, timing, starts, sources):
    """Given spikes (tick and input, by tick), those of the presentation's ticks; arrays as in `encode`."""
    starts[:] = 0
    spikes = 0
    while spikes < len(ticks) and ticks[spikes] < timing.ticks:
        sources[spikes] = given[spikes]
        starts[ticks[spikes] + 1] += 1
        spikes += 1
    for tick in range(timing.ticks):
        starts[tick + 1] += starts[tick]
    return spikes


@cached_njit
def encode(levels, timing, key, starts, sources, ticks_of):
    """Poisson spikes (at most one a tick) of the active inputs, sorted by tick, then input.

    Intervals are drawn by inverting their geometric distribution: one random number a spike, not one a tick. Of the
    spikes of an input below the full level, as many are dropped at random as the level says.

    Args:
        levels: uint8[inputs], parts of the full rate (255); 0 is silent.
        timing: a `Timing`.
        key: 32-bit key of the sample.
        starts: int64[ticks + 1], filled as in `SpikeTrain`.
        sources: int32, at least inputs * ticks, filled as in `SpikeTrain`.
        ticks_of: int32, as long as `sources`, for work.

    Returns:
        the number of spikes.
    """
    ticks, gaps = timing.ticks, timing.gaps
    words = np.zeros(WORDS, np.uint32)
    starts[:] = 0
    spikes = 0
    for i in range(len(levels)):
        if not levels[i]:
            continue
        tick, draw = timing.delay - 1, 0
        while True:
            if draw % WORDS == 0:
                for n in range(WORDS):
                    words[n] = counter_random(key, INPUT, i, draw + n)
            word = words[draw % WORDS]
            gap = timing.guide[word >> 24]
            while gap < ticks and gaps[gap] <= word:
                gap += 1
            tick += gap + 1
            if tick >= ticks:
                break
            if levels[i] == FULL or counter_random(key, LEVEL, i, draw) % FULL < levels[i]:
                sources[spikes] = i
                ticks_of[spikes] = tick
                starts[tick + 1] += 1
                spikes += 1
            draw += 1
    for tick in range(ticks):
        starts[tick + 1] += starts[tick]
    # counting sort by tick; inputs come in ascending order already
    order = ticks_of[spikes : 2 * spikes]
    for e in range(spikes):
        order[starts[ticks_of[e]]] = sources[e]
        starts[ticks_of[e]] += 1
    sources[:spikes] = order
    for tick in range(ticks, 0, -1):
        starts[tick] = starts[tick - 1]
    starts[0] = 0
    return spikes


@cached_njit
def encode_teacher(timing, first, last, starts, sources):
    """Regular spikes of the outputs first to last - 1, from the teacher's first tick on; arrays as in `encode`."""
    starts[:] = 0
    spikes, n = 0, 0
    due = timing.teacher_from
    for tick in range(timing.ticks):
        if tick == due:
            for j in range(first, last):
                sources[spikes] = j
                spikes += 1
            n += 1
            due = timing.teacher_from + int(np.ceil(n * timing.teacher_period))
        starts[tick + 1] = spikes
    return spikes


@cached_njit
def sample_key(seed, purpose, sample):
    """The 32-bit key of a sample's spikes."""
    return counter_random(seed, SAMPLE, purpose, sample)


def training_sample(
    description: Description, active: Encoded, label: int, seed: int, sample: int
) -> tuple[SpikeTrain, SpikeTrain]:
    """Input and teacher spikes of one training image.

    Args:
        active: one sample of what the encoder made: bool[inputs], uint8[inputs], or `Trains` of one.
        label: its class.
        sample: the number of the presentation, which makes its spikes its own.

    Raises:
        BadInput: no sample of an encoder, no label, or no number of a presentation; or what is taught depends on the
            network's answer (`digits.margin` shows such images).
    """
    shown = description.presentation
    if shown.learn_from_ms > 0:
        raise BadInput(
            f"configuration {description.name}: presentation.learn_from_ms is {shown.learn_from_ms}, must be 0 here, "
            "where images are taught without waiting for the network's answer"
        )
    for name in ("step_schedule", "drift_schedule"):
        begins = min((start for start, _ in getattr(shown, name)), default=sample + 1)
        if begins <= sample:
            raise BadInput(
                f"configuration {description.name}: presentation.{name} begins with presentation {begins}, must not "
                f"before {sample + 1} here, where steps and drift stay the same"
            )
    when = timing(description, TRAINING)
    outputs = description.decoder.outputs_per_class
    check_number("label", label, 0, LAST_SOURCE // outputs - 1)
    starts, sources = np.zeros(when.ticks + 1, np.int64), np.zeros(when.ticks * outputs, np.int32)
    spikes = encode_teacher(when, int(label) * outputs, (int(label) + 1) * outputs, starts, sources)
    return input_spikes(active, when, seed, TRAINING, sample), SpikeTrain(starts, sources[:spikes])


def test_sample(description: Description, active: Encoded, seed: int, sample: int) -> tuple[SpikeTrain, SpikeTrain]:
    """Input spikes of one test image, and a silent teacher."""
    when = timing(description, TEST)
    return input_spikes(active, when, seed, TEST, sample), SpikeTrain.silent(when.ticks)


def input_spikes(active: Encoded, when: Timing, seed: int, purpose: int, sample: int) -> SpikeTrain:
    """The input spikes alone of one encoded sample, for `purpose` TRAINING or TEST."""
    check_number("sample", sample, 0, LAST_TICK)
    if isinstance(active, Trains):
        inputs = compiled_inputs(active, LAST_SOURCE)
    else:
        active = np.asarray(active)
        inputs = compiled_inputs(active[None], active.size)
    starts = np.zeros(when.ticks + 1, np.int64)
    sources = np.zeros(max(2 * inputs.levels.size * when.ticks, len(inputs.ticks)), np.int32)
    arrive(inputs, 0, when, sample_key(seed, purpose, sample), starts, sources, np.zeros_like(sources))
    return SpikeTrain(starts, sources[: starts[-1]].copy())
