"""bicall_drift: n steps at once are n steps, up to full scale."""

import random

import cocotb

from bicall.rtl.verify.clocked import parameters, settled, unsigned


@cocotb.test()
async def n_steps(dut):
    bits = parameters()["H_BITS"]
    full, source = (1 << bits) - 1, random.Random(6)
    cases = [(steps, a, b) for steps in (0, 1, full, full + 1, 2**32 - 1) for a in (0, 1, full) for b in (0, 1, full)]
    cases += [
        (source.getrandbits(32) >> source.randrange(32), *(source.randint(0, full) for _ in "ab")) for _ in range(1000)
    ]
    for steps, up, down in cases:
        await settled(dut, steps=steps, drift_up=up, drift_down=down)
        assert (unsigned(dut.up), unsigned(dut.down)) == (min(steps * up, full), min(steps * down, full))
