"""Proof that a mapped network does what the unmapped one does: every spike and every state, learning included."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from bicall.emulator.network import compiled
from bicall.emulator.network.network import Network
from bicall.emulator.network.spikes import Spikes, concatenated
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, LifState
from bicall.mapping.configuration.configuration import Configuration
from bicall.mapping.machine.execution import MappedNetwork
from bicall.mapping.machine.mesh import Activity
from bicall.mapping.machine.parts import PlasticPart

Shown = Callable[[Callable[..., Spikes]], object]


@dataclass
class Agreement:
    """How many values were compared, and how many differ."""

    samples: int = 0
    ticks: int = 0
    spikes: int = 0  # fired by the unmapped network
    compared: int = 0
    differences: int = 0
    first: str = ""  # the first difference, in words

    def compare(self, where: str, mapped: np.ndarray, unmapped: np.ndarray) -> None:
        """Count equal values of two arrays of one shape."""
        unequal = np.argwhere(mapped != unmapped)
        if len(unequal) and not self.first:
            index = tuple(int(i) for i in unequal[0])
            self.first = f"{where}{list(index)} is {mapped[index]} mapped and {unmapped[index]} unmapped"
        self.compared += mapped.size
        self.differences += len(unequal)


def verify(
    network: Network,
    configuration: Configuration,
    samples: Iterable[Spikes | Shown],
    in_place_of: Callable[[PlasticPart], PlasticPart] | None = None,
) -> tuple[Agreement, Activity]:
    """Run the mapped and the unmapped network on the same samples, learning on, and compare them after each.

    Compared are all spikes of all neurons, and of every core all traces, currents, membranes, refractory counters and
    hidden weights; x is compared in every core that has a copy of it.

    Args:
        network: started in fixed point; both begin with its state, which stays as it is.
        samples: the spikes of each input population, or what shows a sample to a function that runs the network and has
            the arguments of a backend; there is a reset between samples.
        in_place_of: as of `MappedNetwork`.

    Returns:
        the agreement, and what happened on the mesh.
    """
    unmapped, mapped = network.copy(), MappedNetwork(network, configuration, in_place_of)
    result = Agreement()
    for n, sample in enumerate(samples):
        unmapped.reset()
        mapped.reset()
        expected, found = _shown(sample, partial(compiled.run, unmapped)), _shown(sample, mapped.run)
        for name, train in expected.items():
            size = network.populations[name].size
            if found[name].ticks != train.ticks:  # another answer was decided on
                result.compare(f"sample {n}: ticks", np.array([found[name].ticks]), np.array([train.ticks]))
                break
            result.compare(f"sample {n}: {name} spikes", found[name].dense(size), train.dense(size))
            result.spikes += len(train.sources)
        for part in mapped.parts:
            core, whole = configuration.cores[part.core].core, unmapped.started.layers[part.population]
            state = part.state
            own: LayerState | LifState
            if isinstance(whole, LayerState) and isinstance(state, LayerState):
                own = whole.part(state.rows, state.columns)
            elif isinstance(whole, LifState):
                own = whole.part(mapped.columns(part))
            for name in STATE_VARIABLES if isinstance(state, LayerState) else LifState._fields:
                where = f"sample {n}, core {core}: {part.population} {name}"
                result.compare(where, getattr(state, name), getattr(own, name))
        result.samples += 1
        result.ticks += next(iter(expected.values())).ticks
    return result, mapped.mesh.activity


def _shown(sample: Spikes | Shown, run: Callable[..., Spikes]) -> Spikes:
    """The spikes of all populations of neurons, over all parts of a sample."""
    parts: list[Spikes] = []

    def keep(*inputs, **options) -> Spikes:
        parts.append(run(*inputs, **options))
        return parts[-1]

    if callable(sample):
        sample(keep)
    else:
        keep(sample)
    return {name: concatenated([part[name] for part in parts]) for name in parts[0]}
