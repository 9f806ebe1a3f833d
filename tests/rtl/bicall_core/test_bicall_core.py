"""bicall_core against the emulator: small random networks of many shapes, what every host does, and MNIST."""

import numpy as np
import pytest

from bicall.emulator.configuration.description import load
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.rule import plain
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver import simulator
from bicall.rtl.driver.core import AXON_SPIKE, END_OF_TICK, RESET, TEACHER_SPIKE, Core
from bicall.rtl.driver.core_words import ROWS, Size, parameters
from bicall.rtl.verify.exercise import Exercise
from bicall.rtl.verify.lockstep import Lockstep, check_core
from bicall.rtl.verify.random_networks import SHAPES, Shape, lively, trains

DIGITS = load("digits-256")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", SHAPES)
def test_random_networks(shape, seed):
    # with coverage, as test_coverage.py builds them
    result = Exercise(SHAPES[shape], seed, coverage=True).run()
    print(shape, result)
    assert result["different"] == 0, result["first"]
    assert result["spikes"] > 2_000 and result["h"] > 2_000
    assert result["dropped"] == result["ports"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("size", [Size(256, 256, 16), Size(1568, 25, 25)], ids=str)
def test_whole_sizes(size):
    exercise = Exercise(Shape(size, {}), seed=4)
    exercise.learns(2)
    result = exercise.result
    exercise.core.close()
    print(size, result)
    assert result["different"] == 0, result["first"]
    assert result["h"] > 100_000


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


def check_rewinding(folder=simulator.ROOM) -> None:
    """The host goes back in time, to the same tick too, with x of this sample or of one before; nothing shows of it."""
    size, changes = SHAPES["few bits, no fraction"]
    c, random = fixed(lively(changes, 1)), np.random.default_rng(6)
    core = Core(c, size, folder)
    state = LayerState.initial(c, size.axons, size.neurons, 3)
    state.tick = 2**32 - 400
    both = Lockstep(core, state, 3, run=plain.run)
    everyone = (
        SpikeTrain.from_dense(np.ones((1, size.axons), bool)),
        SpikeTrain.from_dense(np.ones((1, size.neurons), bool)),
    )
    for back, forget in ((20, False), (21, True), (0, False), (1, False), (1, True), (0, True), (2**31 + 5, True)):
        both.ticks(*trains(size, random, 20))
        both.ticks(*everyone)
        both.finish()
        if forget:
            both.state.reset()
            core.reset_sample()
        both.state.tick -= back
        core.write("tick", both.state.tick)
        core.write("phase", both.state.tick % c.drift_period)
        both.ticks(*everyone)  # in the tick of the last one, if back is 1
    both.ticks(*trains(size, random, 20))
    result = both.finish()
    assert result["different"] == 0, result["first"]
    assert core.read("dropped") == 0
    core.close()


def test_rewinding():
    check_rewinding()


def check_resets_far_apart(folder=simulator.ROOM) -> None:
    """A reset of which a row hears after the ticks, or the numbers of samples, came round."""
    size, changes = SHAPES["few bits, no fraction"]
    c = fixed(lively(changes, 1))._replace(x_decay=4096, drift_period=2**25 - 1)  # x stays as it is
    core = Core(c, size, folder)
    one = np.zeros((1, size.axons), bool)
    one[0, 0] = True
    axon, nobody = SpikeTrain.from_dense(one), SpikeTrain.silent(1)
    for resets in (1, 255, 256, 257, 512):
        state = LayerState.initial(c, size.axons, size.neurons, 3)
        state.tick = 5
        both = Lockstep(core, state, 3, run=plain.run)
        both.ticks(axon, nobody)
        for _ in range(resets):
            both.state.reset()
            core.reset_sample()
        both.ticks(axon, SpikeTrain.from_dense(np.ones((1, size.neurons), bool)))
        result = both.finish()
        assert result["different"] == 0, (resets, result["first"])
    # the same with ticks: the row's tick is large, the reset's is small
    state.tick = 2**32 - 2
    both = Lockstep(core, state, 3, run=plain.run)
    both.ticks(axon, nobody)
    both.finish()
    for tick in (0, 2**32 - 3):
        core.write("tick", tick)
        both.state.tick = tick
        both.state.reset()
        core.reset_sample()
        both.ticks(axon, nobody)
        result = both.finish()
        assert result["different"] == 0, (tick, result["first"])
    core.close()


def test_resets_far_apart():
    check_resets_far_apart()


def check_digits(images: int) -> None:
    result = check_core(Classifier.fresh(DIGITS, "fixed", 2), training_images=images, test_images=images)
    print(result)
    both = result["lock-step"]
    assert both["different"] == 0, both["first"]
    assert both["spikes"] == 10 * (result["training"]["ticks"] + result["test"]["ticks"])
    assert both["h"] > 10_000 * images
    assert both["state"] > 2 * 2560
    assert result["dropped"] == 0


def test_learns_digits():
    check_digits(10)


def test_learns_where_the_answer_falls_short():
    result = check_core(Classifier.fresh(load("digits-256-margin"), "fixed", 2), training_images=2, test_images=1)
    assert result["lock-step"]["different"] == 0, result["lock-step"]["first"]
    assert result["training"]["ticks"] >= 2 * 158 and result["dropped"] == 0


def test_a_drive_has_one_strength(core):
    nobody = SpikeTrain.silent(2)
    with pytest.raises(BadInput, match="drive: is -3 and 5, must be of one strength"):
        core.run(nobody, nobody, np.array([[5] * 10, [-3] * 10], np.int32))
    with pytest.raises(BadInput, match="register drive_weight refuses 65536"):
        core.run(nobody, nobody, np.full((2, 10), 65536, np.int32))


@pytest.mark.slow
def test_learns_a_hundred_digits_and_classifies_a_hundred():
    check_digits(100)


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
    assert core.read("tick") == 0 and core.read("status") == 4
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
    c = fixed(lively(SHAPES[shape].changes, 0))
    sources = simulator.verilog("bicall_core")
    assert simulator.lint("bicall_core", sources, parameters(c, size)) == ""
