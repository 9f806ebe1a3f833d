"""A network on the cores of a chip as a backend: what `bicall.run` takes, with its state carried there and back."""

import numpy as np

from bicall.emulator.network.network import Network
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.spikes import Spikes, arrived_last, in_pieces, remember, run_length
from bicall.emulator.rule.plain import FixedPoint
from bicall.emulator.rule.state import LayerState, LifState
from bicall.mapping.chips.chip import Chip
from bicall.mapping.configuration.configuration import configure
from bicall.mapping.machine.execution import MappedNetwork
from bicall.mapping.machine.parts import PlasticPart
from bicall.mapping.mapper.mapper import map_network

PER_NEURON = ("y", "s", "current", "membrane", "refractory")


class OnChip:
    """A network's place on a chip. `run` runs this network, or one of the same structure, on its cores.

    Raises:
        BadInput: the network does not fit the chip.
    """

    def __init__(self, network: Network, chip: Chip):
        self.mapping = map_network(network, chip)
        self.configuration = configure(self.mapping.graph, chip, self.mapping.core_of)

    def run(
        self,
        network: Network,
        inputs: Spikes,
        learning: bool = True,
        recorder: PopulationRecorder | None = None,
        drive: dict[str, np.ndarray] | None = None,
        learns: dict[str, np.ndarray] | None = None,
    ) -> Spikes:
        """Run a started network over the ticks of its inputs. Arguments, result and errors: `bicall.run`.

        Raises:
            BadInput: float, which cores do not have.
        """
        drive, learns = drive or {}, learns or {}
        ticks = run_length(network, inputs, drive, learns)
        mapped = MappedNetwork(network, self.configuration)
        nowhere = [
            _RowsNowhere(network, mapped, population.name)
            for population in network.neuron_populations
            if network.plastic_inputs(population.name)
        ]

        def piece(inputs: Spikes, drive: dict[str, np.ndarray], ticks: int, learning: bool) -> Spikes:
            fired = mapped.run(inputs, learning, drive, learns)
            remember(network, inputs | fired)
            network.started.advance(ticks)
            for rows in nowhere:
                rows.follow(network)
            if recorder:
                _write_back(network, mapped)
            return fired

        result = in_pieces(network, inputs, drive, ticks, 1, learning, recorder, piece)
        _write_back(network, mapped)
        return result


def _write_back(network: Network, mapped: MappedNetwork) -> None:
    """Bring the network's state up to date from that of the cores."""
    for part in mapped.parts:
        whole, neurons = network.started.layers[part.population], mapped.columns(part)
        if isinstance(part, PlasticPart) and isinstance(whole, LayerState):
            whole.x[part.state.rows] = part.state.x
            whole.h[np.ix_(part.state.rows, neurons)] = part.state.h
        for name in PER_NEURON if isinstance(part, PlasticPart) else LifState._fields:
            getattr(whole, name)[neurons] = getattr(part.state, name)


class _RowsNowhere:
    """Axons of a layer that reach no core, having no synapse: their traces, so that the state is whole."""

    def __init__(self, network: Network, mapped: MappedNetwork, name: str):
        self._name = name
        self._arithmetic = FixedPoint(network.populations[name].constants_in("fixed"), network.started.seed)
        parts = [part for part in mapped.parts if isinstance(part, PlasticPart) and part.population == name]
        held = np.concatenate([part.state.rows for part in parts])
        self._rows = np.setdiff1d(network.started.plastic_layers[name].rows, held)

    def follow(self, network: Network) -> None:
        """Let the traces go on for the network's last tick."""
        layer = network.started.plastic_layers[self._name]
        if len(self._rows):
            x = self._arithmetic.decay("x", layer.x[self._rows], self._rows, layer.tick)
            spiking = arrived_last(network, self._name)[self._rows]
            x[spiking] = self._arithmetic.bump("x", x[spiking])
            layer.x[self._rows] = x
