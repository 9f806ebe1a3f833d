"""bicall_pending beside sets: spikes for several ticks ahead, out of range, twice; arrivals in mid-tick; forgetting."""

import random

import cocotb

from bicall.rtl.verify.clocked import cycle, parameters, put, settled, start, unsigned

END = 1 << 31


class Beside:
    """The module, and what waits in it: for each tick from the next on, a set of (direct, index)."""

    def __init__(self, dut, source: random.Random):
        self.dut, self.source = dut, source
        p = parameters()
        self.sizes, self.slots = (p["AXONS"], p["NEURONS"]), p["SLOTS"]
        self.waits: list[set] = [set() for _ in range(self.slots)]
        self.strays = self.doubled = 0
        self.offered: tuple | None = None
        self.events: list[int] = []

    def draw(self) -> tuple:
        """A spike (direct, later, index), now and then of what is not there."""
        direct, wild = self.source.random() < 0.3, self.source.random() < 0.1
        index = self.source.randrange(2 * self.sizes[direct] if wild else self.sizes[direct])
        return direct, self.source.randrange(self.slots + 2 if wild else self.slots - 1), index

    async def step(self, sends: float, takes: float, ahead: int) -> None:
        """One cycle; arrivals are for the ticks from `ahead` on, in `waits`."""
        dut = self.dut
        if self.offered is None and self.source.random() < sends:
            self.offered = self.draw()
        ready = self.source.random() < takes
        direct, later, index = self.offered or (0, 0, 0)
        await settled(dut, set=self.offered is not None, set_direct=direct, set_later=later, set_index=index,
                      event_ready=ready)  # fmt: skip
        if self.offered and unsigned(dut.set_ready):
            fits = index < self.sizes[direct] and later < self.slots - 1
            assert unsigned(dut.out_of_range) == (not fits)
            if fits:
                there = (direct, index) in self.waits[ahead + later]
                assert unsigned(dut.doubled) == (there and not direct)
                self.waits[ahead + later].add((direct, index))
            self.strays += not fits
            self.offered = None
        else:
            assert not unsigned(dut.out_of_range) and not unsigned(dut.doubled)
        if unsigned(dut.event_valid) and ready:
            self.events.append(unsigned(dut.event_data))
        await cycle(dut)
        put(dut, set=self.offered is not None, event_ready=0)


@cocotb.test()
async def random_ticks(dut):
    source = random.Random(3)
    await start(dut, set=0, begin_tick=0, forget=0, event_ready=0)
    beside = Beside(dut, source)

    async def until_idle(sends: float, takes: float, ahead: int) -> None:
        for _ in range(4000):
            if unsigned(dut.idle) and beside.offered is None:
                return
            await beside.step(sends, takes, ahead)
        raise AssertionError("does not come to rest")

    await until_idle(0, 1, 0)
    for tick in range(80):
        for _ in range(source.choice((0, 5, 60))):
            await beside.step(0.7, source.random(), 0)
        await until_idle(0, 1, 0)
        assert not beside.events
        if tick % 9 == 8:
            await cycle(dut, forget=1)
            put(dut, forget=0)
            beside.waits = [set() for _ in range(beside.slots)]
            await settled(dut)
            assert not unsigned(dut.idle)
            await until_idle(0.5, 1, 0)
        await cycle(dut, begin_tick=1)
        put(dut, begin_tick=0)
        for _ in range(30):  # in mid-tick arrivals are for the ticks after it
            await beside.step(source.choice((0, 0.9)), source.choice((0.2, 1.0)), 1)
        await until_idle(0, source.choice((0.3, 1.0)), 1)
        now, *later = beside.waits
        beside.waits = [*later, set()]
        expected = [1 << 30 | index for direct, index in sorted(now) if direct]
        expected += [index for direct, index in sorted(now) if not direct]
        assert sorted(beside.events[:-1]) == sorted(expected)
        assert [e >> 30 for e in beside.events] == [1] * (
            len(expected) - len([e for e in expected if e < END >> 1])
        ) + [0] * len([e for e in expected if e < END >> 1]) + [2]
        assert beside.events[-1] == END
        beside.events = []
    assert beside.strays > 20
    await cycle(dut, rst=1)
    put(dut, rst=0)
    beside.waits = [set() for _ in range(beside.slots)]
    await until_idle(0, 1, 0)
    await cycle(dut, begin_tick=1)
    put(dut, begin_tick=0)
    await until_idle(0, 1, 1)
    assert beside.events == [END]
