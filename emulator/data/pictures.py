"""Pictures by class: a folder for each class, with PNG, JPEG and other files that Pillow reads."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image

from bicall.emulator.data.gathering import gather
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
GREY = ("1", "L")


def read(paths: list[Path], colour: bool, shape: tuple[int, int]) -> np.ndarray:
    """The pictures, uint8[n, height, width] or, in colour, uint8[n, height, width, 3].

    Args:
        shape: (height, width) that each must have.

    Raises:
        BadInput: a file is no picture, is truncated or of another size.
    """

    def one_by_one() -> Iterator[np.ndarray]:
        for path in progress(paths, "reading pictures"):
            with _opened(path) as picture:
                if picture.size[::-1] != shape:
                    raise BadInput(
                        f"data {path}: is {picture.size[1]} x {picture.size[0]} pixels, must be {shape[0]} x {shape[1]}"
                        " as the first picture"
                    )
                try:
                    yield np.asarray(picture.convert("RGB" if colour else "L"))[None]
                except (OSError, SyntaxError, ValueError) as error:
                    raise BadInput(f"data {path}: is truncated or corrupt ({error})") from None

    return gather(one_by_one(), (*shape, 3) if colour else shape, np.uint8)


def look(paths: list[Path]) -> tuple[bool, tuple[int, int]]:
    """Whether any picture has colour, and the (height, width) of the first."""
    colour = False
    for path in paths:
        with _opened(path) as picture:
            colour = colour or picture.mode not in GREY
    with _opened(paths[0]) as picture:
        return colour, (picture.size[1], picture.size[0])


def _opened(path: Path) -> PIL.Image.Image:
    try:
        return PIL.Image.open(path)
    except PIL.UnidentifiedImageError:
        raise BadInput(f"data {path}: is no picture, or its beginning is damaged") from None
    except PIL.Image.DecompressionBombError:
        raise BadInput(
            f"data {path}: has too many pixels, must be below {2 * (PIL.Image.MAX_IMAGE_PIXELS or 0)}"
        ) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise BadInput(f"data {path}: cannot be read ({error})") from None
