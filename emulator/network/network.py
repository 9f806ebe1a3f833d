"""The network model: populations, projections and the state that a run has reached. Every backend is built from it.

A node is an input or a neuron; nodes are numbered through the populations in order.

Several plastic projections into one population make one layer: its axons are those of the projections, one after the
other in the order in which they were connected.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import scipy.sparse

from bicall.emulator.network.state import RunState
from bicall.emulator.rule.constants import MEMBRANE_LIMIT, MEMBRANE_SHIFT, Constants, fixed, real
from bicall.emulator.rule.description import Rule, rule_of
from bicall.emulator.rule.state import LayerState, LifState
from bicall.emulator.support.errors import BadInput

FIXED, PLASTIC, DIRECT = "fixed", "plastic", "direct"
KINDS = (FIXED, PLASTIC, DIRECT)
LONGEST_DELAY = 255  # ticks
ARITHMETICS = ("float", "fixed")


class Population(NamedTuple):
    """Nodes `first` to `first + size - 1`."""

    name: str
    first: int
    shape: tuple[int, ...]
    is_input: bool  # spikes come from outside, through the chip's port
    is_read: bool  # spikes are sent out of the chip, through its port
    constants: Constants | None  # of its neurons in fixed point, where the network is to be run
    rule: Rule | None = None  # where they come from; without it there is no float

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nodes(self) -> slice:
        return slice(self.first, self.first + self.size)

    @property
    def mantissa(self) -> int:
        """What stands for a threshold in units of the neurons' weights."""
        return int(self.constants_in("fixed").membrane_threshold) >> MEMBRANE_SHIFT

    def constants_in(self, arithmetic: str) -> Constants:
        """The constants of its neurons in "float" or "fixed".

        Raises:
            BadInput: an input, or neurons without what it takes.
        """
        if arithmetic not in ARITHMETICS:
            raise BadInput(f"arithmetic is {arithmetic!r}, must be float or fixed")
        if arithmetic == "fixed" and self.constants:
            return self.constants
        if arithmetic == "float" and self.rule:
            return real(self.rule)
        raise BadInput(f"population {self.name}: has no rule, must have one to be run in {arithmetic}")


class Projection(NamedTuple):
    """Synapses from one population to another.

    Kinds: `fixed` weights; `plastic` (the rule's hidden weights, which a layer's state holds); `direct` (a
    teacher's event, which goes to a neuron rather than through an axon's row, and has the neurons' teacher weight).
    """

    pre: str
    post: str
    kind: str
    bits: int  # memory a synapse needs, plastic state included
    delay: int | np.ndarray  # ticks, 1 or more; one for all axons, or int32[pre]
    matrix: scipy.sparse.csr_array  # [pre, post], weights in units of the neurons' weights; every entry is a synapse

    def __str__(self) -> str:
        return f"projection {self.pre} to {self.post}"

    @property
    def delays(self) -> np.ndarray:
        """int32[pre], ticks."""
        return np.broadcast_to(np.asarray(self.delay, np.int32), self.matrix.shape[:1])


