"""bicall_router beside lists: each packet comes out once, where x before y sends it, in its tick and its order."""

import random

import cocotb

from bicall.rtl.verify.clocked import cycle, parameters, put, settled, start, unsigned

EAST, WEST, SOUTH, NORTH, CORE, HOST = range(6)
MARKER = 1 << 31
TICKS = 40
# by x before y, which inputs may feed each output
FEEDERS = {EAST: {WEST, CORE, HOST}, WEST: {EAST, CORE, HOST}} | {
    to: set(range(6)) - ({to} if to != CORE else set()) for to in (SOUTH, NORTH, CORE, HOST)
}


def flit(x: int, y: int, payload: int, to_host: bool = False) -> int:
    return x << 27 | y << 23 | 3 * to_host << 21 | payload


def way(side: int, x: int, y: int, to_host: bool) -> int | None:
    """The output for a packet from a side; None: it cannot be."""
    p = parameters()
    to = EAST if x > p["X"] else WEST if x < p["X"] else SOUTH if y > p["Y"] else NORTH if y < p["Y"] else CORE
    to = HOST if to == CORE and to_host else to
    back = {EAST: EAST, WEST: WEST, SOUTH: SOUTH, NORTH: NORTH, HOST: HOST}.get(side)
    turns = side in (SOUTH, NORTH) and to in (EAST, WEST)
    return None if to == back or turns or not p["PORTS"] >> to & 1 else to


class Traffic:
    """What comes in at each side, tick by tick, and what is to come out."""

    def __init__(self, source: random.Random, share_wrong: float):
        sides = [side for side in range(6) if parameters()["PORTS"] >> side & 1]
        self.inputs: dict[int, list[int]] = {side: [] for side in sides}
        self.expected = {side: [[] for _ in range(TICKS)] for side in sides}  # (input, payload) of each tick
        self.dropped = number = 0
        for tick in range(TICKS):
            for side in sides:
                for _ in range(source.choice((0, 1, 5, 12))):
                    x, y, to_host = source.randrange(4), source.randrange(4), source.random() < 0.3
                    to, number = way(side, x, y, to_host), number + 1
                    if to is None and source.random() > share_wrong:
                        continue
                    self.inputs[side].append(flit(x, y, number, to_host))
                    if to is None:
                        self.dropped += 1
                    else:
                        self.expected[to][tick].append((side, number))
                self.inputs[side].append(MARKER | tick | 1 << 8 + side)
        self.number = number


async def run(dut, traffic: Traffic, source: random.Random, sends: float, takes: float, stalled: int | None) -> None:
    """Play the traffic; the output `stalled` takes nothing at first."""
    await start(dut, in_valid=0, out_ready=0)
    left = {side: list(flits) for side, flits in traffic.inputs.items()}
    came = {side: [[]] for side in traffic.inputs}
    side_of = {number: side for tos in traffic.expected.values() for tick in tos for side, number in tick}
    dropped, offered, held = 0, 0, [None] * 6
    for k in range(60_000):
        offered |= sum(1 << side for side, flits in left.items() if flits and source.random() < sends)
        ready = sum(1 << side for side in range(6) if source.random() < takes and (side != stalled or k > 2000))
        data = sum(flits[0] << 32 * side for side, flits in left.items() if flits)
        await settled(dut, in_valid=offered, in_data=data, out_ready=ready)
        accepted, valid, out = offered & unsigned(dut.in_ready), unsigned(dut.out_valid), None
        for side in (side for side in range(6) if valid >> side & 1):
            out = unsigned(dut.out_data) if out is None else out
            seen = out >> 32 * side & 0xFFFFFFFF
            assert held[side] in (None, seen)  # what is offered stays
            held[side] = None if ready >> side & 1 else seen
            if ready >> side & 1:
                if seen & MARKER:
                    assert seen & 0xFF == len(came[side]) - 1
                    # what the markers that let it go say comes with it
                    assert seen >> 8 & 63 == sum(1 << s for s in traffic.inputs if s in FEEDERS[side])
                    came[side].append([])
                else:
                    payload = seen & (1 << 21) - 1
                    came[side][-1].append((side_of[payload], payload))
        dropped += bin(unsigned(dut.dropped)).count("1")
        await cycle(dut)
        for side in (side for side in range(6) if accepted >> side & 1):
            left[side].pop(0)
        offered &= ~accepted
        if not any(left.values()) and all(len(ticks) == TICKS + 1 for ticks in came.values()):
            break
    else:
        raise AssertionError("the router does not come to an end")
    assert dropped == traffic.dropped
    for to, ticks in traffic.expected.items():
        for tick, packets in enumerate(ticks):
            for side in traffic.inputs:  # in the order of each input
                assert [p for p in came[to][tick] if p[0] == side] == [p for p in packets if p[0] == side], (to, tick)
            assert len(came[to][tick]) == len(packets)
        assert came[to][TICKS] == []
    put(dut, in_valid=0)


@cocotb.test()
async def random_traffic(dut):
    for seed, (sends, takes) in enumerate(((1.0, 1.0), (0.5, 0.6), (0.9, 0.2), (0.2, 0.9))):
        source = random.Random(seed)
        traffic = Traffic(source, share_wrong=0.2)
        assert traffic.dropped > 10 and traffic.number > 300
        await run(dut, traffic, source, sends, takes, stalled=None)


@cocotb.test()
async def an_output_that_takes_nothing_for_long(dut):
    for stalled in (side for side in range(6) if parameters()["PORTS"] >> side & 1):
        source = random.Random(stalled)
        await run(dut, Traffic(source, share_wrong=0.0), source, 1.0, 1.0, stalled)


@cocotb.test()
async def full_throughput(dut):
    """From the core to the east a packet goes in, and one comes out, in every cycle."""
    await start(dut, in_valid=0, out_ready=63)
    came = 0
    for k in range(100):
        await settled(dut, in_valid=1 << CORE, in_data=flit(3, 0, k) << 32 * CORE)
        assert unsigned(dut.in_ready) >> CORE & 1
        came += unsigned(dut.out_valid) >> EAST & 1
        await cycle(dut)
    assert came == 98
