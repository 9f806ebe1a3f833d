"""Forced synapses do what the plain loop does to one synapse, by hand."""

import numpy as np
import pytest

from bicall.emulator.protocols.forced import ForcedLayer, summed_steps, without_drift
from bicall.emulator.rule.description import with_values
from bicall.emulator.support.errors import BadInput


def test_a_pair_by_hand(rule):
    """Pre 10 ms before post, in float: c_p a_x exp(-10 / tau_x); the second pair is the first with an open gate."""
    change = summed_steps(rule, "float", [[0]], [[10]], 1000, 60, 1)[0]
    x = 0.4 * np.exp(-10 / 25) / (1 - 0.6 * np.exp(-1000 / 25))
    assert change == pytest.approx(59 * 0.1 * x, rel=1e-9)


def test_a_pair_the_other_way_by_hand(rule):
    """Post 10 ms before pre: c_d2 at the postsynaptic spike, c_d1 at the presynaptic one."""
    change = summed_steps(rule, "float", [[10]], [[0]], 1000, 60, 1)[0]
    assert change == pytest.approx(59 * (-0.021 - 0.002), rel=1e-6)


def test_patterns_do_not_meet(rule):
    """Many patterns in one layer are what each is alone."""
    pre, post = [[0], [30], [0, 10]], [[10], [5], [5]]
    together = summed_steps(rule, "float", pre, post, 200, 20, 1)
    alone = [summed_steps(rule, "float", [a], [b], 200, 20, 1)[0] for a, b in zip(pre, post, strict=True)]
    assert together.tolist() == alone


def test_h_starts_where_it_is_told(rule):
    for arithmetic in ("float", "fixed"):
        for h, w in ((0.0, False), (0.499, False), (0.51, True), (1.0, True)):
            layer = ForcedLayer(rule, arithmetic, 2, 2, h, 1)
            assert layer.h[0, 0] == pytest.approx(h, abs=1 / 255)
            assert layer.w.all() == w


def test_a_layer_that_does_not_obey_is_refused(rule):
    deaf = with_values(rule, transmission__teacher_weight=0.5)
    spikes = np.eye(2, dtype=bool)
    with pytest.raises(BadInput, match="forced spikes are 2, fired 0"):
        ForcedLayer(deaf, "fixed", 2, 2, 0.0, 1).run(spikes, spikes)


def test_without_drift_h_stays(rule):
    silence = np.zeros((5000, 1), bool)
    for described, moved in ((rule, True), (without_drift(rule), False)):
        layer = ForcedLayer(described, "fixed", 1, 1, 0.75, 1)
        before = layer.h
        layer.run(silence, silence)
        assert (layer.h != before).any() == moved
