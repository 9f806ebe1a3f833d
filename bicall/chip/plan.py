"""From a network and a chip's file to the chip that is built in Verilog, or one line that says why it cannot be."""

from typing import NamedTuple

import numpy as np

from bicall.emulator.network.network import FIXED, Network, Population
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.state import LayerState
from bicall.emulator.support.errors import BadInput
from bicall.mapping.chips.chip import Chip
from bicall.mapping.configuration.configuration import Configuration, configure
from bicall.mapping.mapper.mapper import Mapping, evaluate, map_network
from bicall.mapping.mapper.routing import distance
from bicall.rtl.driver.chip_top import ChipPlan, Tile
from bicall.rtl.driver.core_words import Size
from bicall.rtl.driver.packets import NODES

LANES = 16  # synapses of a row that are updated at once
STOCHASTIC = 2
H_ADDRESS_BITS = 20


def check_chip(chip: Chip) -> None:
    """Refuse what the Verilog chip is not.

    Raises:
        BadInput: a chip that it cannot be; the message names chip, field, value and limit.
    """
    for what, value, allowed in (
        ("mesh.torus", chip.mesh.torus, False),
        ("routing.multicast", chip.routing.multicast, False),
        ("core.plastic", chip.core.plastic, True),
    ):
        if value != allowed:
            raise BadInput(
                f"chip {chip.name}: {what} is {str(value).lower()}, must be {str(allowed).lower()} in Verilog"
            )
    if chip.faults.links:
        raise BadInput(f"chip {chip.name}: faults.links has {chip.faults.links[0]}, must have none in Verilog")
    size = _size(chip, sparse=False)
    bits = (chip.core.axons - 1).bit_length() + (size.groups - 1).bit_length() + max(1, (size.lanes - 1).bit_length())
    if bits > H_ADDRESS_BITS:
        raise BadInput(
            f"chip {chip.name}: core.axons times core.neurons is {chip.core.axons} x {chip.core.neurons}, must have "
            f"addresses of {H_ADDRESS_BITS} bits in Verilog"
        )


def check_network(network: Network) -> None:
    """Refuse what a tile's core does not hold.

    Raises:
        BadInput: the message names the projection or the population, and what it must be.
    """
    if network.started.arithmetic != "fixed":
        raise BadInput(f"arithmetic is {network.started.arithmetic}, must be fixed on a chip in Verilog")
    for projection in network.projections:
        if projection.kind == FIXED:
            raise BadInput(f"{projection}: has fixed weights, must be plastic or direct on a chip in Verilog")
    for population in network.neuron_populations:
        where = f"population {population.name}"
        if not network.plastic_inputs(population.name):
            raise BadInput(f"{where}: does not learn, must have a plastic projection on a chip in Verilog")
        if population.constants_in("fixed").reset_by_subtraction:
            raise BadInput(f"{where}: resets by subtraction, must reset to 0 on a chip in Verilog")
    if network.nodes > NODES:
        raise BadInput(f"network {network.name}: has {network.nodes} nodes, must have at most {NODES} in Verilog")


class Sharing(NamedTuple):
    """Neurons that one core can hold together have equal ones."""

    constants: Constants
    only: str  # the population, where stochastic rounding numbers rows and columns in its layer; else empty


def sharing(population: Population) -> Sharing:
    """What a core that holds neurons of a population can hold besides."""
    constants = population.constants
    assert constants is not None
    roundings = (constants.h_rounding, constants.x_rounding, constants.y_rounding, constants.s_rounding)
    return Sharing(constants, population.name if STOCHASTIC in roundings else "")


def map_for_verilog(network: Network, chip: Chip, effort: float = 1.0) -> Mapping:
    """A mapping in which each core holds neurons that share one rule.

    The mapper's own, but for cores that hold several: all but the largest share move to the nearest free cores.

    Raises:
        BadInput: what the chip in Verilog cannot be or hold, or too few cores.
    """
    check_chip(chip)
    check_network(network)
    mapping = map_network(network, chip, effort=effort)
    core_of, shares = mapping.core_of.copy(), np.zeros(network.nodes, int)
    known: list[Sharing] = []
    for population in network.neuron_populations:
        own = sharing(population)
        if own not in known:
            known.append(own)
        shares[population.nodes] = known.index(own)
    free = np.setdiff1d(np.flatnonzero(chip.usable), core_of)
    for core in np.unique(core_of[core_of >= 0]):
        here = np.flatnonzero(core_of == core)
        counts = np.bincount(shares[here])
        for share in np.flatnonzero(counts):
            if share == counts.argmax():
                continue
            if not len(free):
                raise BadInput(
                    f"network {network.name}: core {core} would hold neurons of several rules, must hold one in "
                    f"Verilog, and chip {chip.name} has no core left"
                )
            to = free[np.argmin([distance(core, other, chip.mesh.width, chip.mesh.height, False) for other in free])]
            core_of[here[shares[here] == share]], free = to, free[free != to]
    return evaluate(network, mapping.graph, chip, core_of)


class Held(NamedTuple):
    """Neurons of one population on a core, and the axons that they listen to, by the numbers that they have there."""

    population: str
    neurons: np.ndarray  # int64[n], in the Verilog core
    columns: np.ndarray  # int64[n], in the layer
    axons: np.ndarray  # int64[m], in the Verilog core
    rows: np.ndarray  # int64[m], in the layer


class CorePlan(NamedTuple):
    """What a core holds."""

    core: int
    held: list[Held]
    neuron_at: np.ndarray  # int64[neurons of the configuration], the number of each in the Verilog core
    axon_at: np.ndarray  # int64[axons of the configuration], likewise
    state: LayerState  # of the part of the core that is in use; rows and columns begin at its bases
    constants: Constants


