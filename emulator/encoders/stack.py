"""Several encoders that look at the same samples."""

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from bicall.emulator.data.samples import Kind, Samples
from bicall.emulator.encoders.encoder import Encoded, Encoder, Fitted
from bicall.emulator.encoders.gabor import Gabor
from bicall.emulator.encoders.orientation import Orientation
from bicall.emulator.encoders.pixels import Pixels
from bicall.emulator.encoders.tables import Thermometer, Threshold
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
        return np.concatenate(pictures, axis=1) if len(sample) == 1 else self.together(pictures)

    @staticmethod
    def together(pictures: list[np.ndarray]) -> np.ndarray:
        """The mean of pictures, each of one spread, in the size of the largest."""
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
