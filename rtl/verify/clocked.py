"""What cocotb benches of clocked modules share: clock, reset, inputs by name. Inputs change at falling edges."""

import json
import os

from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer


def parameters() -> dict:
    """The Verilog parameters that `run_bench` has set."""
    return json.loads(os.environ["PARAMETERS"])


def put(dut, **inputs: int) -> None:
    """Set inputs; negative numbers in two's complement, and only as many bits as the input has."""
    for name, value in inputs.items():
        signal = getattr(dut, name)
        signal.value = int(value) & ((1 << len(signal)) - 1)


async def settled(dut, **inputs: int) -> None:
    """Set inputs and wait until the combinational outputs follow."""
    put(dut, **inputs)
    await Timer(1, "ns")


async def cycle(dut, **inputs: int) -> None:
    """Set inputs and let a clock edge pass."""
    put(dut, **inputs)
    await FallingEdge(dut.clk)


async def reset(dut, **inputs: int) -> None:
    """Two cycles of reset, with these inputs."""
    await cycle(dut, rst=1, **inputs)
    await cycle(dut)
    put(dut, rst=0)


async def start(dut, **inputs: int) -> None:
    """Begin the clock; then as `reset`, where the module has one."""
    Clock(dut.clk, 10, "ns").start()
    if hasattr(dut, "rst"):
        await reset(dut, **inputs)
    else:
        await cycle(dut, **inputs)


def signed(signal) -> int:
    """The value of a signal as a signed number."""
    return signal.value.to_signed()


def unsigned(signal) -> int:
    """The value of a signal, of one bit or more, as an unsigned number."""
    return int(signal.value) if len(signal) == 1 else signal.value.to_unsigned()
