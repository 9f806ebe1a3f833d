"""From a folder with a configuration back to the network; shares no code with what wrote them."""

import json
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bicall.emulator.support.errors import BadInput
from bicall.mapping.chips.chip import Chip, from_values

FORMAT = "bicall-configuration-3"
PORT = 0xFFFF
THROUGH_AXON, DIRECT, PARTIAL_SUM = 0, 1, 2


class Packets(NamedTuple):
    """Packets of a spike of each source, arrays [packets]; or, when they were followed, their ends."""

    node: np.ndarray
    core: np.ndarray
    kind: np.ndarray
    delay: np.ndarray
    index: np.ndarray  # type: ignore[assignment]  # in place of the method of tuples
    home: np.ndarray  # the core that sends it, -1: the host


class Core(NamedTuple):
    neurons: np.ndarray  # the node of each
    part_of: np.ndarray  # the node whose input it adds up
    delays: np.ndarray  # [axons]
    first: np.ndarray  # [axons + 1]
    plastic: np.ndarray  # [synapses]
    bits: np.ndarray
    target: np.ndarray
    value: np.ndarray


class LoadedChip(NamedTuple):
    chip: Chip
    cores: dict[int, Core]
    packets: Packets
    routers: dict[int, dict[int, tuple[int, int]]]  # of each router, by key: mask and index
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


def read_configuration(folder: str | os.PathLike) -> LoadedChip:
    """Read a folder with a configuration.

    Raises:
        BadInput: a file is missing, of another format or damaged.
    """
    folder = Path(folder)
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if manifest.get("format") != FORMAT:
            raise BadInput(f"configuration {folder}: format is {manifest.get('format')}, must be {FORMAT}")
        name = manifest["chip"].pop("name")
        cores, packets = {}, [_packets(folder / "host-routes.hex", -1)]
        for number in manifest["cores"]:
            axons = _words(folder / f"core-{number}-axons.hex")
            synapses = _words(folder / f"core-{number}-synapses.hex")
            neurons = _words(folder / f"core-{number}-neurons.hex")
            value = (synapses & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
            cores[number] = Core(
                neurons=(neurons & 0xFFFFFFFF).astype(np.int64),
                part_of=(neurons >> 32).astype(np.int64),
                delays=(axons[:-1] >> 32).astype(np.int64),
                first=(axons & 0xFFFFFFFF).astype(np.int64),
                plastic=(synapses >> 56).astype(np.int64),
                bits=(synapses >> 48 & 0xFF).astype(np.int64),
                target=(synapses >> 32 & 0xFFFF).astype(np.int64),
                value=value.astype(np.int64),
            )
            packets.append(_packets(folder / f"core-{number}-routes.hex", number))
        routers = {number: _router(folder / f"router-{number}.hex") for number in manifest["routers"]}
        joined = Packets(*(np.concatenate(columns) for columns in zip(*packets, strict=True)))
        chip = from_values(manifest["chip"], name)
        return LoadedChip(chip, cores, joined, routers, manifest["inputs"], manifest["neurons"])
    except OSError as error:
        raise BadInput(f"configuration {folder}: {Path(error.filename).name}: {error.strerror}") from None
    except (KeyError, ValueError, AttributeError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"configuration {folder}: is damaged: {error}") from None


def _words(path: Path) -> np.ndarray:
    return np.array([int(line, 16) for line in path.read_text().split()], np.uint64)


def _packets(path: Path, home: int) -> Packets:
    lines = path.read_text().split()
    node = np.array([int(line[:-16], 16) for line in lines], np.int64)
    word = np.array([int(line[-16:], 16) for line in lines], np.uint64)
    places = ((48, PORT), (40, 0xFF), (32, 0xFF), (0, 0xFFFFFFFF))
    core, kind, delay, index = ((word >> shift & mask).astype(np.int64) for shift, mask in places)
    return Packets(node, core, kind, delay, index, np.full(len(lines), home))


def _router(path: Path) -> dict[int, tuple[int, int]]:
    words = [int(line, 16) for line in path.read_text().split()]
    table = {word >> 32: (word >> 24 & 0xFF, word & 0xFFFFFF) for word in words}
    if len(table) < len(words):
        raise BadInput(f"routes: {path.name} has two entries for one key")
    return table


def rebuild(loaded: LoadedChip, ends: Packets) -> Synapses:
    """All synapses that it makes: each end of a packet, through the axon there. Sums add to their neuron.

    Args:
        ends: where the routers bring the packets.

    Raises:
        BadInput: a packet ends at a core, axon or neuron that is not there, or a delay differs on the way.
    """
    found = [[np.zeros(0, np.int64)] * len(Synapses._fields)]
    for number in np.unique(ends.core):
        if number == PORT:
            continue
        if number not in loaded.cores:
            raise BadInput(f"routes: core {number} is a destination, but holds nothing")
        core, here = loaded.cores[number], ends.core == number
        direct, through = here & (ends.kind == DIRECT), here & (ends.kind == THROUGH_AXON)
        neurons, axons = len(core.neurons), len(core.delays)
        for chosen, limit, what in ((here & ~through, neurons, "neuron"), (through, axons, "axon")):
            if chosen.any() and ends.index[chosen].max() >= limit:
                raise BadInput(f"routes: core {number} has {limit} {what}s, a route ends at {ends.index[chosen].max()}")
        n = int(direct.sum())
        found.append([
            ends.node[direct], core.neurons[ends.index[direct]], ends.delay[direct],
            np.full(n, 2), np.zeros(n, np.int64), np.zeros(n, np.int64),
        ])  # fmt: skip
        axon = ends.index[through]
        if np.any(core.delays[axon] != ends.delay[through]):
            raise BadInput(f"routes: core {number} has an axon whose delay is not that of the route to it")
        counts = core.first[axon + 1] - core.first[axon]
        synapse = np.repeat(core.first[axon] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        if len(synapse) and (core.target[synapse].max() >= len(core.neurons)):
            raise BadInput(f"synapses: core {number} has {len(core.neurons)} neurons, a synapse ends beyond")
        found.append([
            np.repeat(ends.node[through], counts), core.part_of[core.target[synapse]],
            np.repeat(ends.delay[through], counts), core.plastic[synapse], core.bits[synapse],
            core.value[synapse],
        ])  # fmt: skip
    return ordered(Synapses(*(np.concatenate(columns) for columns in zip(*found, strict=True))))


def ordered(synapses: Synapses) -> Synapses:
    """Sorted by all columns, the first one first."""
    order = np.lexsort(synapses[::-1])
    return Synapses(*(column[order] for column in synapses))
