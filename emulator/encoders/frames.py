"""Recordings as pictures: how many events fell into each square in each slice of time, for encoders of pictures."""

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from bicall.emulator.data.recordings import Recordings
from bicall.emulator.data.samples import Kind, Samples
from bicall.emulator.encoders.encoder import CHUNK, FULL, Encoder, Fitted, flat
from bicall.emulator.encoders.stack import Parts, Stack
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.typed_files import as_tuples

LEARNING_RECORDINGS = 2000  # training recordings, at most, that set the span and full ink
LONGEST, FULLEST = 0.95, 0.9  # quantiles of durations, and of the counts that are not 0

Share = Annotated[float, Field(ge=0, lt=1)]


class EventFrames(Encoder):
    """Counts of events by slice of time, polarity and square; one plane for each slice and polarity.

    A slice is a part of the time that most training recordings last; what comes later is of the last slice. Counts are
    ink: one that only the tenth part of the counts is above, where there are events at all, is full ink. An input is
    active if its count is above a part of full ink, `above`; encoders of pictures see the planes as colours.
    """

    kind: Literal["event-frames"] = "event-frames"
    takes: ClassVar[tuple[Kind, ...]] = ("events",)
    slices: int = Field(ge=1, le=256, description="parts of the time that a recording lasts")
    pool: int = Field(ge=1, le=1024, description="pixels a side of the square whose events are counted together")
    polarity: bool = Field(description="whether brighter and darker are counted apart")
    above: Annotated[tuple[Share, ...], BeforeValidator(as_tuples)] = Field(
        max_length=64, description="parts of full ink; a count has an input for each"
    )
    parts: Annotated[Parts, Field(max_length=64, description="encoders that look at the counts as at a picture")]

    @model_validator(mode="after")
    def _some(self) -> "EventFrames":
        if not self.above and not self.parts:
            raise ValueError("above and parts are empty, one of them must not")
        return self

    def shape(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        rows, columns, planes = self._planes(sample)
        counted = len(self.above) * planes, rows, columns
        if not self.parts:
            return counted
        return int(np.prod(counted)) + self._stack().shape((rows, columns, planes))[0], 1, 1

    def learn(self, samples: Samples, sample: tuple[int, ...]) -> dict[str, np.ndarray]:
        recordings: Any = samples
        count = min(len(samples), LEARNING_RECORDINGS)
        spans = [recordings.one(k).duration_us for k in range(count)]
        span = max(float(np.quantile(spans, LONGEST)), 1.0)
        counts = [
            self.counts(recordings[first : min(first + CHUNK, count)], span, sample) for first in range(0, count, CHUNK)
        ]
        some = np.concatenate([each[each > 0] for each in counts] or [np.ones(1)])
        learned = {"span_us": np.array(span), "full": np.array(np.quantile(some, FULLEST) if len(some) else 1.0)}
        if self.parts:
            ink = np.concatenate([_ink(each, float(learned["full"])) for each in counts])
            learned |= self._stack().learn(ink, self._planes(sample))
        return learned

    def encode(self, samples: Recordings, fitted: Fitted, tick_ms: float) -> np.ndarray:
        full = float(fitted.arrays["full"])
        counts = self.counts(samples, float(fitted.arrays["span_us"]), fitted.sample)
        limits = full * np.array(self.above).reshape(-1, 1, 1, 1)
        found = [flat(np.moveaxis(counts, -1, 1)[:, None] > limits)]
        if self.parts:
            stack = Fitted(self._stack(), self._planes(fitted.sample), fitted.arrays)
            found.append(stack.encode(_ink(counts, full), tick_ms))  # type: ignore[arg-type]  # no part gives spikes
        return np.concatenate(found, axis=1)

    def counts(self, samples: Recordings, span_us: float, sample: tuple[int, ...]) -> np.ndarray:
        """float32[n, rows, columns, planes], events in each; those outside the sensor are left out."""
        rows, columns, planes = self._planes(sample)
        x, y, t, p = samples.events
        owner = np.repeat(np.arange(len(samples)), np.diff(samples.starts))
        begin = np.append(t, 0)[samples.starts[:-1]]  # of an empty recording nobody asks
        piece = np.minimum((t - begin[owner]) * self.slices / span_us, self.slices - 1).astype(np.int64)
        row, column = y.astype(np.int64) // self.pool, x.astype(np.int64) // self.pool
        plane = 2 * piece + p if self.polarity else piece
        place = ((owner * rows + row) * columns + column) * planes + plane
        inside = (row < rows) & (column < columns)
        shape = len(samples), rows, columns, planes
        return np.bincount(place[inside], minlength=int(np.prod(shape))).astype(np.float32).reshape(shape)

    def picture(self, values: np.ndarray, sample: tuple[int, ...]) -> np.ndarray:
        planes = self._planes(sample)
        counted = len(self.above) * int(np.prod(planes))
        pictures = []
        if counted:
            pictures.append(values[:counted].reshape(-1, *planes[:2]).mean(axis=0))
        if self.parts:
            pictures.append(self._stack().picture(values[counted:], planes))
        return Stack.together(pictures)

    def _planes(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        """(rows, columns, planes) of what is counted."""
        _, height, width = sample
        if self.pool > max(height, width):
            raise BadInput(f"encoder {self.kind}: pool is {self.pool}, must be at most {max(height, width)}")
        return -(-height // self.pool), -(-width // self.pool), self.slices * (2 if self.polarity else 1)

    def _stack(self) -> Stack:
        return Stack(parts=self.parts)


def _ink(counts: np.ndarray, full: float) -> np.ndarray:
    """uint8 of counts."""
    return np.rint(np.minimum(counts / full, 1) * FULL).astype(np.uint8)
