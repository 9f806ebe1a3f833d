"""A mesh of bicall_router: all packets of a tick come to their core before its marker; nothing is lost or doubled."""

import random

import cocotb

from bicall.rtl.verify.clocked import cycle, parameters, settled, start, unsigned

MARKER = 1 << 31
TICKS = 60


@cocotb.test()
async def random_traffic(dut):
    p = parameters()
    width, cores = p["WIDTH"], p["WIDTH"] * p["HEIGHT"]
    source, number = random.Random(5), 0
    left: list[list[int]] = [[] for _ in range(cores)]
    expected = [[set() for _ in range(TICKS)] for _ in range(cores)]
    for tick in range(TICKS):
        for core in range(cores):
            for _ in range(source.choice((0, 2, 8, 20))):
                to, number = source.randrange(cores), number + 1
                left[core].append((to % width) << 27 | (to // width) << 23 | number)
                expected[to][tick].add(number)
            left[core].append(MARKER | tick)
    await start(dut, in_valid=0, out_ready=0)
    came: list[list[list[int]]] = [[[]] for _ in range(cores)]
    offered, stalled = 0, source.randrange(cores)
    for k in range(100_000):
        offered |= sum(1 << core for core in range(cores) if left[core] and source.random() < 0.8)
        ready = sum(1 << core for core in range(cores) if source.random() < 0.9 and (core != stalled or k > 3000))
        data = sum(flits[0] << 32 * core for core, flits in enumerate(left) if flits)
        await settled(dut, in_valid=offered, in_data=data, out_ready=ready)
        accepted, taken = offered & unsigned(dut.in_ready), unsigned(dut.out_valid) & ready
        if taken:
            out = unsigned(dut.out_data)
            for core in (core for core in range(cores) if taken >> core & 1):
                seen = out >> 32 * core & 0xFFFFFFFF
                if seen & MARKER:
                    assert seen & 0xFF == len(came[core]) - 1
                    came[core].append([])
                else:
                    came[core][-1].append(seen & (1 << 21) - 1)
        assert not unsigned(dut.dropped)
        await cycle(dut)
        for core in (core for core in range(cores) if accepted >> core & 1):
            left[core].pop(0)
        offered &= ~accepted
        if not any(left) and all(len(ticks) == TICKS + 1 for ticks in came):
            break
    else:
        raise AssertionError("the mesh does not come to an end")
    for core in range(cores):
        for tick in range(TICKS):
            assert len(came[core][tick]) == len(expected[core][tick])
            assert set(came[core][tick]) == expected[core][tick], (core, tick)
    dut._log.info("%d packets in %d cycles", number, k)
    assert number > 2000