def plan_cores(network: Network, configuration: Configuration) -> list[CorePlan]:
    """What each core of a mapped network is loaded with.

    Raises:
        BadInput: stochastic rounding counts rows and columns from a base, and the core would need too many.
    """
    return [_plan_core(network, configuration.chip, tables) for tables in configuration.cores]


def _plan_core(network: Network, chip: Chip, tables) -> CorePlan:
    found: list[tuple[str, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    for population in network.neuron_populations:
        neurons = np.flatnonzero(
            (tables.neurons >= population.first) & (tables.neurons < population.first + population.size)
        )
        if not len(neurons):
            continue
        found_axons, found_rows = [], []
        for projection, first in network.layer_axons(population.name):
            pre = network.populations[projection.pre]
            here = np.flatnonzero((tables.sources >= pre.first) & (tables.sources < pre.first + pre.size))
            number = tables.sources[here] - pre.first
            same = projection.delays[number] == tables.delays[here]
            found_axons.append(here[same])
            found_rows.append(first + number[same])
        columns = tables.neurons[neurons] - population.first
        found.append((population.name, neurons, columns, np.concatenate(found_axons), np.concatenate(found_rows)))
    own = sharing(network.populations[found[0][0]])
    neuron_at, axon_at = np.arange(len(tables.neurons)), np.arange(len(tables.sources))
    row_base = column_base = 0
    if own.only:  # numbers are those of the layer, from a base
        name, neurons, columns, axons, rows = found[0]
        row_base, column_base = int(rows.min()) if len(rows) else 0, int(columns.min())
        neuron_at[neurons], axon_at[axons] = columns - column_base, rows - row_base
        for what, at, limit in (("axons", axon_at, chip.core.axons), ("neurons", neuron_at, chip.core.neurons)):
            if at.max(initial=0) >= limit:
                raise BadInput(
                    f"{network.plastic_inputs(name)[0]}: stochastic rounding counts {what} from a base, core "
                    f"{tables.core} would need {at.max() + 1} {what}, chip {chip.name} has {limit}"
                )
    held = [
        Held(name, neuron_at[neurons], columns, axon_at[axons], rows) for name, neurons, columns, axons, rows in found
    ]
    state = _state(network, tables, held, neuron_at, axon_at, own.constants)
    state.rows = np.arange(row_base, row_base + len(state.x), dtype=np.int32)
    state.columns = np.arange(column_base, column_base + len(state.y), dtype=np.int32)
    return CorePlan(tables.core, held, neuron_at, axon_at, state, own.constants)


def _state(network: Network, tables, held: list[Held], neuron_at, axon_at, constants: Constants) -> LayerState:
    """The parts of the layers that a core holds, as one; `connected` if not all of its synapses exist."""
    state = LayerState.initial(constants, int(axon_at.max(initial=-1)) + 1, int(neuron_at.max()) + 1, 0)
    state.tick = network.started.tick
    state.h[:] = 0
    exists = np.zeros(state.h.shape, bool)
    axon = np.repeat(np.arange(len(tables.sources)), np.diff(tables.starts))
    exists[axon_at[axon], neuron_at[tables.targets]] = True
    for each in held:
        layer = network.started.layers[each.population]
        assert isinstance(layer, LayerState)
        for name in ("y", "s", "current", "membrane", "refractory"):
            getattr(state, name)[each.neurons] = getattr(layer, name)[each.columns]
        state.x[each.axons] = layer.x[each.rows]
        state.h[np.ix_(each.axons, each.neurons)] = layer.h[np.ix_(each.rows, each.columns)]
    state.h[~exists] = 0
    in_use = np.ix_(np.sort(axon_at), np.sort(neuron_at))
    state.connected = None if exists[in_use].all() else exists
    return state


def plan_chip(network: Network, configuration: Configuration, cores: list[CorePlan]) -> ChipPlan:
    """The chip to build: a core on each tile without a fault, of the widths of what it holds.

    Raises:
        BadInput: as of `ChipPlan`.
    """
    chip, any_constants = configuration.chip, network.neuron_populations[0].constants
    assert any_constants is not None
    by_core = {plan.core: plan for plan in cores}
    routes = chip.core.out_entries
    if routes == "none":
        starts = configuration.packets.starts
        routes = max(int((starts[c.neurons + 1] - starts[c.neurons]).sum()) for c in configuration.cores)
    tiles: list[Tile | None] = []
    for core, usable in enumerate(chip.usable):
        plan = by_core.get(core)
        size = _size(chip, plan is not None and plan.state.connected is not None)
        constants = plan.constants if plan else any_constants
        tiles.append(Tile(constants, size, chip.core.longest_delay + 1, max(int(routes), 1)) if usable else None)
    x, y = chip.mesh.port
    return ChipPlan(chip.name, chip.mesh.width, chip.mesh.height, (x, y), tuple(tiles))


def _size(chip: Chip, sparse: bool) -> Size:
    return Size(chip.core.axons, chip.core.neurons, min(LANES, chip.core.neurons), sparse=sparse)


class Planned(NamedTuple):
    """A network on a chip, all that is built and loaded."""

    network: Network
    configuration: Configuration
    cores: list[CorePlan]
    chip: ChipPlan


def plan(network: Network, chip: Chip, effort: float = 1.0) -> Planned:
    """Map a started network, and say what the Verilog chip is and what its cores hold.

    Raises:
        BadInput: it does not fit, or is not what the Verilog can be.
    """
    mapping = map_for_verilog(network, chip, effort)
    configuration = configure(mapping.graph, chip, mapping.core_of)
    cores = plan_cores(network, configuration)
    return Planned(network, configuration, cores, plan_chip(network, configuration, cores))
