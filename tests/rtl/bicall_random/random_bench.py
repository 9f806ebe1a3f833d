"""bicall_random against the emulator's generator: words, when they come, a start and a reset in mid-calculation."""

import random

import cocotb

from bicall.emulator.rule.randomness import ROUNDS, random_words
from bicall.rtl.verify.clocked import cycle, put, start, unsigned


async def ask(dut, source) -> int:
    """Start a word; the word that must come."""
    seed, stream, index, tick = (source.getrandbits(bits) for bits in (32, 4, 28, 32))
    await cycle(dut, start=1, seed=seed, stream=stream, index=index, tick=tick)
    put(dut, start=0, **{name: source.getrandbits(4) for name in ("seed", "stream", "index", "tick")})  # held inside
    return int(random_words(seed, stream, index, tick))


async def wait(dut) -> int:
    """Cycles until `done`."""
    for k in range(40):
        if dut.done.value:
            return k
        await cycle(dut)
    raise AssertionError("no word came")


@cocotb.test()
async def words_are_the_emulators(dut):
    await start(dut, start=0)
    source = random.Random(1)
    for _ in range(80):
        word = await ask(dut, source)
        assert await wait(dut) == ROUNDS // 2
        assert unsigned(dut.word) == word
        for _ in range(source.randrange(3)):
            await cycle(dut)
            assert unsigned(dut.word) == word and not dut.done.value


@cocotb.test()
async def a_start_begins_anew_and_a_reset_stops(dut):
    await start(dut, start=0)
    source = random.Random(2)
    for after in range(ROUNDS // 2):
        await ask(dut, source)
        for _ in range(after):
            await cycle(dut)
        word = await ask(dut, source)
        assert await wait(dut) == ROUNDS // 2
        assert unsigned(dut.word) == word
        await ask(dut, source)
        for _ in range(after):
            await cycle(dut)
        await cycle(dut, rst=1)
        put(dut, rst=0)
        for _ in range(ROUNDS + 2):
            assert not dut.done.value
            await cycle(dut)
