"""What a command is about: a configuration or a network, and data; one folder of `bicall fit` names both."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bicall.emulator.configuration.description import Description
    from bicall.emulator.data.samples import Data
    from bicall.emulator.digits.classifier import Classifier

NetworkName = Annotated[
    str, typer.Argument(metavar="NETWORK", help="A configuration's name, a TOML file, or a folder of `bicall fit`.")
]
DataOption = Annotated[
    str | None,
    typer.Option("--data", metavar="DATA", help="A named set, or a folder or file of yours; MNIST if not given."),
]


def given_data(name: str | None, seed: int = 1) -> "Data":
    """The data of a `--data` option."""
    from bicall.emulator.data import mnist
    from bicall.emulator.data.load import load

    return mnist.load() if name is None else load(name, seed=seed)


def configuration_and_data(name: str, data: str | None) -> "tuple[Description, Data]":
    """What NETWORK and `--data` say; a folder of `bicall fit` has data of its own, if no others are given."""
    from bicall.emulator.configuration import description
    from bicall.emulator.fit import folder

    if not folder.is_one(name):
        return description.load(name), given_data(data)
    network, own = folder.read(name)
    return network.description, own if data is None else given_data(data)


def network_and_data(path: Path, data: str | None) -> "tuple[Classifier, Data]":
    """A saved network, or that of a folder of `bicall fit`, and data."""
    from bicall.emulator.digits.classifier import Classifier
    from bicall.emulator.fit import folder

    if not folder.is_one(path):
        return Classifier.load(path), given_data(data)
    network, own = folder.read(path)
    return network, own if data is None else given_data(data)


def data_of(name: str, data: str | None) -> "Data":
    """The data alone, of whatever NETWORK is."""
    from bicall.emulator.fit import folder

    return folder.read(name)[1] if data is None and folder.is_one(name) else given_data(data)
