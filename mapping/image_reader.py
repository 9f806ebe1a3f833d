"""From a folder of images back to the network; shares no code with what wrote them."""

import json
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from emulator.errors import BadInput
from mapping.chip import Chip, from_values

FORMAT = "bicall-images-1"
PORT = 0xFFFF


class Entry(NamedTuple):
    """A route of one source to one destination, arrays [entries]."""

    node: np.ndarray
    core: np.ndarray
    direct: np.ndarray
    delay: np.ndarray
    index: np.ndarray
    home: np.ndarray  # the core that holds the entry, -1: the host


class Core(NamedTuple):
    neurons: np.ndarray  # the node of each
    delays: np.ndarray  # [axons]
    first: np.ndarray  # [axons + 1]
    plastic: np.ndarray  # [synapses]
    bits: np.ndarray
    target: np.ndarray
    value: np.ndarray


class Images(NamedTuple):
    chip: Chip
    cores: dict[int, Core]
    routes: Entry
    inputs: int
    neurons: int


class Synapses(NamedTuple):
    """What a network is: arrays [synapses], sorted."""

    source: np.ndarray
    target: np.ndarray
    delay: np.ndarray
    kind: np.ndarray  # 0 fixed, 1 plastic, 2 direct
    bits: np.ndarray
    value: np.ndarray  # weight of a fixed synapse, h of a plastic one, 0 for direct events


def read_images(folder: str | os.PathLike) -> Images:
    """Read a folder of images.

    Raises:
        BadInput: a file is missing, of another format or damaged.
    """
    folder = Path(folder)
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if manifest.get("format") != FORMAT:
            raise BadInput(f"images {folder}: format is {manifest.get('format')}, must be {FORMAT}")
        name = manifest["chip"].pop("name")
        cores, routes = {}, [_routes(folder / "host-routes.hex", -1)]
        for number in manifest["cores"]:
            axons = _words(folder / f"core-{number}-axons.hex")
            synapses = _words(folder / f"core-{number}-synapses.hex")
            value = (synapses & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
            cores[number] = Core(
                neurons=_words(folder / f"core-{number}-neurons.hex").astype(np.int64),
                delays=(axons[:-1] >> 32).astype(np.int64),
                first=(axons & 0xFFFFFFFF).astype(np.int64),
                plastic=(synapses >> 56).astype(np.int64),
                bits=(synapses >> 48 & 0xFF).astype(np.int64),
                target=(synapses >> 32 & 0xFFFF).astype(np.int64),
                value=value.astype(np.int64),
            )
            routes.append(_routes(folder / f"core-{number}-routes.hex", number))
        joined = Entry(*(np.concatenate(columns) for columns in zip(*routes, strict=True)))
        return Images(from_values(manifest["chip"], name), cores, joined, manifest["inputs"], manifest["neurons"])
    except OSError as error:
        raise BadInput(f"images {folder}: {Path(error.filename).name}: {error.strerror}") from None
    except (KeyError, ValueError, AttributeError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"images {folder}: are damaged: {error}") from None


def _words(path: Path) -> np.ndarray:
    return np.array([int(line, 16) for line in path.read_text().split()], np.uint64)


def _routes(path: Path, home: int) -> Entry:
    lines = path.read_text().split()
    node = np.array([int(line[:-16], 16) for line in lines], np.int64)
    word = np.array([int(line[-16:], 16) for line in lines], np.uint64)
    fields = (
        (word >> shift & mask).astype(np.int64) for shift, mask in ((48, PORT), (40, 1), (32, 0xFF), (0, 0xFFFFFFFF))
    )
    return Entry(node, *fields, np.full(len(lines), home))


def rebuild(images: Images) -> Synapses:
    """All synapses that the images make: each route, through the axon that it ends at.

    Raises:
        BadInput: a route ends at a core, axon or neuron that is not there, or a delay differs on the way.
    """
    found = [[np.zeros(0, np.int64)] * len(Synapses._fields)]
    routes = images.routes
    for number in np.unique(routes.core):
        if number == PORT:
            continue
        if number not in images.cores:
            raise BadInput(f"routes: core {number} is a destination, but holds nothing")
        core = images.cores[number]
        here = routes.core == number
        direct, through = here & (routes.direct == 1), here & (routes.direct == 0)
        for chosen, limit, what in ((direct, len(core.neurons), "neuron"), (through, len(core.delays), "axon")):
            if chosen.any() and routes.index[chosen].max() >= limit:
                raise BadInput(
                    f"routes: core {number} has {limit} {what}s, a route ends at {routes.index[chosen].max()}"
                )
        n = int(direct.sum())
        found.append([
            routes.node[direct], core.neurons[routes.index[direct]], routes.delay[direct],
            np.full(n, 2), np.zeros(n, np.int64), np.zeros(n, np.int64),
        ])  # fmt: skip
        axon = routes.index[through]
        if np.any(core.delays[axon] != routes.delay[through]):
            raise BadInput(f"routes: core {number} has an axon whose delay is not that of the route to it")
        counts = core.first[axon + 1] - core.first[axon]
        synapse = np.repeat(core.first[axon] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        if len(synapse) and (core.target[synapse].max() >= len(core.neurons)):
            raise BadInput(f"synapses: core {number} has {len(core.neurons)} neurons, a synapse ends beyond")
        found.append([
            np.repeat(routes.node[through], counts), core.neurons[core.target[synapse]],
            np.repeat(routes.delay[through], counts), core.plastic[synapse], core.bits[synapse],
            core.value[synapse],
        ])  # fmt: skip
    return ordered(Synapses(*(np.concatenate(columns) for columns in zip(*found, strict=True))))


def ordered(synapses: Synapses) -> Synapses:
    """Sorted by all columns, the first one first."""
    order = np.lexsort(synapses[::-1])
    return Synapses(*(column[order] for column in synapses))
