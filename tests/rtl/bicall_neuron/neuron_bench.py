"""bicall_neuron against the emulator's arithmetic: the ends of all ranges, then random inputs."""

import itertools
import random
from types import SimpleNamespace

import cocotb
import numpy as np

from bicall.emulator.rule.plain import FixedPoint
from bicall.rtl.verify.clocked import cycle, signed, start, unsigned

LATENCY = 3
TOP = 2**23  # of current and membrane


async def check(dut, current, membrane, refractory, arriving, current_decay, membrane_decay, threshold, floor, ticks):
    c = SimpleNamespace(current_decay=current_decay, membrane_decay=membrane_decay)
    inputs = {"current": current, "membrane": membrane, "refractory": refractory, "arriving": arriving}
    inputs |= {"membrane_threshold": threshold, "membrane_floor": floor, "refractory_ticks": ticks}
    await cycle(dut, **inputs, **vars(c))
    for _ in range(LATENCY - 1):
        await cycle(dut)
    pushed, integrated = FixedPoint(c, 0).integrate(*(np.array([v]) for v in (current, membrane, arriving)))
    expected = membrane if refractory else max(int(integrated[0]), floor)
    fired = expected > threshold
    assert signed(dut.current_next) == pushed[0]
    assert unsigned(dut.fired) == fired
    assert signed(dut.membrane_next) == (0 if fired else expected)
    assert unsigned(dut.refractory_next) == (ticks if fired else max(refractory - 1, 0))


@cocotb.test()
async def ends_of_ranges(dut):
    await start(dut, advance=1)
    values = (-TOP + 1, -1, 0, 1, TOP - 1), (-TOP + 1, 0, TOP - 1), (0, 1), (-(2**18) + 1, 0, 2**18 - 1), (0, 4096)
    for current, membrane, refractory, arriving, decay in itertools.product(*values):
        await check(dut, current, membrane, refractory, arriving, decay, decay, 5000, -300, 2)
    await check(dut, TOP, 0, 0, 0, 4096, 4096, TOP - 1, -TOP + 1, 255)  # the largest current stays
    await check(dut, -TOP, 0, 0, 0, 4096, 4096, TOP - 1, -TOP + 1, 255)  # its opposite wraps around


@cocotb.test()
async def at_the_threshold_and_at_the_floor(dut):
    await start(dut, advance=1)
    for distance in (-1, 0, 1):
        await check(dut, 0, 700, 0, 0, 0, 4096, 700 + distance, -300, 2)
        await check(dut, 0, -300, 0, 0, 0, 4096, 700, -300 + distance, 2)
        await check(dut, 0, 700, 1, 0, 0, 4096, 700 + distance, -300, 2)  # also while it waits


@cocotb.test()
async def random_inputs(dut):
    await start(dut, advance=1)
    source = random.Random(2)

    def number(limit: int) -> int:
        return source.randint(-limit, limit) >> source.choice((0, 0, 4, 12))

    for _ in range(800):
        refractory = source.choice((0, 0, source.getrandbits(8)))
        decays = source.randint(0, 4096), source.randint(0, 4096)
        rest = number(TOP - 1), -abs(number(TOP - 1)), source.getrandbits(8)
        await check(dut, number(TOP), number(TOP - 1), refractory, number(2**18 - 1), *decays, *rest)
