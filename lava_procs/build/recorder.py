"""Recordings of a plastic layer that was connected by hand, in the toolkit's own format."""

import numpy as np

from bicall.emulator.rule.recording import Recording, Variable
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.calcium_lif.process import CalciumLIF
from bicall.lava_procs.support.checks import check_count
from bicall.lava_procs.support.connection import BiCaLLConnection

# the recording's name of what the models of a connection and of neurons call otherwise
CONNECTION = {"pre_spikes": "arrived", "x": "x", "h": "h"}
NEURON = {
    "post_spikes": "spikes", "y": "y", "s": "s", "current": "u", "membrane": "v", "refractory": "refractory",
}  # fmt: skip


class LayerRecorder:
    """Records a plastic layer after every time step. Make it before the network is started.

    Lava's Monitor reads one Var and hands it over value by value; this one hands over all of a layer through shared
    memory, so that h of a whole network can be recorded at every tick. The recording has the emulator's names and
    shapes: u is `current`, v is `membrane`, h is [pre, post], 0 where there is no synapse; `pre_spikes` are those that
    arrive.

    Args:
        neuron: the neurons.
        connection: that feeds them.
        capacity: how many time steps fit between two calls of `collect`.

    Raises:
        BadInput: the capacity is outside its limits.
    """

    def __init__(self, *, neuron: CalciumLIF, connection: BiCaLLConnection, capacity: int):
        check_count("LayerRecorder capacity", capacity, 1)
        self._connection = connection
        self._watched = [(process, process.watch(capacity), names)
                         for process, names in ((connection, CONNECTION), (neuron, NEURON))]  # fmt: skip
        self._capacity, self._collected = capacity, 0

    def collect(self, **about) -> Recording:
        """Everything since the last call, while the run is paused or over.

        Raises:
            BadInput: no time step has passed since then, or more than `capacity`.
        """
        last = self._watched[0][1].last
        if last == self._collected:
            raise BadInput("LayerRecorder: has recorded 0 new time steps, must be at least 1 (run the network first)")
        new = last - self._collected
        if new > self._capacity:
            raise BadInput(f"LayerRecorder capacity: is {self._capacity}, must be at least {new} for what was run")
        steps = np.arange(self._collected + 1, last + 1)
        self._collected = last
        variables = {}
        for process, window, names in self._watched:
            for name, watched in names.items():
                values = process.watched(window, watched)[(steps - 1) % self._capacity]
                if name == "h":
                    values = self._connection.matrix(values).swapaxes(1, 2)
                variables[name] = Variable(steps + process.proc_params["tick"], values)
        return Recording(variables, about)
