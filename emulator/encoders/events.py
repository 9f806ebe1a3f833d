"""Events as they are: each event of a recording is a spike of its pixel, at its time."""

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from bicall.emulator.data.recordings import Recordings
from bicall.emulator.data.samples import Kind
from bicall.emulator.encoders.encoder import Encoder, Fitted, Trains
from bicall.emulator.support.errors import BadInput


class EventSpikes(Encoder):
    """Passes events on, pooled over squares of pixels; events outside the sensor that it was fitted to are left out."""

    kind: Literal["events"] = "events"
    takes: ClassVar[tuple[Kind, ...]] = ("events",)
    pool: int = Field(ge=1, le=1024, description="pixels a side of the square whose events are one input's")
    polarity: bool = Field(description="whether brighter and darker are two inputs")
    speed: float = Field(gt=0, le=1e6, description="how many times faster than recorded events are shown")
    repeats: int = Field(ge=1, le=1000, description="how often a recording is shown, one after the other")

    def shape(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        _, height, width = sample
        if self.pool > max(height, width):
            raise BadInput(f"encoder events: pool is {self.pool}, must be at most {max(height, width)}")
        return 2 if self.polarity else 1, -(-height // self.pool), -(-width // self.pool)

    def encode(self, samples: Recordings, fitted: Fitted, tick_ms: float) -> Trains:
        _, rows, columns = fitted.shape
        tick_us = 1e3 * tick_ms * self.speed

        def spikes() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for k in range(len(samples)):
                x, y, t, p = samples.one(k)
                row, column = y.astype(np.int64) // self.pool, x.astype(np.int64) // self.pool
                inside = (row < rows) & (column < columns)
                source = row * columns + column + (p * (rows * columns) if self.polarity else 0)
                ticks = ((t - t[0]) // tick_us).astype(np.int64) if len(t) else t
                begins = (ticks.max(initial=0) + 1) * np.arange(self.repeats)
                yield (ticks[inside] + begins[:, None]).ravel(), np.tile(source[inside], self.repeats)

        return Trains.of(spikes())
