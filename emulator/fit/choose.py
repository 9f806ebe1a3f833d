"""What a network for some data could be: encoders that suit its kind and size, and weights that suit its activity."""

from typing import NamedTuple

import numpy as np

from bicall.emulator.configuration import description
from bicall.emulator.configuration.description import Description, Schedule
from bicall.emulator.data.samples import Data
from bicall.emulator.encoders.encoder import CHUNK, FULL, Encoder, Fitted, Trains
from bicall.emulator.encoders.frames import EventFrames
from bicall.emulator.encoders.gabor import Gabor
from bicall.emulator.encoders.orientation import Orientation
from bicall.emulator.encoders.pixels import Pixels
from bicall.emulator.encoders.stack import Stack
from bicall.emulator.encoders.tables import ReceptiveFields, Thermometer
from bicall.emulator.support.errors import BadInput

START = "fit"  # the configuration that a choice changes
INK = (0.2, 0.47, 0.78)  # levels of ink of pixels
SIDE, CELLS = 14, 3000  # pixels a side at most, Gabor cells of pictures of at least `LARGE` a side
LARGE = 20
EVENT_COUNTS = 4096  # of a recording, at most
SAMPLES = 2000  # that say how many inputs are active
INHIBITION = -0.5  # the lower transmitted level, in upper ones
FALLING = (0.3, 0.1)  # factors on the steps in the second and the last third of the training


class Choice(NamedTuple):
    """An encoder, the drive that the mean sample gives a neuron all of whose synapses are high, and the margin."""

    encoder: Encoder
    drive: float  # sum of the active inputs' upper levels, in thresholds
    margin: int  # lead in spikes of a pool that is good enough


def choices(data: Data) -> list[Choice]:
    """What to try, the likeliest first.

    Raises:
        BadInput: pictures too small for any encoder.
    """
    if data.kind == "table":
        thermometer = Thermometer(steps=20, complement=False)
        both = Thermometer(steps=20, complement=True)
        fields = ReceptiveFields(fields=8, width=1.0, coding="rate", span_ms=0.0)
        return [Choice(each, drive, 30) for drive in (1.2, 2.0) for each in (thermometer, both, fields)]
    if data.kind == "events":
        return [Choice(each, drive, 10) for drive in (1.9, 1.3) for each in _events(data)]
    height, width, *colours = data.shape
    least = min(height, width)
    if least < 2:
        raise BadInput(f"{data.source}: pictures are {height} x {width}, must be at least 2 x 2 pixels")
    pixels = Pixels(deskew=False, crop=0, side=min(SIDE, least), above=INK)
    cells = Orientation(
        deskew=False, directions=8, pool=2 if max(height, width) < 2 * LARGE else -(-max(height, width) // SIDE),
        threshold="value", above=0.1,
    )  # fmt: skip
    parts: tuple[Encoder, ...] = (cells, pixels)
    if least >= LARGE:
        gabor = Gabor(deskew=False, cells=CELLS, margin=least // 7, threshold="quantile", above=0.8)
        parts = (cells, gabor, pixels)
    whole = Stack(parts=parts)  # type: ignore[arg-type]  # checked by pydantic
    return [Choice(whole, drive, margin) for drive, margin in ((1.9, 10), (1.3, 10), (1.9, 30), (2.7, 10))]


def _events(data: Data) -> list[Encoder]:
    """Counts in few and in more slices of time, alone and seen by orientation cells: where and when tell classes."""
    _, height, width = data.shape

    def frames(slices: int, pool: int, above: tuple[float, ...], cells: int = 0) -> EventFrames:
        parts = Orientation(deskew=False, directions=8, pool=cells, threshold="value", above=0.1) if cells else None
        return EventFrames(slices=slices, pool=pool, polarity=True, above=above, parts=(parts,) if parts else ())

    def fine(slices: int) -> int:
        """The smallest pool with which there are few enough counts."""
        pool = 1
        while 2 * slices * -(-height // pool) * -(-width // pool) > EVENT_COUNTS:
            pool *= 2
        return pool

    found = [frames(slices, fine(slices), above) for slices, above in ((6, (0.0, 0.5)), (3, (0.0, 0.5)), (24, (0.0,)))]
    if min(height, width) >= 4 * fine(4):
        found.insert(0, frames(4, fine(4), (0.0,), 2 if max(height, width) < LARGE * fine(4) else 3))
    return list(found)


def activity(fitted: Fitted, data: Data) -> float:
    """How many inputs are active at the full rate in the mean training sample; of given spikes, how many it would take.

    Raises:
        BadInput: none are.
    """
    start = description.load(START)
    shown = start.presentation
    count, total = min(len(data.train.labels), SAMPLES), 0.0
    for first in range(0, count, CHUNK):
        encoded = fitted.encode(data.train.samples[first : min(first + CHUNK, count)], start.time.tick_ms)
        if isinstance(encoded, Trains):
            spikes = np.sum(encoded.ticks < start.ticks(shown.learn_from_ms))
            total += float(spikes) / (shown.input_rate_hz * shown.learn_from_ms / 1e3)
        else:
            total += float(encoded.sum(dtype=np.int64)) / (1 if encoded.dtype == bool else FULL)
    if total == 0:
        raise BadInput(f"{data.source}: encoder {fitted.encoder.kind}: no input is ever active")
    return total / count


def beginning(data: Data, presentations: int, name: str) -> Description:
    """The configuration of the likeliest choice for some data: what a search begins with.

    Raises:
        BadInput: as `choices` and `activity`.
    """
    first = choices(data)[0]
    fitted = first.encoder.fit(data.train.samples, data.kind, data.shape)
    return described(first, activity(fitted, data), presentations, name)


def described(choice: Choice, active: float, presentations: int, name: str) -> Description:
    """The configuration of a choice.

    Args:
        active: of `activity`; the mean number of active inputs sets the transmitted weights.
        presentations: how many there will be; steps fall in their last two thirds.
    """
    start = description.load(START)
    high = choice.drive / active
    values = start.model_dump() | {
        "summary": f"made by `bicall fit` from {name}",
        "encoder": choice.encoder.model_dump(),
    }
    values["transmission"] |= {"weight_high": high, "weight_low": INHIBITION * high}
    values["presentation"] |= {"margin": choice.margin, "step_schedule": list(schedule(presentations))}
    return description.from_values(values, name)


def schedule(presentations: int, begun: Schedule = (), presented: int = 0) -> Schedule:
    """Steps that fall in the last two thirds of a training.

    Args:
        begun: a schedule that the training has followed for `presented` presentations; what it has done stays.
    """
    edges: list[int] = []
    for k in range(len(FALLING)):
        edge = max(presentations * (k + 1) // 3, presented, edges[-1] + 1 if edges else 1)
        edges.append(begun[k][0] if begun and begun[k][0] <= presented else edge)
    return tuple(zip(edges, FALLING, strict=True))
