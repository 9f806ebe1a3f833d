"""What is asked for by name: a configuration or a network, and data. What is saved knows which it was made for."""

import os
from pathlib import Path

from bicall.emulator.configuration import description
from bicall.emulator.configuration.description import Description
from bicall.emulator.data import mnist
from bicall.emulator.data.samples import Data, Origin
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.fit import choose, folder
from bicall.emulator.support.errors import BadInput

DEFAULT = "digits-256"  # for MNIST


def is_saved(name: str | os.PathLike | None) -> bool:
    """Whether it is a saved network, or a folder of `bicall fit` with one: it has an arithmetic, a seed and data."""
    return name is not None and (str(name).endswith(".npz") or folder.is_one(name))


def configuration_and_data(
    name: str | None, data: Data | None, presentations: int | None = None
) -> tuple[Description, Data]:
    """A configuration, and the data that are to be learned with it.

    Args:
        name: a configuration, a TOML file, or something saved, whose configuration is meant; None: `DEFAULT` for MNIST,
            for other data what `bicall fit` would begin with.
        data: None: those for which something saved was made, or those of the fit's folder that the TOML file lies in,
            else MNIST.
        presentations: how many there will be, for a configuration made from the data; None: each sample once.

    Raises:
        BadInput: one of them cannot be read, or a configuration does not take MNIST's pictures and no data are given.
    """
    if name is None and data is not None and data.origin != Origin(mnist.NAME):
        stem = Path(data.origin.name).stem if data.origin else "data"
        return choose.beginning(data, presentations or len(data.train.labels), f"fit-{stem}"), data
    name = name or DEFAULT
    if is_saved(name):
        network, data = network_and_data(name, data)
        return network.description, data
    described = description.load(name)
    if data is None and name.endswith(".toml") and folder.is_one(Path(name).parent):
        data = folder.read(Path(name).parent)[1]
    if data is None and "images" not in described.encoder.takes:
        raise BadInput(
            f"configuration {described.name}: encoder {described.encoder.kind} takes "
            f"{' or '.join(described.encoder.takes)}, must be given with --data"
        )
    return described, data or mnist.load()


def network_and_data(path: str | os.PathLike, data: Data | None) -> tuple[Classifier, Data]:
    """A saved network, or that of a folder of `bicall fit`; and data, its own if none are given.

    Raises:
        BadInput: one of them cannot be read, or the data are none for this network.
    """
    if folder.is_one(path):
        if data is None:
            return folder.read(path)
        path = Path(path) / folder.NETWORK
    network = Classifier.load(path)
    if data is None:
        return network, network.own_data()
    network.check(data)
    return network, data


def classifier_and_data(name: str | None, data: Data | None, arithmetic: str, seed: int) -> tuple[Classifier, Data]:
    """A saved network that goes on from where it is, or one that begins by a configuration; and its data.

    Args:
        arithmetic, seed: of a network that begins; a saved one has its own.

    Raises:
        BadInput: as `configuration_and_data` and `network_and_data`.
    """
    if name is not None and is_saved(name):
        return network_and_data(name, data)
    described, data = configuration_and_data(name, data)
    return Classifier.for_data(described, arithmetic, seed, data), data
