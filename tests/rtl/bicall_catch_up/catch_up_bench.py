"""bicall_catch_up beside the emulator's arithmetic: the items of rows that lag behind, with resets on the way."""

import random
from types import SimpleNamespace

import cocotb
import numpy as np

from bicall.emulator.rule.plain import FixedPoint
from bicall.emulator.rule.randomness import Stream, random_words
from bicall.rtl.verify.clocked import cycle, parameters, put, settled, start, unsigned

SEED = 9


def some_constants(source) -> SimpleNamespace:
    p = parameters()
    step_bits = p["H_BITS"] + p["STEP_FRACTION_BITS"]
    full = (1 << p["X_BITS"]) - 1
    return SimpleNamespace(
        x_decay=source.choice((0, 4096, source.randint(3000, 4096), source.randint(0, 4096))),
        x_bump=source.randint(0, 4096),
        x_full=full,
        x_bits=p["X_BITS"],
        x_rounding=p["X_ROUNDING"],
        potentiation=source.randint(0, 1 << step_bits),
        depression_pre=-source.randint(0, 1 << step_bits),
        depression_post=-source.randint(0, 1 << step_bits),
        pre_threshold=source.randint(0, full),
        drift_up=source.randint(0, (1 << p["H_BITS"]) - 1) >> source.randrange(p["H_BITS"]),
        drift_down=source.randint(0, (1 << p["H_BITS"]) - 1) >> source.randrange(p["H_BITS"]),
    )


class Row:
    """A row that lags behind, and the archive since then."""

    def __init__(self, source, c):
        self.number, self.tick, self.drifts = source.getrandbits(28), source.getrandbits(32), source.getrandbits(32)
        self.sample = source.getrandbits(8)
        self.x, self.spike, self.depresses = source.randint(0, c.x_full), source.random() < 0.6, source.random() < 0.6
        depth = parameters()["DEPTH"]
        self.seen = source.randrange(depth)
        self.entries = source.randint(self.seen, depth)
        tick, drifts, sample = self.tick, self.drifts, self.sample
        self.archive = [(source.getrandbits(8),) * 3] * self.seen  # what the row has seen does not matter

        def passes():
            nonlocal tick, drifts, sample
            tick = tick + source.choice((1, 2, source.randint(1, 30))) & 0xFFFFFFFF
            drifts = drifts + source.choice((0, 1, source.getrandbits(32) >> source.randrange(32))) & 0xFFFFFFFF
            if source.random() < 0.2:
                sample = sample + 1 & 0xFF  # a reset just before this tick

        for _ in range(self.entries - self.seen):
            self.archive.append((tick, drifts, sample))
            passes()
        passes()
        self.now = tick, drifts, sample
        self.wipe = not self.spike and source.random() < 0.2

    def expected(self, c) -> tuple[list[tuple], int]:
        """Items and the row's x now, as the tick contract has it."""
        rule, full = FixedPoint(c, SEED), (1 << parameters()["H_BITS"]) - 1
        x, at, drifts, of, items = np.array([self.x]), self.tick, self.drifts, self.sample, []
        for k, (tick, drifts_then, sample) in enumerate([*self.archive[self.seen :], self.now]):
            last = k == self.entries - self.seen
            x = x * (of == sample and not (last and self.wipe))
            for t in range(at + 1, at + 1 + (tick - at & 0xFFFFFFFF)):
                x = rule.decay("x", x, np.array([self.number]), t & 0xFFFFFFFF)
            step = int(rule.potentiation(x)[0]) + (c.depression_post if x[0] < c.pre_threshold else 0)
            stream = Stream.ROUND_PRE if last else Stream.ROUND_POST
            word = int(random_words(SEED, stream, self.number, tick)) & 0xFFFF
            steps = drifts_then - drifts & 0xFFFFFFFF
            drawn = parameters()["H_ROUNDING"] == 2 and (not last or (self.spike and self.depresses))
            items.append((
                min(steps * c.drift_up, full), min(steps * c.drift_down, full), c.depression_pre if last else step,
                word if drawn else None,
            ))  # fmt: skip
            at, drifts, of = tick, drifts_then, sample
        return items, int(rule.bump("x", x)[0]) if self.spike else int(x[0])


