"""Whole layers in Lava against the emulator's plain loop: all state, every tick, both arithmetics."""

import pytest

from emulator import recording

pytest.importorskip("lava.magma", reason="Lava needs Python 3.10")

from lava_procs.check import compare_with_emulator  # noqa: E402
from lava_procs.samples import training_samples  # noqa: E402


@pytest.mark.parametrize(
    "arithmetic, rounding",
    [("fixed", "stochastic"), ("fixed", "nearest"), ("fixed", "truncate"), ("float", "truncate")],
)
def test_every_value_of_a_busy_layer_equals_the_emulators(busy_description, samples, arithmetic, rounding):
    result = compare_with_emulator(busy_description(rounding), samples, 3, arithmetic)
    assert result["difference"] is None
    assert result["compared"] >= 10**5
    assert result["ticks"] == 150 and result["post_spikes"] > 100 and result["h_changes"] > 10_000


def test_real_digits_and_their_recordings(configuration, tmp_path):
    digits, _ = training_samples(configuration, 2, 1)
    result = compare_with_emulator(configuration, digits, 1, "fixed", folder=tmp_path)
    assert result["difference"] is None
    assert result["compared"] >= 10**6 and result["post_spikes"] > 0 and result["h_changes"] > 0
    in_lava, expected = (recording.Recording.load(tmp_path / f"{name}-fixed.npz") for name in ("lava", "emulator"))
    assert in_lava.size == result["compared"] and in_lava.about["made_by"] == "Lava"
    assert recording.compare(in_lava, expected) is None
