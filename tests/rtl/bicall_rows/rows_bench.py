"""bicall_rows: which rows are worked on, in which order, and what is known of each afterwards."""

import random

import cocotb

from bicall.rtl.verify.clocked import cycle, parameters, put, start, unsigned

TICK, DRIFTS = 1000, 70


async def worker(dut, visited: list):
    """In bicall_row_update's place: takes note of the row, and is done after a while."""
    source = random.Random(1)
    while True:
        await cycle(dut)
        if dut.walked.value:
            visited.append((unsigned(dut.row_place), bool(dut.sweeping.value), unsigned(dut.items)))
            for _ in range(source.randrange(5)):
                await cycle(dut)
            await cycle(dut, updated=1)
            put(dut, updated=0)


async def row(dut, number: int) -> list[int]:
    """A row's four words."""
    found = []
    for field in range(4):
        await cycle(dut, host_read=1, host_row=number, host_field=field)
        put(dut, host_read=0)
        found.append(unsigned(dut.host_data))
    return found


async def work(dut) -> dict[str, int]:
    """Wait until the rows are idle; how often each pulse came."""
    pulses = dict.fromkeys(("transmitted", "dropped", "swept"), 0)
    for _ in range(5000):
        for name in pulses:
            pulses[name] += int(getattr(dut, name).value)
        if dut.idle.value:
            return pulses
        await cycle(dut)
    raise AssertionError("the rows never rest")


async def prepared(dut) -> list:
    quiet = dict.fromkeys(("spike", "sweep", "wipe", "renumber", "updated", "host_read", "host_write", "random_done",
                           "any_depressed"), 0)  # fmt: skip
    # a trace that never decays, and no archive: what there is to do takes no time
    await start(dut, **quiet, tick=TICK, drifts=DRIFTS, sample=0, row_base=0, entries=0, entry=0, x_decay=4096,
                x_bump=2048, potentiation=0, depression_pre=0, depression_post=0, pre_threshold=0, drift_up=1,
                drift_down=1)  # fmt: skip
    visited = []
    cocotb.start_soon(worker(dut, visited))
    await work(dut)
    return visited


@cocotb.test()
async def cleared_after_a_reset(dut):
    await prepared(dut)
    for number in range(parameters()["AXONS"]):
        assert await row(dut, number) == [0, TICK, DRIFTS, 0]


@cocotb.test()
async def a_spike_brings_its_row_up_to_date_once_a_tick(dut):
    visited, p = await prepared(dut), parameters()
    put(dut, tick=TICK + 3, drifts=DRIFTS + 2, entries=0)
    source, full = random.Random(2), (1 << p["X_BITS"]) - 1
    for number in source.sample(range(p["AXONS"]), p["AXONS"]):
        for first in (True, False):
            await cycle(dut, spike=1, spike_axon=number)
            put(dut, spike=0)
            assert await work(dut) == {"transmitted": first, "dropped": not first, "swept": 0}
        assert visited.pop() == (number * p["GROUPS"], False, 1) and not visited
        assert await row(dut, number) == [full >> 1, TICK + 3, DRIFTS + 2, 0]


@cocotb.test()
async def a_sweep_visits_all_rows_and_empties_the_archive(dut):
    visited, p = await prepared(dut), parameters()
    put(dut, tick=TICK + 9, drifts=DRIFTS, entries=2, entry=(TICK + 5) << 40 | DRIFTS << 8)
    await cycle(dut, spike=1, spike_axon=1)
    put(dut, spike=0)
    await work(dut)
    assert visited == [(p["GROUPS"], False, 3)]
    assert (await row(dut, 1))[3] == 2  # entries seen
    await cycle(dut, sweep=1)
    put(dut, sweep=0)
    assert await work(dut) == {"transmitted": 0, "dropped": 0, "swept": 1}
    items = [1 if number == 1 else 3 for number in range(p["AXONS"])]
    assert visited[1:] == [(number * p["GROUPS"], True, items[number]) for number in range(p["AXONS"])]
    for number in range(p["AXONS"]):
        assert (await row(dut, number))[1:] == [TICK + 9, DRIFTS, 0]


@cocotb.test()
async def the_host_writes_x(dut):
    await prepared(dut)
    put(dut, tick=TICK + 1, entries=1)
    for number in (0, parameters()["AXONS"] - 1):
        await cycle(dut, host_read=1, host_row=number, host_field=0)
        await cycle(dut, host_read=0, host_write=1, host_write_x=77 + number)
        put(dut, host_write=0)
        assert await row(dut, number) == [77 + number, TICK + 1, DRIFTS, 1]


@cocotb.test()
async def rows_take_over_new_ticks(dut):
    """x stays if it is of this sample; then a spike in a tick of the same number is no second one."""
    visited, p = await prepared(dut), parameters()
    full = (1 << p["X_BITS"]) - 1
    for number, sample in ((1, 3), (2, 4)):
        put(dut, sample=sample)
        await cycle(dut, spike=1, spike_axon=number)
        put(dut, spike=0, tick=TICK + 1)
        await work(dut)
        put(dut, tick=TICK)
    visited.clear()
    put(dut, tick=7, drifts=5)
    await cycle(dut, renumber=1)
    put(dut, renumber=0)
    assert await work(dut) == {"transmitted": 0, "dropped": 0, "swept": 0}
    assert not visited
    for number in range(p["AXONS"]):
        assert await row(dut, number) == [full >> 1 if number == 2 else 0, 7, 5, 0]
    put(dut, tick=8)
    await cycle(dut, spike=1, spike_axon=2)
    put(dut, spike=0)
    assert await work(dut) == {"transmitted": 1, "dropped": 0, "swept": 0}


@cocotb.test()
async def a_sweep_wipes_x(dut):
    visited, p = await prepared(dut), parameters()
    put(dut, tick=TICK + 1)
    await cycle(dut, spike=1, spike_axon=3)
    put(dut, spike=0)
    await work(dut)
    assert (await row(dut, 3))[0] > 0
    await cycle(dut, sweep=1, wipe=1)
    put(dut, sweep=0, wipe=0)
    assert (await work(dut))["swept"] == 1 and len(visited) == 1 + p["AXONS"]
    assert (await row(dut, 3))[0] == 0


@cocotb.test()
async def a_reset_stops_a_sweep(dut):
    visited = await prepared(dut)
    await cycle(dut, sweep=1)
    put(dut, sweep=0)
    for _ in range(15):
        await cycle(dut)
    await cycle(dut, rst=1)
    put(dut, rst=0)
    assert (await work(dut))["swept"] == 0
    assert len(visited) < parameters()["AXONS"]
    assert (await row(dut, 0))[3] == 0