async def random_source(dut):
    """Answers as bicall_random would, sooner or later."""
    source = random.Random(1)
    while True:
        if not dut.random_start.value:
            await cycle(dut)
        else:
            asked = [unsigned(s) for s in (dut.random_stream, dut.random_index, dut.random_tick)]
            for _ in range(source.randrange(5)):
                await cycle(dut)
            await cycle(dut, random_done=1, random_word=int(random_words(SEED, *asked)))
            put(dut, random_done=0)


async def x_words(dut):
    """Answers as bicall_random_line would, in order, sooner or later."""
    source, asked = random.Random(2), []
    while True:
        await settled(dut)
        if asked and not dut.x_word_forget.value and source.random() < 0.6:
            tick = asked.pop(0)
            put(dut, x_word_comes=1, x_word=int(random_words(SEED, Stream.ROUND_X, unsigned(dut.random_index), tick)))
            await settled(dut)
        if dut.x_word_forget.value:
            asked.clear()
        elif dut.x_word_ask.value:
            asked.append(unsigned(dut.x_word_tick))
        await cycle(dut)
        put(dut, x_word_comes=0)


async def archive(dut, row: list):
    """Gives entries a cycle after their address."""
    while True:
        # before the first start it is unknown
        address = unsigned(dut.entry_address) if dut.entry_address.value.is_resolvable else 0
        await cycle(dut)
        tick, drifts, sample = row[0].archive[address] if row and address < len(row[0].archive) else (0, 0, 0)
        put(dut, entry=tick << 40 | drifts << 8 | sample)


@cocotb.test()
async def random_rows(dut):
    p, source, row = parameters(), random.Random(12), []
    await start(dut, start=0, random_done=0, x_word_comes=0)
    cocotb.start_soon(random_source(dut))
    cocotb.start_soon(x_words(dut))
    cocotb.start_soon(archive(dut, row))
    h_bits, step_bits = p["H_BITS"], p["H_BITS"] + p["STEP_FRACTION_BITS"] + 1
    for k in range(150):
        c = some_constants(source)
        row[:] = [one := Row(source, c)]
        names = (
            "x_decay",
            "x_bump",
            "potentiation",
            "depression_pre",
            "depression_post",
            "pre_threshold",
            "drift_up",
            "drift_down",
        )
        put(dut, **{name: getattr(c, name) for name in names}, row_number=one.number, row_x=one.x, row_tick=one.tick)
        put(
            dut,
            row_drifts=one.drifts,
            row_sample=one.sample,
            wipe=one.wipe,
            row_entry=one.seen,
            entries=one.entries,
            spike=one.spike,
            depresses=one.depresses,
        )
        put(dut, **dict(zip(("tick", "drifts", "sample"), one.now, strict=True)))
        await cycle(dut, start=1)
        put(dut, start=0)
        items, wanted_x = one.expected(c)
        written = {}
        if k % 10 == 9:  # a reset in mid-operation: it forgets the row
            for _ in range(source.randrange(12)):
                await cycle(dut)
            await cycle(dut, rst=1)
            put(dut, rst=0)
            for _ in range(30):
                await cycle(dut)
                assert not dut.done.value and not dut.item_write.value
            continue
        for _ in range(3000):
            if dut.item_write.value:
                written[unsigned(dut.item_address)] = dut.item.value
            if dut.done.value:
                break
            await cycle(dut)
        assert dut.done.value and unsigned(dut.items) == len(items) == len(written)
        assert unsigned(dut.x_now) == wanted_x
        for place, (up, down, step, word) in enumerate(items):
            item = written[place][len(written[place]) - 1 : 16].to_unsigned()
            assert item >> (step_bits + h_bits) == up
            assert item >> step_bits & ((1 << h_bits) - 1) == down
            assert item & ((1 << step_bits) - 1) == step & ((1 << step_bits) - 1)
            assert word is None or written[place][15:0].to_unsigned() == word  # else nobody uses it
        await cycle(dut)
        assert not dut.done.value