@dataclass
class Network:
    """Build it with `add_inputs`, `add_neurons` and `connect`; `start` gives it a state, which runs change.

    Attributes:
        rates: float64[nodes], spikes a tick, which a mapper weights axons with; empty: unknown.
        state: None before `start`.
    """

    name: str
    populations: dict[str, Population] = field(default_factory=dict)
    projections: list[Projection] = field(default_factory=list)
    rates: np.ndarray = field(default_factory=lambda: np.zeros(0))
    state: RunState | None = None

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

    def add_inputs(self, name: str, shape: int | tuple[int, ...]) -> None:
        """Sources of spikes outside the chip. `shape` is n, (n,) or that of an image, (channels, height, width)."""
        self._add(Population(name, self.nodes, _shape(shape), True, False, None))

    def add_neurons(
        self, name: str, shape: int | tuple[int, ...], rule: Rule | Constants | None = None, read: bool = False
    ) -> None:
        """Neurons.

        Args:
            rule: the neurons' model and, where they learn, the rule; of Constants alone only fixed point runs, and
                without either the network can be mapped, not run.
            read: send their spikes out of the chip.

        Raises:
            BadInput: the name is taken, there are no neurons, or another population's ticks have another length.
        """
        for other in self.neuron_populations:
            if isinstance(rule, Rule) and other.rule and other.rule.time.tick_ms != rule.time.tick_ms:
                raise BadInput(
                    f"network {self.name}: population {name}: tick_ms is {rule.time.tick_ms:g}, must be "
                    f"{other.rule.time.tick_ms:g} as in {other.name}"
                )
        constants = fixed(rule) if isinstance(rule, Rule) else rule
        described = rule_of(rule) if isinstance(rule, Rule) else None
        self._add(Population(name, self.nodes, _shape(shape), False, read, constants, described))

    def connect(
        self,
        pre: str,
        post: str,
        weights: np.ndarray | scipy.sparse.sparray | None = None,
        bits: int | None = None,
        kind: str = FIXED,
        delay: int | np.ndarray = 1,
    ) -> None:
        """Connect two populations.

        Args:
            weights: [pre, post], a NumPy array (whose zeros are no synapses) or a SciPy sparse array, in units of the
                neurons' weights (threshold / threshold_mantissa); fractions run in float only. Of plastic and direct
                synapses it says which exist; None: all, or for direct ones each source to its own neuron.
            bits: memory a synapse needs, plastic state included; None: h's width, or for fixed weights 8.
            delay: ticks from a spike to its arrival, one for all axons or one for each; a spike of an input arrives a
                tick sooner, so that a delay of 1 brings it in the tick for which its train has it.

        Raises:
            BadInput: unknown population, an input as target, a wrong shape, kind, bits or delay out of range, two
                plastic projections with the same ends and delays, or weights whose sum does not fit the current.
        """
        where = f"network {self.name}: projection {pre} to {post}"
        for population in (pre, post):
            if population not in self.populations:
                raise BadInput(f"{where}: population {population!r} is unknown")
        target = self.populations[post]
        if target.is_input:
            raise BadInput(f"{where}: {post} is an input, the target must be neurons")
        if kind not in KINDS:
            raise BadInput(f"{where}: kind is {kind!r}, must be one of {', '.join(KINDS)}")
        expected = (self.populations[pre].size, target.size)
        matrix = _matrix(weights, kind, expected, where)
        if bits is None:
            bits = target.constants.h_bits if kind != FIXED and target.constants else 8
        if not 1 <= bits <= 255:
            raise BadInput(f"{where}: bits is {bits}, must be from 1 to 255")
        made = Projection(pre, post, kind, bits, _delay(delay, expected[0], where), matrix)
        if kind == PLASTIC:
            for other in self.plastic_inputs(post):
                if other.pre == pre and np.any(other.delays == made.delays):
                    raise BadInput(f"{where}: is plastic with a delay that another has, must be one projection")
        self._check_sum(made, where)
        self.projections.append(made)

    def inputs_of(self, post: str, kind: str) -> list[Projection]:
        """The projections of a kind into a population, in the order in which they were connected."""
        return [projection for projection in self.projections if projection.post == post and projection.kind == kind]

    def plastic_inputs(self, post: str) -> list[Projection]:
        """The projections from which a population learns: together its layer's axons."""
        return self.inputs_of(post, PLASTIC)

    def layer_axons(self, post: str) -> Iterator[tuple[Projection, int]]:
        """The plastic projections into a population, each with its first axon's number in the population's layer."""
        first = 0
        for projection in self.plastic_inputs(post):
            yield projection, first
            first += self.populations[projection.pre].size

    @property
    def is_input(self) -> np.ndarray:
        """bool[nodes]"""
        result = np.zeros(self.nodes, bool)
        for population in self.populations.values():
            result[population.nodes] = population.is_input
        return result

    @property
    def neuron_populations(self) -> list[Population]:
        """The populations that are no inputs, in order."""
        return [population for population in self.populations.values() if not population.is_input]

    @property
    def remembered_ticks(self) -> int:
        """For how many ticks spikes are kept: until the last tick in which one arrives is over."""
        return 1 + max((int(projection.delays.max(initial=1)) for projection in self.projections), default=1)

    def start(self, arithmetic: str = "fixed", seed: int = 0, learned: dict[str, LayerState] | None = None) -> None:
        """Put the network before tick 1: hidden weights uniform over their range by the seed, all else 0.

        Args:
            arithmetic: "float" or "fixed".
            seed: of hidden weights and stochastic rounding; 32 bits.
            learned: states of populations that learn, with which they go on (copied); the tick is theirs.

        Raises:
            BadInput: a population without a rule, weights with fractions in fixed point, a seed of more bits.
        """
        if not 0 <= seed < 2**32:
            raise BadInput(f"seed is {seed}, must be from 0 to {2**32 - 1}")
        layers: dict[str, LayerState | LifState] = {}
        for population in self.neuron_populations:
            constants = population.constants_in(arithmetic)
            self.check_weights(population.name, arithmetic)
            plastic = self.plastic_inputs(population.name)
            if learned and population.name in learned:
                layers[population.name] = learned[population.name].copy()
            elif plastic:
                exists = scipy.sparse.vstack([each.matrix.astype(bool) for each in plastic]).toarray()
                pre, post = exists.shape
                layers[population.name] = LayerState.initial(
                    constants, pre, post, seed, None if exists.all() else exists
                )
            else:
                layers[population.name] = LifState.rest(population.size, constants)
        ticks = {layer.tick for layer in (learned or {}).values()} or {0}
        if len(ticks) > 1:
            raise BadInput(f"network {self.name}: learned states are of ticks {sorted(ticks)}, must be of one")
        self.state = RunState(arithmetic, seed, 0, layers)
        self.state.advance(ticks.pop())

    def check_weights(self, post: str, arithmetic: str) -> None:
        """Raises: BadInput: fixed weights into a population have fractions, which fixed point cannot hold."""
        for projection in self.inputs_of(post, FIXED):
            if arithmetic == "fixed" and not np.issubdtype(projection.matrix.dtype, np.integer):
                raise BadInput(f"{projection}: weights have fractions, must be whole numbers in fixed point")

    def reset(self) -> None:
        """Between two samples: all but h and the tick to 0; spikes under way are dropped."""
        self.started.reset()

    @property
    def started(self) -> RunState:
        """The state.

        Raises:
            BadInput: the network was not started.
        """
        if self.state is None:
            raise BadInput(f"network {self.name}: has no state, must be started first")
        return self.state

    def copy(self) -> "Network":
        """The same network with a state of its own."""
        state = self.state and self.state.copy()
        return Network(self.name, dict(self.populations), list(self.projections), self.rates, state)

    def _check_sum(self, made: Projection, where: str) -> None:
        """The most that can come in at once must leave the current within 32 bits."""
        fixed_ones = [each.matrix for each in [*self.inputs_of(made.post, FIXED), made] if each.kind == FIXED]
        most = sum((abs(matrix).sum(axis=0) for matrix in fixed_ones), np.zeros(made.matrix.shape[1]))
        limit = 2 * MEMBRANE_LIMIT
        if most.max(initial=0) >= limit:
            neuron = int(most.argmax())
            raise BadInput(f"{where}: weights into neuron {neuron} add up to {most[neuron]:g}, must be below {limit}")

    def _add(self, population: Population) -> None:
        where = f"network {self.name}: population {population.name}"
        if population.name in self.populations:
            raise BadInput(f"{where}: is there already, names must differ")
        if population.size < 1:
            raise BadInput(f"{where}: has {population.size} nodes, must have at least 1")
        self.populations[population.name] = population


