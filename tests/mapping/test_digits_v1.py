"""The spiking convolution in front of a plastic layer: mapped on many cores it is what it was."""

import numpy as np
import pytest

from emulator import datasets, description
from mapping import chip as chips
from mapping.configuration import configure
from mapping.digits_v1 import active_pixels, digits_v1
from mapping.mapper import baseline, map_network
from mapping.verification import verify
from mapping.workloads import measured


@pytest.mark.parametrize("samples", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_mapped_equals_unmapped(samples):
    digits = datasets.load()
    network, readout = digits_v1(description.load("digits-256"), 10, 1)
    labels = digits.train_labels[:samples]
    workload = measured(network, readout, active_pixels(digits.train_images[:samples]), labels)
    mapping = map_network(network, chips.load("wide-mesh"), operations=10**6)
    configuration = configure(mapping.graph, mapping.chip, mapping.core_of)
    before = readout.state.h.copy()
    result, _ = verify(network, configuration, workload.states, workload.seed, workload.samples)
    assert (result.samples, result.differences, result.first) == (samples, 0, "")
    assert result.compared > 600_000 * samples
    assert np.array_equal(before, readout.state.h)
    assert mapping.spike_hops < baseline(network, mapping.chip).spike_hops
