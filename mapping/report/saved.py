"""A mapping in a file, to go on from: the core of each neuron, and a digest of the network that it is of."""

import hashlib
import os
from pathlib import Path

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside

NAME = "mapping.npz"


def save(graph: Hypergraph, core_of: np.ndarray, folder: str | os.PathLike) -> Path:
    """Write `mapping.npz`. Args: core_of: int32[nodes]. Raises: BadInput: the folder cannot be written to."""
    path = Path(folder) / NAME
    with write_aside(path) as aside:
        np.savez_compressed(aside, core_of=core_of.astype(np.int32), digest=np.frombuffer(_digest(graph), np.uint8))
    return path


def load(graph: Hypergraph, folder: str | os.PathLike) -> np.ndarray:
    """int32[nodes], of a folder that `save` wrote to.

    Raises:
        BadInput: no such file, a damaged one, or one of another network or of other helpers.
    """
    path = Path(folder) / NAME
    try:
        with np.load(path, allow_pickle=False) as file:
            core_of, digest = file["core_of"], file["digest"].tobytes()
    except OSError as error:
        raise BadInput(f"resume {path}: {error.strerror or 'is no mapping'}") from None
    except Exception:  # what NumPy and zipfile say of damaged files is of many kinds
        raise BadInput(f"resume {path}: is no mapping, or a damaged one") from None
    if digest != _digest(graph) or core_of.shape != (graph.nodes,):
        raise BadInput(f"resume {path}: is a mapping of another network, or for other limits of axons")
    return core_of.astype(np.int32)


def _digest(graph: Hypergraph) -> bytes:
    digest = hashlib.sha256()
    for values in (graph.source, graph.starts, graph.targets):
        digest.update(np.ascontiguousarray(values))
    return digest.digest()
