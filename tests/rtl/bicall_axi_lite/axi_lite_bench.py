"""bicall_axi_lite between cocotbext-axi's host and a responder that takes its time: nothing lost or changed."""

import random

import cocotb
from cocotb.triggers import RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp

from bicall.rtl.verify.clocked import put, start, unsigned


def refuses(address: int) -> bool:
    return address % 7 == 3


async def respond(dut, source, requests: list):
    """Answer each request after a while; what is asked for must stay until then."""
    while True:
        await RisingEdge(dut.clk)
        if not dut.request.value:
            continue
        write, address = int(dut.write.value), unsigned(dut.address)
        asked = write, address, unsigned(dut.write_data) if write else 0
        for _ in range(source.randrange(4)):
            await RisingEdge(dut.clk)
            assert dut.request.value and (dut.write.value, unsigned(dut.address)) == (write, address)
            assert not write or unsigned(dut.write_data) == asked[2]
        put(dut, acknowledge=1, read_data=address * 3, error=refuses(address))
        await RisingEdge(dut.clk)
        put(dut, acknowledge=0, read_data=source.getrandbits(32))
        requests.append(asked)
        await RisingEdge(dut.clk)


def pauses(source, share: float):
    while True:
        yield source.random() < share


async def host(dut) -> AxiLiteMaster:
    bus = AxiLiteBus.from_prefix(dut, "s_axil")
    made = AxiLiteMaster(bus, dut.clk, dut.rst)
    await start(dut, acknowledge=0, error=0)
    return made


@cocotb.test()
async def random_transactions(dut):
    made, source, requests = await host(dut), random.Random(10), []
    cocotb.start_soon(respond(dut, source, requests))
    for interface, channels in ((made.write_if, ("aw", "w", "b")), (made.read_if, ("ar", "r"))):
        for channel in channels:
            getattr(interface, f"{channel}_channel").set_pause_generator(pauses(random.Random(channel), 0.4))
    for _ in range(250):
        address, data = source.getrandbits(22), source.getrandbits(32)
        refused = AxiResp.SLVERR if refuses(address) else AxiResp.OKAY
        if source.random() < 0.2:  # partial: never asked for
            before = len(requests)
            answer = await made.write(address * 4 + 1, b"\x01\x02")
            assert answer.resp == AxiResp.SLVERR and len(requests) == before
        elif source.random() < 0.5:
            answer = await made.write(address * 4, data.to_bytes(4, "little"))
            assert answer.resp == refused and requests[-1] == (1, address, data)
        else:
            answer = await made.read(address * 4, 4)
            assert answer.resp == refused and requests[-1][:2] == (0, address)
            assert int.from_bytes(answer.data, "little") == (0 if refuses(address) else address * 3)


@cocotb.test()
async def write_and_read_at_once(dut):
    made, source, requests = await host(dut), random.Random(11), []
    cocotb.start_soon(respond(dut, source, requests))
    for k in range(20):
        write = cocotb.start_soon(made.write(8 * k, bytes([k, 0, 0, 0])))
        read = cocotb.start_soon(made.read(8 * k + 4, 4))
        assert (await write).resp == (AxiResp.SLVERR if refuses(2 * k) else AxiResp.OKAY)
        assert (await read).resp == (AxiResp.SLVERR if refuses(2 * k + 1) else AxiResp.OKAY)
        assert sorted(requests[-2:])[1] == (1, 2 * k, k) and sorted(requests[-2:])[0][:2] == (0, 2 * k + 1)
