"""bicall_memory beside a list: the image, reads that hold, a word read and written at once (wrong on purpose)."""

import random
from pathlib import Path

import cocotb

from bicall.rtl.verify.clocked import cycle, parameters, start, unsigned


@cocotb.test()
async def random_use(dut):
    bits, words = parameters()["BITS"], parameters()["WORDS"]
    content = [int(line, 16) for line in Path("image.hex").read_text().split()]
    await start(dut, read=0, write=0)
    source, shown, both = random.Random(4), None, 0
    for _ in range(1500):
        read, write = source.random() < 0.6, source.random() < 0.4
        address, place, value = source.randrange(words), source.randrange(words), source.getrandbits(bits)
        await cycle(dut, read=read, read_address=address, write=write, write_address=place, write_data=value)
        collides = read and write and address == place
        shown = content[address] ^ (collides << bits) - collides if read else shown
        both += collides
        if write:
            content[place] = value
        if shown is not None:
            assert unsigned(dut.read_data) == shown
    assert both
