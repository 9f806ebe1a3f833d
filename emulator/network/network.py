"""Networks to be mapped: populations, projections, and the directed hypergraph that they make.

A node is an input or a neuron; nodes are numbered through the populations in order. An axon is one source with all the
targets that its spikes reach after one delay: a hyperedge. A spike is sent once to each core where its axon ends.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.sparse

from bicall.emulator.rule.constants import Constants
from bicall.emulator.support.errors import BadInput

FIXED, PLASTIC, DIRECT = "fixed", "plastic", "direct"


class Population(NamedTuple):
    """Nodes `first` to `first + size - 1`."""

    name: str
    first: int
    shape: tuple[int, ...]
    is_input: bool  # spikes come from outside, through the chip's port
    is_read: bool  # spikes are sent out of the chip, through its port
    constants: Constants | None  # of its neurons, where the network is to be run

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nodes(self) -> slice:
        return slice(self.first, self.first + self.size)


class Projection(NamedTuple):
    """Synapses from one population to another.

    Kinds: `fixed` weights; `plastic` (the rule's hidden weights, which a layer's state holds); `direct` (a
    teacher's event, which goes to a neuron rather than through an axon's row, and has the neurons' teacher weight).
    """

    pre: str
    post: str
    kind: str
    bits: int  # memory a synapse needs, plastic state included
    delay: int  # ticks, 1 or more
    matrix: scipy.sparse.csr_array  # int32[pre, post], weights in the integers of the neurons; every entry is a synapse


class Hypergraph(NamedTuple):
    """All axons of a network, ordered by source. A direct event has an axon for each neuron that it goes to."""

    nodes: int
    is_input: np.ndarray  # bool[nodes]
    part_of: np.ndarray  # int32[nodes], the neuron whose input a node adds up: itself; see mapping.splitting
    source: np.ndarray  # int32[axons]
    delay: np.ndarray  # uint8[axons], ticks
    direct: np.ndarray  # bool[axons]
    read: np.ndarray  # bool[axons], also goes to the port
    rate: np.ndarray  # float64[axons], spikes a tick
    starts: np.ndarray  # int64[axons + 1]
    targets: np.ndarray  # int32[synapses], nodes, ascending within an axon
    bits: np.ndarray  # uint8[synapses]
    weights: np.ndarray  # int32[synapses], 0 for plastic ones

    @property
    def axons(self) -> int:
        return len(self.source)

    def pins(self) -> np.ndarray:
        """int32[synapses], the axon of each synapse."""
        return np.repeat(np.arange(self.axons, dtype=np.int32), np.diff(self.starts))


@dataclass
class Network:
    """Build it with `add_inputs`, `add_neurons` and `connect`, then set `rates`."""

    name: str

    def __post_init__(self):
        self.populations: dict[str, Population] = {}
        self.projections: list[Projection] = []
        self.rates = np.zeros(0)  # float64[nodes], spikes a tick

    @property
    def nodes(self) -> int:
        return sum(population.size for population in self.populations.values())

    @property
    def neurons(self) -> int:
        return sum(population.size for population in self.populations.values() if not population.is_input)

    @property
    def synapses(self) -> int:
        """Synapses that take memory: teachers' events do not."""
        return sum(projection.matrix.nnz for projection in self.projections if projection.kind != DIRECT)

    def add_inputs(self, name: str, shape: tuple[int, ...]) -> None:
        """Sources of spikes outside the chip. `shape` is (n,) or that of an image, (channels, height, width)."""
        self._add(Population(name, self.nodes, tuple(shape), True, False, None))

    def add_neurons(
        self, name: str, shape: tuple[int, ...], constants: Constants | None = None, read: bool = False
    ) -> None:
        """Neurons; `read` sends their spikes out of the chip."""
        self._add(Population(name, self.nodes, tuple(shape), False, read, constants))

    def connect(self, pre: str, post: str, weights, bits: int, kind: str = FIXED, delay: int = 1) -> None:
        """Connect two populations.

        Args:
            weights: int[pre, post], a NumPy array (whose zeros are no synapses) or a SciPy sparse array.
            bits: memory a synapse needs, plastic state included.

        Raises:
            BadInput: unknown population, an input as target, a wrong shape, bits or delay out of range.
        """
        where = f"network {self.name}: projection {pre} to {post}"
        for population in (pre, post):
            if population not in self.populations:
                raise BadInput(f"{where}: population {population!r} is unknown")
        if self.populations[post].is_input:
            raise BadInput(f"{where}: {post} is an input, the target must be neurons")
        matrix = scipy.sparse.csr_array(weights)
        expected = (self.populations[pre].size, self.populations[post].size)
        if matrix.shape != expected:
            raise BadInput(f"{where}: weights have shape {list(matrix.shape)}, must be {list(expected)}")
        if not 1 <= bits <= 255:
            raise BadInput(f"{where}: bits is {bits}, must be from 1 to 255")
        if not 1 <= delay <= 255:
            raise BadInput(f"{where}: delay is {delay}, must be from 1 to 255 ticks")
        matrix.sum_duplicates()
        matrix.data = matrix.data.astype(np.int32)
        self.projections.append(Projection(pre, post, kind, bits, delay, matrix))

    def plastic_input(self, post: str) -> Projection | None:
        """The projection from which a population learns, if it does.

        Raises:
            BadInput: the network is to be run, but has a population that cannot be: one that learns has one plastic
                input, with a delay of one tick, and else only direct events.
        """
        found = [projection for projection in self.projections if projection.post == post]
        plastic = [projection for projection in found if projection.kind == PLASTIC]
        if not plastic:
            return None
        if len(plastic) > 1 or any(projection.kind == FIXED for projection in found):
            raise BadInput(
                f"network {self.name}: {post} has {len(found)} inputs, must have 1 plastic and direct ones only"
            )
        return plastic[0]

    def hypergraph(self) -> Hypergraph:
        """Its axons: the synapses of all projections, gathered by source, delay and way in."""
        is_input = np.zeros(self.nodes, bool)
        is_read = np.zeros(self.nodes, bool)
        for population in self.populations.values():
            is_input[population.nodes], is_read[population.nodes] = population.is_input, population.is_read
        classes = [(1, False)] + [(projection.delay, projection.kind == DIRECT) for projection in self.projections]
        classes = sorted(set(classes))
        keys, targets, bits, weights = [], [], [], []
        for projection in self.projections:
            pre, post = self.populations[projection.pre], self.populations[projection.post]
            source = np.repeat(np.arange(pre.size, dtype=np.int64), np.diff(projection.matrix.indptr)) + pre.first
            keys.append(source * len(classes) + classes.index((projection.delay, projection.kind == DIRECT)))
            targets.append(projection.matrix.indices.astype(np.int32) + np.int32(post.first))
            bits.append(np.full(len(source), projection.bits, np.uint8))
            weights.append(projection.matrix.data * np.int32(projection.kind != PLASTIC))
        readers = np.flatnonzero(is_read) * len(classes) + classes.index((1, False))
        # spikes that are read have an axon even where it ends at no neuron: a pin without a target holds its place
        key = np.concatenate([readers, *keys])
        target = np.concatenate([np.full(len(readers), -1, np.int32), *targets])
        order = np.argsort(key * (self.nodes + 1) + target, kind="stable")  # projections are in order: they merge
        key, target = key[order], target[order]
        direct = np.array([one[1] for one in classes], bool)
        begins = np.flatnonzero(np.append(True, (key[1:] != key[:-1]) | direct[key[1:] % len(classes)])[: len(key)])
        source, kind = key[begins] // len(classes), key[begins] % len(classes)
        synapses = target >= 0
        before = np.concatenate([[0], np.cumsum(synapses)])
        placeless = np.zeros(len(readers), np.uint8)
        return Hypergraph(
            nodes=self.nodes,
            is_input=is_input,
            part_of=np.arange(self.nodes, dtype=np.int32),
            source=source.astype(np.int32),
            delay=np.array([one[0] for one in classes], np.uint8)[kind],
            direct=direct[kind],
            read=np.isin(key[begins], readers),
            rate=(self.rates if len(self.rates) else np.ones(self.nodes))[source],
            starts=before[np.append(begins, len(key))],
            targets=target[synapses],
            bits=np.concatenate([placeless, *bits])[order][synapses],
            weights=np.concatenate([placeless.astype(np.int32), *weights])[order][synapses],
        )

    def _add(self, population: Population) -> None:
        where = f"network {self.name}: population {population.name}"
        if population.name in self.populations:
            raise BadInput(f"{where}: is there already, names must differ")
        if population.size < 1:
            raise BadInput(f"{where}: has {population.size} nodes, must have at least 1")
        self.populations[population.name] = population
