"""bicall_row_update beside an array of h: random items on random rows, the host in between, resets."""

import random
from types import SimpleNamespace

import cocotb
import numpy as np

from bicall.emulator.rule.randomness import column_noise
from bicall.rtl.verify.clocked import cycle, parameters, put, start, unsigned


class Update(SimpleNamespace):
    """What one row is to do."""

    @classmethod
    def some(cls, source) -> "Update":
        p = parameters()
        full, top = (1 << p["H_BITS"]) - 1, 1 << (p["H_BITS"] + p["STEP_FRACTION_BITS"])
        items = [
            (source.choice((0, source.randint(0, full))), source.choice((0, source.randint(0, full))),
             source.randint(-top, top - 1) >> source.randrange(12), source.getrandbits(16))
            for _ in range(source.randint(1, p["DEPTH"] + 1))
        ]  # fmt: skip
        first = source.randint(0, p["DEPTH"] + 1 - len(items))
        fired = [[source.getrandbits(p["LANES"]) for _ in range(p["GROUPS"])] for _ in range(p["DEPTH"])]
        depressed = [source.getrandbits(p["LANES"]) for _ in range(p["GROUPS"])]
        row, spike = source.randrange(p["AXONS"]), source.random() < 0.6
        return cls(items=items, first=first, fired=fired, depressed=depressed, row=row, spike=spike,
                   turn=source.getrandbits(16))  # fmt: skip

    def apply(self, h: np.ndarray, exists: np.ndarray) -> tuple[list[int], np.ndarray]:
        """w of each group at the last item, and the row's h after it. h, and which synapses exist: [groups, lanes]."""
        p = parameters()
        full, places, transmitted = (1 << p["H_BITS"]) - 1, p["STEP_FRACTION_BITS"], []
        columns = np.arange(h.size).reshape(h.shape)
        for k, (up, down, step, word) in enumerate(self.items):
            last = k == len(self.items) - 1
            lanes = self.depressed if last else self.fired[self.first + k]
            learns = np.array([[lanes[g] >> i & 1 for i in range(h.shape[1])] for g in range(len(h))], bool)
            learns &= (self.spike or not last) & exists
            w = h > full // 2
            transmitted = [int(sum(int(bit) << i for i, bit in enumerate(word_bits))) for word_bits in w]
            noise = {0: 0, 1: (1 << places) >> 1, 2: column_noise(word + self.turn, columns, places)}[p["H_ROUNDING"]]
            drifted = np.where(w, np.minimum(h + up, full), np.maximum(h - down, 0))
            h = np.where(learns, np.clip(drifted + ((step + noise) >> places), 0, full), drifted)
        return transmitted, h


async def neighbours(dut, update: list):
    """The archive's and the neurons' lanes, a cycle after they are asked for."""
    while True:
        entry, group, read = unsigned(dut.fired_entry), unsigned(dut.read_group), dut.group_read.value
        await cycle(dut)
        if update:
            put(dut, fired_lanes=update[0].fired[entry % parameters()["DEPTH"]][group % parameters()["GROUPS"]])
            if read:
                put(dut, depressed=update[0].depressed[group])


@cocotb.test()
async def random_rows(dut):
    p, source = parameters(), random.Random(13)
    await start(dut, start=0, item_write=0, host_read=0, host_write=0, first_entry=0)
    h = np.zeros((p["AXONS"], p["GROUPS"], p["LANES"]), np.int64)
    exists = np.ones(h.shape, bool)

    async def read(row, group, lane) -> None:
        await cycle(dut, host_read=1, host_place=row * p["GROUPS"] + group, host_lane=lane)
        put(dut, host_read=0)

    for place in np.ndindex(h.shape):
        exists[place] = not p["SPARSE"] or source.random() < 0.7
        h[place] = source.getrandbits(p["H_BITS"]) * exists[place]
        await read(*place)
        await cycle(dut, host_write=1, host_write_h=h[place] | int(exists[place]) << p["H_BITS"])
        put(dut, host_write=0)
    update, step_bits = [], p["H_BITS"] + p["STEP_FRACTION_BITS"] + 1
    cocotb.start_soon(neighbours(dut, update))
    for k in range(200):
        update[:] = [one := Update.some(source)]
        for place, (up, down, step, word) in enumerate(one.items):
            step &= (1 << step_bits) - 1
            item = ((up << p["H_BITS"] | down) << step_bits | step) << 16 | word
            await cycle(dut, item_write=1, item_address=place, item=item)
        put(dut, item_write=0, items=len(one.items), first_entry=one.first, row_place=one.row * p["GROUPS"])
        await cycle(dut, spike=one.spike, column_turn=one.turn)
        await cycle(dut, start=1)
        put(dut, start=0)
        transmitted, after = one.apply(h[one.row], exists[one.row])
        sent, there, written, cycles = {}, {}, 0, 0
        while True:
            if dut.group_transmits.value:
                sent[unsigned(dut.group)] = unsigned(dut.w)
                there[unsigned(dut.group)] = unsigned(dut.exists)
            written += int(dut.word_written.value)
            cycles += 1
            if dut.done.value or cycles > 500:
                break
            await cycle(dut)
        assert cycles <= 2 + p["GROUPS"] * (len(one.items) + 1), cycles
        assert sent == (dict(enumerate(transmitted)) if one.spike else {})
        bits = [sum(int(bit) << i for i, bit in enumerate(group)) for group in exists[one.row]]
        assert there == (dict(enumerate(bits)) if one.spike else {})
        changed = (after != h[one.row]).any(axis=1).sum()
        assert changed <= written <= p["GROUPS"]
        h[one.row] = after
        await cycle(dut)
        if k % 20 == 19:
            for place in np.ndindex(h.shape):
                await read(*place)
                assert unsigned(dut.host_h) == h[place] + (p["SPARSE"] * int(exists[place]) << p["H_BITS"]), place
