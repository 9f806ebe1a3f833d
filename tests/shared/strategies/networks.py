"""Random networks, and the spikes, resets and pauses of learning with which they are run."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import strategies as st

from bicall.backends import run
from bicall.emulator.network.network import DIRECT, FIXED, PLASTIC, Network
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.spikes import Spikes
from bicall.emulator.rule.description import with_values
from bicall.emulator.rule.recording import Recording
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput


class DrawnCase(NamedTuple):
    """A network that was not started, and how it is run."""

    network: Network
    spikes: dict[str, np.ndarray]  # bool[ticks, nodes] of each input
    drive: dict[str, np.ndarray]  # float64[ticks, neurons], in thresholds
    learns: dict[str, np.ndarray]  # bool[neurons], learning enables
    seed: int
    pauses: frozenset[int]  # from one of these ticks to the next nothing is learned, then it is again
    resets: frozenset[int]  # a reset comes before these ticks (0-based)

    def play(self, backend: str, arithmetic: str, cuts=(), record: bool = True) -> tuple[Network, Spikes, Recording]:
        """Run it, in pieces that begin at `cuts`, too."""
        network, recorder = self.network.copy(), PopulationRecorder() if record else None
        network.start(arithmetic, self.seed)
        ticks = len(next(iter(self.spikes.values())))
        edges = sorted({0, *self.pauses, *self.resets, *(cut for cut in cuts if cut < ticks)})
        fired: dict[str, list[np.ndarray]] = {}
        for first, last in zip(edges, [*edges[1:], ticks], strict=True):
            if first in self.resets:
                network.reset()
            learning = sum(pause <= first for pause in self.pauses) % 2 == 0
            inputs = {name: SpikeTrain.from_dense(spikes[first:last]) for name, spikes in self.spikes.items()}
            drive = {name: self._units(name, values[first:last], arithmetic) for name, values in self.drive.items()}
            for name, train in run(network, inputs, backend, learning, recorder, drive, self.learns).items():
                fired.setdefault(name, []).append(train.dense(network.populations[name].size))
        trains = {name: SpikeTrain.from_dense(np.concatenate(parts)) for name, parts in fired.items()}
        return network, trains, recorder.recording() if recorder and ticks else Recording({})

    def _units(self, name: str, thresholds: np.ndarray, arithmetic: str) -> np.ndarray:
        if arithmetic == "float":
            return thresholds
        most = 2**16 - 1
        return np.clip(np.rint(thresholds * self.network.populations[name].mantissa), -most, most).astype(np.int32)


@st.composite
def drawn_networks(draw, rules, most_neurons: int = 6, longest_delay: int = 20, fewest_neurons: int = 1) -> Network:
    """One to five populations of neurons, inputs and teachers, and projections of all kinds between them."""
    network = Network("drawn")
    tick_ms = draw(st.sampled_from([0.5, 1.0, 5.0]))
    inputs = [f"in{k}" for k in range(draw(st.integers(1, 2)))]
    for name in inputs:
        network.add_inputs(name, draw(st.integers(fewest_neurons, most_neurons + 3)))
    neurons = [f"neurons{k}" for k in range(draw(st.integers(1, 5)))]
    one_rule = draw(rules)
    for name in neurons:
        rule = with_values(one_rule if draw(st.booleans()) else draw(rules), time__tick_ms=tick_ms)
        network.add_neurons(name, draw(st.integers(fewest_neurons, most_neurons)), rule)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    for name in neurons:
        if draw(st.booleans()):
            teacher = f"teacher of {name}"
            network.add_inputs(teacher, network.populations[name].size)
            network.connect(teacher, name, kind=DIRECT, delay=draw(st.integers(1, 3)))
        for _ in range(draw(st.integers(1, 3))):
            pre = draw(st.sampled_from([*inputs, *neurons]))
            kind = draw(st.sampled_from([PLASTIC, PLASTIC, FIXED, DIRECT]))
            shape = network.populations[pre].size, network.populations[name].size
            there = rng.random(shape) < draw(st.sampled_from([0.0, 0.3, 1.0]))
            weights = there * rng.integers(-1, 3, shape) * max(1, network.populations[name].mantissa // 3)
            delay = draw(st.integers(1, longest_delay))
            if draw(st.booleans()):
                delay = rng.integers(1, longest_delay + 1, shape[0])
            try:
                network.connect(pre, name, weights if kind == FIXED else there, kind=kind, delay=delay)
            except BadInput as error:  # a second plastic projection with a delay that the first has
                assert "must be one projection" in str(error)
    return network


@st.composite
def drawn_cases(draw, rules, ticks: int | None = None, **limits) -> DrawnCase:
    network = draw(drawn_networks(rules, **limits))
    ticks = draw(st.integers(0, 50)) if ticks is None else ticks
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    densities = st.sampled_from([0.0, 0.05, 0.4, 1.0])
    spikes, drive, learns = {}, {}, {}
    for name, population in network.populations.items():
        if population.is_input:
            spikes[name] = rng.random((ticks, population.size)) < draw(densities)
        elif draw(st.sampled_from([True, False, False])):
            drive[name] = rng.normal(0, 1, (ticks, population.size))
        elif draw(st.booleans()):
            learns[name] = rng.random(population.size) < 0.5
    some = st.sets(st.integers(0, max(ticks - 1, 0)), max_size=2)
    return DrawnCase(
        network, spikes, drive, learns, draw(st.integers(0, 2**32 - 1)), frozenset(draw(some)), frozenset(draw(some))
    )


@pytest.fixture(scope="session")
def network_cases(rules):
    """A function of limits (`most_neurons`, `fewest_neurons`, `longest_delay`, `ticks`) to `DrawnCase`s, drawn."""
    return lambda **limits: drawn_cases(rules, **limits)
