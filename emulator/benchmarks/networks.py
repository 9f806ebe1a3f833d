"""What a tick of a network costs beside the same layers alone with ready-made spikes, in one run."""

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from bicall.emulator.configuration.description import Description, load, with_values
from bicall.emulator.network.arrivals import History, append, inputs_of, wiring_of
from bicall.emulator.network.compiled import Loop
from bicall.emulator.network.network import PLASTIC, Network
from bicall.emulator.network.spikes import Spikes
from bicall.emulator.rule.compiled import advance
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.layer import Layer
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.reporting import progress

INPUT_RATE_HZ = 20.0
SIZES = (32, 256, 1024)


def bench_networks(sizes: tuple[int, ...] = SIZES, ticks: int = 2000, repeats: int = 5, seed: int = 1) -> dict:
    """Time networks of several shapes in fixed point, one thread, learning, `ticks` ticks a call.

    Args:
        sizes: neurons of each population, and as many inputs.

    The layers alone are given the spikes that reached them in the network; to gather these, and to sum the fixed
    weights, is counted in both.

    Returns:
        `networks`: for each shape and size, its median µs a tick, that of its layers alone, and the median ratio.
    """
    cases = [(shape, size) for size in sizes for shape in SHAPES]
    return {
        "ticks": ticks,
        "repeats": repeats,
        "seed": seed,
        "networks": [
            {"shape": shape, "neurons": size} | _measured(SHAPES[shape](size), size, ticks, repeats, seed)
            for shape, size in progress(cases, "timing")
        ],
    }


def _measured(network: Network, size: int, ticks: int, repeats: int, seed: int) -> dict[str, float]:
    drawn = np.random.default_rng(seed).random((ticks, size)) < INPUT_RATE_HZ / 1000
    inputs = {"inputs": SpikeTrain.from_dense(drawn)}
    network.start("fixed", seed)
    loop = Loop(network, {})
    fired = loop.run(inputs, {}, ticks, True)  # compiles, and spikes for the layers alone
    layers = _Layers(network, inputs, fired, ticks)
    layers.run()
    whole, alone = [], []
    for _ in range(repeats):
        network.start("fixed", seed)
        loop = Loop(network, {})
        whole.append(_microseconds(partial(loop.run, inputs, {}, ticks, True)) / ticks)
        layers.restart()
        alone.append(_microseconds(layers.run) / ticks)
    return {
        "network_us": median(whole),
        "layers_us": median(alone),
        "ratio": median(a / b for a, b in zip(whole, alone, strict=True)),
        "spikes_per_tick": sum(len(train.sources) for train in fired.values()) / ticks,
    }


class _Layers:
    """The populations of a network, each by itself, with the spikes that reached it in a run."""

    def __init__(self, network: Network, inputs: Spikes, fired: Spikes, ticks: int):
        self._network, self._ticks = network, ticks
        network.start("fixed", network.started.seed)
        self._history = History(network, inputs, ticks)
        for number, name in enumerate(network.populations):
            if name in fired:
                dense = fired[name].dense(network.populations[name].size)
                append(self._history.trains, number, self._history.before, dense)
        self._wiring, self._incoming = wiring_of(network)
        self.restart()

    def restart(self) -> None:
        self._network.start("fixed", self._network.started.seed)
        self._layers: dict[str, tuple[Constants, Layer]] = {}
        for population in self._network.neuron_populations:
            constants, state = population.constants_in("fixed"), self._network.started.layers[population.name]
            layer = Layer.of(constants, state) if isinstance(state, LayerState) else Layer.of_lif(constants, state)
            self._layers[population.name] = constants, layer

    def run(self) -> None:
        history = self._history
        for name, (constants, layer) in self._layers.items():
            size = self._network.populations[name].size
            pre_starts, pre_sources, teacher_starts, teacher_sources, drive = inputs_of(
                self._wiring, self._incoming[name], 1.0, size, history.trains, history.before, self._ticks,
                np.zeros((0, size), np.int32),
            )  # fmt: skip
            fired = np.zeros((self._ticks, size), bool)
            advance(
                constants, self._network.started.seed, 0, layer, pre_starts, pre_sources, teacher_starts,
                teacher_sources, True, fired, drive, np.ones(size, bool),
            )  # fmt: skip


def _microseconds(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return 1e6 * (time.process_time() - began)


def _chain(size: int) -> Network:
    """Two layers that learn, one after the other."""
    network = _with_inputs(size)
    network.add_neurons("second", size, _rule(size), read=True)
    network.connect("first", "second", kind=PLASTIC, delay=2)
    return network


def _recurrent(size: int) -> Network:
    """A layer that learns from its inputs and from itself, a tick later."""
    network = _with_inputs(size)
    network.connect("first", "first", kind=PLASTIC)
    return network


def _balanced(size: int) -> Network:
    """A layer that learns, and a quarter as many neurons that inhibit it, with delays of a tick."""
    network = _with_inputs(size)
    network.add_neurons("inhibitory", size // 4, _rule(size))
    network.connect("first", "inhibitory", np.full((size, size // 4), 400))
    network.connect("inhibitory", "first", np.full((size // 4, size), -200))
    return network


def _rule(size: int) -> Description:
    """With half of the weights high, inputs make neurons of any in-degree spike now and then."""
    return with_values(load("digits-256"), transmission__weight_high=5 / size, transmission__weight_low=-1 / size)


def _with_inputs(size: int) -> Network:
    network = Network("bench")
    network.add_inputs("inputs", size)
    network.add_neurons("first", size, _rule(size), read=True)
    network.connect("inputs", "first", kind=PLASTIC)
    return network


SHAPES: dict[str, Callable[[int], Network]] = {
    "two layers": _chain,
    "recurrent layer": _recurrent,
    "layer with inhibitory neurons": _balanced,
}
