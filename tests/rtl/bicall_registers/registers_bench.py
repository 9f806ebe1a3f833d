"""bicall_registers: values after a reset, limits, and that a write changes its own register only."""

import random

import cocotb

from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.description import load
from bicall.rtl.driver.core import CONSTANT_REGISTERS
from bicall.rtl.verify.clocked import cycle, put, settled, start, unsigned
from bicall.rtl.verify.random_networks import register_range


async def values(dut) -> list[int]:
    found = []
    for index in range(len(CONSTANT_REGISTERS)):
        await settled(dut, write=0, index=index)
        assert not dut.error.value
        found.append(unsigned(dut.read_data))
    return found


@cocotb.test()
async def registers_keep_what_fits(dut):
    await start(dut, write=0, index=0)
    c = fixed(load("digits-256"))
    expected = [getattr(c, name) & 0xFFFFFFFF for name in CONSTANT_REGISTERS]
    assert await values(dut) == expected
    source = random.Random(9)
    for index, name in enumerate(CONSTANT_REGISTERS):
        low, high = register_range(name, c)
        for value in (
            low,
            high,
            low - 1,
            high + 1,
            source.randint(low, high),
            source.getrandbits(32) - 2**31,
            2**31 - 1,
            0,
        ):
            await settled(dut, write=1, index=index, write_data=value)
            fits = low <= value <= high
            assert dut.error.value == (not fits), (name, value)
            await cycle(dut)
            if fits:
                expected[index] = value & 0xFFFFFFFF
            output = getattr(dut, name)
            assert unsigned(output) == expected[index] & ((1 << len(output)) - 1)
        assert await values(dut) == expected
        await cycle(dut)
    for index in range(len(CONSTANT_REGISTERS), 32):
        await cycle(dut, write=1, index=index, write_data=1)
        assert dut.error.value and unsigned(dut.read_data) == 0
    assert await values(dut) == expected
    await cycle(dut, rst=1)
    put(dut, rst=0)
    assert await values(dut) == [getattr(c, name) & 0xFFFFFFFF for name in CONSTANT_REGISTERS]
