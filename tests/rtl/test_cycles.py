"""The formula of the core's cycles is exact, tick by tick, in every shape; accesses to memory are as counted."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from bicall.cli import app
from bicall.emulator.configuration.description import load, with_values
from bicall.emulator.rule import plain
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.recording import Recorder
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.rtl.driver.core import AXON_SPIKE, END_OF_TICK, Core, tick_events
from bicall.rtl.verify import random_networks
from bicall.rtl.verify.cycles import Ledger, cycles_of_ticks

TICKS = 60
# as in the lock-step tests, so that they are built once
SHAPES = {name: random_networks.SHAPES[name] for name in (
    "one group", "odd groups, tiny archive", "all stochastic", "all nearest, wide"
)}  # fmt: skip


def lively(changes: dict):
    """Large steps, quick drift, a wide gate: neurons fire, synapses learn."""
    return with_values(
        load("digits-256"), time__drift_period_ticks=5, plasticity__potentiation=0.2, plasticity__depression_pre=-0.1,
        plasticity__post_threshold=0.1, plasticity__gate_low=-0.1, plasticity__gate_high=0.9, **changes,
    )  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_formula_is_exact(shape):
    size, changes = SHAPES[shape]
    random, seed = np.random.default_rng(3), 3
    c = fixed(lively(changes))
    state = LayerState.initial(c, size.axons, size.neurons, seed)
    state.tick = 1000
    core, ledger = Core(c, size), Ledger(c, size, state, seed)
    core.load(state, seed)
    rows = ticks = 0
    seen = dict.fromkeys(("swept", "items", "decays", "random_words"), 0)
    for sample in range(6):
        if sample % 2 == 0:
            state.reset()
            core.reset_sample()
            ledger.forget(state.tick)
        learning = sample != 4
        core.write("learn", int(learning))
        pre, teacher = (
            SpikeTrain.from_dense(random.random((TICKS, count)) < rate)
            for count, rate in ((size.axons, 0.08), (size.neurons, 0.1))
        )
        before, recorder = state.copy(), Recorder()
        plain.run(c, state, pre, teacher, seed, learning=learning, recorder=recorder)
        work = ledger.count(before, teacher, recorder.recording(), learning)
        _, ended = core.send(tick_events(pre, teacher), pre.ticks)
        # the first tick begins when the host sends it
        assert np.diff(ended).tolist() == cycles_of_ticks(c, size, work)[1:].tolist(), sample
        rows, ticks = rows + int(work.rows.sum()), ticks + TICKS
        for name in seen:
            seen[name] += int(getattr(work, name).sum())
    assert core.read("words_read") == rows * size.groups
    assert core.read("sweeps") * size.axons == seen["swept"] > 0
    assert seen["items"] > 2 * rows and seen["decays"] > rows
    assert (seen["random_words"] > 0) == (shape != "all nearest, wide")
    core.close()


def test_with_stochastic_decay_a_silent_tick_costs_a_row_one_cycle_at_most():
    size, changes = SHAPES["all stochastic"]
    c, silent = fixed(lively(changes)), 5000
    core = Core(c, size)
    events = np.full(silent + 4, END_OF_TICK)
    events[[0, -2]] = AXON_SPIKE
    cost = {}
    for decay in (4095, 4096):  # so slow that x does not come to 0; that keeps its value
        core.configure(c._replace(x_decay=decay))
        core.load(LayerState.initial(c, size.axons, size.neurons, 3), 3)
        took = np.diff(core.send(events.astype(np.uint32), silent + 2)[1])
        cost[decay] = took[-1] - took[-2]
        core.flush()
        assert core.state().x[0] > 0
    core.close()
    assert cost[4096] < 50
    assert silent <= cost[4095] < silent + 50


def test_command():
    done = CliRunner().invoke(app, ["cycles", "--images", "3", "--lanes", "4", "--json"], catch_exceptions=False)
    result = json.loads(done.stdout)
    assert done.exit_code == 0
    assert result["different"] == 0 and result["cycles"] == result["predicted"] > 100_000
    work, groups = result["work"], 3
    assert result["reads"]["rows"] == work["rows"] * groups
    assert result["writes"]["rows"] <= result["reads"]["rows"]
    # a postsynaptic spike would touch a word of each of the 256 rows
    assert result["reads"]["columns"] >= (work["rows"] - work["swept"]) * groups + 256
    assert result["synaptic_events"] == (work["rows"] - work["swept"]) * 10 + work["post_spikes"] * 256
