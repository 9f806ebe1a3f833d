"""bicall_trace against the emulator's decay and bump: corners, then random inputs."""

import itertools
import random
from types import SimpleNamespace

import cocotb
import numpy as np

from bicall.emulator.rule.plain import FixedPoint
from bicall.emulator.rule.randomness import Stream, random_words
from bicall.rtl.verify.clocked import parameters, settled, unsigned

SEED = 5


async def check(dut, trace: int, decay: int, bump: int, index: int, tick: int):
    full = (1 << parameters()["BITS"]) - 1
    c = SimpleNamespace(x_rounding=parameters()["ROUNDING"], x_decay=decay, x_bump=bump, x_full=full)
    word = int(random_words(SEED, Stream.ROUND_X, index, tick))
    rule = FixedPoint(c, SEED)
    await settled(dut, value=trace, decay=decay, bump=bump, random=word, bumps=0)
    assert unsigned(dut.next) == rule.decay("x", np.array([trace]), np.array([index]), tick)[0]
    await settled(dut, bumps=1)
    assert unsigned(dut.next) == rule.bump("x", np.array([trace]))[0]


@cocotb.test()
async def corners(dut):
    full = (1 << parameters()["BITS"]) - 1
    for trace, decay, bump in itertools.product(
        (0, 1, full // 2, full - 1, full), (0, 1, 4095, 4096), (0, 1, 4095, 4096)
    ):
        await check(dut, trace, decay, bump, 3, 9)


@cocotb.test()
async def random_inputs(dut):
    source = random.Random(1)
    for _ in range(1500):
        trace = source.getrandbits(parameters()["BITS"]) >> source.randrange(parameters()["BITS"])
        factors = source.randint(0, 4096), source.randint(0, 4096)
        await check(dut, trace, *factors, source.getrandbits(28), source.getrandbits(32))
