"""bicall_core against the emulator: small random networks of many shapes, and MNIST."""

import numpy as np
import pytest

from emulator import plain
from emulator.constants import fixed
from emulator.description import load, with_values
from emulator.errors import BadInput
from emulator.state import LayerState, SpikeTrain
from rtl import simulator
from rtl.core import AXON_SPIKE, END_OF_TICK, RESET, ROWS, TEACHER_SPIKE, Core, Size, parameters
from rtl.lockstep import Lockstep, check_core

DIGITS = load("digits-256")
TICKS = 60
SHAPES = {
    "one group": (Size(24, 10, 10, 8), {}),
    "odd groups, tiny archive": (Size(17, 13, 4, 2), {}),
    "few bits, no fraction": (
        Size(9, 7, 3, 4),
        {"hidden_weight__bits": 4, "hidden_weight__step_fraction_bits": 0, "hidden_weight__rounding": "truncate"},
    ),
    "all stochastic": (
        Size(12, 9, 4, 4),
        {f"{trace}_trace__rounding": "stochastic" for trace in ("pre", "post", "gate")} | {"pre_trace__bits": 8},
    ),
    "all nearest, wide": (
        Size(12, 6, 2, 4),
        {f"{trace}_trace__rounding": "nearest" for trace in ("pre", "post", "gate")}
        | {"hidden_weight__bits": 16, "hidden_weight__step_fraction_bits": 12, "hidden_weight__rounding": "nearest"}
        | {"pre_trace__bits": 16, "post_trace__bits": 5, "gate_trace__bits": 16},
    ),
    "with a current": (Size(8, 8, 8, 8), {"neuron__current_time_constant_ms": 5.0, "neuron__floor": "none"}),
}


def lively(changes: dict, seed: int):
    """A description with large steps, quick drift and wide gates; other widths and roundings by `changes`."""
    random = np.random.default_rng(seed)
    period = int(random.integers(1, 12))
    return with_values(
        DIGITS,
        time__drift_period_ticks=period,
        hidden_weight__drift_up_per_s=random.uniform(0, 30) / period,
        hidden_weight__drift_down_per_s=random.uniform(0, 30) / period,
        plasticity__potentiation=random.uniform(0, 0.5),
        plasticity__depression_pre=-random.uniform(0, 0.3),
        plasticity__depression_post=-random.uniform(0, 0.3),
        plasticity__pre_threshold=random.uniform(0, 0.5),
        plasticity__post_threshold=random.uniform(0, 0.3),
        plasticity__gate_low=random.uniform(-0.1, 0.2),
        plasticity__gate_high=random.uniform(0.3, 1.2),
        **changes,
    )


def trains(size: Size, random, ticks: int = TICKS) -> tuple[SpikeTrain, SpikeTrain]:
    rates = random.uniform(0, 0.15, size.axons), random.uniform(0, 0.3, size.neurons)
    pre, teacher = (SpikeTrain.from_dense(random.random((ticks, len(rate))) < rate) for rate in rates)
    return pre, teacher


def random_lockstep(size: Size, changes: dict, seed: int, folder=simulator.ROOM, samples: int = 5) -> dict:
    """Samples with resets, one without, one without learning, a silent one; pauses on both streams."""
    random = np.random.default_rng(seed)
    c = fixed(lively(changes, seed))
    state = LayerState.initial(c, size.axons, size.neurons, seed)
    state.tick = int(random.integers(2**31))
    state.rows = state.rows + np.int32(random.integers(2**20))
    state.columns = state.columns + np.int32(random.integers(2**20))
    core = Core(c, size, folder)
    both = Lockstep(core, state, seed, run=plain.run)
    core.pauses(seed, idle=0.3, busy=0.5)
    for _ in range(samples):
        both.sample(*trains(size, random))
        both.ticks(*trains(size, random, 20))
    both.sample(SpikeTrain.silent(40), trains(size, random, 40)[1])
    both.sample(*trains(size, random), learning=False)
    both.ticks(*trains(size, random))
    both.core.read("sweeps")
    result = both.finish() | {"sweeps": core.read("sweeps"), "dropped": core.read("dropped")}
    core.close()
    return result


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", SHAPES)
def test_random_networks(shape, seed):
    result = random_lockstep(*SHAPES[shape], seed)
    print(shape, result)
    assert result["different"] == 0, result["first"]
    assert result["spikes"] > 2_000 and result["h"] > 2_000
    assert result["dropped"] == 0


