"""Random networks for a chip of 2 x 2 tiles in Verilog. All of them use one build, whatever their cores hold."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from bicall.chip.check import Checked, run_chip
from bicall.chip.plan import Planned, plan
from bicall.emulator.configuration import description
from bicall.emulator.network.network import DIRECT, PLASTIC, Network
from bicall.emulator.network.spikes import Spikes
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.mapping.chips import chip as chips
from bicall.mapping.chips.chip import Chip
from bicall.rtl.driver import simulator

LONGEST_DELAY = 4
ROUNDINGS = ("pre_trace", "post_trace", "gate_trace", "hidden_weight")


class Case(NamedTuple):
    network: Network
    samples: list[Spikes]
    pauses: tuple[int, float, float]


def small_chip() -> Chip:
    """2 x 2 tiles, one without a core; the port is on the right."""
    return chips.with_values(
        chips.load("small-mesh"), mesh__width=2, mesh__height=2, mesh__port=[1, 0], faults__cores=[0], core__axons=48,
        core__neurons=6, core__longest_delay=LONGEST_DELAY, core__synapse_bits=48 * 6 * 8,
    )  # fmt: skip


def drawn(seed: int, stochastic: bool = False, rules: int = 2, longest: int = LONGEST_DELAY) -> Case:
    """One to three populations that learn, from inputs and from one another, sparse or not, each with a teacher."""
    rng = np.random.default_rng(seed)
    values = {f"{section}__rounding": "stochastic" for section in ROUNDINGS if stochastic}
    made = [
        description.with_values(
            description.load("digits-256"), **values, gate_trace__bump=float(rng.choice([0.03, 0.09])),
            transmission__weight_high=float(rng.choice([0.2, 0.6])), hidden_weight__drift_up_per_s=5.0,
            time__drift_period_ticks=int(rng.integers(1, 9)), neuron__refractory_ticks=int(rng.integers(3)),
        )
        for _ in range(rules)
    ]  # fmt: skip
    network = Network(f"drawn-{seed}")
    inputs = [f"in{k}" for k in range(rng.integers(1, 3))]
    for name in inputs:
        network.add_inputs(name, int(rng.integers(1, 12)))
    neurons = [f"neurons{k}" for k in range(rng.integers(1, 4))]
    for name in neurons:
        network.add_neurons(name, int(rng.integers(1, 6)), made[rng.integers(rules)], read=bool(rng.random() < 0.9))
    for name in neurons:
        size = network.populations[name].size
        network.add_inputs(f"teacher of {name}", size)
        network.connect(f"teacher of {name}", name, kind=DIRECT, delay=int(rng.integers(1, longest + 1)))
        for pre in [inputs[0], *rng.choice([*inputs, *neurons], rng.integers(0, 3))]:
            shape = network.populations[str(pre)].size, size
            there = rng.random(shape) < rng.choice([0.4, 1.0])
            delay = rng.integers(1, longest + 1, shape[0])
            kind = PLASTIC if rng.random() < 0.9 or pre == inputs[0] else DIRECT
            try:
                network.connect(str(pre), name, there, kind=kind, delay=delay if rng.random() < 0.5 else int(delay[0]))
            except BadInput as error:  # a second plastic projection with a delay that the first has
                assert "must be one projection" in str(error)
    network.start("fixed", seed)
    samples = [
        {
            name: SpikeTrain.from_dense(rng.random((ticks, population.size)) < rng.choice([0.02, 0.2, 0.6]))
            for name, population in network.populations.items()
            if population.is_input
        }
        for ticks in (60, 1, 40)
    ]
    idle, busy = rng.choice([0.0, 0.5, 0.95], 2)
    return Case(network, samples, (seed, float(idle), float(busy)))


def planned(case: Case) -> Planned:
    """The case on the small chip, each tile of which is built for sparse layers."""
    own = plan(case.network, small_chip(), effort=0.01)
    tiles = tuple(tile and tile._replace(size=tile.size._replace(sparse=True)) for tile in own.chip.tiles)
    return own._replace(chip=type(own.chip)("small", 2, 2, own.chip.host, tiles))


def differs(folder: Path) -> bool:
    """Whether the fast checks notice that the Verilog in a folder is another."""
    for seed in range(4):
        case = drawn(seed)
        done = checked(case, folder)
        if done.agreement.differences or any(done.counters.values()):
            return True
    return False


def checked(case: Case, folder: Path = simulator.ROOM) -> Checked:
    return run_chip(planned(case), case.samples, model=False, pauses=case.pauses, folder=folder)
