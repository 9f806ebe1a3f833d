"""cocotb tests of bicall_core's ports, run by test_core_ports.py: AXI4-Lite, AXI4-Stream, the barrier, reset."""

import random

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp, AxiStreamBus, AxiStreamSink, AxiStreamSource

from bicall.emulator.configuration.description import load
from bicall.emulator.rule import plain
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.rtl.driver.core import AXON_SPIKE, END_OF_TICK, TEACHER_SPIKE, tick_events
from bicall.rtl.driver.core_words import NEURONS, ROWS, H, Size
from bicall.rtl.driver.registers import BY_NAME, CONSTANTS, IDENTITY

SIZE = Size(12, 7, 3, 4)
DESCRIPTION = load("digits-256")


class Bench:
    """Clock, reset and the host's side of the ports."""

    def __init__(self, dut):
        self.dut = dut
        cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
        self.registers = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst)
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.clk, dut.rst)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.clk, dut.rst)

    async def reset(self):
        self.dut.rst.value = 1
        await ClockCycles(self.dut.clk, 3)
        self.dut.rst.value = 0
        await ClockCycles(self.dut.clk, 3)

    async def write(self, word: int, value: int):
        """Write a word; the response."""
        return (await self.registers.write(word * 4, (value & 0xFFFFFFFF).to_bytes(4, "little"))).resp

    async def read(self, word: int):
        """Read a word: value and response."""
        got = await self.registers.read(word * 4, 4)
        return int.from_bytes(got.data, "little"), got.resp

    async def load(self, state: LayerState, seed: int):
        assert await self.write(BY_NAME["seed"].word, seed) == AxiResp.OKAY
        for i in range(SIZE.axons):
            for j in range(SIZE.neurons):
                assert await self.write(SIZE.h_word(i, j), int(state.h[i, j])) == AxiResp.OKAY

    async def h(self) -> np.ndarray:
        await self.write(BY_NAME["flush"].word, 1)
        while (await self.read(BY_NAME["flush"].word))[0]:
            pass
        h = np.zeros((SIZE.axons, SIZE.neurons), np.int64)
        for i, j in np.ndindex(h.shape):
            h[i, j], _ = await self.read(SIZE.h_word(i, j))
        return h

    async def send(self, events) -> None:
        await self.source.send(np.asarray(events, "<u4").tobytes())

    async def tick(self) -> list[int]:
        """The spikes of the next tick that ends."""
        frame = await self.sink.recv()
        words = np.frombuffer(bytes(frame.tdata), "<u4")
        assert words[-1] == END_OF_TICK
        return list(words[:-1])

    def pause(self, seed: int) -> None:
        """Idle cycles on what the host sends, back-pressure on what it takes, on every channel."""
        generator = random.Random(seed)

        def pauses(share):
            while True:
                yield generator.random() < share

        self.source.set_pause_generator(pauses(0.3))
        self.sink.set_pause_generator(pauses(0.6))
        for channel in (
            self.registers.write_if.aw_channel,
            self.registers.write_if.w_channel,
            self.registers.write_if.b_channel,
            self.registers.read_if.ar_channel,
            self.registers.read_if.r_channel,
        ):
            channel.set_pause_generator(pauses(0.4))


def trains(seed: int, ticks: int):
    generator = np.random.default_rng(seed)
    sizes = (SIZE.axons, 0.2), (SIZE.neurons, 0.3)
    return [SpikeTrain.from_dense(generator.random((ticks, n)) < rate) for n, rate in sizes]


async def lockstep(bench: Bench, ticks: int, seed: int):
    c = fixed(DESCRIPTION)
    state = LayerState.initial(c, SIZE.axons, SIZE.neurons, seed)
    await bench.load(state, seed)
    pre, teacher = trains(seed, ticks)
    expected = plain.run(c, state, pre, teacher, seed)
    await bench.send(tick_events(pre, teacher))
    for k in range(ticks):
        assert await bench.tick() == list(np.flatnonzero(expected[k])), f"tick {k + 1}"
    assert expected.any()
    assert np.array_equal(await bench.h(), state.h)


@cocotb.test()
async def runs_without_pauses(dut):
    bench = Bench(dut)
    await bench.reset()
    await lockstep(bench, 40, seed=1)


@cocotb.test()
async def runs_with_pauses(dut):
    bench = Bench(dut)
    bench.pause(5)
    await bench.reset()
    await lockstep(bench, 40, seed=2)


@cocotb.test()
async def registers_start_from_the_header(dut):
    bench = Bench(dut)
    await bench.reset()
    c = fixed(DESCRIPTION)
    for name in CONSTANTS:
        value, response = await bench.read(BY_NAME[name].word)
        assert (value, response) == (getattr(c, name) & 0xFFFFFFFF, AxiResp.OKAY), name
    wanted = {"identity": IDENTITY, "axons": 12, "neurons": 7, "lanes": 3, "learn": 1, "tick": 0, "dropped": 0}
    for name, value in wanted.items():
        assert await bench.read(BY_NAME[name].word) == (value, AxiResp.OKAY), name


