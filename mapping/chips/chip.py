"""Chips: a mesh of cores with hard limits, described in the same typed format as the configurations."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from bicall.emulator.support.typed_files import NamedFile, Registry, Section

Limit = Annotated[int, Field(ge=1)] | Literal["none"]
Picojoule = Annotated[float, Field(ge=0)]


class Mesh(Section):
    width: int = Field(ge=1, le=4096, description="columns of cores")
    height: int = Field(ge=1, le=4096, description="rows of cores")
    torus: bool = Field(description="opposite edges are joined")
    port: list[int] = Field(
        min_length=2, max_length=2, description="column and row of the core whose router also serves the outside"
    )

    @model_validator(mode="after")
    def _port(self) -> "Mesh":
        x, y = self.port
        if not (0 <= x < self.width and 0 <= y < self.height):
            raise ValueError(f"port is {self.port}, must be within [0, 0] and {[self.width - 1, self.height - 1]}")
        return self


class Core(Section):
    """Limits of one core. `none`: the chip has no such limit."""

    neurons: int = Field(ge=1, description="neurons")
    least_neurons: int = Field(ge=0, description="neurons that each core without a fault holds at least")
    axons: int = Field(ge=1, description="sources of spikes that it can tell apart (in-axons)")
    fan_in: Limit = Field(description="synapses of one neuron")
    synapse_memory: Literal["crossbar", "list"] = Field(
        description="crossbar: a place for every axon and neuron; list: memory only for synapses that are there"
    )
    synapse_bits: int = Field(ge=1, description="memory for synapses, plastic state counted, in bits")
    bits_per_synapse: int = Field(ge=1, le=255, description="widest synapse")
    address_bits: int = Field(ge=0, le=64, description="what a synapse in a list needs to name its neuron, in bits")
    out_entries: Limit = Field(description="destinations of spikes that it can hold, over all its neurons")
    destinations: Limit = Field(description="cores that one axon can reach")
    longest_delay: int = Field(ge=1, le=255, description="longest delay of an axon, in ticks")
    plastic: bool = Field(description="synapses can learn")
    direct_events: bool = Field(description="an event can address a neuron, so that teachers need no axon")
    partial_sums: bool = Field(
        description="a core can add up inputs for a neuron of another core and send the sum within the tick"
    )


class Routing(Section):
    multicast: bool = Field(description="a spike goes once over each link of a tree; else once to each core")
    router_entries: Limit = Field(description="entries of a router's table")
    cost: Literal["hops", "energy"] = Field(
        description="what the mapper makes small: links that packets pass (on multicast chips of their trees), or "
        "router_pj for each router and hop_pj for each link on the way to each core"
    )


class Faults(Section):
    """What is broken. A core at fault holds nothing, its router still works; a link at fault carries nothing."""

    cores: list[int] = Field(description="numbers of cores: row * width + column")
    links: list[list[int]] = Field(description="pairs of neighbouring cores, the link from the first to the second")


class Costs(Section):
    """Energy per event, for estimates, and where the figures come from."""

    router_pj: Picojoule = Field(description="a packet through one router, in pJ")
    spike_pj: Picojoule = Field(description="a neuron's spike, in pJ")
    hop_pj: Picojoule = Field(description="a packet over one link, in pJ")
    synapse_pj: Picojoule = Field(description="a spike through one synapse, in pJ")
    source: str = Field(description="where these come from")
    cycles_per_row: int = Field(ge=1, description="cycles that a core needs for one arriving spike")
    cycles_per_synapse: int = Field(ge=0, description="and for each of its synapses")
    cycles_per_catch_up: int = Field(
        ge=0,
        description="and for each tick since the axon's last spike with postsynaptic spikes to learn from",
    )
    archive_entries: Limit = Field(
        description="ticks with such spikes after which the core brings the rows of all its axons up to date"
    )
    cycles_per_event: int = Field(ge=0, description="cycles that a core needs for a direct event or a partial sum")
    cycles_per_neuron: int = Field(ge=0, description="cycles that a core needs for each neuron in each tick")
    cycles_per_tick: int = Field(ge=0, description="cycles that a core needs in each tick, whatever it holds")
    cycles_per_hop: int = Field(ge=1, description="cycles that a packet needs from one router to the next")
    cycles_source: str = Field(description="where these come from")


class Chip(NamedFile):
    """All of a chip. See docs/mapping.md."""

    mesh: Mesh
    core: Core
    routing: Routing
    faults: Faults
    costs: Costs

    @model_validator(mode="after")
    def _crossbar(self) -> "Chip":
        core = self.core
        if core.synapse_memory == "crossbar" and core.neurons * core.axons * core.bits_per_synapse > core.synapse_bits:
            raise ValueError(
                f"core.synapse_bits is {core.synapse_bits}, must be at least neurons * axons * bits_per_synapse, "
                f"which is {core.neurons * core.axons * core.bits_per_synapse}, in a crossbar"
            )
        return self

    @model_validator(mode="after")
    def _possible(self) -> "Chip":
        core, faults, cores = self.core, self.faults, self.mesh.width * self.mesh.height
        if core.least_neurons > core.neurons:
            raise ValueError(
                f"core.least_neurons is {core.least_neurons}, must be at most neurons, which is {core.neurons}"
            )
        for number in faults.cores:
            if not 0 <= number < cores:
                raise ValueError(f"faults.cores has {number}, must be from 0 to {cores - 1}")
        if len(set(faults.cores)) == cores:
            raise ValueError(f"faults.cores has all {cores} cores, must leave one")
        for link in faults.links:
            if len(link) != 2 or not all(0 <= number < cores for number in link) or not self._joined(*link):
                raise ValueError(f"faults.links has {link}, must be pairs of cores side by side")
        if self.routing.cost == "energy" and self.routing.multicast:
            raise ValueError("routing.cost is 'energy', must be 'hops' on a multicast chip")
        return self

    def _joined(self, one: int, other: int) -> bool:
        """Whether a link goes from core to core."""
        width, height = self.mesh.width, self.mesh.height
        x, y = abs(one % width - other % width), abs(one // width - other // width)
        if self.mesh.torus:
            x, y = min(x, width - x), min(y, height - y)
        return x + y == 1

    @property
    def usable(self) -> np.ndarray:
        """bool[cores], those without a fault."""
        usable = np.ones(self.cores, bool)
        usable[list(self.faults.cores)] = False
        return usable

    @property
    def cores(self) -> int:
        return self.mesh.width * self.mesh.height

    @property
    def port(self) -> int:
        """The number of the port's core; core (x, y) has the number y * width + x."""
        return self.mesh.port[1] * self.mesh.width + self.mesh.port[0]

    @property
    def synapse_bits(self) -> int:
        """All its synapse memory: what is meant when chips are called small and large."""
        return self.cores * self.core.synapse_bits


CHIPS = Registry("chip", Chip, Path(__file__).parent)
names, load = CHIPS.names, CHIPS.load
from_values, with_values = CHIPS.from_values, CHIPS.with_values
