"""What an encoder is: parameters (a section of a configuration), and what they become when fitted on samples."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

import numpy as np

from bicall.emulator.data.recordings import Recordings
from bicall.emulator.data.samples import Kind, Samples
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.typed_files import Section

FULL = 255  # the level of an input that fires at the full rate
CHUNK = 256  # samples encoded at a time, where all of a training set is looked at


@dataclass(frozen=True)
class Trains:
    """Given spikes of many samples: those of sample k are `starts[k]` to `starts[k + 1] - 1`, by tick, then input."""

    starts: np.ndarray  # int64[samples + 1]
    ticks: np.ndarray  # int32[spikes], from 0
    sources: np.ndarray  # int32[spikes]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, chosen: slice | int) -> "Trains":
        """Neighbouring samples, or one."""
        if not isinstance(chosen, slice):
            chosen = slice(chosen, chosen + 1 or None)
        first, last, _ = chosen.indices(len(self))
        spikes = slice(self.starts[first], self.starts[max(last, first)])
        starts = self.starts[first : max(last, first) + 1] - self.starts[first]
        return Trains(starts, self.ticks[spikes], self.sources[spikes])

    @classmethod
    def of(cls, samples: Iterator[tuple[np.ndarray, np.ndarray]]) -> "Trains":
        """From each sample's ticks and inputs, in any order; an input spikes once a tick at most."""
        starts, ticks, sources = [0], [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
        for tick, source in samples:
            spikes = np.unique(np.stack([tick, source], axis=1).astype(np.int64), axis=0).astype(np.int32)
            ticks.append(spikes[:, 0])
            sources.append(spikes[:, 1])
            starts.append(starts[-1] + len(spikes))
        return cls(np.array(starts, np.int64), np.concatenate(ticks), np.concatenate(sources))


# bool[n, inputs], which inputs fire at the full rate, at random; uint8[n, inputs], how much of it (of 255); or spikes
Encoded: TypeAlias = np.ndarray | Trains


class Encoder(Section):
    """Parameters of an encoder. A kind overrides `shape` and `encode`, and `learn` if it looks at training samples."""

    kind: str
    takes: ClassVar[tuple[Kind, ...]]
    delay: ClassVar[int] = 0  # ticks that a layer of neurons in front of the plastic one takes, if there is one

    def shape(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        """[channels, rows, columns] of the inputs, for samples of a shape.

        Raises:
            BadInput: samples of that shape cannot be encoded.
        """
        raise NotImplementedError

    def learn(self, samples: Samples, sample: tuple[int, ...]) -> dict[str, np.ndarray]:
        """What is taken from training samples, as plain arrays."""
        return {}

    def encode(self, samples: Any, fitted: "Fitted", tick_ms: float) -> Encoded:
        """The inputs of samples."""
        raise NotImplementedError

    def picture(self, values: np.ndarray, sample: tuple[int, ...]) -> np.ndarray:
        """A value for each input as a picture, where the inputs look: [rows, columns]; tables have a row a column."""
        channels, rows, columns = self.shape(sample)
        if rows * columns == 1:
            return values.reshape(sample[0], -1) if len(sample) == 1 else values[None]
        return values.reshape(channels, rows, columns).mean(axis=0)

    def check(self, kind: Kind) -> None:
        """Find out whether samples are of a kind that can be encoded.

        Raises:
            BadInput: they are not.
        """
        if kind not in self.takes:
            raise BadInput(f"encoder {self.kind}: takes {' or '.join(self.takes)}, must not be given {kind}")

    def fit(self, samples: Samples, kind: Kind, sample: tuple[int, ...]) -> "Fitted":
        """Fit on training samples.

        Raises:
            BadInput: samples of another kind or of a shape that cannot be encoded.
        """
        self.check(kind)
        self.shape(sample)
        return Fitted(self, sample, self.learn(samples, sample))


@dataclass(frozen=True)
class Fitted:
    """An encoder with what it has learned from training samples; serialisable as JSON (`about`) and `arrays`."""

    encoder: Encoder
    sample: tuple[int, ...]  # shape of a sample, as `data.samples.Data.shape`
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int, int]:
        """[channels, rows, columns] of the inputs."""
        return self.encoder.shape(self.sample)

    @property
    def inputs(self) -> int:
        """How many inputs there are."""
        return math.prod(self.shape)

    def check(self, kind: Kind, sample: tuple[int, ...]) -> None:
        """Find out whether samples are as those that it was fitted on; recordings may be of any size.

        Raises:
            BadInput: they are of another kind or shape.
        """
        self.encoder.check(kind)
        if kind != "events" and sample != self.sample:
            raise BadInput(
                f"encoder {self.encoder.kind}: samples are {list(sample)}, must be {list(self.sample)} as those it was "
                "fitted on"
            )

    def encode(self, samples: Any, tick_ms: float = 1.0) -> Encoded:
        """The inputs of some samples.

        Args:
            samples: as training samples were, but for their number.
            tick_ms: length of a tick; encoders that place spikes in time need it.

        Returns:
            bool[n, inputs], the active ones; uint8[n, inputs], the level of each (255: the full rate); or `Trains`.

        Raises:
            BadInput: samples of another shape.
        """
        if isinstance(samples, Recordings):
            self.encoder.check("events")
        elif not hasattr(samples, "ndim"):
            raise BadInput(f"samples: is a {type(samples).__name__}, must be an array or recordings")
        else:
            self.check("table" if samples.ndim == 2 else "images", samples.shape[1:])
        return self.encoder.encode(samples, self, tick_ms)

    def about(self) -> dict:
        """What JSON can hold of it; `arrays` is the rest."""
        return {"encoder": self.encoder.model_dump(), "sample": list(self.sample)}


def quantiles(values: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """[shares, ...]: for each column the value that a share of the rows [n, ...] stays at or below; one that occurs."""
    places = np.minimum((shares * len(values)).astype(np.int64), len(values) - 1)
    unique = np.unique(places)
    found = np.partition(values, unique, axis=0)[unique]
    return found[np.searchsorted(unique, places)]


def flat(active: np.ndarray) -> np.ndarray:
    """bool[n, inputs] of bool[n, ...]."""
    return active.reshape(len(active), -1)
