"""bicall_routes beside a table: packets of each neuron in order, none, the table's end, the host's words, a reset."""

import random

import cocotb

from bicall.rtl.verify.clocked import cycle, parameters, put, settled, start, unsigned

LAST = VALID = 1 << 31


async def host_writes(dut, of_starts: int, address: int, value: int) -> bool:
    """A write, if it fits, as the network interface makes it."""
    await settled(dut, of_starts=of_starts, address=address, write_data=value)
    fits = bool(unsigned(dut.fits))
    await cycle(dut, host_write=fits)
    put(dut, host_write=0)
    return fits


async def host_reads(dut, of_starts: int, address: int) -> int | None:
    await settled(dut, of_starts=of_starts, address=address)
    exists = unsigned(dut.exists)
    await cycle(dut, host_read=1)
    await settled(dut, host_read=0)
    return unsigned(dut.read_data) if exists else None


async def at_rest(dut) -> None:
    for _ in range(100):
        await settled(dut)
        if unsigned(dut.idle):
            return
        await cycle(dut)
    raise AssertionError("does not come to rest")


async def packets_of(dut, neuron: int, source: random.Random) -> list[int]:
    came: list[int] = []
    for _ in range(500):
        ready = source.random() < 0.6
        await settled(dut, spike=1, neuron=neuron, packet_ready=ready)
        assert not unsigned(dut.idle)
        if unsigned(dut.packet_valid) and ready:
            came.append(unsigned(dut.packet))
        done = unsigned(dut.spike_ready)
        await cycle(dut)
        if done:
            put(dut, spike=0)
            return came
    raise AssertionError("the spike is not taken")


@cocotb.test()
async def tables(dut):
    neurons, routes = parameters()["NEURONS"], parameters()["ROUTES"]
    source = random.Random(4)
    await start(dut, spike=0, packet_ready=0, host_read=0, host_write=0, of_starts=0, address=0, write_data=0, neuron=0)
    await at_rest(dut)
    for neuron in range(neurons):
        assert await packets_of(dut, neuron, source) == []
    for _ in range(12):
        await at_rest(dut)
        words = [source.getrandbits(31) | (LAST if source.random() < 0.4 else 0) for _ in range(routes)]
        for route, word in enumerate(words):
            assert await host_writes(dut, 0, route, word)
        starts = [source.choice((0, VALID | source.randrange(routes))) for _ in range(neurons)]
        for neuron, word in enumerate(starts):
            assert await host_writes(dut, 1, neuron, word)
        assert not await host_writes(dut, 0, routes, 5)
        assert not await host_writes(dut, 1, neurons, 0)
        assert not await host_writes(dut, 1, 0, VALID | routes)  # beyond the table
        assert not await host_writes(dut, 1, 0, VALID | 1 << 16)
        assert not await host_writes(dut, 1, 0, 1)
        assert [await host_reads(dut, 0, route) for route in range(routes)] == words
        assert [await host_reads(dut, 1, neuron) for neuron in range(neurons)] == starts
        assert await host_reads(dut, 0, routes) is None and await host_reads(dut, 1, neurons) is None
        for neuron in source.choices(range(neurons), k=10):
            expected, at = [], starts[neuron] & 0xFFFF
            while starts[neuron] and at < routes:
                expected.append(words[at] & ~LAST)
                at = routes if words[at] & LAST else at + 1
            assert await packets_of(dut, neuron, source) == expected
    await cycle(dut, rst=1)
    put(dut, rst=0)
    await at_rest(dut)
    for neuron in range(neurons):
        assert await packets_of(dut, neuron, source) == []
