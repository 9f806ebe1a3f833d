"""Less on the busiest link, at no spike-hop: counted again from scratch, route by route."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from bicall.mapping.chips import chip as chips
from bicall.mapping.mapper.congestion import _relieve, relieve
from bicall.mapping.mapper.routing import route


def load_of(packets, chip, core):
    load, position = np.zeros(4 * chip.cores), np.append(core, chip.port)
    pairs = packets.tocoo()
    for start, end, rate in zip(position[pairs.row], position[pairs.col], pairs.data, strict=True):
        np.add.at(load, route(chip, start, end), rate)
    return load


def problem(seed, torus):
    rng = np.random.default_rng(seed)
    chip = chips.with_values(chips.load("small-mesh"), mesh__torus=torus)
    parts = int(rng.integers(2, chip.cores + 1))
    dense = rng.integers(0, 4, (parts + 1, parts + 1)) * (rng.random((parts + 1, parts + 1)) < 0.4)
    np.fill_diagonal(dense, 0)
    core = rng.permutation(chip.cores)[:parts].astype(np.int32)
    return scipy.sparse.csr_array(dense.astype(float)), chip, core


@given(st.integers(0, 10**6), st.booleans())
def test_no_more_hops_and_never_a_busier_link(seed, torus):
    packets, chip, core = problem(seed, torus)
    before = load_of(packets, chip, core)
    relieved = relieve(packets, chip, core.copy())
    after = load_of(packets, chip, relieved)
    assert len(set(relieved.tolist())) == len(core)
    assert after.sum() <= before.sum() + 1e-9
    assert after.max(initial=0) <= before.max(initial=0) + 1e-9


@pytest.mark.parametrize("torus", [False, True])
def test_the_load_that_it_keeps_is_the_load(torus):
    """Rates are whole numbers here, so that sums are exact; most problems have something to gain."""
    gained = 0
    for seed in range(30):
        packets, chip, core = problem(seed, torus)
        back, position = packets.T.tocsr(), np.append(core, np.int32(chip.port))
        worst = _relieve(
            packets.indptr, packets.indices, packets.data, back.indptr, back.indices, back.data,
            chip.mesh.width, chip.mesh.height, torus, position, chip.usable,
        )  # fmt: skip
        assert worst == load_of(packets, chip, position[:-1]).max(initial=0)
        gained += worst < load_of(packets, chip, core).max(initial=0)
    assert gained > 15


def test_a_line_of_parts_is_not_bent():
    """Nothing can be gained: one packet a tick from each core of a row to the next."""
    chip = chips.load("small-mesh")
    packets = scipy.sparse.csr_array(np.diag(np.ones(3), 1))  # 0 -> 1 -> 2 -> port
    core = np.array([3, 2, 1], np.int32)
    assert load_of(packets, chip, relieve(packets, chip, core)).max() == 1
