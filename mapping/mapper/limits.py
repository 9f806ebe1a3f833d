"""What a mapping asks of each core, and whether the chip has it. Limits are hard: nothing is ever mapped past one."""

from typing import NamedTuple

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.emulator.network.network import PLASTIC, Network
from bicall.emulator.support.caching import cached_njit
from bicall.emulator.support.errors import BadInput
from bicall.mapping.chips.chip import Chip


class TooSmall(BadInput):
    """A network does not fit a chip. The message names the limit, the need and what the chip has."""


class TooManyRoutes(TooSmall):
    """A core's out-entries do not suffice: with fewer neurons on a core they may.

    `neurons` is with how many on a core, at most, they might suffice.
    """

    def __init__(self, text: str, neurons: int):
        super().__init__(text)
        self.neurons = neurons


class TooFewCores(TooSmall):
    """A partition needs more cores than there are; another one might not."""


class Ends(NamedTuple):
    """Where axons end: one end for each core that holds a target of an axon."""

    starts: np.ndarray  # int64[axons + 1], the ends of each axon
    cores: np.ndarray  # int32[ends], ascending within an axon
    bits: np.ndarray  # int64[ends], memory that the end's synapses need

    def axons(self) -> np.ndarray:
        """int32[ends], the axon of each end."""
        return np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))


class Loads(NamedTuple):
    """What each core holds, int64[cores]."""

    neurons: np.ndarray
    axons: np.ndarray
    synapse_bits: np.ndarray
    out_entries: np.ndarray


def ends(graph: Hypergraph, core_of: np.ndarray, cores: int, chip: Chip) -> Ends:
    """The ends of all axons.

    Args:
        core_of: int32[nodes], the core (or part) of each neuron, below `cores`; inputs have -1.
    """
    address = chip.core.address_bits if chip.core.synapse_memory == "list" else 0
    return Ends(*_ends(graph.starts, graph.targets, graph.bits, core_of, cores, address))


@cached_njit
def _ends(starts, targets, bits, core_of, cores, address):
    axons = len(starts) - 1
    memory = np.zeros(cores, np.int64)
    seen = np.full(cores, -1, np.int64)
    found = np.zeros(cores, np.int32)
    end_starts = np.zeros(axons + 1, np.int64)
    for counting in (True, False):
        if not counting:
            end_cores = np.zeros(end_starts[axons], np.int32)
            end_bits = np.zeros(end_starts[axons], np.int64)
            seen[:] = -1
        for a in range(axons):
            n = 0
            for e in range(starts[a], starts[a + 1]):
                core = core_of[targets[e]]
                if seen[core] != a:
                    seen[core] = a
                    memory[core] = 0
                    found[n] = core
                    n += 1
                memory[core] += bits[e] + address
            if counting:
                end_starts[a + 1] = end_starts[a] + n
            else:
                cores_here = np.sort(found[:n])
                for k in range(n):
                    end_cores[end_starts[a] + k] = cores_here[k]
                    end_bits[end_starts[a] + k] = memory[cores_here[k]]
    return end_starts, end_cores, end_bits


def loads(graph: Hypergraph, core_of: np.ndarray, cores: int, chip: Chip) -> Loads:
    """What each of `cores` cores holds; a direct event needs neither an axon nor synapse memory."""
    where = ends(graph, core_of, cores, chip)
    axon = where.axons()
    rows = ~graph.direct[axon]
    neurons = np.bincount(core_of[core_of >= 0], minlength=cores)
    axons = np.bincount(where.cores[rows], minlength=cores)
    if chip.core.synapse_memory == "list":
        synapse_bits = np.bincount(where.cores[rows], where.bits[rows], minlength=cores).astype(np.int64)
    else:
        synapse_bits = neurons * axons * chip.core.bits_per_synapse
    home = core_of[graph.source]
    entries = np.ones(graph.axons, np.int64) if chip.routing.multicast else np.diff(where.starts) + graph.read
    inside = home >= 0
    out_entries = np.bincount(home[inside], entries[inside], minlength=cores).astype(np.int64)
    return Loads(neurons, axons, synapse_bits, out_entries)


