"""Placement: which part goes to which core of the mesh, so that spikes travel few links."""

import numpy as np
import scipy.sparse
import scipy.sparse.csgraph
import scipy.sparse.linalg

from bicall.emulator.network.hypergraph import Hypergraph
from bicall.emulator.support.caching import cached_njit
from bicall.mapping.chips.chip import Chip
from bicall.mapping.mapper.limits import ends
from bicall.mapping.mapper.routing import distance

FEW = 256  # cores, all of which are tried for each part
SWAPS = 3_000_000_000  # flows looked at, about, while contents of cores change places; some nanoseconds each


def packets_between(graph: Hypergraph, chip: Chip, part: np.ndarray, parts: int) -> scipy.sparse.csr_array:
    """Packets a tick from part to part, float64[parts + 1, parts + 1]; the last is the port."""
    where = ends(graph, part, parts, chip)
    home = part[graph.source]
    axon = where.axons()
    rows = np.concatenate([home[axon], home[graph.read]])
    columns = np.concatenate([where.cores, np.full(graph.read.sum(), parts)])
    rows = np.where(rows < 0, parts, rows)
    rates = np.concatenate([graph.rate[axon], graph.rate[graph.read]])
    apart = (rows != columns) & (rates > 0)
    entries = (rates[apart], (rows[apart], columns[apart]))
    return scipy.sparse.coo_array(entries, shape=(parts + 1, parts + 1)).tocsr()


def flows(graph: Hypergraph, chip: Chip, part: np.ndarray, parts: int) -> scipy.sparse.csr_array:
    """Packets a tick between parts, both ways; as `packets_between`, symmetric."""
    directed = packets_between(graph, chip, part, parts)
    return directed + directed.T


def in_rows(parts: int, chip: Chip) -> np.ndarray:
    """The baseline: one part after the other on one core after the other, row by row."""
    return np.flatnonzero(chip.usable)[:parts].astype(np.int32)


def place(flow: scipy.sparse.csr_array, chip: Chip) -> np.ndarray:
    """A greedy and a spectral start, then swaps of two cores' contents as long as one makes the spike-hops fewer.

    Args:
        flow: of `flows`.

    Returns:
        int32[parts], the core of each part.
    """
    mesh = chip.mesh
    arguments = (flow.indptr, flow.indices, flow.data, mesh.width, mesh.height, mesh.torus)
    found = [_greedy(*arguments, chip.port, chip.usable), *_spectral(flow, chip)]
    for core in found:
        _improve(*arguments, core, chip.usable, SWAPS)
    return min((core[:-1] for core in found), key=lambda core: spike_hops(flow, chip, core))


