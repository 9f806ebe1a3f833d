"""A classifier: a description, an arithmetic, a seed, encoder and decoder, and the state that learning has reached."""

import json
import os
import zipfile
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from bicall.emulator.configuration.description import Description, converted, from_values
from bicall.emulator.data import mnist
from bicall.emulator.data.load import load as load_data
from bicall.emulator.data.samples import Data, Origin, Samples
from bicall.emulator.digits import batch, features, schedule
from bicall.emulator.digits.connectivity import connected
from bicall.emulator.digits.graph import network_of
from bicall.emulator.encoders.decoders import NEVER, FittedDecoder
from bicall.emulator.encoders.encoder import Encoded, Fitted
from bicall.emulator.encoders.kinds import restored
from bicall.emulator.network import network_file
from bicall.emulator.rule import constants
from bicall.emulator.rule.compiled import Counts
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.recording import load_arrays
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState
from bicall.emulator.support.arrays import ANY, check_number, checked
from bicall.emulator.support.errors import BadInput

CLASSES = tuple("0123456789")
OLD_FORMATS = ("bicall-network-2", "bicall-network-1")  # of classifiers alone; encoders are kept since the second


@dataclass
class Classifier:
    """A classifier: an encoder, a plastic layer with its inputs, and pools of outputs, one pool a class, for a decoder.

    Output j stands for class j // outputs_per_class. `presented` counts the training samples so far; the next one
    gets that number, so training in pieces equals training in one go. `origin` says which data it was made for.
    """

    description: Description
    arithmetic: str
    seed: int
    state: LayerState
    encoder: Fitted
    decoder: FittedDecoder
    classes: tuple[str, ...] = CLASSES
    presented: int = 0
    origin: Origin | None = None

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
        encoder = features.encoder_of(description, data)
        return replace(cls.fresh(description, arithmetic, seed, encoder, data.classes), origin=data.origin)

    def own_data(self) -> Data:
        """The data that it was made for, with the same splits.

        Raises:
            BadInput: nobody knows which, or they cannot be read any more or are of other classes.
        """
        if self.origin is not None:
            data = load_data(self.origin.name, self.origin.label, self.origin.seed)
        elif self.encoder.sample == (mnist.IMAGE, mnist.IMAGE) and self.classes == CLASSES:
            data = mnist.load()  # what files that say nothing about it were made for
        else:
            raise BadInput(f"network {self.description.name}: does not say for which data it was made, name them")
        self.check(data)
        return data

    def check(self, data: Data) -> None:
        """Find out whether data are of the kind, the size and the number of classes that it is for.

        Raises:
            BadInput: they are not.
        """
        self.encoder.check(data.kind, data.shape)
        if len(data.classes) != len(self.classes):
            raise BadInput(
                f"{data.source}: has {len(data.classes)} classes, must have {len(self.classes)} as network "
                f"{self.description.name}"
            )

    def held(self, presentations: int) -> "Classifier":
        """The same network (its state is shared) with the steps and the drift of its next presentations, no schedule.

        Raises:
            BadInput: they change over these presentations.
        """
        return replace(self, description=schedule.held(self.description, self.presented, presentations))

    @property
    def constants(self) -> Constants:
        return constants_of(self.description, self.arithmetic)

    @property
    def weights(self) -> np.ndarray:
        """The transmitted bits, bool[inputs, outputs]."""
        high: np.ndarray = self.state.h > self.constants.h_threshold
        return high

    def encode(self, samples: Samples) -> Encoded:
        """The inputs of some samples."""
        return self.encoder.encode(samples, self.description.time.tick_ms)

    def train(self, active: Encoded, labels: np.ndarray, may_learn: np.ndarray | None = None) -> Counts:
        """Learn from n encoded samples with labels int[n]; `may_learn` and what it raises: as of `batch.present`."""
        check_number("presented", self.presented, 0, batch.LAST_SAMPLE)
        labels = checked("labels", labels, np.int64, (len(active),), (0, len(self.classes) - 1))
        done, begin = [], 0
        for described, count in schedule.pieces(self.description, self.presented, len(active)):
            chosen = slice(begin, begin + count)
            _, counts = batch.present(
                constants_of(described, self.arithmetic), described, self.state, active[chosen], labels[chosen],
                self.seed, self.presented, may_learn=may_learn,
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

        Raises:
            BadInput: arrays of another type or shape.
        """
        outputs = len(self.state.y)
        output_spikes = checked("output spikes", output_spikes, np.int64, (ANY, outputs), (0, 2**62))
        if first_spikes is not None:
            first_spikes = checked("first spikes", first_spikes, np.int64, (len(output_spikes), outputs))
        return self.decoder.decode(output_spikes, first_spikes)

    def answer(self, active: Encoded, first_sample: int = 0) -> tuple[np.ndarray, Counts]:
        """The classes int64[n] of n encoded samples, and what was done; nothing is learned."""
        first_spikes = np.full((len(active), len(self.state.y)), NEVER)
        output_spikes, counts = self.test(active, first_sample, first_spikes)
        return self.classify(output_spikes, first_spikes), counts

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all of it as a network's file (`network.network_file`), whole or not at all.

        The network is that of `digits.graph`; beside it the file has `classifier`: description, arithmetic, seed,
        presented, classes, and encoder and decoder with what was fitted.
        """
        about = {
            "name": self.description.name,
            "arithmetic": self.arithmetic,
            "seed": self.seed,
            "presented": self.presented,
            "classes": self.classes,
            "data": self.origin and asdict(self.origin),
            "description": self.description.model_dump(),
            **self.encoder.about(),
        }
        arrays = {f"encoder.{name}": values for name, values in self.encoder.arrays.items()}
        arrays |= {f"decoder.{name}": values for name, values in self.decoder.arrays.items()}
        network_file.save(network_of(self), path, {"classifier": about}, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Classifier":
        """Read what `save` wrote, or wrote in older formats (the oldest keeps no encoder: those are MNIST's).

        Raises:
            BadInput: no such file, or it is damaged, or holds no classifier.
        """
        arrays = load_arrays(path, "network", network_file.FORMAT, *OLD_FORMATS)
        try:
            if str(arrays["format"]) in OLD_FORMATS:
                about = json.loads(str(arrays["about"]))
                state = {name: arrays[name] for name in STATE_VARIABLES} | {"tick": about["tick"]}
            else:
                network, more, arrays = network_file.load_with_more(path)
                if not more or "classifier" not in more:
                    raise BadInput(f"network {path}: holds no classifier, but a network that `bicall map` takes")
                about = more["classifier"]
                layer = network.started.layers["outputs"]
                state = {name: getattr(layer, name) for name in (*STATE_VARIABLES, "tick")}
            return cls._restored(about, arrays, state, f"network {path}")
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise BadInput(f"network {path}: is damaged, entry {error} is missing or unreadable") from None

    @classmethod
    def _restored(
        cls, about: dict[str, Any], arrays: dict[str, np.ndarray], state: dict[str, Any], where: str
    ) -> "Classifier":
        description = from_values(converted(about["description"]), about["name"])
        encoder, classes = None, CLASSES
        if "classes" in about:
            encoder, classes = restored(about, _of(arrays, "encoder.")), tuple(about["classes"])
        classifier = cls.fresh(description, about["arithmetic"], about["seed"], encoder, classes)
        classifier.origin = Origin(**about["data"]) if about.get("data") else None
        classifier.decoder = replace(classifier.decoder, arrays=_of(arrays, "decoder."))
        for name in STATE_VARIABLES:
            expected, found = getattr(classifier.state, name), state[name]
            if found.shape != expected.shape or found.dtype != expected.dtype:
                raise BadInput(
                    f"{where}: {name} is {found.dtype}{list(found.shape)}, must be "
                    f"{expected.dtype}{list(expected.shape)}"
                )
            expected[:] = found
        classifier.presented, classifier.state.tick = int(about["presented"]), int(state["tick"])
        return classifier


def is_one(path: str | os.PathLike[str]) -> bool:
    """Whether a file says that it holds a classifier; one that cannot be read does not."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["format"]) in OLD_FORMATS:
                return True
            return "classifier" in (json.loads(str(file["about"])).get("more") or {})
    except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile):
        return False


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
