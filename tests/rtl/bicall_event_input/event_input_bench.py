"""bicall_event_input: what each event is taken for, in order, with idle senders and a core that takes when it likes."""

import random
from collections import deque

import cocotb

from bicall.rtl.driver.core import AXON_SPIKE, DISABLE, DRIVE, ENABLE, END_OF_TICK, RESET, TEACHER_SPIKE
from bicall.rtl.verify.clocked import cycle, parameters, settled, start, unsigned

KINDS = ("axon_spike", "teacher_spike", "drive", "end_of_tick", "forget", "enable", "unknown")


def meant(event: int, in_tick: bool) -> str:
    axons, neurons = parameters()["AXONS"], parameters()["NEURONS"]
    known = {AXON_SPIKE + i: "axon_spike" for i in range(axons)} | {
        TEACHER_SPIKE + j: "teacher_spike" for j in range(neurons)
    }
    known |= {DRIVE + j: "drive" for j in range(neurons)} | {END_OF_TICK: "end_of_tick"}
    if not in_tick:
        known |= {RESET: "forget"} | {kind + j: "enable" for kind in (ENABLE, DISABLE) for j in range(neurons)}
    return known.get(event, "unknown")


def some_event(source) -> int:
    kind = source.randrange(16) << 28
    number = source.choice((0, source.randrange(20), source.getrandbits(16), 1 << source.randrange(30)))
    return kind | number


@cocotb.test()
async def random_events(dut):
    await start(dut, s_axis_tvalid=0, in_tick=0, take=0)
    source, queue, seen, offered = random.Random(7), deque(), set(), None
    for _ in range(4000):
        offered = some_event(source) if offered is None and source.random() < 0.6 else offered
        in_tick, take = source.random() < 0.5, source.random() < 0.5
        await settled(dut, s_axis_tvalid=offered is not None, s_axis_tdata=offered or 0, in_tick=in_tick, take=take)
        up = [name for name in KINDS if getattr(dut, name).value]
        assert dut.waits.value == bool(queue)
        assert up == ([meant(queue[0], in_tick)] if queue else [])
        seen.update(up)
        if up == ["axon_spike"]:
            assert unsigned(dut.axon) == queue[0] & 0xFFFF
        if up in (["teacher_spike"], ["drive"], ["enable"]):
            assert unsigned(dut.neuron) == queue[0] & 0xFFFF
        if up == ["enable"]:
            assert dut.enabled.value == (queue[0] >> 28 == ENABLE >> 28)
        accepted = offered is not None and dut.s_axis_tready.value
        if take and queue:
            queue.popleft()
        if accepted:
            queue.append(offered)
            offered = None
        await cycle(dut)
    assert seen == set(KINDS)
