"""bicall_population beside the emulator's plain loop on neurons alone: ticks of random input, the host in between."""

import random

import cocotb
import numpy as np

from bicall.emulator.configuration.description import load, with_values
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.plain import FixedPoint
from bicall.emulator.rule.randomness import random_words
from bicall.emulator.rule.state import LayerState
from bicall.rtl.verify.clocked import cycle, parameters, put, settled, start, unsigned

SEED, DRIVE_WEIGHT = 21, -2500
ROUNDINGS = ("truncate", "nearest", "stochastic")
CONSTANTS = (
    "y_decay", "y_bump", "s_decay", "s_bump", "post_threshold", "gate_low", "gate_high", "weight_low", "weight_high",
    "teacher_weight", "current_decay", "membrane_decay", "membrane_threshold", "membrane_floor", "refractory_ticks",
)  # fmt: skip
QUIET = (
    "decay", "integrate", "forget", "teach", "drive", "enable", "transmitted", "group_read", "group_transmits",
    "host_read", "host_write", "random_done",
)  # fmt: skip


class Bench:
    def __init__(self, dut):
        p = parameters()
        self.dut, self.source, self.neurons, self.lanes = dut, random.Random(14), p["NEURONS"], p["LANES"]
        described = with_values(
            load("digits-256"),
            post_trace__bits=p["Y_BITS"], post_trace__rounding=ROUNDINGS[p["Y_ROUNDING"]],
            gate_trace__bits=p["S_BITS"], gate_trace__rounding=ROUNDINGS[p["S_ROUNDING"]],
        )  # fmt: skip
        self.c = fixed(described)._replace(weight_high=900, weight_low=-700, s_bump=900, current_decay=2000)
        self.state = LayerState.initial(self.c, p["AXONS"], self.neurons, 0)
        self.rule, self.tick = FixedPoint(self.c, SEED), 0
        self.columns, self.learns = np.arange(self.neurons), np.ones(self.neurons, bool)

    async def start(self):
        await start(self.dut, **dict.fromkeys(QUIET, 0), learn=1, spike_ready=1, drive_weight=DRIVE_WEIGHT,
                    **{name: getattr(self.c, name) for name in CONSTANTS})  # fmt: skip
        cocotb.start_soon(self.random_source())
        await self.rest()

    async def random_source(self):
        dut, source = self.dut, random.Random(15)
        while True:
            if not dut.random_start.value:
                await cycle(dut)
            else:
                word = random_words(SEED, unsigned(dut.random_stream), unsigned(dut.neuron), self.tick)
                for _ in range(source.randint(1, 4)):
                    await cycle(dut)
                await cycle(dut, random_done=1, random_word=int(word))
                put(dut, random_done=0)

    async def rest(self) -> tuple[list[int], dict[int, int]]:
        """Wait until the neurons are idle; the spikes that came, and the lanes that fired by group."""
        dut, spikes, fired = self.dut, [], {}
        for _ in range(5000):
            ready = self.source.random() < 0.5
            await settled(dut, spike_ready=ready)
            if dut.spike.value and ready:
                spikes.append(unsigned(dut.neuron))
            if dut.fired_write.value:
                fired[unsigned(dut.group)] = unsigned(dut.fired_lanes)
            await cycle(dut)
            if dut.idle.value:
                return spikes, fired
        raise AssertionError("the neurons never rest")

    async def pulse(self, **inputs):
        await cycle(self.dut, **inputs)
        put(self.dut, **{name: 0 for name in inputs if name in QUIET})

    def bits(self, flags: np.ndarray, group: int) -> int:
        members = flags[group * self.lanes : (group + 1) * self.lanes]
        return sum(int(flag) << lane for lane, flag in enumerate(members))

    async def read(self, neuron: int) -> list[int]:
        found = []
        for field in range(4):
            await self.pulse(host_read=1, host_neuron=neuron, host_field=field)
            found.append(unsigned(self.dut.host_data))
        return found

    async def check_state(self):
        s = self.state
        for j in self.columns:
            words = (s.y[j] | s.s[j] << 16, s.current[j], s.membrane[j], s.refractory[j])
            assert await self.read(int(j)) == [int(word) & 0xFFFFFFFF for word in words], j

    async def run_tick(self, learn: bool):
        """One tick on both sides."""
        dut, c, state, source = self.dut, self.c, self.state, self.source
        self.tick += 1
        put(dut, learn=learn)
        await self.pulse(decay=1)
        await self.rest()
        state.y[:] = self.rule.decay("y", state.y, self.columns, self.tick)
        state.s[:] = self.rule.decay("s", state.s, self.columns, self.tick)
        learns = learn & self.learns
        depressed = learns & (c.gate_low < state.s) & (state.s < c.gate_high) & (state.y > c.post_threshold)
        assert dut.any_depressed.value == depressed.any()
        groups = -(-self.neurons // self.lanes)

        high, came = np.zeros((2, self.neurons), np.int64)
        axons, sparse = source.randint(0, parameters()["AXONS"]), parameters()["SPARSE"]
        for _ in range(axons):
            exists = np.array([not sparse or source.random() < 0.7 for _ in self.columns])
            weights = np.array([source.random() < 0.6 for _ in self.columns]) & exists
            for group in range(groups):
                await self.pulse(group_read=1, read_group=group)
                await cycle(dut)
                assert unsigned(dut.depressed) == self.bits(depressed, group)
                bits = {"w": self.bits(weights, group), "exists": self.bits(exists, group)}
                await self.pulse(group_transmits=1, transmitting_group=group, **bits)
            await self.pulse(transmitted=1)
            high += weights
            came += exists
        taught = np.array([source.random() < 0.3 for _ in self.columns])
        for j in np.flatnonzero(taught):
            await self.pulse(teach=1, event_neuron=int(j))
        driven = np.array([source.random() < 0.2 for _ in self.columns])
        for j in np.flatnonzero(driven):
            await self.pulse(drive=1, event_neuron=int(j))

        arriving = high * c.weight_high + (came - high) * c.weight_low + taught * c.teacher_weight
        arriving += driven * DRIVE_WEIGHT
        current, membrane = self.rule.integrate(state.current, state.membrane, arriving)
        active = state.refractory == 0
        state.current[:] = current
        state.membrane[active] = np.maximum(membrane, c.membrane_floor)[active]
        state.refractory[~active] -= 1
        fired = state.membrane > c.membrane_threshold
        state.membrane[fired], state.refractory[fired] = 0, c.refractory_ticks
        state.y[fired], state.s[fired] = self.rule.bump("y", state.y[fired]), self.rule.bump("s", state.s[fired])
        changed = learns & fired & (c.gate_low < state.s) & (state.s < c.gate_high)

        put(dut, spike_ready=0)
        await self.pulse(integrate=1)
        spikes, lanes = await self.rest()
        assert spikes == list(np.flatnonzero(fired))
        assert lanes == {group: self.bits(changed, group) for group in range(groups)}
        assert dut.any_fired.value == changed.any()
        return fired.sum(), changed.sum(), depressed.sum()


@cocotb.test()
async def random_ticks(dut):
    bench = Bench(dut)
    await bench.start()
    seen = np.zeros(3, int)
    for k in range(40):
        if k % 5 == 4:
            j = bench.source.randrange(bench.neurons)
            bench.learns[j] = not bench.learns[j]
            await bench.pulse(enable=1, enabled=int(bench.learns[j]), event_neuron=j)
        seen += await bench.run_tick(learn=k % 8 != 7)
        if k % 8 == 0:
            await bench.check_state()
        if k % 16 == 15:
            await bench.pulse(forget=1)
            await bench.rest()
            bench.state.reset()
    await bench.check_state()
    assert (seen > 10).all(), seen


@cocotb.test()
async def the_host_writes_state(dut):
    bench = Bench(dut)
    await bench.start()
    s, source = bench.state, bench.source
    for j in range(bench.neurons):
        s.y[j], s.s[j] = source.randint(0, bench.c.y_full), source.randint(0, bench.c.s_full)
        s.current[j], s.membrane[j] = source.randint(-(2**23), 2**23), source.randint(-(2**23) + 1, 2**23 - 1)
        s.refractory[j] = source.choice((0, source.getrandbits(8)))
        words = (s.y[j] | s.s[j] << 16, s.current[j], s.membrane[j], s.refractory[j])
        for field, word in enumerate(words):
            await bench.pulse(host_read=1, host_neuron=j, host_field=field)
            await bench.pulse(host_write=1, host_write_data=int(word))
    await bench.check_state()
    for _ in range(4):
        await bench.run_tick(learn=True)
    await bench.check_state()


@cocotb.test()
async def a_reset_in_mid_operation_clears_all(dut):
    bench = Bench(dut)
    await bench.start()
    for cycles in (3, 20, 45):
        for _ in range(2):
            await bench.run_tick(learn=True)
        await bench.pulse(teach=1, event_neuron=0)
        await bench.pulse(drive=1, event_neuron=1)
        await bench.pulse(enable=1, enabled=0, event_neuron=2)
        await bench.pulse(integrate=1)
        for _ in range(cycles):
            await cycle(dut)
        await bench.pulse(rst=1)
        put(dut, rst=0)
        await bench.rest()
        bench.state.reset()
        await bench.check_state()
