"""Graded inputs: a value as a rate, as a latency, or as active or not."""

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from bicall.emulator.data.samples import Kind, Samples
from bicall.emulator.encoders.encoder import CHUNK, FULL, Encoded, Encoder, Fitted, Trains

Coding = Literal["active", "rate", "latency"]


class Graded(Encoder):
    """One input a pixel or column, whose level goes from 0 at the least of the training samples to 255 at the most."""

    kind: Literal["graded"] = "graded"
    takes: ClassVar[tuple[Kind, ...]] = ("images", "table")
    coding: Coding = Field(description="active (above one half), rate or latency")
    span_ms: float = Field(ge=0, le=1e7, description="of latency coding: how late the weakest comes, in ms; else 0")

    def shape(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        if len(sample) == 1:
            return sample[0], 1, 1
        return (sample[2] if len(sample) == 3 else 1), sample[0], sample[1]

    def learn(self, samples: Samples, sample: tuple[int, ...]) -> dict[str, np.ndarray]:
        if len(sample) > 1:
            return {"low": np.zeros(1), "high": np.full(1, 255.0)}
        chunks: list[Any] = [samples[first : first + CHUNK] for first in range(0, len(samples), CHUNK)]
        low = np.min([chunk.min(axis=0) for chunk in chunks], axis=0)
        high = np.max([chunk.max(axis=0) for chunk in chunks], axis=0)
        return {"low": low, "high": np.where(high > low, high, low + 1)}

    def encode(self, samples: np.ndarray, fitted: Fitted, tick_ms: float) -> Encoded:
        values = np.moveaxis(samples, -1, 1) if samples.ndim == 4 else samples
        low, high = fitted.arrays["low"], fitted.arrays["high"]
        values = values.reshape(len(values), -1)
        levels = np.rint(np.clip((values - low) / (high - low), 0, 1) * FULL).astype(np.uint8)
        return code(levels, self.coding, self.span_ms, tick_ms)


def code(levels: np.ndarray, coding: Coding, span_ms: float, tick_ms: float) -> Encoded:
    """Levels uint8[n, inputs] by a code.

    Latency: one spike, at once at level 255 and the later the lower, up to `span_ms` at level 1; none at level 0.
    """
    if coding == "rate":
        return levels
    if coding == "active":
        return levels > FULL // 2
    last = max(round(span_ms / tick_ms) - 1, 0)
    ticks = (FULL - levels.astype(np.int64)) * last // (FULL - 1)
    return Trains.of((ticks[k, levels[k] > 0], np.flatnonzero(levels[k])) for k in range(len(levels)))
