"""A classifier: a description, an arithmetic, a seed, encoder and decoder, and the state that learning has reached."""

import json
import os
from dataclasses import dataclass, replace

import numpy as np

from bicall.emulator.configuration.description import Description, converted, from_values
from bicall.emulator.data.samples import Data, Samples
from bicall.emulator.digits import batch, features, schedule
from bicall.emulator.digits.connectivity import connected
from bicall.emulator.encoders.decoders import NEVER, FittedDecoder
from bicall.emulator.encoders.encoder import Encoded, Fitted
from bicall.emulator.encoders.kinds import restored
from bicall.emulator.rule import constants
from bicall.emulator.rule.compiled import Counts
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.recording import load_arrays
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside

CLASSES = tuple("0123456789")
FORMAT, OLD_FORMAT = "bicall-network-2", "bicall-network-1"


@dataclass
class Classifier:
    """A classifier: an encoder, a plastic layer with its inputs, and pools of outputs, one pool a class, for a decoder.

    Output j stands for class j // outputs_per_class. `presented` counts the training samples so far; the next one
    gets that number, so training in pieces equals training in one go.
    """

    description: Description
    arithmetic: str
    seed: int
    state: LayerState
    encoder: Fitted
    decoder: FittedDecoder
    classes: tuple[str, ...] = CLASSES
    presented: int = 0

    @classmethod
    def fresh(
        cls,
        description: Description,
        arithmetic: str,
        seed: int,
        encoder: Fitted | None = None,
        classes: tuple[str, ...] = CLASSES,
    ) -> "Classifier":
        """An untrained network.

        Args:
            encoder: the description's, fitted; None: on MNIST's training images.

        Raises:
            BadInput: the seed is not a 32-bit number, or the encoder does not take MNIST's images.
        """
        if not 0 <= seed < 2**32:
            raise BadInput(f"seed is {seed}, must be from 0 to {2**32 - 1}")
        encoder = encoder or features.encoder_of(description)
        outputs = description.decoder.outputs(len(classes))
        state = LayerState.initial(
            constants_of(description, arithmetic),
            encoder.inputs,
            outputs,
            seed,
            connected(description, encoder.shape, outputs, seed),
        )
        return cls(description, arithmetic, seed, state, encoder, description.decoder.fit(len(classes)), classes)

    @classmethod
    def for_data(cls, description: Description, arithmetic: str, seed: int, data: Data) -> "Classifier":
        """An untrained network for some data: the encoder is fitted on its training samples.

        Raises:
            BadInput: as `fresh`, or the encoder does not encode such samples.
        """
        return cls.fresh(description, arithmetic, seed, features.encoder_of(description, data), data.classes)

    @property
    def constants(self) -> Constants:
        return constants_of(self.description, self.arithmetic)

    @property
    def weights(self) -> np.ndarray:
        """The transmitted bits, bool[inputs, outputs]."""
        return self.state.h > self.constants.h_threshold

    def encode(self, samples: Samples) -> Encoded:
        """The inputs of some samples."""
        return self.encoder.encode(samples, self.description.time.tick_ms)

    def train(self, active: Encoded, labels: np.ndarray) -> Counts:
        """Learn from n encoded samples with labels int[n]."""
        done, begin = [], 0
        for described, count in schedule.pieces(self.description, self.presented, len(active)):
            chosen = slice(begin, begin + count)
            _, counts = batch.present(
                constants_of(described, self.arithmetic), described, self.state, active[chosen], labels[chosen],
                self.seed, self.presented,
            )  # fmt: skip
            self.presented += count
            begin += count
            done.append(counts)
        return batch.total(done)

    def test(
        self, active: Encoded, first_sample: int = 0, first_spikes: np.ndarray | None = None
    ) -> tuple[np.ndarray, Counts]:
        """Output spikes int64[n, outputs] for n encoded samples; nothing is learned.

        Args:
            first_spikes: as in `batch.present`.
        """
        return batch.present(
            self.constants, self.description, self.state, active, None, self.seed, first_sample, first_spikes
        )

    def classify(self, output_spikes: np.ndarray, first_spikes: np.ndarray | None = None) -> np.ndarray:
        """The class of each sample, int64[n], by the decoder.

        Args:
            output_spikes: int64[n, outputs]; `first_spikes` likewise, the tick of each output's first, if known.
        """
        return self.decoder.decode(output_spikes, first_spikes)

    def answer(self, active: Encoded, first_sample: int = 0) -> tuple[np.ndarray, Counts]:
        """The classes int64[n] of n encoded samples, and what was done; nothing is learned."""
        first_spikes = np.full((len(active), len(self.state.y)), NEVER)
        output_spikes, counts = self.test(active, first_sample, first_spikes)
        return self.classify(output_spikes, first_spikes), counts

    def save(self, path: str | os.PathLike) -> None:
        """Write all of it to an .npz file, whole or not at all."""
        about = {
            "name": self.description.name,
            "arithmetic": self.arithmetic,
            "seed": self.seed,
            "presented": self.presented,
            "tick": self.state.tick,
            "classes": self.classes,
            "description": self.description.model_dump(),
            **self.encoder.about(),
        }
        arrays = {name: getattr(self.state, name) for name in STATE_VARIABLES}
        arrays |= {f"encoder.{name}": values for name, values in self.encoder.arrays.items()}
        arrays |= {f"decoder.{name}": values for name, values in self.decoder.arrays.items()}
        with write_aside(path) as aside, open(aside, "wb") as file:
            np.savez_compressed(file, format=np.array(FORMAT), about=np.array(json.dumps(about)), **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Classifier":
        """Read what `save` wrote, or wrote before encoders were kept with their networks (those are MNIST's).

        Raises:
            BadInput: no such file, or it is damaged or of another kind.
        """
        arrays = load_arrays(path, "network", FORMAT, OLD_FORMAT)
        try:
            about = json.loads(str(arrays["about"]))
            description = from_values(converted(about["description"]), about["name"])
            encoder, classes = None, CLASSES
            if str(arrays["format"]) == FORMAT:
                encoder, classes = restored(about, _of(arrays, "encoder.")), tuple(about["classes"])
            network = cls.fresh(description, about["arithmetic"], about["seed"], encoder, classes)
            network.decoder = replace(network.decoder, arrays=_of(arrays, "decoder."))
            for name in STATE_VARIABLES:
                expected, found = getattr(network.state, name), arrays[name]
                if found.shape != expected.shape or found.dtype != expected.dtype:
                    raise BadInput(
                        f"network {path}: {name} is {found.dtype}{list(found.shape)}, must be "
                        f"{expected.dtype}{list(expected.shape)}"
                    )
                expected[:] = found
            network.presented, network.state.tick = int(about["presented"]), int(about["tick"])
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise BadInput(f"network {path}: is damaged, entry {error} is missing or unreadable") from None
        return network


def _of(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}


def outputs(description: Description) -> int:
    """How many output neurons a description's network for digits has."""
    return description.decoder.outputs(len(CLASSES))


def constants_of(description: Description, arithmetic: str) -> Constants:
    """The constants of a description in an arithmetic.

    Raises:
        BadInput: unknown arithmetic.
    """
    if arithmetic not in ("float", "fixed"):
        raise BadInput(f"arithmetic is {arithmetic!r}, must be float or fixed")
    return constants.fixed(description) if arithmetic == "fixed" else constants.real(description)
