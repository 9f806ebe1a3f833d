"""Options that say what a command is about: a configuration or a network, and data."""

from typing import TYPE_CHECKING, Annotated

import typer

from bicall.emulator.support.errors import BadInput

if TYPE_CHECKING:
    from bicall.emulator.data.samples import Data

NetworkName = Annotated[
    str | None,
    typer.Argument(
        metavar="NETWORK",
        help="A configuration's name, a TOML file, a saved network (.npz), or a folder of `bicall fit`; if not given, "
        "digits-256, or with --data what `bicall fit` would begin with.",
        show_default=False,
    ),
]
DataOption = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="DATA",
        help="A named set, or a folder or file of yours; if not given, what NETWORK was made for, or MNIST.",
    ),
]
LabelOption = Annotated[
    str | None, typer.Option("--label", help="A table's label column; label, class or target if not given.")
]


def given_data(data: str | None, label: str | None = None, seed: int = 1) -> "Data | None":
    """The data of `--data` and `--label`, with splits by the seed; None if none are named.

    Raises:
        BadInput: they cannot be read; a label column of no data.
    """
    from bicall.emulator.data.load import load

    if data is None and label is not None:
        raise BadInput(f"label is {label!r}, must not be given without --data")
    return None if data is None else load(data, label, seed)