@cocotb.test()
async def illegal_accesses_change_nothing(dut):
    bench = Bench(dut)
    await bench.reset()
    for name in ("identity", "axons", "neurons", "lanes", "status"):
        before = await bench.read(BY_NAME[name].word)
        assert await bench.write(BY_NAME[name].word, 5) == AxiResp.SLVERR, name
        assert await bench.read(BY_NAME[name].word) == before, name
    too_large = {
        "x_decay": 4097, "membrane_decay": 1 << 13, "potentiation": 1 << 17, "depression_pre": 1 << 16, "learn": 2,
        "pre_threshold": 4096, "gate_low": 1 << 13, "drift_up": 256, "weight_low": 1 << 16, "drift_period": 0,
        "membrane_floor": 1 << 23, "refractory_ticks": 256, "row_base": 1 << 28, "column_turn": 1 << 16, "flush": 2,
        "phase": 1 << 25,
    }  # fmt: skip
    for name, value in too_large.items():
        before = await bench.read(BY_NAME[name].word)
        assert await bench.write(BY_NAME[name].word, value) == AxiResp.SLVERR, name
        assert await bench.read(BY_NAME[name].word) == before, name
    nowhere = [20, 31, 56, 63, 64, 1 << 19, NEURONS + 4 * 7, ROWS + 4 * 12, H + 3, H + (12 << 4), SIZE.h_word(0, 6) + 1]
    for word in nowhere:
        assert (await bench.read(word))[1] == AxiResp.SLVERR, hex(word)
        assert await bench.write(word, 0) == AxiResp.SLVERR, hex(word)
    for word, value in ((H, 256), (ROWS, 4096), (ROWS + 1, 0), (NEURONS, 1 << 12), (NEURONS + 1, 1 << 24),
                        (NEURONS + 2, 1 << 23), (NEURONS + 3, 256)):  # fmt: skip
        assert await bench.write(word, value) == AxiResp.SLVERR, hex(word)
    # a partial write
    before = await bench.read(BY_NAME["seed"].word)
    response = await bench.registers.write(BY_NAME["seed"].word * 4 + 1, b"\x01\x02")
    assert response.resp == AxiResp.SLVERR
    assert await bench.read(BY_NAME["seed"].word) == before


@cocotb.test()
async def state_is_written_and_read_back(dut):
    bench = Bench(dut)
    await bench.reset()
    values = {NEURONS + 4: 5 | 9 << 16, NEURONS + 5: -3, NEURONS + 6: -70_000, NEURONS + 7: 2, ROWS + 8: 77}
    values |= {SIZE.h_word(11, 6): 255, SIZE.h_word(11, 5): 1, SIZE.h_word(0, 0): 128}
    for word, value in values.items():
        assert await bench.write(word, value) == AxiResp.OKAY
    for word, value in values.items():
        assert await bench.read(word) == (value & 0xFFFFFFFF, AxiResp.OKAY), hex(word)


@cocotb.test()
async def full_buffers_lose_nothing(dut):
    """The host takes nothing for long: the core stops, tready goes down, and all spikes come in the end."""
    bench = Bench(dut)
    await bench.reset()
    bench.sink.pause = True
    ticks, everyone = 12, [TEACHER_SPIKE + j for j in range(SIZE.neurons)]
    events = [*everyone, AXON_SPIKE + 1, AXON_SPIKE + 2, END_OF_TICK] * ticks
    await bench.send(events)
    await ClockCycles(dut.clk, 20_000)
    await ReadOnly()
    assert not dut.s_axis_tready.value and dut.m_axis_tvalid.value
    offered = dut.m_axis_tdata.value.to_unsigned()
    await ClockCycles(dut.clk, 100)
    await ReadOnly()
    assert dut.m_axis_tdata.value.to_unsigned() == offered  # stays until it is taken
    await RisingEdge(dut.clk)
    bench.sink.pause = False
    got = [await bench.tick() for _ in range(ticks)]
    # refractory for two ticks after a spike
    assert got == [list(range(SIZE.neurons)) if k % 3 == 0 else [] for k in range(ticks)]


@cocotb.test()
async def events_during_the_barrier_belong_to_the_next_tick(dut):
    bench = Bench(dut)
    await bench.reset()
    await bench.send([END_OF_TICK, TEACHER_SPIKE + 3])
    assert await bench.tick() == []
    await ClockCycles(dut.clk, 300)
    assert bench.sink.empty()
    assert await bench.read(BY_NAME["tick"].word) == (2, AxiResp.OKAY)
    await bench.send([END_OF_TICK])
    assert await bench.tick() == [3]


@cocotb.test()
async def reset_in_mid_operation(dut):
    bench = Bench(dut)
    await bench.reset()
    for cycles in (1, 7, 20, 61, 150):
        await bench.send([TEACHER_SPIKE + 1, AXON_SPIKE + 3, AXON_SPIKE + 4, END_OF_TICK] * 3)
        await ClockCycles(dut.clk, cycles)
        await bench.reset()
        bench.source.clear()
        bench.sink.clear()
        await ClockCycles(dut.clk, 50)
        assert await bench.read(BY_NAME["status"].word) == (4, AxiResp.OKAY)
        assert await bench.read(BY_NAME["tick"].word) == (0, AxiResp.OKAY)
        assert bench.sink.empty()
    await lockstep(bench, 15, seed=4)
