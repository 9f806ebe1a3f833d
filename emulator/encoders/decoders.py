"""From the spikes of outputs to classes."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.typed_files import Section

NEVER = np.iinfo(np.int64).max  # the tick of a first spike that did not come


class Decoder(Section):
    """Pools of outputs: output j is taught as one of class j // outputs_per_class."""

    kind: str
    outputs_per_class: int = Field(ge=1, le=1000, description="output neurons that stand for one class")

    def outputs(self, classes: int) -> int:
        """How many output neurons there are."""
        return classes * self.outputs_per_class

    def fit(self, classes: int) -> "FittedDecoder":
        """A decoder for a number of classes, before it has seen outputs."""
        return FittedDecoder(self, classes)

    def pools(self, values: np.ndarray) -> np.ndarray:
        """[n, classes, outputs_per_class] of [n, outputs].

        Raises:
            BadInput: not as many outputs as whole pools have.
        """
        if values.shape[1] % self.outputs_per_class:
            raise BadInput(
                f"decoder {self.kind}: outputs are {values.shape[1]}, must be a multiple of {self.outputs_per_class}"
            )
        samples, outputs = values.shape
        return values.reshape(samples, outputs // self.outputs_per_class, self.outputs_per_class)

    def learn(self, counts: np.ndarray, labels: np.ndarray, classes: int) -> dict[str, np.ndarray]:
        """What is taken from training samples' output spikes int64[n, outputs], as plain arrays."""
        return {}

    def decode(self, counts: np.ndarray, first: np.ndarray | None, fitted: "FittedDecoder") -> np.ndarray:
        """int64[n], the class of each sample; of equals, the first.

        Args:
            counts: int64[n, outputs], spikes.
            first: int64[n, outputs], tick of the first spike, or `NEVER`; None if nobody knows.

        Raises:
            BadInput: first spikes are needed and not known.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class FittedDecoder:
    """A decoder for a number of classes, with what it has learned; serialisable as `arrays` and JSON."""

    decoder: Decoder
    classes: int
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def learned(self, counts: np.ndarray, labels: np.ndarray) -> "FittedDecoder":
        """The same, having seen the output spikes int64[n, outputs] of training samples with labels int64[n]."""
        return FittedDecoder(self.decoder, self.classes, self.decoder.learn(counts, labels, self.classes))

    def decode(self, counts: np.ndarray, first: np.ndarray | None = None) -> np.ndarray:
        """As `Decoder.decode`."""
        return self.decoder.decode(counts, first, self)


class Pools(Decoder):
    """The class whose pool fired most."""

    kind: Literal["pools"] = "pools"

    def decode(self, counts: np.ndarray, first: np.ndarray | None, fitted: FittedDecoder) -> np.ndarray:
        return self.pools(counts).sum(axis=2).argmax(axis=1)


class FirstSpike(Decoder):
    """The class of the output that fired first; among those of one tick, the class that fired most."""

    kind: Literal["first-spike"] = "first-spike"

    def decode(self, counts: np.ndarray, first: np.ndarray | None, fitted: FittedDecoder) -> np.ndarray:
        if first is None:
            raise BadInput("decoder first-spike: needs the output spikes' ticks, which are not known here")
        earliest = self.pools(first).min(axis=2)
        leads = earliest == earliest.min(axis=1, keepdims=True)
        return np.where(leads, self.pools(counts).sum(axis=2), -1).argmax(axis=1)


class CountsDecoder(Decoder):
    """Each output speaks for the class at which it fired most in training (Diehl, Cook 2015), whatever it was taught.

    A sample's class is the one whose outputs fire most on average. Before training, outputs speak for their pools.
    """

    kind: Literal["counts"] = "counts"

    def learn(self, counts: np.ndarray, labels: np.ndarray, classes: int) -> dict[str, np.ndarray]:
        sums = np.zeros((classes, counts.shape[1]))
        np.add.at(sums, labels, counts)
        means = sums / np.maximum(np.bincount(labels, minlength=classes), 1)[:, None]
        return {"assigned": means.argmax(axis=0)}

    def decode(self, counts: np.ndarray, first: np.ndarray | None, fitted: FittedDecoder) -> np.ndarray:
        pools = np.arange(counts.shape[1]) // self.outputs_per_class
        assigned = fitted.arrays.get("assigned", pools)
        members = (assigned[:, None] == np.arange(fitted.classes)).astype(np.int64)
        size = members.sum(axis=0)
        return np.where(size > 0, counts @ members / np.maximum(size, 1), -1).argmax(axis=1)


AnyDecoder = Annotated[Pools | FirstSpike | CountsDecoder, Field(discriminator="kind")]