def check_long_drift(folder=simulator.ROOM) -> None:
    """More drift ticks between two accesses than h has values; and what a row says of its last access."""
    size, changes = SHAPES["few bits, no fraction"]
    c = fixed(lively(changes, 0))._replace(drift_period=1, drift_up=1, drift_down=1)
    core = Core(c, size, folder)
    both = Lockstep(core, LayerState.initial(c, size.axons, size.neurons, 3), 3, run=plain.run)
    both.ticks(SpikeTrain.silent(40), SpikeTrain.silent(40))
    result = both.finish()
    assert result["different"] == 0, result["first"]
    for row in range(size.axons):
        assert [core.read_word(ROWS + 4 * row + field) for field in (1, 2, 3)] == [(0, 40), (0, 40), (0, 0)]
    core.close()


def test_long_drift():
    check_long_drift()


def test_archive_sweeps_when_full():
    result = random_lockstep(*SHAPES["odd groups, tiny archive"], seed=1)
    assert result["sweeps"] > 50
    assert result["different"] == 0


def test_learns_digits():
    result = check_core(DIGITS, training_images=100, test_images=100, seed=2)
    print(result)
    both = result["lock-step"]
    assert both["different"] == 0, both["first"]
    assert both["spikes"] >= 100 * 10 * (result["training"]["ticks"] // 100 + result["test"]["ticks"] // 100)
    assert both["h"] > 1_000_000
    assert both["state"] > 2 * 2560
    assert result["dropped"] == 0 and result["sweeps"] > 0


@pytest.fixture
def core():
    core = Core(fixed(DIGITS), Size(24, 10, 10, 8))
    yield core
    core.close()


def test_what_cannot_be_is_dropped_and_counted(core):
    end = END_OF_TICK
    unknown = [AXON_SPIKE + 24, AXON_SPIKE + 65535, TEACHER_SPIKE + 10, end + 1, RESET + 5, AXON_SPIKE + (1 << 20)]
    core.send(np.array(unknown), 0)
    assert core.read("dropped") == len(unknown)
    assert core.read("tick") == 0  # none of them began a tick
    core.send(np.array([AXON_SPIKE + 3, AXON_SPIKE + 3, RESET, end]), 1)  # twice in a tick; a reset inside it
    assert core.read("dropped") == len(unknown) + 2
    assert core.read("tick") == 1
    core.write("dropped", 0)
    assert core.read("dropped") == 0


def test_reset_in_mid_operation(core):
    check_reset(core)


def check_reset(core: Core) -> None:
    """After a reset h stays, all else is as new."""
    c, random = fixed(DIGITS), np.random.default_rng(5)
    state = LayerState.initial(c, 24, 10, 5)
    core.load(state, 1)
    core.run(*trains(core.size, random))
    core.write("flush", 1)
    before = core.state()
    core.stop_in_mid_tick(np.array([AXON_SPIKE + 7, AXON_SPIKE + 8, END_OF_TICK]), cycles=9)
    assert core.read("tick") == 0 and core.read("status") == 0
    after = core.state()
    assert np.array_equal(after.h, before.h)
    for name in ("x", "y", "s", "current", "membrane", "refractory"):
        assert not getattr(after, name).any()
    fresh = Core(c, core.size)
    fresh.load(after, 3)
    core.load(after, 3)
    pre, teacher = trains(core.size, random)
    assert np.array_equal(core.run(pre, teacher), fresh.run(pre, teacher))
    assert np.array_equal(core.state().h, fresh.state().h)
    fresh.close()


def test_a_constant_that_does_not_fit_is_refused():
    with pytest.raises(BadInput, match="register weight_high refuses 70000"):
        Core(fixed(DIGITS)._replace(weight_high=70_000), Size(24, 10, 10, 8))


@pytest.mark.parametrize(
    "size", [Size(256, 256, 16), Size(1568, 25, 25), Size(1, 1, 1, 2), Size(7, 5, 2, 2), Size(256, 10, 10)], ids=str
)
@pytest.mark.parametrize("shape", ["one group", "few bits, no fraction", "all stochastic", "all nearest, wide"])
def test_lint(size, shape):
    c = fixed(lively(SHAPES[shape][1], 0))
    sources = simulator.verilog("bicall_core")
    assert simulator.lint("bicall_core", sources, parameters(c, size)) == ""
