"""Routers joined to a mesh: markers in band end a tick, whatever the depth of the queues and however a sink stalls."""

from pathlib import Path

import pytest

from bicall.rtl.verify.bench import run_bench

HERE = Path(__file__).parent


@pytest.mark.parametrize("queue_log2", [1, 2])
def test_mesh(queue_log2, tmp_path):
    chosen = {"WIDTH": 3, "HEIGHT": 3, "QUEUE_LOG2": queue_log2}
    assert run_bench(HERE / "mesh_bench.py", "mesh_top", chosen, tmp_path, folder=HERE) == 1
