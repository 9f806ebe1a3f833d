"""The measurement runs; the bar of speed is checked where time is allowed for it."""

import pytest

from bicall.lava_procs.compare.benchmark import bench


def test_every_way_is_timed(configuration):
    result = bench(configuration, 30, 10, 20, repeats=1)
    assert set(result["ticks_per_s"]) == {"bicall fixed", "bicall float", "lava fixed", "emulator fixed"}
    assert all(rate > 0 for rate in result["ticks_per_s"].values()) and result["ratio"] > 0


@pytest.mark.slow
def test_the_plastic_dense_is_three_times_as_fast_as_lavas_learning_dense(configuration):
    assert bench(configuration, 1568, 100, 300)["ratio"] >= 3
