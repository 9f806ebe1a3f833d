"""cocotb tests of bicall_synapse, run by test_bicall_synapse.py: corners, random inputs, and a replay from a file."""

import json
import os
from types import SimpleNamespace

import cocotb
import numpy as np
from cocotb.triggers import Timer

from bicall.emulator.rule.plain import FixedPoint
from bicall.emulator.rule.randomness import COLUMN_STEP, Stream, random_words

RANDOM_ITEMS = 4000


def constants() -> SimpleNamespace:
    """The part of the constants that a learning step needs, as the pytest side gave it."""
    return SimpleNamespace(**json.loads(os.environ["CONSTANTS"]))


async def apply(dut, h, up, down, learn, step, word, column) -> tuple[int, int]:
    """One item of work; h and w that come out."""
    dut.h.value, dut.drift_up.value, dut.drift_down.value, dut.learn.value = int(h), int(up), int(down), int(learn)
    dut.step.value, dut.row_word.value = int(step), int(word) & 0xFFFF
    dut.column_turn.value = int(column) * COLUMN_STEP & 0xFFFF
    await Timer(1, "ns")
    return dut.h_next.value.to_unsigned(), int(dut.w.value)


def drifted(c, h: int, up: int, down: int) -> int:
    return min(h + up, c.h_full) if h > c.h_full // 2 else max(h - down, 0)


@cocotb.test()
async def corners(dut):
    """Both ends, both sides of theta_w, no and full drift, no, smallest and largest steps."""
    c = constants()
    half, unit = c.h_full // 2, 1 << c.step_fraction_bits
    most = (1 << (c.h_bits + c.step_fraction_bits)) - 1
    for h in sorted({0, 1, half - 1, half, half + 1, c.h_full - 1, c.h_full}):
        for up in (0, 1, c.h_full):
            for down in (0, 1, c.h_full):
                expected = drifted(c, h, up, down)
                assert await apply(dut, h, up, down, 0, -5, 0xABCD, 3) == (expected, h > half)
                for step in sorted({-most - 1, -most, -unit, -1, 0, 1, unit - 1, unit, most}):
                    arithmetic = FixedPoint(c, seed=7)
                    one = np.array([1])
                    word = random_words(7, Stream.ROUND_POST, one, 9)[0]
                    learned = arithmetic.learn(np.array([[expected]]), step, one, np.array([5]), 9, Stream.ROUND_POST)
                    assert await apply(dut, h, up, down, 1, step, word, 5) == (learned[0, 0], h > half)


@cocotb.test()
async def random_items(dut):
    """All inputs random, against the emulator's elementary operations."""
    c, random = constants(), np.random.default_rng(3)
    arithmetic = FixedPoint(c, seed=11)
    for k in range(RANDOM_ITEMS):
        h, up, down = (int(v) for v in random.integers(0, c.h_full + 1, 3) >> random.integers(0, c.h_bits, 3))
        scale = int(random.integers(0, c.h_bits + c.step_fraction_bits + 1))
        step, learn = int(random.integers(-1 << scale, 1 << scale)), int(random.integers(2))
        row, column, tick = (int(v) for v in random.integers(0, [1 << 28, 4096, 1 << 32]))
        word = random_words(11, Stream.ROUND_PRE, np.array([row]), tick)[0]
        expected = drifted(c, h, up, down)
        if learn:
            before = np.array([[expected]])
            after = arithmetic.learn(before, step, np.array([row]), np.array([column]), tick, Stream.ROUND_PRE)
            expected = int(after[0, 0])
        got = await apply(dut, h, up, down, learn, step, word, column)
        assert got == (expected, h > c.h_full // 2), f"item {k}: h {h} gave {got}, not {expected}"


@cocotb.test()
async def replay(dut):
    """Items recorded from a network that learns digits, on h of the emulator's."""
    recorded = np.load(os.environ["REPLAY"])
    for k, inputs in enumerate(recorded["inputs"]):
        expected = recorded["h"][k], recorded["w"][k]
        got = await apply(dut, *inputs)
        assert got == tuple(expected), f"item {k} gave {got}, not {expected}"
    dut._log.info("replayed %d items", k + 1)
