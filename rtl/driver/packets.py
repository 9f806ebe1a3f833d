"""What goes over the mesh, and a tile's own words: the one table behind the Verilog, this driver and docs/packets.md.

`bicall generate` makes rtl/bicall_packets.vh and docs/packets.md from it (`rtl.driver.packet_files`).
"""

from enum import IntEnum
from typing import NamedTuple


class Field(NamedTuple):
    """Bits of a flit."""

    name: str
    low: int
    bits: int
    meaning: str

    @property
    def most(self) -> int:
        """Its largest value."""
        return (1 << self.bits) - 1

    def put(self, value: int) -> int:
        """The field with a value, in its place."""
        return (value & self.most) << self.low

    def of(self, flit):
        """The field's value in a flit, or in an array of them."""
        return flit >> self.low & self.most


class Kind(IntEnum):
    """What a packet is for."""

    SPIKE = 0
    DIRECT = 1
    OPERATION = 2
    TO_HOST = 3


class Operation(IntEnum):
    """What the host asks of a tile."""

    ADDRESS_HIGH = 0
    ADDRESS_LOW = 1
    DATA_HIGH = 2
    WRITE = 3
    READ = 4


FIELDS = {
    field.name: field
    for field in (
        Field("marker", 31, 1, "1: all of this round has come this way; in a route table: the neuron's last packet"),
        Field("x", 27, 4, "column of the tile that it goes to"),
        Field("y", 23, 4, "row"),
        Field("kind", 21, 2, "what it is for"),
        # of a marker
        Field("tick", 0, 1, "marker: the cores run a tick"),
        Field("forget", 1, 1, "marker: reset between samples, and no tick; what has arrived is dropped"),
        # of spikes and direct events
        Field("later", 13, 8, "spike, direct event: ticks after the next in which it acts: its delay less one"),
        Field("index", 0, 13, "spike: axon there; direct event: neuron there"),
        # of the host's operations
        Field("operation", 16, 5, "operation: which"),
        Field("data", 0, 16, "operation, reply: half a word"),
        # to the host
        Field("reply", 20, 1, "to the host: 1 half a word that was read, 0 a neuron's spike"),
        Field("node", 0, 20, "spike for the host: number of the neuron in the network"),
        Field("failed", 17, 1, "reply: there is no such word"),
        Field("high", 16, 1, "reply: the upper half"),
    )
}
KINDS = {
    Kind.SPIKE: "a spike for an axon of a core",
    Kind.DIRECT: "a direct event for a neuron of a core",
    Kind.OPERATION: "the host's operation on a tile",
    Kind.TO_HOST: "a spike or a reply for the host",
}
OPERATIONS = {
    Operation.ADDRESS_HIGH: "the address's bits from 16 up",
    Operation.ADDRESS_LOW: "the address's lowest 16 bits; it counts up by one with each word written or read",
    Operation.DATA_HIGH: "the upper half of the words that are written from now on",
    Operation.WRITE: "writes a word, of which this is the lower half",
    Operation.READ: "so many words are sent to the host at the end of the round, the upper half of each first",
}
OWN = 1 << 22  # addresses from here are the tile's own, those below the core's (docs/registers.md)
STARTS, ROUTES = OWN + (1 << 20), OWN + (2 << 20)
START_VALID = 1 << 31  # of a neuron's word: it has packets to send; the lowest bits say where they begin
IDENTITY = 0xB1CA7113  # what a tile says it is
LARGEST_DELAY = 1 << FIELDS["later"].bits
PLACES = 1 << FIELDS["x"].bits  # columns, and rows, that a flit can name
INDICES = 1 << FIELDS["index"].bits
NODES = 1 << FIELDS["node"].bits
MOST_ROUTES = 1 << 16


class Word(NamedTuple):
    """A register of a tile."""

    name: str
    number: int
    meaning: str
    written: bool

    @property
    def address(self) -> int:
        return OWN + self.number


WORDS = {
    word.name: word
    for word in (
        Word("identity", 0, "says that this is a bicall_tile", False),
        Word("slots", 1, "ticks for which spikes can wait: the longest delay and one", False),
        Word("routes", 2, "packets that the route table holds", False),
        Word("undeliverable", 4, "packets that this tile's router could not pass on", True),
        Word("refused", 5, "operations in mid-tick or unknown, and writes that the core or a table refused", True),
        Word("out_of_range", 6, "spikes and direct events for an axon, a neuron or a delay that is not there", True),
        Word("doubled", 7, "second spikes of an axon for one tick", True),
    )
}  # fmt: skip
COUNTERS = tuple(word.name for word in WORDS.values() if word.written)


def flit(kind: Kind = Kind.SPIKE, **values: int) -> int:
    """A flit from its fields."""
    return FIELDS["kind"].put(kind) | sum(FIELDS[name].put(value) for name, value in values.items())


def marker(tick: bool = False, forget: bool = False) -> int:
    """The host's marker, which ends a round."""
    return sum(FIELDS[name].put(value) for name, value in (("marker", 1), ("tick", tick), ("forget", forget)))
