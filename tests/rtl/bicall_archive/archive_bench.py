"""bicall_archive beside a list: entries and lanes written, read at random places, filled up, cleared."""

import random

import cocotb

from bicall.rtl.verify.clocked import cycle, parameters, put, start, unsigned


@cocotb.test()
async def random_use(dut):
    depth, groups, lanes = (parameters()[name] for name in ("DEPTH", "GROUPS", "LANES"))
    quiet = {"clear": 0, "append": 0, "fired_write": 0, "entry_read": 0, "fired_read": 0}
    await start(dut, **quiet)
    source, filled = random.Random(3), 0
    for _ in range(30):
        entries, fired = [], []
        for _ in range(depth if source.random() < 0.5 else source.randint(0, depth)):
            assert unsigned(dut.entries) == len(entries)
            fired.append([])
            for group in range(groups):
                fired[-1].append(source.getrandbits(lanes))
                await cycle(dut, fired_write=1, fired_write_group=group, fired_write_lanes=fired[-1][-1])
            entries.append(source.getrandbits(72))
            await cycle(dut, fired_write=0, append=1, append_entry=entries[-1])
            put(dut, append=0)
            for _ in range(source.randrange(4)):
                a, b, group = (source.randrange(n) for n in (len(entries), len(entries), groups))
                await cycle(dut, entry_read=1, fired_read=1, entry_address=a, fired_entry=b, fired_group=group)
                put(dut, entry_read=0, fired_read=0)
                await cycle(dut, entry_address=b, fired_entry=a)  # what was read stays
                assert unsigned(dut.entry) == entries[a]
                assert unsigned(dut.fired_lanes) == fired[b][group]
        filled += len(entries) == depth
        assert unsigned(dut.entries) == len(entries)
        await cycle(dut, **{source.choice(("clear", "rst")): 1})
        put(dut, clear=0, rst=0)
        assert unsigned(dut.entries) == 0
    assert filled
