"""Encoders of tables: a threshold, a thermometer or receptive fields for each column."""

from typing import ClassVar, Literal, cast

import numpy as np
from pydantic import Field

from bicall.emulator.data.samples import Kind, Samples
from bicall.emulator.encoders.encoder import FULL, Encoded, Encoder, Fitted, flat, quantiles
from bicall.emulator.encoders.graded import Coding, code

EDGE = 0.02  # of the training rows that receptive fields leave out at either end, so that outliers do not stretch them


class TableEncoder(Encoder):
    """Looks at each column by itself."""

    takes: ClassVar[tuple[Kind, ...]] = ("table",)


class Threshold(TableEncoder):
    """One input a column, active above a value."""

    kind: Literal["threshold"] = "threshold"
    threshold: Literal["value", "quantile"] = Field(
        description="what `above` is: a value for all columns, or a part of each column's training rows"
    )
    above: float = Field(description="an input is active above this")

    def shape(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        return sample[0], 1, 1

    def learn(self, samples: Samples, sample: tuple[int, ...]) -> dict[str, np.ndarray]:
        if self.threshold == "value":
            return {}
        return {"thresholds": quantiles(cast(np.ndarray, samples[:]), np.array([self.above]))[0]}

    def encode(self, samples: np.ndarray, fitted: Fitted, tick_ms: float) -> np.ndarray:
        return flat(samples > (self.above if self.threshold == "value" else fitted.arrays["thresholds"]))


class Thermometer(TableEncoder):
    """Inputs with thresholds at evenly spaced quantiles of the column; those below a value are active.

    With `complement` each has a second input that is active when it is not, so that as many are in all samples.
    """

    kind: Literal["thermometer"] = "thermometer"
    steps: int = Field(ge=1, le=1024, description="thresholds of a column")
    complement: bool = Field(description="whether an input for below goes with each for above")

    def shape(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        return sample[0] * self.steps * (2 if self.complement else 1), 1, 1

    def learn(self, samples: Samples, sample: tuple[int, ...]) -> dict[str, np.ndarray]:
        shares = np.arange(1, self.steps + 1) / (self.steps + 1)
        return {"thresholds": quantiles(cast(np.ndarray, samples[:]), shares).T.copy()}

    def encode(self, samples: np.ndarray, fitted: Fitted, tick_ms: float) -> np.ndarray:
        above = samples[:, :, None] > fitted.arrays["thresholds"]
        return flat(np.stack([above, ~above], axis=-1) if self.complement else above)


class ReceptiveFields(TableEncoder):
    """Gaussian receptive fields over each column's range that overlap (Bohte, Kok, La Poutre, Neurocomputing, 2002)."""

    kind: Literal["receptive-fields"] = "receptive-fields"
    fields: int = Field(ge=2, le=1024, description="of a column")
    width: float = Field(gt=0, le=100, description="standard deviation, in distances between two centres")
    coding: Coding = Field(description="active (above one half), rate or latency")
    span_ms: float = Field(ge=0, le=1e7, description="of latency coding: how late the weakest comes, in ms; else 0")

    def shape(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        return sample[0] * self.fields, 1, 1

    def learn(self, samples: Samples, sample: tuple[int, ...]) -> dict[str, np.ndarray]:
        low, high = quantiles(cast(np.ndarray, samples[:]), np.array([EDGE, 1 - EDGE]))
        return {"low": low, "high": np.where(high > low, high, low + 1)}

    def encode(self, samples: np.ndarray, fitted: Fitted, tick_ms: float) -> Encoded:
        low, high = fitted.arrays["low"], fitted.arrays["high"]
        place = np.clip((samples - low) / (high - low), 0, 1) * (self.fields - 1)
        away = (place[:, :, None] - np.arange(self.fields)) / self.width
        levels = np.rint(FULL * np.exp(-(away**2) / 2)).astype(np.uint8).reshape(len(samples), -1)
        return code(levels, self.coding, self.span_ms, tick_ms)
