"""bicall_random_line against the emulator's generator: words in order, with gaps, and what is forgotten never comes."""

import random
from collections import deque

import cocotb

from bicall.emulator.rule.randomness import ROUNDS, random_words
from bicall.rtl.verify.clocked import cycle, put, start, unsigned

LATENCY = ROUNDS // 2


@cocotb.test()
async def words_are_the_emulators(dut):
    await start(dut, ask=0, forget=0)
    source, line, came = random.Random(1), deque([None] * LATENCY), 0
    for k in range(1500):
        if k % 100 == 0:  # the seed holds while words are on their way
            for _ in range(LATENCY):
                await cycle(dut, ask=0, forget=0, rst=0)
            seed, line = source.getrandbits(32), deque([None] * LATENCY)
            put(dut, seed=seed)
        asks, forgets, resets = source.random() < 0.7, source.random() < 0.03, source.random() < 0.01
        stream, index, tick = (source.getrandbits(bits) for bits in (4, 28, 32))
        await cycle(dut, ask=asks, forget=forgets, rst=resets, stream=stream, index=index, tick=tick)
        line.append(int(random_words(seed, stream, index, tick)) if asks else None)
        line.popleft()
        if forgets or resets:
            line = deque([None] * LATENCY)
        assert bool(dut.comes.value) == (line[0] is not None)
        if line[0] is not None:
            assert unsigned(dut.word) == line[0]
            came += 1
    assert came > 500
