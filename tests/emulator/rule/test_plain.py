"""What the reference model is held to: a few ticks of a two by two network, worked out by hand.

Every number below was computed on paper from docs/specification.md, not taken from a run.
"""

import numpy as np
import pytest

from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.constants import TRUNCATE, Constants
from bicall.emulator.rule.recording import Recorder
from bicall.emulator.rule.state import LayerState, SpikeTrain

# 4-bit traces and h, steps with 2 binary places, threshold 8 << 6 = 512; all roundings truncate
INTEGERS = Constants(
    x_decay=2048, x_bump=2048, x_full=15,  # x -> x >> 1; x += (15 - x) >> 1
    y_decay=3072, y_bump=1024, y_full=15,  # y -> 3y >> 2; y += (15 - y) >> 2
    s_decay=3584, s_bump=2048, s_full=15,  # s -> 7s >> 3; s += (15 - s) >> 1
    potentiation=24, depression_pre=-6, depression_post=-2,  # 24 x >> 4, in quarters
    pre_threshold=3, post_threshold=2, gate_low=1, gate_high=12,
    drift_up=1, drift_down=1, h_full=15, h_threshold=7,
    weight_low=-1, weight_high=5, teacher_weight=9,  # << 6: -64, 320, 576
    current_decay=2048, membrane_decay=3072, membrane_threshold=512, membrane_floor=-100,
    drift_period=3, refractory_ticks=1, x_bits=4, y_bits=4, s_bits=4, h_bits=4, step_fraction_bits=2,
    x_rounding=TRUNCATE, y_rounding=TRUNCATE, s_rounding=TRUNCATE, h_rounding=TRUNCATE,
)  # fmt: skip

# tick: presynaptic and teacher spikes, and the state after the tick
BY_HAND = {
    # row 0 transmits 8 (high) and 7 (low): 5 and -1; the gates are shut (s = 0); x0 = 15 >> 1
    1: dict(pre=[0], teacher=[], x=[7, 0], y=[0, 0], s=[0, 0], current=[320, -64], membrane=[320, -64],
            refractory=[0, 0], post=[], h=[[8, 7], [7, 15]]),
    # x0 = 7 >> 1; u0 = 160 + 576, v0 = 240 + 736 fires; u1 = -32 (towards 0), v1 = -48 - 32
    # y0 = 15 >> 2, s0 = 15 >> 1: open; steps (72 >> 4) = 4 and 0 - 2, in quarters: h += 1 and -1 (down)
    2: dict(pre=[], teacher=[0], x=[3, 0], y=[3, 0], s=[7, 0], current=[736, -32], membrane=[0, -80],
            refractory=[1, 0], post=[0], h=[[9, 7], [6, 15]]),
    # drift first: 9 -> 10, 7 -> 6, 6 -> 5, 15 stays; rows transmit (high, low) and (low, high): 4 and 4
    # y0 = 9 >> 2 = 2 is not above 2: no depression; x0 = 1 + (14 >> 1), x1 = 15 >> 1
    # neuron 0 only takes its current, 368 + 256; u1 = -16 + 256, v1 = -60 + 240
    3: dict(pre=[0, 1], teacher=[], x=[8, 7], y=[2, 0], s=[6, 0], current=[624, 240], membrane=[0, 180],
            refractory=[0, 0], post=[], h=[[10, 6], [5, 15]]),
    # u = 312 + 576, 120 + 576; v = 888, 135 + 696: both fire; y = 1 + (14 >> 2), 15 >> 2; s = 5 + (10 >> 1), 15 >> 1
    # x = 4, 3, not below 3: steps 96 >> 4 = 6 and 72 >> 4 = 4: h += 1, 1; the last stays at 15
    4: dict(pre=[], teacher=[0, 1], x=[4, 3], y=[4, 3], s=[10, 7], current=[888, 696], membrane=[0, 0],
            refractory=[1, 1], post=[0, 1], h=[[11, 7], [6, 15]]),
    # both refractory: u = 444 + 576, 348
    5: dict(pre=[], teacher=[0], x=[2, 1], y=[3, 2], s=[8, 6], current=[1020, 348], membrane=[0, 0],
            refractory=[0, 0], post=[], h=[[11, 7], [6, 15]]),
    # drift: 12, 6, 5, 15; u = 510 + 576, 174; neuron 0 fires; y0 = 2 + (13 >> 2), s0 = 7 + (8 >> 1) = 11, still open
    # x = 1, 0, below 3: steps 1 - 2 and 0 - 2: h += -1, -1
    6: dict(pre=[], teacher=[0], x=[1, 0], y=[5, 1], s=[11, 5], current=[1086, 174], membrane=[0, 174],
            refractory=[1, 0], post=[0], h=[[11, 6], [4, 15]]),
    # y0 = 15 >> 2 = 3, s0 = 77 >> 3 = 9: column 0 is depressed by 6 quarters, rounded down: -2, after it transmitted
    # 11 (high) and 4 (low); u = 543 + 256, 87 + 256; v1 = 130 + 343
    7: dict(pre=[0, 1], teacher=[], x=[7, 7], y=[3, 0], s=[9, 4], current=[799, 343], membrane=[0, 473],
            refractory=[0, 0], post=[], h=[[9, 6], [2, 15]]),
    # y0 = 2: no depression; 9 and 6 transmit 5 and -1; u = 399 + 320, 171 - 64; v = 719, 354 + 107; 0 fires
    # x0 = 3 + (12 >> 1) before learning: steps 216 >> 4 = 13 and 72 >> 4 = 4: h += 3, 1
    8: dict(pre=[0], teacher=[], x=[9, 3], y=[5, 0], s=[11, 3], current=[719, 107], membrane=[0, 461],
            refractory=[1, 0], post=[0], h=[[12, 6], [3, 15]]),
    # drift: 13, 5, 2, 15; u = 359 + 576, 53; v1 = 345 + 53
    9: dict(pre=[], teacher=[0], x=[4, 1], y=[3, 0], s=[9, 2], current=[935, 53], membrane=[0, 398],
            refractory=[0, 0], post=[], h=[[13, 5], [2, 15]]),
    # row 1 transmits 2 (low) and 15 (high); u = 467 + 8 * 64, 26 + 320; v = 979, 298 + 346: both fire
    # x = 2, 0 + (15 >> 1): steps (48 >> 4) - 2 = 1 and 168 >> 4 = 10: h += 0, 2
    10: dict(pre=[1], teacher=[0], x=[2, 7], y=[5, 3], s=[11, 8], current=[979, 346], membrane=[0, 0],
             refractory=[1, 1], post=[0, 1], h=[[13, 5], [4, 15]]),
}  # fmt: skip


