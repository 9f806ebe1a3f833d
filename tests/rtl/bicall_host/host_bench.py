"""bicall_host: every address means what docs/rtl.md says, what is illegal reaches nobody, counters count."""

import random

import cocotb
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp

from bicall.rtl.driver.core_words import NEURONS, ROWS, H, Size
from bicall.rtl.driver.registers import BY_NAME
from bicall.rtl.verify.clocked import cycle, parameters, put, settled, start, unsigned


class Bench:
    def __init__(self, dut):
        self.dut, self.accesses = dut, []
        p = parameters()
        self.size = Size(p["AXONS"], p["NEURONS"], p["LANES"])
        self.master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst)

    async def start(self):
        await start(self.dut, register_data=0, register_error=0, in_tick=0, flushed=1, state_done=0)
        cocotb.start_soon(self.core())

    async def core(self):
        """Serves accesses to state after a while, as the core does between two events."""
        dut, source = self.dut, random.Random(1)
        while True:
            await cycle(dut)
            if dut.state_request.value:
                for _ in range(source.randrange(6)):
                    await cycle(dut)
                which = [name for name in ("neuron", "row", "h") if getattr(dut, f"of_{name}").value]
                place = {"neuron": (dut.neuron, dut.field), "row": (dut.row, dut.field), "h": (dut.place, dut.lane)}
                (name,) = which
                at = tuple(unsigned(signal) for signal in place[name])
                put(dut, neuron_data=0x1000 + at[0], row_data=0x2000 + at[0], h_data=at[0] + 3)
                await settled(dut, state_done=1)
                self.accesses.append((name, *at, unsigned(dut.write_data) if dut.state_write.value else None))
                await cycle(dut)
                await cycle(dut, state_done=0)

    async def write(self, word: int, value: int):
        return (await self.master.write(word * 4, (value & 0xFFFFFFFF).to_bytes(4, "little"))).resp

    async def read(self, word: int):
        got = await self.master.read(word * 4, 4)
        return int.from_bytes(got.data, "little") if got.resp == AxiResp.OKAY else None


@cocotb.test()
async def state_addresses(dut):
    bench = Bench(dut)
    await bench.start()
    size = bench.size
    for row in range(size.axons):
        for column in range(size.neurons):
            group, lane = divmod(column, size.lanes)
            place = row * size.groups + group
            assert await bench.read(size.h_word(row, column)) == place + 3
            assert bench.accesses.pop() == ("h", place, lane, None)
    for base, name, count in ((NEURONS, "neuron", size.neurons), (ROWS, "row", size.axons)):
        for k in range(count):
            for field in range(4):
                assert await bench.read(base + 4 * k + field) == (0x1000 if name == "neuron" else 0x2000) + k
                assert bench.accesses.pop() == (name, k, field, None)
    for word, value, access in (
        (NEURONS + 5, -(2**24), ("neuron", 1, 1)),
        (NEURONS + 6, 2**23 - 1, ("neuron", 1, 2)),
        (ROWS + 8, 4095, ("row", 2, 0)),
        (size.h_word(1, 0), 255 + 256 * parameters()["SPARSE"], ("h", size.groups, 0)),
    ):
        assert await bench.write(word, value) == AxiResp.OKAY
        assert bench.accesses.pop() == (*access, value & 0xFFFFFFFF)


@cocotb.test()
async def illegal_accesses_reach_nobody(dut):
    bench = Bench(dut)
    await bench.start()
    size = bench.size
    nowhere = [
        NEURONS + 4 * size.neurons,
        ROWS + 4 * size.axons,
        size.h_word(size.axons - 1, size.neurons - 1) + 1,
        H - 1,
    ]
    for word in (*nowhere, 64, 1 << 19):
        assert await bench.read(word) is None and await bench.write(word, 0) == AxiResp.SLVERR
    no_fit = {
        NEURONS: 1 << 12,
        NEURONS + 1: 1 << 24,
        NEURONS + 2: 1 << 23,
        NEURONS + 3: 256,
        ROWS: 4096,
        H: 256 << parameters()["SPARSE"],
    }
    for word, value in (no_fit | dict.fromkeys((ROWS + 1, ROWS + 2, ROWS + 3), 0)).items():
        assert await bench.write(word, value) == AxiResp.SLVERR
    # h of a synapse that does not exist must be 0
    sparse = parameters()["SPARSE"]
    for value, fits in ((0, True), (1, not sparse), (255, not sparse)):
        assert await bench.write(H, value) == (AxiResp.OKAY if fits else AxiResp.SLVERR)
    bench.accesses.clear()
    put(dut, register_error=1)
    assert await bench.write(BY_NAME["x_decay"].word, 1) == AxiResp.SLVERR
    assert await bench.read(BY_NAME["x_decay"].word) is None
    put(dut, register_error=0)
    for in_tick, taken in ((0, (NEURONS + 1,)), (1, ())):
        put(dut, in_tick=in_tick, flushed=0)
        for word in (NEURONS + 1, ROWS, size.h_word(1, 0)):
            assert await bench.write(word, 0) == (AxiResp.OKAY if word in taken else AxiResp.SLVERR)
            assert await bench.read(word) is not None
    writes = [access for access in bench.accesses if access[-1] is not None]
    assert writes == [("neuron", 0, 1, 0)]


@cocotb.test()
async def registers_are_handed_on(dut):
    bench = Bench(dut)
    await bench.start()
    source, seen = random.Random(2), []

    async def watch():
        while True:
            await cycle(dut)
            if dut.register_write.value:
                seen.append((unsigned(dut.register_index), unsigned(dut.write_data)))

    cocotb.start_soon(watch())
    for index in range(64):
        value = source.getrandbits(32)
        assert await bench.write(index, value) == AxiResp.OKAY
        assert seen.pop() == (index, value)
        put(dut, register_data=value ^ 1)
        assert await bench.read(index) == value ^ 1
    assert not seen and not bench.accesses
