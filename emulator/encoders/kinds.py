"""All kinds of encoders, and how a fitted one is read back."""

from typing import Annotated

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError

from bicall.emulator.encoders.convolution import Convolution
from bicall.emulator.encoders.encoder import Encoder, Fitted
from bicall.emulator.encoders.events import EventSpikes
from bicall.emulator.encoders.frames import EventFrames
from bicall.emulator.encoders.gabor import Gabor
from bicall.emulator.encoders.graded import Graded
from bicall.emulator.encoders.orientation import Orientation
from bicall.emulator.encoders.pixels import Pixels
from bicall.emulator.encoders.stack import Stack
from bicall.emulator.encoders.tables import ReceptiveFields, Thermometer, Threshold
from bicall.emulator.support.errors import BadInput

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
    | EventFrames
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
