"""The Verilog on top of a chip: a tile for each core of its mesh, neighbours joined, the host at one of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bicall.emulator.rule.constants import Constants
from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver import packets, simulator
from bicall.rtl.driver.core_words import Size, parameters

TOP = "bicall_chip"
EAST, WEST, SOUTH, NORTH, HOST = range(5)  # sides of a tile, in the order of its ports
# for the side by which a flit leaves: the step to the neighbour, and the side by which it comes in there
NEIGHBOURS = {EAST: (1, 0, WEST), WEST: (-1, 0, EAST), SOUTH: (0, 1, NORTH), NORTH: (0, -1, SOUTH)}
CORE_PORT = 16  # a router's ports: bits 0 to 3 the neighbours, 4 the core, 5 the host
HOST_PORT = 32


class Tile(NamedTuple):
    """What is behind a router."""

    constants: Constants  # of which the widths and roundings are built
    size: Size
    slots: int  # ticks for which spikes can wait
    routes: int  # packets in the route table


@dataclass(frozen=True)
class ChipPlan:
    """A chip to be built.

    Raises:
        BadInput: what the Verilog cannot be; the message names chip, value and limit.
    """

    name: str
    width: int
    height: int
    host: tuple[int, int]  # column and row of the tile that serves it
    tiles: tuple[Tile | None, ...]  # row by row; None: no core there
    queue_log2: int = 1

    def __post_init__(self) -> None:
        for what, value in (("mesh.width", self.width), ("mesh.height", self.height)):
            self._at_most(what, value, packets.PLACES)
        for tile in filter(None, self.tiles):
            self._at_most("core.axons", tile.size.axons, packets.INDICES)
            self._at_most("core.neurons", tile.size.neurons, packets.INDICES)
            self._at_most("core.longest_delay", tile.slots - 1, packets.LARGEST_DELAY - 1)
            self._at_most("core.out_entries", tile.routes, packets.MOST_ROUTES)

    def _at_most(self, what: str, value: int, limit: int) -> None:
        if value > limit:
            raise BadInput(f"chip {self.name}: {what} is {value}, must be at most {limit} in Verilog")

    def place(self, number: int) -> tuple[int, int]:
        """Column and row of a tile."""
        return number % self.width, number // self.width


def modules_of(plan: ChipPlan, folder: Path = simulator.ROOM) -> list[Path]:
    """The Verilog files of a chip's tiles; one is taken from `folder` where it is there."""
    kinds = (("bicall_tile", any(plan.tiles)), ("bicall_empty_tile", not all(plan.tiles)))
    tops = [module for module, there in kinds if there]
    return list(dict.fromkeys(path for module in tops for path in simulator.verilog(module, folder)))


def verilog(plan: ChipPlan) -> str:
    """The text of the top module."""
    count = plan.width * plan.height
    tiles = "\n".join(_tile(plan, number) for number in range(count))
    return f"""\
// SPDX-License-Identifier: Apache-2.0
// {TOP}: {plan.name}, {plan.width} x {plan.height} tiles; the host is at ({plan.host[0]}, {plan.host[1]}).
// Made by `bicall chip build`.
//
// The host's streams carry flits (docs/packets.md); `tlast` comes with each marker.

`default_nettype none
module {TOP} (
    input  wire        clk,
    input  wire        rst,
    input  wire        s_axis_tvalid,
    output wire        s_axis_tready,
    input  wire [31:0] s_axis_tdata,
    output wire        m_axis_tvalid,
    input  wire        m_axis_tready,
    output wire [31:0] m_axis_tdata,
    output wire        m_axis_tlast
);
    // of each tile, a bit or a flit a side: 0 east, 1 west, 2 south, 3 north, 4 the host
    wire [{5 * count - 1}:0] in_valid, in_ready, out_valid, out_ready;
    wire [{160 * count - 1}:0] in_data, out_data;
    assign m_axis_tlast = m_axis_tdata[31];
    wire _unused = &{{1'b0, in_ready, out_valid, out_data}};  // of the sides where nothing is
{tiles}
endmodule
`default_nettype wire
"""


def _tile(plan: ChipPlan, number: int) -> str:
    (x, y), tile = plan.place(number), plan.tiles[number]
    ports, lines = CORE_PORT, []
    for side, (dx, dy, opposite) in NEIGHBOURS.items():
        here = 5 * number + side
        if 0 <= x + dx < plan.width and 0 <= y + dy < plan.height:
            ports += 1 << side
            there = 5 * (number + dx + dy * plan.width) + opposite
            lines.append(_joined(here, f"out_valid[{there}]", f"out_data[{_flit(there)}]", f"in_ready[{there}]"))
        else:
            lines.append(_joined(here, "1'b0", "32'd0", "1'b0"))
    here = 5 * number + HOST
    if (x, y) == plan.host:
        ports += HOST_PORT
        lines.append(_joined(here, "s_axis_tvalid", "s_axis_tdata", "m_axis_tready"))
        lines.append(f"    assign s_axis_tready = in_ready[{here}];")
        lines.append(f"    assign m_axis_tvalid = out_valid[{here}];")
        lines.append(f"    assign m_axis_tdata = out_data[{_flit(here)}];")
    else:
        lines.append(_joined(here, "1'b0", "32'd0", "1'b0"))
    values = {"X": x, "Y": y, "PORTS": ports, "QUEUE_LOG2": plan.queue_log2}
    if tile:
        values |= {"HOST_X": plan.host[0], "HOST_Y": plan.host[1], "SLOTS": tile.slots, "ROUTES": tile.routes}
        values |= parameters(tile.constants, tile.size)
    chosen = ", ".join(f".{name}({value})" for name, value in values.items())
    module = "bicall_tile" if tile else "bicall_empty_tile"
    sides = ", ".join(
        f".{name}({name}[{5 * number} +: 5])" for name in ("in_valid", "in_ready", "out_valid", "out_ready")
    )
    data = ", ".join(f".{name}({name}[{160 * number} +: 160])" for name in ("in_data", "out_data"))
    return "\n".join([
        "", *lines,
        f"    {module} #({chosen}) tile_{x}_{y} (",
        f"        .clk(clk), .rst(rst), {sides},", f"        {data}", "    );",
    ])  # fmt: skip


def _joined(here: int, valid: str, data: str, ready: str) -> str:
    return (
        f"    assign in_valid[{here}] = {valid};\n    assign in_data[{_flit(here)}] = {data};\n"
        f"    assign out_ready[{here}] = {ready};"
    )


def _flit(port: int) -> str:
    return f"{32 * port} +: 32"
