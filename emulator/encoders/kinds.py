"""All kinds of encoders, a stack of several, and how a fitted one is read back."""

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from bicall.emulator.data.samples import Kind, Samples
from bicall.emulator.encoders.convolution import Convolution
from bicall.emulator.encoders.encoder import Encoded, Encoder, Fitted
from bicall.emulator.encoders.events import EventSpikes
from bicall.emulator.encoders.gabor import Gabor
from bicall.emulator.encoders.graded import Graded
from bicall.emulator.encoders.orientation import Orientation
from bicall.emulator.encoders.pixels import Pixels
from bicall.emulator.encoders.tables import ReceptiveFields, Thermometer, Threshold
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.typed_files import as_tuples

Part = Annotated[Pixels | Orientation | Gabor | Threshold | Thermometer, Field(discriminator="kind")]
Parts = Annotated[tuple[Part, ...], BeforeValidator(as_tuples)]


class Stack(Encoder):
    """Several encoders that look at the same samples, their inputs one after the other."""

    kind: Literal["stack"] = "stack"
    takes: ClassVar[tuple[Kind, ...]] = ("images", "table")
    parts: Parts = Field(min_length=1, max_length=64, description="the encoders")

    def shape(self, sample: tuple[int, ...]) -> tuple[int, int, int]:
        return sum(int(np.prod(part.shape(sample))) for part in self.parts), 1, 1

    def learn(self, samples: Samples, sample: tuple[int, ...]) -> dict[str, np.ndarray]:
        kind: Kind = "table" if len(sample) == 1 else "images"
        learned: dict[str, np.ndarray] = {}
        for k, part in enumerate(self.parts):
            learned |= {f"{k}.{name}": values for name, values in part.fit(samples, kind, sample).arrays.items()}
        return learned

    def picture(self, values: np.ndarray, sample: tuple[int, ...]) -> np.ndarray:
        """The mean of the parts' pictures, each of one spread, in the size of the largest; of tables side by side."""
        ends = np.cumsum([int(np.prod(part.shape(sample))) for part in self.parts])
        pictures = [
            part.picture(own, sample) for part, own in zip(self.parts, np.split(values, ends[:-1]), strict=True)
        ]
        if len(sample) == 1:
            return np.concatenate(pictures, axis=1)
        rows, columns = (max(picture.shape[axis] for picture in pictures) for axis in range(2))
        spread = [
            picture[np.arange(rows) * len(picture) // rows][:, np.arange(columns) * picture.shape[1] // columns]
            for picture in pictures
        ]
        return np.mean([(each - each.mean()) / (each.std() or 1.0) for each in spread], axis=0)

    def encode(self, samples: np.ndarray, fitted: Fitted, tick_ms: float) -> Encoded:
        encoded: list[Any] = []
        for k, part in enumerate(self.parts):
            names = {name.partition(".")[2]: name for name in fitted.arrays if name.startswith(f"{k}.")}
            own = Fitted(part, fitted.sample, {name: fitted.arrays[whole] for name, whole in names.items()})
            encoded.append(own.encode(samples, tick_ms))
        return np.concatenate(encoded, axis=1)


AnyEncoder = Annotated[
    Pixels
    | Orientation
    | Gabor
    | Convolution
    | Threshold
    | Thermometer
    | ReceptiveFields
    | Graded
    | EventSpikes
    | Stack,
    Field(discriminator="kind"),
]
_ANY: TypeAdapter[Encoder] = TypeAdapter(AnyEncoder)


def restored(about: dict, arrays: dict[str, np.ndarray]) -> Fitted:
    """A fitted encoder from its `about` and arrays.

    Raises:
        BadInput: it is no encoder, or damaged.
    """
    try:
        encoder = _ANY.validate_python(about["encoder"])
        return Fitted(encoder, tuple(int(side) for side in about["sample"]), dict(arrays))
    except (KeyError, TypeError, ValidationError) as error:
        raise BadInput(f"encoder: is damaged ({' '.join(str(error).split())[:200]})") from None