def dense(events: list[list[int]], sources: int) -> np.ndarray:
    spikes = np.zeros((len(events), sources), bool)
    for k, spiking in enumerate(events):
        spikes[k, spiking] = True
    return spikes


def small_state(constants: Constants, h, dtype) -> LayerState:
    h = np.asfortranarray(np.array(h, dtype))
    state = LayerState.initial(constants, *h.shape, seed=0)
    state.h = h
    return state


@pytest.mark.parametrize("loop", [plain, compiled])
def test_ten_ticks_by_hand(loop):
    state, recorder = small_state(INTEGERS, [[8, 7], [7, 15]], np.int32), Recorder()
    trains = [SpikeTrain.from_dense(dense([t[name] for t in BY_HAND.values()], 2)) for name in ("pre", "teacher")]
    loop.run(INTEGERS, state, *trains, seed=0, recorder=recorder)
    found = recorder.recording().variables
    for k, (tick, expected) in enumerate(BY_HAND.items()):
        assert found["x"].ticks[k] == tick
        for name in ("x", "y", "s", "current", "membrane", "refractory", "h"):
            assert found[name].values[k].tolist() == expected[name], (tick, name)
        assert np.flatnonzero(found["post_spikes"].values[k]).tolist() == expected["post"], tick
    assert state.tick == 10


@pytest.mark.parametrize("loop", [plain, compiled])
def test_inference_leaves_out_steps_and_drift_only(loop):
    """Traces, membranes and spikes go on; h does not move, on drift ticks neither."""
    state, recorder = small_state(INTEGERS, [[8, 7], [7, 15]], np.int32), Recorder()
    trains = [SpikeTrain.from_dense(dense([t[name] for t in BY_HAND.values()], 2)) for name in ("pre", "teacher")]
    loop.run(INTEGERS, state, *trains, seed=0, learning=False, recorder=recorder)
    found = recorder.recording().variables
    assert state.h.tolist() == [[8, 7], [7, 15]]
    for name in ("x", "y", "s", "current"):  # the first two ticks do not depend on h's changes
        assert found[name].values[:2].tolist() == [BY_HAND[1][name], BY_HAND[2][name]]
    # tick 3: h[1, 0] = 7 is low and h[0, 0] = 8 high, as before: the same input
    assert found["current"].values[2].tolist() == BY_HAND[3]["current"]
    assert found["post_spikes"].values.sum() > 0


