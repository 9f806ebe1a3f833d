"""A digits network: a description, an arithmetic, a seed and the state that learning has reached."""

import json
import os
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bicall.emulator.digits import batch, features, schedule
from bicall.emulator.digits.connectivity import connected
from bicall.emulator.rule import constants
from bicall.emulator.rule.compiled import Counts
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.description import Description, from_values
from bicall.emulator.rule.recording import load_arrays
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside

CLASSES = 10
FORMAT = "bicall-network-1"

Arithmetic = Literal["float", "fixed"]


@dataclass
class Network:
    """A plastic layer with the images' features as its inputs and pools of outputs, one pool a class.

    Output j stands for class j // outputs_per_class. `presented` counts the training samples so far; the next one
    gets that number, so training in pieces equals training in one go.
    """

    description: Description
    arithmetic: Arithmetic
    seed: int
    state: LayerState
    presented: int = 0

    @classmethod
    def fresh(cls, description: Description, arithmetic: Arithmetic, seed: int) -> "Network":
        """An untrained network.

        Raises:
            BadInput: the seed is not a 32-bit number.
        """
        if not 0 <= seed < 2**32:
            raise BadInput(f"seed is {seed}, must be from 0 to {2**32 - 1}")
        state = LayerState.initial(
            constants_of(description, arithmetic),
            features.inputs(description),
            outputs(description),
            seed,
            connected(description, outputs(description), seed),
        )
        return cls(description, arithmetic, seed, state)

    @property
    def constants(self) -> Constants:
        return constants_of(self.description, self.arithmetic)

    @property
    def weights(self) -> np.ndarray:
        """The transmitted bits, bool[inputs, outputs]."""
        return self.state.h > self.constants.h_threshold

    def train(self, active: np.ndarray, labels: np.ndarray) -> Counts:
        """Learn from images given as active inputs, bool[n, inputs], with labels uint8[n]."""
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

    def test(self, active: np.ndarray, first_sample: int = 0) -> tuple[np.ndarray, Counts]:
        """Output spikes int64[n, outputs] for images given as active inputs; nothing is learned."""
        return batch.present(self.constants, self.description, self.state, active, None, self.seed, first_sample)

    def classify(self, output_spikes: np.ndarray) -> np.ndarray:
        """The class whose pool fired most, int64[n]; of equals, the first."""
        return output_spikes.reshape(len(output_spikes), CLASSES, -1).sum(axis=2).argmax(axis=1)

    def save(self, path: str | os.PathLike) -> None:
        """Write all of it to an .npz file, whole or not at all."""
        about = {
            "name": self.description.name,
            "arithmetic": self.arithmetic,
            "seed": self.seed,
            "presented": self.presented,
            "tick": self.state.tick,
            "description": self.description.model_dump(),
        }
        arrays = {name: getattr(self.state, name) for name in STATE_VARIABLES}
        with write_aside(path) as aside, open(aside, "wb") as file:
            np.savez_compressed(file, format=np.array(FORMAT), about=np.array(json.dumps(about)), **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Network":
        """Read what `save` wrote.

        Raises:
            BadInput: no such file, or it is damaged or of another kind.
        """
        arrays = load_arrays(path, "network", FORMAT)
        try:
            about = json.loads(str(arrays["about"]))
            description = from_values(about["description"], about["name"])
            network = cls.fresh(description, about["arithmetic"], about["seed"])
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


def outputs(description: Description) -> int:
    """How many output neurons a description's network has."""
    return CLASSES * description.network.outputs_per_class


def constants_of(description: Description, arithmetic: Arithmetic) -> Constants:
    """The constants of a description in an arithmetic.

    Raises:
        BadInput: unknown arithmetic.
    """
    if arithmetic not in ("float", "fixed"):
        raise BadInput(f"arithmetic is {arithmetic!r}, must be float or fixed")
    return constants.fixed(description) if arithmetic == "fixed" else constants.real(description)
