"""The files that come from the table of packets: the macros of the Verilog, and a page in docs/."""

from collections.abc import Iterator
from pathlib import Path

from bicall.rtl.driver import packets
from bicall.rtl.driver.packets import FIELDS, KINDS, OPERATIONS, WORDS
from bicall.rtl.driver.register_files import LICENCE
from bicall.rtl.driver.simulator import ROOM

MADE = "Made by `bicall generate` from rtl/driver/packets.py: do not edit."


def files() -> dict[Path, str]:
    """Each generated file's path and text."""
    return {ROOM / "bicall_packets.vh": macros(), ROOM.parent / "docs" / "packets.md": documentation()}


def macros() -> str:
    """The text of rtl/bicall_packets.vh."""
    made = "\n".join(f"`define BICALL_{name:<22} {value:<12} // {meaning}" for name, value, meaning in _macros())
    return f"{LICENCE}// {MADE}\n`ifndef BICALL_PACKETS_VH\n`define BICALL_PACKETS_VH\n\n{made}\n\n`endif\n"


def _macros() -> Iterator[tuple[str, str, str]]:
    for field in FIELDS.values():
        place = f"{field.low + field.bits - 1}:{field.low}" if field.bits > 1 else f"{field.low}"
        yield f"FLIT_{field.name.upper()}", place, field.meaning
    for kind, meaning in KINDS.items():
        yield f"KIND_{kind.name}", f"2'd{kind}", meaning
    for operation, meaning in OPERATIONS.items():
        yield f"OPERATION_{operation.name}", f"{FIELDS['operation'].bits}'d{operation}", meaning
    for word in WORDS.values():
        yield f"TILE_{word.name.upper()}", f"4'd{word.number}", word.meaning
    yield "TILE_IS", f"32'h{packets.IDENTITY:08X}", "the tile's identity"


def documentation() -> str:
    """The text of docs/packets.md."""
    fields = [
        f"| {f'{f.low + f.bits - 1}:{f.low}' if f.bits > 1 else f.low} | `{f.name}` | {f.meaning} |"
        for f in FIELDS.values()
    ]
    kinds = [f"| {kind:d} | {meaning} |" for kind, meaning in KINDS.items()]
    operations = [f"| {number:d} | `{number.name.lower()}` | {meaning} |" for number, meaning in OPERATIONS.items()]
    words = [
        f"| 0x{word.address:06X} | `{word.name}` | {word.meaning} | {'yes' if word.written else 'no'} |"
        for word in WORDS.values()
    ]
    return f"""\
# Packets and a tile's own words

{MADE} What a tile does with them stands in [chip.md](chip.md).

A packet is one flit of 32 bits. The host's stream, in and out, carries the same flits.

| bits | field | meaning |
|---|---|---|
{chr(10).join(fields)}

| kind | what |
|---:|---|
{chr(10).join(kinds)}

| operation | name | what |
|---:|---|---|
{chr(10).join(operations)}

## A tile's address space

Addresses are those of words of 32 bits. Below 0x{packets.OWN:06X} they are the core's ([registers.md](registers.md)).

| words from | what |
|---|---|
| 0x{packets.OWN:06X} | the tile's registers |
| 0x{packets.STARTS:06X} | a word a neuron: bit 31: it sends packets; bits 15:0: where they begin in the table |
| 0x{packets.ROUTES:06X} | the route table: a word a packet, as it is sent; bit 31 of a neuron's last one is set |

| word | register | meaning | can be written |
|---|---|---|---|
{chr(10).join(words)}
"""