def _shape(shape: int | tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(size) for size in np.atleast_1d(shape))


def _matrix(
    weights: np.ndarray | scipy.sparse.sparray | None, kind: str, expected: tuple[int, int], where: str
) -> scipy.sparse.csr_array:
    """Weights as a sparse matrix: int32, or float64 where they have fractions."""
    if weights is None:
        if kind == FIXED:
            raise BadInput(f"{where}: weights are missing, must be given for fixed synapses")
        if kind == DIRECT and expected[0] != expected[1]:
            raise BadInput(f"{where}: has {expected[0]} sources for {expected[1]} neurons, must have one for each")
        weights = np.ones(expected, np.int8) if kind == PLASTIC else scipy.sparse.eye_array(expected[0], dtype=np.int8)
    matrix = scipy.sparse.csr_array(weights)
    if matrix.shape != expected:
        raise BadInput(f"{where}: weights have shape {list(matrix.shape)}, must be {list(expected)}")
    matrix.sum_duplicates()
    values = matrix.data
    if not np.all(np.isfinite(values)):
        raise BadInput(f"{where}: weights must be finite numbers")
    whole = values.dtype == bool or np.array_equal(values, np.rint(values))
    if whole and len(values) and max(abs(float(values.min())), abs(float(values.max()))) >= 2**31:
        raise BadInput(f"{where}: weights must be below 2^31 in size")
    matrix.data = values.astype(np.int32 if whole else np.float64)
    return matrix


def _delay(delay: int | np.ndarray, axons: int, where: str) -> int | np.ndarray:
    values = np.asarray(delay)
    if values.shape not in ((), (axons,)):
        raise BadInput(f"{where}: delay has shape {list(values.shape)}, must be one, or {axons}, one an axon")
    bad = ~((values >= 1) & (values <= LONGEST_DELAY) & (values == np.floor(values)))
    if np.any(bad):
        worst = values[bad][0] if values.ndim else values
        raise BadInput(f"{where}: delay is {worst}, must be from 1 to {LONGEST_DELAY} ticks")
    values = values.astype(np.int32)
    return values if values.ndim and np.any(values != values[0]) else int(values.flat[0])
