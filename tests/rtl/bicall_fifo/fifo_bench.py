"""bicall_fifo beside a queue: idle senders, back-pressure, full, empty, a reset in mid-operation."""

import random
from collections import deque

import cocotb

from bicall.rtl.verify.clocked import cycle, parameters, put, settled, start, unsigned


@cocotb.test()
async def random_handshakes(dut):
    bits, room = parameters()["BITS"], 1 << parameters()["DEPTH_LOG2"]
    await start(dut, in_valid=0, out_ready=0)
    source, queue, seen = random.Random(5), deque(), set()
    for phase in range(60):
        sends, takes = source.choice((0.1, 0.5, 1)), source.choice((0.1, 0.5, 1))
        offered = False
        for _ in range(40):
            if not offered:  # what is offered stays
                value, offered = source.getrandbits(bits), source.random() < sends
            taken = source.random() < takes
            await settled(dut, in_valid=offered, in_data=value, out_ready=taken)
            assert dut.in_ready.value == (len(queue) < room)
            assert dut.out_valid.value == bool(queue)
            if queue:
                assert unsigned(dut.out_data) == queue[0]
            seen.add("full" if len(queue) == room else "empty" if not queue else "between")
            accepted = offered and len(queue) < room
            if taken and queue:
                queue.popleft()
            if accepted:
                queue.append(value)
                offered = False
            await cycle(dut)
        if phase % 10 == 9:
            await cycle(dut, rst=1, in_valid=0)
            put(dut, rst=0)
            queue.clear()
    assert seen == {"full", "empty", "between"}
