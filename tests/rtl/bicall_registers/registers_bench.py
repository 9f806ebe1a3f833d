"""bicall_registers beside the table: first values, limits, times; a write changes its own register only."""

import random

import cocotb

from bicall.emulator.configuration.description import load
from bicall.emulator.rule.constants import fixed
from bicall.rtl.driver.registers import BY_NAME, IDENTITY, REGISTERS, Kind, When
from bicall.rtl.verify.clocked import cycle, parameters, put, settled, start, unsigned

CONSTANTS = fixed(load("digits-256"))
SHOWN = {r.name: r for r in REGISTERS if r.kind in (Kind.SHOWN, Kind.KEPT_ELSEWHERE)}
PULSES = sorted({r.signal for r in REGISTERS if r.kind in (Kind.COUNTER, Kind.COMMAND)})


def first_values() -> dict[str, int]:
    """What each register reads after a reset."""
    fixed_values = {
        "identity": IDENTITY,
        **{name: parameters()[name.upper()] for name in ("axons", "neurons", "lanes", "sparse")},
    }
    values = {r.name: 0 for r in REGISTERS} | {"learn": 1} | fixed_values
    return values | {name: getattr(CONSTANTS, name) & 0xFFFFFFFF for name in BY_NAME if hasattr(CONSTANTS, name)}


async def values(dut) -> dict[str, int]:
    found = {}
    for register in REGISTERS:
        await settled(dut, write=0, index=register.word)
        assert not dut.error.value
        found[register.name] = unsigned(dut.read_data)
    return found


async def prepared(dut) -> None:
    await start(dut, write=0, index=0, in_tick=0, flushed=1, **dict.fromkeys([*SHOWN, *PULSES], 0))


@cocotb.test()
async def registers_keep_what_fits(dut):
    await prepared(dut)
    expected = first_values()
    assert await values(dut) == expected
    source = random.Random(9)
    for register in REGISTERS:
        low, high = register.range(CONSTANTS)
        tried = (low, high, low - 1, high + 1, source.randint(low, high), source.getrandbits(32) - 2**31, 2**31 - 1, 0)
        for value in tried:
            await settled(dut, write=1, index=register.word, write_data=value)
            # 32 bits without a sign: all values fit
            fits = low <= value <= high or register.bits == "32"
            taken = fits and register.when is not When.NEVER
            assert dut.error.value == (not taken), (register.name, value)
            if register.kind is Kind.KEPT_ELSEWHERE:
                assert getattr(dut, f"write_{register.name}").value == taken
            await cycle(dut)
            if taken and register.kind is not Kind.KEPT_ELSEWHERE:
                expected[register.name] = value & 0xFFFFFFFF
            if register.kind is Kind.STORED:
                output = getattr(dut, register.name)
                assert unsigned(output) == expected[register.name] & ((1 << len(output)) - 1)
        assert await values(dut) == expected
        await cycle(dut)
    for index in set(range(64)) - {register.word for register in REGISTERS}:
        await cycle(dut, write=1, index=index, write_data=1)
        assert dut.error.value and unsigned(dut.read_data) == 0
    assert await values(dut) == expected
    await cycle(dut, rst=1)
    put(dut, rst=0)
    assert await values(dut) == first_values()


@cocotb.test()
async def writes_are_taken_at_their_time(dut):
    await prepared(dut)
    expected = await values(dut)
    for register in REGISTERS:
        value = sum(register.range(CONSTANTS)) // 2
        for in_tick, flushed in ((1, 0), (0, 0), (0, 1)):
            allowed = {
                When.NEVER: False,
                When.ALWAYS: True,
                When.BETWEEN_TICKS: not in_tick,
                When.FLUSHED: bool(flushed),
            }
            taken = allowed[register.when]
            await settled(dut, write=1, index=register.word, write_data=value, in_tick=in_tick, flushed=flushed)
            assert dut.error.value == (not taken), (register.name, in_tick, flushed)
            if register.kind is Kind.KEPT_ELSEWHERE:
                assert getattr(dut, f"write_{register.name}").value == taken
            await cycle(dut)
            if taken and register.kind is not Kind.KEPT_ELSEWHERE:
                expected[register.name] = value & 0xFFFFFFFF
            assert await values(dut) == expected
            await cycle(dut)


@cocotb.test()
async def registers_show_and_count(dut):
    await prepared(dut)
    source = random.Random(2)
    shown = {name: source.getrandbits(int(register.bits)) for name, register in SHOWN.items()}
    put(dut, **shown)
    found = await values(dut)
    assert {name: found[name] for name in shown} == shown
    for register in (r for r in REGISTERS if r.kind is Kind.COUNTER):
        await cycle(dut, write=1, index=register.word, write_data=2**32 - 2)
        put(dut, write=0)
        before = await values(dut)
        await cycle(dut)
        for _ in range(5):
            await cycle(dut, **{register.signal: 1})
        put(dut, **{register.signal: 0})
        counted = {r.name for r in REGISTERS if r.kind is Kind.COUNTER and r.signal == register.signal}
        assert await values(dut) == before | dict.fromkeys(counted, 3)  # around the end
        await cycle(dut)
    flush = BY_NAME["flush"]
    await cycle(dut, write=1, index=flush.word, write_data=1)
    put(dut, write=0)
    assert dut.flush.value and (await values(dut))["flush"] == 1
    await cycle(dut)
    await cycle(dut, swept=1)
    put(dut, swept=0)
    assert (await values(dut))["flush"] == 0
