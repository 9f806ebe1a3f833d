"""Configuration files: what the chip is loaded with, hexadecimal words, one a line, as $readmemh reads them.

The folder has, for each core n in use (fields from the most significant bits down):

    manifest.json         format, chip, cores in use, number of inputs and neurons
    core-n-neurons.hex    32 bits the node whose input it adds up (itself, but for helpers), 32 bits its own node
    core-n-axons.hex      8 bits delay, 32 bits the axon's first synapse; one more line ends the last axon
    core-n-synapses.hex   8 bits kind (0 fixed, 1 plastic), 8 bits width, 16 bits neuron, 32 bits weight or h
    core-n-routes.hex     packets: 32 bits node, 16 bits core (ffff: port), 8 bits kind (0 axon, 1 direct event,
                          2 partial sum), 8 bits delay, 32 bits index there; multicast: core 0, and the index is the key
    host-routes.hex       the same for inputs, whose packets the host sends
    router-n.hex          32 bits key (unicast: the packet's core), 8 bits mask (from bit 0: east, west, south, north,
                          own core, port), 24 bits index on its core (unicast: 0)
    core-n-h.hex          where a core holds a part of a layer that learns, and nothing else: the whole memory of
                          rtl/bicall_core.v with the chip's axons and neurons, a row's group of 16 synapses a word, of a
                          sparse part with a bit a synapse above them, whether it exists
    core-n-registers.json what its registers hold: row_base, column_base, column_turn, seed, tick, phase, `constants`;
                          its parameter SPARSE; `rows` and `columns`, where the core's axons and neurons lie in it

Nothing else is needed to rebuild the network; `mapping.configuration.reader` does.
"""

import json
import os
from pathlib import Path

import numpy as np

from bicall.emulator.network.network import FIXED, Network
from bicall.emulator.rule.randomness import COLUMN_STEP
from bicall.emulator.support.files import write_text
from bicall.mapping.chips.chip import Core
from bicall.mapping.configuration.configuration import Configuration, CoreTables
from bicall.mapping.mapper.router_tables import TO_PORT

FORMAT = "bicall-configuration-3"
LANES = 16  # synapses in a word of bicall_core's memory


