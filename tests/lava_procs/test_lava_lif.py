"""The neuron part against Lava's own processes, an independent reference, fed with the same input in one run."""

import numpy as np
from lava.magma.core.run_conditions import RunSteps
from lava.proc.io.source import RingBuffer
from lava.proc.lif.process import LIF, LIFRefractory
from lava.proc.monitor.process import Monitor

from bicall.emulator.rule.constants import fixed, real
from bicall.lava_procs.build.running import run_config, running
from bicall.lava_procs.calcium_lif.process import CalciumLIF

NEURONS, STEPS = 20, 150


def test_fixed_point_neuron_equals_lavas_lif(busy_description):
    description = busy_description(neuron__floor="none", neuron__refractory_ticks=0)
    c = fixed(description)
    rng = np.random.default_rng(5)
    # inputs of both signs, some so large that u wraps around at 24 bits and v saturates
    inputs = rng.integers(-900, 1100, (NEURONS, STEPS))
    inputs[:4] *= rng.integers(1, 120, (4, STEPS))
    ours = CalciumLIF(shape=(NEURONS,), description=description)
    lavas = LIF(shape=(NEURONS,), du=4095 - c.current_decay, dv=4096 - c.membrane_decay, vth=c.membrane_threshold >> 6)
    data = _equal_states("fixed", RingBuffer(data=inputs), ours, lavas)
    assert np.abs(data["u"]).max() > 2**22 and data["v"].min() < -(2**22)  # the limits were reached


def test_float_neuron_with_refractory_period_equals_lavas(busy_description):
    """Lava has its refractory neuron in float only."""
    description = busy_description(neuron__floor="none", neuron__refractory_ticks=3)
    c = real(description)
    assert c.current_decay >= 0.5 and c.membrane_decay >= 0.5  # so that Lava's 1 - (1 - decay) is exact
    inputs = np.random.default_rng(5).normal(0.1, 0.3, (NEURONS, STEPS))
    ours = CalciumLIF(shape=(NEURONS,), description=description)
    lavas = LIFRefractory(
        shape=(NEURONS,), du=1 - c.current_decay, dv=1 - c.membrane_decay, vth=1.0, refractory_period=3
    )
    _equal_states("float", RingBuffer(data=inputs), ours, lavas)


def _equal_states(arithmetic: str, source: RingBuffer, ours: CalciumLIF, lavas: LIF) -> dict:
    """Feed both with the source in one run, compare u, v and spikes of all steps, and return ours."""
    monitors = {}
    for neuron in (ours, lavas):
        source.s_out.connect(neuron.a_in)
        for name in ("u", "v", "s_out"):
            monitors[neuron, name] = Monitor()
            monitors[neuron, name].probe(getattr(neuron, name), STEPS)
    with running(ours, run_config(arithmetic)):
        ours.run(RunSteps(STEPS))
        data = {key: next(iter(next(iter(monitor.get_data().values())).values())) for key, monitor in monitors.items()}
    for name in ("u", "v", "s_out"):
        np.testing.assert_array_equal(data[ours, name], data[lavas, name], err_msg=name)
    assert data[ours, "s_out"].sum() > 100
    return {name: data[ours, name] for name in ("u", "v", "s_out")}