def _spectral(flow: scipy.sparse.csr_array, chip: Chip) -> list[np.ndarray]:
    """Parts on the mesh as they lie in the plane of the two slowest eigenvectors of the flow's Laplacian.

    One orientation of four; none for a handful of parts or where the eigenvectors are not found.
    """
    parts, mesh = flow.shape[0] - 1, chip.mesh
    inner = flow[:-1, :-1]
    if parts < 8 or not inner.nnz or chip.faults.cores:
        return []
    laplacian = scipy.sparse.csgraph.laplacian(scipy.sparse.csr_matrix(inner), normed=True)
    try:
        start = np.cos(np.arange(parts))  # a fixed start, so that the result is always the same
        _, vectors = scipy.sparse.linalg.eigsh(laplacian, 3, sigma=-1e-3, v0=start)
    except (RuntimeError, scipy.sparse.linalg.ArpackError):
        return []
    columns = min(mesh.width, max(-(-parts // mesh.height), round((parts * mesh.width / mesh.height) ** 0.5)))
    rows = -(-parts // columns)
    core = np.zeros(parts, np.int32)
    for column, members in enumerate(np.array_split(np.argsort(vectors[:, 1], kind="stable"), columns)):
        core[members[np.argsort(vectors[members, 2], kind="stable")]] = np.arange(len(members)) * mesh.width + column
    x, y = core % mesh.width, core // mesh.width
    turned = []
    for across in (x, columns - 1 - x):
        for down in (y, rows - 1 - y):
            turned.append((down * mesh.width + across).astype(np.int32))
    best = min(turned, key=lambda core: spike_hops(flow, chip, core))
    return [np.append(best, np.int32(chip.port))]


def spike_hops(flow: scipy.sparse.csr_array, chip: Chip, core: np.ndarray) -> float:
    """Spike-hops a tick with unicast routes: the sum of flow times distance."""
    position = np.append(core, chip.port)
    pairs = flow.tocoo()
    mesh = chip.mesh
    start, end = position[pairs.row], position[pairs.col]
    along_x, along_y = np.abs(start % mesh.width - end % mesh.width), np.abs(start // mesh.width - end // mesh.width)
    if mesh.torus:
        along_x, along_y = np.minimum(along_x, mesh.width - along_x), np.minimum(along_y, mesh.height - along_y)
    return float((pairs.data * (along_x + along_y)).sum()) / 2


@cached_njit
def _cost_at(item, at, starts, others, flow, width, height, torus, core):
    """Flow times distance of one part if it were on core `at`; parts that are nowhere yet (-1) do not count."""
    cost = 0.0
    for e in range(starts[item], starts[item + 1]):
        other = others[e]
        if core[other] >= 0 and other != item:
            cost += flow[e] * distance(at, core[other], width, height, torus)
    return cost


@cached_njit
def _greedy(starts, others, flow, width, height, torus, port, usable):
    """Parts in order of their flow to those placed already, the port first, each on the free core that costs least."""
    parts = len(starts) - 2
    core = np.full(parts + 1, -1, np.int32)
    core[parts] = port
    free = usable.copy()
    around = np.zeros(width * height, np.bool_)  # cores in use and their neighbours, once there are many cores
    pull = np.zeros(parts + 1)
    for e in range(starts[parts], starts[parts + 1]):
        pull[others[e]] += flow[e]
    for _ in range(parts):
        item = -1
        for candidate in range(parts):
            if core[candidate] < 0 and (item < 0 or pull[candidate] > pull[item]):
                item = candidate
        best, least = -1, 0.0
        best_of_all = width * height <= FEW or not _any(free, around)
        for at in range(width * height):
            if free[at] and (around[at] or best_of_all):
                cost = _cost_at(item, at, starts, others, flow, width, height, torus, core)
                if best < 0 or cost < least:
                    best, least = at, cost
        core[item] = best
        free[best] = False
        x, y = best % width, best // width
        for j in range(max(0, y - 1), min(height, y + 2)):
            for i in range(max(0, x - 1), min(width, x + 2)):
                around[j * width + i] = True
        for e in range(starts[item], starts[item + 1]):
            pull[others[e]] += flow[e]
    return core


@cached_njit
def _any(free, around):
    for at in range(len(free)):  # noqa: SIM110 - Numba has no any() of a generator
        if free[at] and around[at]:
            return True
    return False


@cached_njit
def _improve(starts, others, flow, width, height, torus, core, usable, swaps):
    """Swap the contents of two cores (one may be empty) while any such swap helps; changes `core`.

    Only cores in use and those beside them are tried, and at most about `swaps` flows looked at.
    """
    parts = len(starts) - 2
    holds = np.full(width * height, -1, np.int32)
    for item in range(parts):
        holds[core[item]] = item
    x, y = core[:parts] % width, core[:parts] // width
    low_x, high_x = max(0, x.min() - 1), min(width, x.max() + 2)
    low_y, high_y = max(0, y.min() - 1), min(height, y.max() + 2)
    if torus:
        low_x, high_x, low_y, high_y = 0, width, 0, height
    area = (high_x - low_x) * (high_y - low_y)
    improving, looked = True, 0
    while improving and looked < swaps:
        improving = False
        for item in range(parts):
            looked += area * 4 * (starts[item + 1] - starts[item])
            for place in range(area):
                at = (low_y + place // (high_x - low_x)) * width + low_x + place % (high_x - low_x)
                here, other = core[item], holds[at]
                if at == here or not usable[at]:
                    continue
                before = _cost_at(item, here, starts, others, flow, width, height, torus, core)
                if other >= 0:
                    before += _cost_at(other, at, starts, others, flow, width, height, torus, core)
                    core[other] = here
                core[item] = at
                after = _cost_at(item, at, starts, others, flow, width, height, torus, core)
                if other >= 0:
                    after += _cost_at(other, here, starts, others, flow, width, height, torus, core)
                if after < before - 1e-9 * before:
                    holds[here], holds[at] = other, item
                    improving = True
                else:
                    core[item] = here
                    if other >= 0:
                        core[other] = at