def write_configuration(network: Network, configuration: Configuration, folder: str | os.PathLike) -> Path:
    """Write the configuration files of a mapped network; each file whole or not at all, the manifest last.

    Args:
        network: a network that learns must have been started: hidden weights, seed and tick are those of its state.

    Returns:
        the folder.

    Raises:
        BadInput: the folder cannot be written to.
    """
    folder = Path(folder)
    (folder / "manifest.json").unlink(missing_ok=True)  # without a manifest it is none, until all are written
    for tables in configuration.cores:
        path = f"core-{tables.core}"
        _write(folder / f"{path}-neurons.hex", 16, _join((tables.part_of, 32), (tables.neurons, 0)))
        _write(folder / f"{path}-axons.hex", 10, _join((np.append(tables.delays, 0), 32), (tables.starts, 0)))
        _write(folder / f"{path}-synapses.hex", 16, _synapses(network, tables))
        _write(folder / f"{path}-routes.hex", 24, *_routes(configuration, tables.neurons))
        _write_rtl(network, configuration.chip.core, tables, folder / path)
    inputs = [population for population in network.populations.values() if population.is_input]
    nodes = np.concatenate([np.arange(each.first, each.first + each.size) for each in inputs] or [np.zeros(0, int)])
    _write(folder / "host-routes.hex", 24, *_routes(configuration, nodes))
    routers, used = configuration.routers, np.flatnonzero(np.diff(configuration.routers.starts))
    for router in used:
        entries = slice(*routers.starts[router : router + 2])
        words = _join((routers.keys[entries], 32), (routers.masks[entries], 24), (routers.index[entries], 0))
        _write(folder / f"router-{router}.hex", 16, words)
    manifest = {
        "format": FORMAT,
        "chip": {"name": configuration.chip.name, **configuration.chip.model_dump()},
        "cores": [tables.core for tables in configuration.cores],
        "routers": used.tolist(),
        "inputs": int(len(nodes)),
        "neurons": network.neurons,
    }
    write_text(folder / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    return folder


def _join(*fields: tuple[np.ndarray, int]) -> np.ndarray:
    """One uint64 from fields and the places by which each is shifted."""
    word = np.zeros(len(fields[0][0]), np.uint64)
    for values, shift in fields:
        word |= np.asarray(values).astype(np.int64).astype(np.uint64) << np.uint64(shift)
    return word


def _write(path: Path, digits: int, low: np.ndarray, high: np.ndarray | None = None) -> None:
    """Words of `digits` hexadecimal digits; `high` is what lies above the lowest 64 bits."""
    if high is None:
        lines = [f"{word:0{digits}x}" for word in low.tolist()]
    else:
        lines = [f"{top:0{digits - 16}x}{word:016x}" for top, word in zip(high.tolist(), low.tolist(), strict=True)]
    write_text(path, "\n".join([*lines, ""]))


def _routes(configuration: Configuration, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    packets = configuration.packets
    counts = packets.starts[nodes + 1] - packets.starts[nodes]
    entries = np.repeat(packets.starts[nodes] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    nodes = np.repeat(nodes, counts)
    if configuration.chip.routing.multicast:  # one packet for all entries of an axon
        first = np.flatnonzero(np.diff(packets.axons[entries], prepend=-1))
        nodes, entries = nodes[first], entries[first]
        cores, index = np.zeros(len(entries), int), packets.axons[entries]
    else:
        cores = np.where(packets.cores[entries] < 0, TO_PORT, packets.cores[entries])
        index = packets.index[entries]
    return _join((cores, 48), (packets.kind[entries], 40), (packets.delays[entries], 32), (index, 0)), nodes


def _synapses(network: Network, tables: CoreTables) -> np.ndarray:
    """Words of a core's synapses; those that learn hold h, the others their weight."""
    source = np.repeat(tables.sources, np.diff(tables.starts))
    delay = np.repeat(tables.delays, np.diff(tables.starts))
    target = tables.neurons[tables.targets]  # helpers have no synapses that learn
    value = tables.weights.astype(np.int64) & 0xFFFFFFFF
    for population in network.neuron_populations:
        into = tables.plastic & (target >= population.first) & (target < population.first + population.size)
        for projection, first in network.layer_axons(population.name):
            pre, h = network.populations[projection.pre], network.started.plastic_layers[population.name].h
            here = np.flatnonzero(into & (source >= pre.first) & (source < pre.first + pre.size))
            here = here[projection.delays[source[here] - pre.first] == delay[here]]
            value[here] = h[first + source[here] - pre.first, target[here] - population.first]
    return _join((tables.plastic, 56), (tables.bits, 48), (tables.targets, 32), (value, 0))


def _write_rtl(network: Network, core: Core, tables: CoreTables, path: Path) -> None:
    """For a core that the RTL can be: one layer that learns, whose rows and columns, counted from the first, have room.

    A number in between whose axon or neuron lies elsewhere is a row or column without synapses, in a sparse core.
    """
    for population in network.neuron_populations:
        inside = (tables.neurons >= population.first) & (tables.neurons < population.first + population.size)
        plastic = network.plastic_inputs(population.name)
        alone = len(plastic) == 1 and not network.inputs_of(population.name, FIXED) and inside.all()
        if not alone or not len(tables.sources):
            continue
        source, neuron = tables.sources - network.populations[plastic[0].pre].first, tables.neurons - population.first
        rows, columns = source - source[0], neuron - neuron[0]
        fits = rows[-1] < core.axons and columns[-1] < core.neurons
        if not fits or np.any(np.diff(rows) < 1) or np.any(np.diff(columns) < 1):
            continue  # an axon with several delays has several rows
        state, constants = network.started.plastic_layers[population.name], population.constants_in("fixed")
        sparse = bool(len(tables.targets) < (rows[-1] + 1) * (columns[-1] + 1))
        groups = -(-core.neurons // LANES)
        h, exists = (np.zeros((core.axons, groups * LANES), object) for _ in range(2))  # words are wider than 64 bits
        axon = np.repeat(np.arange(len(rows)), np.diff(tables.starts))
        h[rows[axon], columns[tables.targets]] = state.h[source[axon], neuron[tables.targets]]
        exists[rows[axon], columns[tables.targets]] = int(sparse)
        words, width = np.zeros(core.axons * groups, object), constants.h_bits
        for lane in range(LANES):
            words += h.reshape(-1, LANES)[:, lane] << (lane * width)
            words += exists.reshape(-1, LANES)[:, lane] << (LANES * width + lane)
        digits = -(-LANES * (width + sparse) // 4)
        write_text(Path(f"{path}-h.hex"), "\n".join([*(f"{word:0{digits}x}" for word in words), ""]))
        registers = {
            "row_base": int(source[0]),
            "column_base": int(neuron[0]),
            "column_turn": int(neuron[0]) * COLUMN_STEP & 0xFFFF,
            "seed": network.started.seed,
            "tick": state.tick,
            "phase": state.tick % constants.drift_period,
            "sparse": sparse,
            "rows": rows.tolist(),
            "columns": columns.tolist(),
            "constants": constants._asdict(),
        }
        write_text(Path(f"{path}-registers.json"), json.dumps(registers) + "\n")