def check_kinds(network: Network, graph: Hypergraph, chip: Chip) -> None:
    """What no partition can change: kinds and widths of synapses, delays, and what single neurons need.

    Raises:
        TooSmall: a limit of the chip is below the network's need.
    """
    core = chip.core
    for projection in network.projections:
        where = f"{projection.pre} to {projection.post}"
        if projection.kind == PLASTIC and not core.plastic:
            raise TooSmall(f"{where} needs plastic synapses, core.plastic is false")
        if projection.bits > core.bits_per_synapse:
            raise TooSmall(
                f"{where} needs {projection.bits} bits a synapse, core.bits_per_synapse is {core.bits_per_synapse}"
            )
        if projection.delays.max(initial=1) > core.longest_delay:
            raise TooSmall(
                f"{where} needs a delay of {projection.delay} ticks, core.longest_delay is {core.longest_delay}"
            )
    if np.any(graph.direct & (graph.delay > 0)) and not core.direct_events:
        raise TooSmall("teachers need direct events, core.direct_events is false")
    needed = int((~graph.is_input).sum())  # helpers of split neurons take places too
    cores = int(chip.usable.sum())
    if needed > cores * core.neurons:
        raise TooSmall(
            f"needs {needed} neurons, the chip has {cores * core.neurons} "
            f"({cores} cores with core.neurons = {core.neurons})"
        )
    if needed < cores * core.least_neurons:
        raise TooSmall(
            f"has {needed} neurons, core.least_neurons = {core.least_neurons} on {cores} cores wants "
            f"{cores * core.least_neurons}"
        )
    rows = ~graph.direct[graph.pins()]
    fan_in = np.bincount(graph.targets[rows], minlength=graph.nodes)
    worst = int(fan_in.argmax()) if len(fan_in) else 0
    whole = "" if core.partial_sums else ", and without core.partial_sums no neuron can be split"
    whole = whole or ", and a neuron that learns cannot be split"  # all others have been
    if core.fan_in != "none" and fan_in[worst] > core.fan_in:
        need, limit = f"a fan-in of {fan_in[worst]}", f"core.fan_in is {core.fan_in}"
        raise TooSmall(f"{name_of(network, worst)} needs {need}, {limit}{whole}")
    if fan_in[worst] > core.axons:
        raise TooSmall(f"{name_of(network, worst)} needs {fan_in[worst]} axons, core.axons is {core.axons}{whole}")
    if core.synapse_memory == "list":
        bits = np.bincount(graph.targets[rows], graph.bits[rows] + float(core.address_bits), minlength=graph.nodes)
        worst = int(bits.argmax())
        if bits[worst] > core.synapse_bits:
            raise TooSmall(
                f"{name_of(network, worst)} needs {int(bits[worst])} bits of synapses, "
                f"core.synapse_bits is {core.synapse_bits}{whole}"
            )


def check(network: Network, graph: Hypergraph, chip: Chip, core_of: np.ndarray) -> Loads:
    """That a whole mapping keeps every limit.

    Raises:
        TooSmall: it does not; the worst core is named.
    """
    held = loads(graph, core_of, chip.cores, chip)
    for limit in Loads._fields:
        allowed = getattr(chip.core, limit)
        worst = int(getattr(held, limit).argmax())
        if allowed != "none" and getattr(held, limit)[worst] > allowed:
            need = int(getattr(held, limit)[worst])
            text = f"core {worst} needs {need} {limit}, core.{limit} is {allowed}"
            if limit == "out_entries":
                raise TooManyRoutes(text, int(held.neurons.max() * min(0.9, allowed / need)))
            raise TooSmall(text)
    broken = np.flatnonzero(~chip.usable & (held.neurons > 0))
    if len(broken):
        raise TooSmall(f"core {broken[0]} needs {held.neurons[broken[0]]} neurons, faults.cores has it")
    short = np.flatnonzero(chip.usable & (held.neurons < chip.core.least_neurons))
    if len(short):
        raise TooSmall(
            f"core {short[0]} has {held.neurons[short[0]]} neurons, core.least_neurons is {chip.core.least_neurons}"
        )
    reached = np.diff(ends(graph, core_of, chip.cores, chip).starts)
    inside = core_of[graph.source] >= 0
    if chip.core.destinations != "none" and inside.any():
        worst = int(np.where(inside, reached, 0).argmax())
        if inside[worst] and reached[worst] > chip.core.destinations:
            raise TooSmall(
                f"{name_of(network, int(graph.source[worst]))} needs {reached[worst]} destinations, "
                f"core.destinations is {chip.core.destinations}"
            )
    return held


def name_of(network: Network, node: int) -> str:
    """A node as a person calls it: outputs[3]."""
    for population in network.populations.values():
        if population.first <= node < population.first + population.size:
            return f"{population.name}[{node - population.first}]"
    raise IndexError(node)
