"""bicall_ticks beside four numbers: ticks with and without learning, resets, the host's writes, counters that wrap."""

import random

import cocotb

from bicall.rtl.verify.clocked import cycle, put, settled, start, unsigned

WRITES = {"write_tick": 32, "write_phase": 25, "write_drifts": 32}


@cocotb.test()
async def random_use(dut):
    quiet = {"begins": 0, "learn": 0, "forget": 0, "drift_period": 1, **dict.fromkeys(WRITES, 0)}
    await start(dut, **quiet)
    source, tick, phase, drifts, sample, drifted = random.Random(8), 0, 0, 0, 0, 0
    came_round = 0
    for k in range(4000):
        if k % 50 == 0:
            period = source.choice((1, 2, 5, source.randint(1, 2**25 - 1)))
        begins, learn, forget = source.random() < 0.6, source.random() < 0.7, source.random() < 0.4
        write = source.choice((*WRITES, None)) if not begins and source.random() < 0.2 else None
        data = source.getrandbits(WRITES[write]) | -source.randrange(2) if write else 0  # often all ones
        data &= (1 << WRITES[write]) - 1 if write else 0
        forget = forget and not begins and not write
        if begins:
            due = phase + 1 >= period
            tick, phase, drifted = tick + 1 & 0xFFFFFFFF, 0 if due else phase + 1, drifted + due
            drifts = drifts + (due and learn) & 0xFFFFFFFF
        if forget:
            sample = sample + 1 & 0xFF
            came_round += sample == 0
        if write == "write_tick":
            tick = data
        elif write == "write_phase":
            phase = data
        elif write == "write_drifts":
            drifts = data
        inputs = {"begins": begins, "learn": learn, "forget": forget, "drift_period": period, "write_data": data}
        await settled(dut, **inputs, **{name: name == write for name in WRITES})
        assert dut.renumbered.value == (write in ("write_tick", "write_drifts"))
        await cycle(dut)
        assert dut.last_sample.value == (sample == 255)
        found = tuple(unsigned(signal) for signal in (dut.tick, dut.phase, dut.drifts, dut.sample))
        assert found == (tick, phase, drifts, sample)
    assert drifted > 300 and came_round
    await cycle(dut, rst=1)
    put(dut, rst=0)
    assert not any(unsigned(signal) for signal in (dut.tick, dut.phase, dut.drifts, dut.sample))
