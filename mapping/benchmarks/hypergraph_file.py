"""Networks in the files of the hypergraph-mapping benchmark: its own binary .snn and the text of hMETIS, .hgr.

    .snn    little-endian words of 32 bits: nodes, axons; then for each axon: targets, source, each target, rate (float)
    .hgr    text: "axons nodes [fmt]"; then a line an axon: rate (if fmt is 1 or 11), source, targets; nodes from 1;
            lines that begin with % are comments. hMETIS knows no source: the benchmark writes it first.

Both are read as a stream, axon by axon. A node whose axon is not in the file sends no spikes.
"""

import os
from collections.abc import Iterator

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput

MOST_NODES = 2**31 - 1


def load(path: str | os.PathLike) -> Hypergraph:
    """The hypergraph of a .snn or .hgr file. Synapses have no width: only neurons and axons count.

    Raises:
        BadInput: no such file, or not of its format; the line or the axon is named.
    """
    try:
        if str(path).endswith(".snn"):
            nodes, source, rate, starts, targets = _binary(path)
        elif str(path).endswith(".hgr"):
            nodes, source, rate, starts, targets = _text(path)
        else:
            raise BadInput(f"network {path}: must end with .snn or .hgr")
    except OSError as error:
        raise BadInput(f"network {path}: {error.strerror}") from None
    return hypergraph(nodes, source, rate, starts, targets)


def hypergraph(nodes: int, source: np.ndarray, rate: np.ndarray, starts: np.ndarray, targets: np.ndarray) -> Hypergraph:
    """Neurons and axons alone. Args: source: int32[axons], rate: float64[axons], starts: int64[axons + 1], targets."""
    order = np.argsort(source, kind="stable")
    if np.any(order[1:] < order[:-1]):
        counts = np.diff(starts)[order]
        first = np.concatenate([[0], np.cumsum(counts)])
        targets = targets[np.repeat(starts[order] - first[:-1], counts) + np.arange(first[-1])]
        source, rate, starts = source[order], rate[order], first
    axons, pins = len(source), len(targets)
    return Hypergraph(
        nodes=nodes,
        is_input=np.zeros(nodes, bool),
        part_of=np.arange(nodes, dtype=np.int32),
        source=source.astype(np.int32),
        delay=np.ones(axons, np.uint8),
        direct=np.zeros(axons, bool),
        read=np.zeros(axons, bool),
        rate=rate.astype(float),
        starts=starts.astype(np.int64),
        targets=targets.astype(np.int32),
        bits=np.zeros(pins, np.uint8),
        weights=np.zeros(pins, np.int8),
        plastic=np.zeros(pins, bool),
    )


def _binary(path: str | os.PathLike):
    if os.path.getsize(path) < 8 or os.path.getsize(path) % 4:
        raise BadInput(f"network {path}: has {os.path.getsize(path)} bytes, must be whole words of 32 bits, at least 2")
    words = np.memmap(path, "<u4", "r")
    nodes, axons = int(words[0]), int(words[1])
    if nodes > MOST_NODES or 3 * axons > len(words):
        raise BadInput(f"network {path}: says {nodes} nodes and {axons} axons, has {len(words)} words")
    source, starts, place = np.zeros(axons, np.int32), np.zeros(axons + 1, np.int64), np.zeros(axons, np.int64)
    bad = _scan(words, nodes, source, starts, place)
    if bad >= 0:
        raise BadInput(f"network {path}: axon {bad} ends after the file or has a node beyond {nodes - 1}")
    targets = np.zeros(starts[-1], np.int32)
    _take(words, starts, place, targets)
    rate = words[place + np.diff(starts)].view("<f4").astype(float)
    if not np.all(np.isfinite(rate) & (rate >= 0)):
        bad = int(np.argmin(np.isfinite(rate) & (rate >= 0)))
        raise BadInput(f"network {path}: axon {bad} has a rate of {rate[bad]}, must be 0 or more")
    return nodes, source, rate, starts, targets


@cached_njit
def _scan(words, nodes, source, starts, place):
    at = 2
    for axon in range(len(source)):
        if at + 2 > len(words):
            return axon
        count, home = np.int64(words[at]), np.int64(words[at + 1])
        if home >= nodes or at + 2 + count + 1 > len(words):
            return axon
        for e in range(at + 2, at + 2 + count):
            if words[e] >= nodes:
                return axon
        source[axon], starts[axon + 1], place[axon] = home, starts[axon] + count, at + 2
        at += 3 + count
    return -1


@cached_njit
def _take(words, starts, place, targets):
    for axon in range(len(place)):
        for e in range(starts[axon + 1] - starts[axon]):
            targets[starts[axon] + e] = words[place[axon] + e]
        targets[starts[axon] : starts[axon + 1]].sort()


def _text(path: str | os.PathLike):
    with open(path, encoding="ascii", errors="replace") as file:
        lines = _lines(file)
        try:
            number, first = next(lines)
            axons, nodes, *rest = (int(word) for word in first)
        except (StopIteration, ValueError):
            raise BadInput(f"network {path}: must begin with the numbers of axons and of nodes") from None
        weighted = bool(rest) and rest[0] % 10 == 1
        if not 0 <= nodes <= MOST_NODES:
            raise BadInput(f"network {path}: line {number} says {nodes} nodes, must be from 0 to {MOST_NODES}")
        source: list[int] = []
        rate: list[float] = []
        targets: list[np.ndarray] = []
        starts = [0]
        for _ in range(axons):
            try:
                number, words = next(lines)
                weight = float(words.pop(0)) if weighted else 1.0
                pins = np.array(words, np.int64)
                valid = len(pins) > 0 and pins.min() >= 1 and pins.max() <= nodes and 0 <= weight < np.inf
            except StopIteration:
                raise BadInput(f"network {path}: has {len(source)} axons, must have {axons}") from None
            except (ValueError, IndexError):
                valid = False
            if not valid:
                raise BadInput(f"network {path}: line {number} is not a rate of 0 or more and nodes from 1 to {nodes}")
            source.append(pins[0] - 1)
            rate.append(weight)
            targets.append(np.unique(pins[1:] - 1).astype(np.int32))
            starts.append(starts[-1] + len(targets[-1]))
    joined = np.concatenate(targets) if targets else np.zeros(0, np.int32)
    return nodes, np.array(source, np.int32), np.array(rate, float), np.array(starts, np.int64), joined


def _lines(file) -> Iterator[tuple[int, list[str]]]:
    """Lines that say something: number and words."""
    for number, line in enumerate(file, 1):
        words = line.split()
        if words and not words[0].startswith("%"):
            yield number, words
