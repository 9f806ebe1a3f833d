"""Networks as files: an .npz that any tool with NumPy can write.

format                "bicall-hypergraph-1"
about                 JSON: `name`; `populations`, in order of their nodes, each with `name`, `shape`, `is_input`,
                      `is_read` and `constants` (the integers of emulator.constants.Constants, or null);
                      `projections`, each with `pre`, `post`, `kind` (fixed, plastic or direct), `bits`, `delay`
rates                 float64[nodes], spikes a tick
n.starts, n.targets,  projection n by rows (compressed sparse rows): int64[pre + 1], int32[synapses],
n.weights             int32[synapses]
"""

import json
import os
import zipfile

import numpy as np
import scipy.sparse

from bicall.emulator.network.network import DIRECT, FIXED, PLASTIC, Network
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.recording import load_arrays
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside

FORMAT = "bicall-hypergraph-1"


def save(network: Network, path: str | os.PathLike) -> None:
    """Write a network, whole or not at all. States of layers that learn are not part of it."""
    populations = [
        {
            "name": each.name,
            "shape": each.shape,
            "is_input": each.is_input,
            "is_read": each.is_read,
            "constants": each.constants and each.constants._asdict(),
        }
        for each in network.populations.values()
    ]
    projections = [{name: getattr(each, name) for name in ("pre", "post", "kind", "bits", "delay")}
                   for each in network.projections]  # fmt: skip
    arrays = {"rates": network.rates if len(network.rates) else np.ones(network.nodes)}
    for n, each in enumerate(network.projections):
        arrays[f"{n}.starts"] = each.matrix.indptr.astype(np.int64)
        arrays[f"{n}.targets"] = each.matrix.indices.astype(np.int32)
        arrays[f"{n}.weights"] = each.matrix.data
    about = {"name": network.name, "populations": populations, "projections": projections}
    with write_aside(path) as aside, open(aside, "wb") as file:
        np.savez_compressed(file, format=np.array(FORMAT), about=np.array(json.dumps(about)), **arrays)


def is_one(path: str | os.PathLike) -> bool:
    """Whether a file says that it is of this format; a file that cannot be read is not."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return str(file["format"]) == FORMAT
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return False


def load(path: str | os.PathLike) -> Network:
    """Read a network.

    Raises:
        BadInput: no such file, damaged, of another format, or not a network.
    """
    arrays = load_arrays(path, "network", FORMAT)
    try:
        about = json.loads(str(arrays["about"]))
        network = Network(about["name"])
        for each in about["populations"]:
            if each["is_input"]:
                network.add_inputs(each["name"], tuple(each["shape"]))
            else:
                constants = each["constants"] and Constants(**each["constants"])
                network.add_neurons(each["name"], tuple(each["shape"]), constants, each["is_read"])
        for n, each in enumerate(about["projections"]):
            if each["kind"] not in (FIXED, PLASTIC, DIRECT):
                raise BadInput(f"network {path}: kind is {each['kind']!r}, must be fixed, plastic or direct")
            shape = network.populations[each["pre"]].size, network.populations[each["post"]].size
            rows = (arrays[f"{n}.weights"], arrays[f"{n}.targets"], arrays[f"{n}.starts"])
            matrix = scipy.sparse.csr_array(rows, shape=shape)
            matrix.check_format()
            network.connect(each["pre"], each["post"], matrix, each["bits"], each["kind"], each["delay"])
        network.rates = np.array(arrays["rates"], np.float64)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"network {path}: is damaged: {error}") from None
    rates = network.rates
    if rates.shape != (network.nodes,) or not np.all(np.isfinite(rates)) or np.any(rates < 0):
        raise BadInput(f"network {path}: rates must be {network.nodes} numbers that are finite and not negative")
    return network