@pytest.mark.parametrize("loop", [plain, compiled])
@pytest.mark.parametrize(
    "s, y, change",
    [(2, 3, -2), (1, 3, 0), (11, 3, -2), (12, 3, 0), (2, 2, 0)],
    ids=["open", "at the lower bound", "below the upper bound", "at the upper bound", "y at its threshold"],
)
def test_bounds_are_strict(loop, s, y, change):
    """One presynaptic spike; decay is off, so that the traces stay where they are put."""
    c = INTEGERS._replace(x_decay=4096, y_decay=4096, s_decay=4096)
    state = small_state(c, [[10]], np.int32)
    state.s[:], state.y[:] = s, y
    loop.run(c, state, SpikeTrain.from_dense(np.ones((1, 1), bool)), SpikeTrain.silent(1), seed=0)
    assert state.h.tolist() == [[10 + change]]


@pytest.mark.parametrize("loop", [plain, compiled])
def test_the_floor_holds_the_membrane_and_not_the_current(loop):
    state = small_state(INTEGERS, [[0], [0]], np.int32)
    loop.run(INTEGERS, state, SpikeTrain.from_dense(np.ones((2, 2), bool)), SpikeTrain.silent(2), seed=0)
    # two low weights a tick: u = -128, then -64 - 128; v = -128 and less, held at -100
    assert state.current.tolist() == [-192]
    assert state.membrane.tolist() == [-100]


@pytest.mark.parametrize("loop", [plain, compiled])
def test_a_reset_keeps_h_and_the_tick(loop):
    """Ticks go on counting, so the drift tick after a reset is the one it would have been."""
    state = small_state(INTEGERS, [[8, 7], [7, 15]], np.int32)
    loop.run(INTEGERS, state, SpikeTrain.silent(2), SpikeTrain.silent(2), seed=0)
    for name in ("x", "y", "s", "current", "membrane", "refractory"):
        getattr(state, name).fill(9)
    state.reset()
    assert state.tick == 2
    for name in ("x", "y", "s", "current", "membrane", "refractory"):
        assert not getattr(state, name).any()
    loop.run(INTEGERS, state, SpikeTrain.silent(1), SpikeTrain.silent(1), seed=0)
    assert state.h.tolist() == [[9, 6], [6, 15]]  # tick 3


@pytest.mark.parametrize("loop", [plain, compiled])
def test_three_ticks_by_hand_in_float(loop):
    """Powers of two throughout, so that the numbers below are exact."""
    c = INTEGERS._replace(
        x_decay=0.5, x_bump=0.5, x_full=1.0, y_decay=0.5, y_bump=0.5, y_full=1.0, s_decay=0.5, s_bump=0.5, s_full=1.0,
        potentiation=0.25, depression_pre=-0.125, depression_post=-0.0625, pre_threshold=0.25, post_threshold=0.125,
        gate_low=0.125, gate_high=0.75, drift_up=0.125, drift_down=0.125, h_full=1.0, h_threshold=0.5,
        weight_low=-0.25, weight_high=0.5, teacher_weight=1.5, current_decay=0.5, membrane_decay=0.5,
        membrane_threshold=1.0, membrane_floor=-0.5,
    )  # fmt: skip
    state, recorder = small_state(c, [[0.75]], np.float64), Recorder()
    pre, teacher = (SpikeTrain.from_dense(np.array(spikes, bool)[:, None]) for spikes in ([1, 0, 1], [0, 1, 0]))
    loop.run(c, state, pre, teacher, seed=0, recorder=recorder)
    found = {name: variable.values.ravel().tolist() for name, variable in recorder.recording().variables.items()}
    # tick 2: u = 0.25 + 1.5, v = 0.25 + 1.75 fires; s = 0.5 is open, x = 0.25 not below 0.25: h += 0.25 * 0.25
    # tick 3: drift 0.8125 + 0.125 = 0.9375, transmits 0.5, then depressed by 0.125 (y = 0.25, s = 0.25); refractory
    assert found["x"] == [0.5, 0.25, 0.5625]
    assert found["y"] == [0.0, 0.5, 0.25]
    assert found["s"] == [0.0, 0.5, 0.25]
    assert found["current"] == [0.5, 1.75, 1.375]
    assert found["membrane"] == [0.5, 0.0, 0.0]
    assert found["post_spikes"] == [False, True, False]
    assert found["h"] == [0.75, 0.8125, 0.8125]
