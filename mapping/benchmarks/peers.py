"""Other mappers in their own environments, see peers/mapping: METIS, rig, nengo-loihi, CP-SAT; SANA-FE's simulator."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.emulator.network.network import Network
from bicall.emulator.support.errors import BadInput
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.limits import ends

SCRIPTS = Path(__file__).parents[2] / "peers" / "mapping"
PLACERS = ["hilbert", "rcm", "breadth-first", "annealing"]
SMALL = 100  # parts up to which annealing, whose time grows fastest, is run
RATE_STEPS = 10**6  # CP-SAT knows integers: the largest rate is as many


def metis_blocks(graph: Hypergraph, chip: Chip, python: str) -> np.ndarray:
    """int64[neurons], METIS' block of each neuron, as few blocks as the cores' neurons allow (with 5 % to spare)."""
    number, neurons = _numbered(graph)
    pins = graph.pins()
    source, target = number[graph.source[pins]], number[graph.targets]
    inside = source >= 0
    weight = 1 + np.rint(1000 * graph.rate[pins] / graph.rate.max()).astype(np.int64)
    parts = min(chip.cores, -(-neurons * 105 // (100 * chip.core.neurons)))
    return _run(python, "partition.py", neurons=neurons, parts=parts, source=source[inside], target=target[inside],
                weight=weight[inside])["part"]  # fmt: skip


def rig_places(graph: Hypergraph, chip: Chip, part: np.ndarray, python: str) -> dict[str, np.ndarray]:
    """int64[parts], the core of each part, by rig's placers; annealing only for `SMALL` problems."""
    parts = int(part.max()) + 1
    where = ends(graph, part, parts, chip)
    axon = where.axons()
    source = np.concatenate([part[graph.source[axon]], part[graph.source[graph.read]]])
    target = np.concatenate([where.cores, np.full(graph.read.sum(), parts)])
    rate = np.concatenate([graph.rate[axon], graph.rate[graph.read]])
    key, place = np.unique(np.where(source < 0, parts, source) * (parts + 1) + target, return_inverse=True)
    placers = PLACERS if parts <= SMALL else PLACERS[:-1]
    return _run(python, "place.py", width=chip.mesh.width, height=chip.mesh.height, port=chip.port, parts=parts,
                source=key // (parts + 1), target=key % (parts + 1), weight=np.bincount(place, rate),
                placers=np.array(placers))  # fmt: skip


def loihi_cores(network: Network, chip: Chip, python: str) -> dict[str, np.ndarray]:
    """int64[neurons], the core of each neuron, by nengo-loihi's allocators; direct events are left out."""
    neurons = [population for population in network.populations.values() if not population.is_input]
    number = {population.name: n for n, population in enumerate(neurons)}
    problem: dict[str, np.ndarray] = {}
    for n, each in enumerate(projection for projection in network.projections if projection.kind != "direct"):
        problem |= {
            f"{n}.pre": np.array(number.get(each.pre, -1)),
            f"{n}.post": np.array(number[each.post]),
            f"{n}.starts": each.matrix.indptr,
            f"{n}.targets": each.matrix.indices,
        }
    sizes = np.array([population.size for population in neurons])
    return _run(_second(python), "allocate.py", width=chip.mesh.width, height=chip.mesh.height, sizes=sizes, **problem)


def simulated(
    graph: Hypergraph, chip: Chip, mappings: dict[str, np.ndarray], spikes: np.ndarray, python: str
) -> dict[str, dict[str, float]]:
    """What SANA-FE says of mappings, by name, of a network without inputs under the spikes bool[ticks, nodes].

    Returns:
        for each mapping `energy_j` in all, `network_j` of it for packets, `seconds`, and `hops`.
    """
    starts = np.concatenate([[0], np.cumsum(np.bincount(graph.source[graph.pins()], minlength=graph.nodes))])
    cores = {f"core.{name}": core_of for name, core_of in mappings.items()}
    found = _run(_second(python), "simulate.py", width=chip.mesh.width, height=chip.mesh.height, starts=starts,
                 targets=graph.targets, spikes=spikes, **cores)  # fmt: skip
    figures = ("energy_j", "network_j", "seconds", "hops")
    return {name: dict(zip(figures, found[f"core.{name}"].tolist(), strict=True)) for name in mappings}


def _second(python: str) -> str:
    """The environment of nengo-loihi and SANA-FE, which lies in the other one."""
    return str(Path(python).parents[1] / "loihi" / "bin" / "python")


def optimum(graph: Hypergraph, chip: Chip, python: str, seconds: float) -> tuple[np.ndarray, float]:
    """The best mapping that CP-SAT finds, and a bound.

    Returns:
        int32[nodes], cores; and the spike-hops a tick below which no mapping gets, within the rounding of the rates.
    """
    number, neurons = _numbered(graph)
    scale = RATE_STEPS / graph.rate.max()
    found = _run(python, "optimum.py", width=chip.mesh.width, height=chip.mesh.height, port=chip.port, neurons=neurons,
                 most_neurons=chip.core.neurons, most_axons=chip.core.axons, seconds=seconds,
                 source=number[graph.source], direct=graph.direct, read=graph.read,
                 rate=np.rint(graph.rate * scale).astype(np.int64), starts=graph.starts,
                 targets=number[graph.targets])  # fmt: skip
    core_of = np.full(graph.nodes, -1, np.int32)
    core_of[number >= 0] = found["core"]
    return core_of, float(found["bound"]) / scale


def _numbered(graph: Hypergraph) -> tuple[np.ndarray, int]:
    """int64[nodes], each neuron's number among the neurons, -1 for inputs; and how many there are."""
    inside = ~graph.is_input
    return np.where(inside, np.cumsum(inside) - 1, -1), int(inside.sum())


def _run(python: str, script: str, **problem) -> dict[str, np.ndarray]:
    with TemporaryDirectory() as folder:
        given, found = Path(folder) / "problem.npz", Path(folder) / "result.npz"
        np.savez(given, **problem)
        try:
            done = subprocess.run([python, SCRIPTS / script, given, found], capture_output=True, text=True)
        except OSError as error:
            raise BadInput(f"peers' python {python}: {error.strerror}") from None
        if done.returncode:
            raise BadInput(f"peers' {script}: {(done.stderr.strip() or 'ended without a word').splitlines()[-1]}")
        with np.load(found) as result:
            return dict(result)
