import mmap

import numpy as np
from lava.magma.core.process.ports.ports import InPort, RefPort
from lava.magma.core.process.process import LogConfig

from bicall.emulator.rule.recording import Recording, Variable
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.bicall_sparse.process import BiCaLLSparse
from bicall.lava_procs.support.checked_process import CheckedProcess
from bicall.lava_procs.support.checks import check_count

# our recordings' name of each Var of the neuron and of the connection
NEURON_VARS = {"y": "y", "s": "s", "current": "u", "membrane": "v", "refractory": "refractory"}
CONNECTION_VARS = {"x": "x", "h": "h"}


class LayerRecorder(CheckedProcess):
    """Records a plastic layer after every time step, in the toolkit's recording format.

    Lava's Monitor reads one Var and hands it over value by value; this one reads all of a layer and hands it over
    through shared memory, so that h of a whole network can be recorded at every tick. The recording has the emulator's
    names and shapes: u is `current`, v is `membrane`, h is [pre, post], 0 where there is no synapse. `pre_spikes` are
    those that the source sends, also where the connection delays them.

    Parameters
    ----------
    neuron : CalciumLIF
    connection : BiCaLLDense or BiCaLLSparse
        That feeds `neuron`.
    source : OutPort
        Whose spikes `connection` receives.
    capacity : int
        How many time steps fit between two calls of `collect`.

    Raises
    ------
    BadInput
        The capacity is outside its limits.
    """

    def __init__(self, *, neuron, connection, source, capacity: int, log_config: LogConfig | None = None) -> None:
        check_count("LayerRecorder capacity", capacity, 1)
        pre, post = connection.s_in.shape, neuron.s_out.shape
        shapes = {"pre_spikes": pre, "post_spikes": post, "x": pre, "h": connection.h.shape}
        shapes |= {name: post for name in NEURON_VARS}
        # 8 bytes a value serve both arithmetics; pages that are never written cost nothing
        memory = {name: mmap.mmap(-1, 8 * capacity * int(np.prod(shape))) for name, shape in shapes.items()}
        steps = mmap.mmap(-1, 8)
        super().__init__(capacity=capacity, memory=memory, steps=steps, shapes=shapes, log_config=log_config)
        self._first_tick = neuron.proc_params["tick"]
        self._collected = 0
        sparse = isinstance(connection, BiCaLLSparse)
        self._places = [connection.proc_params[name] for name in ("pre_of", "post_of")] if sparse else None

        self.pre_spikes = InPort(shape=pre)
        self.post_spikes = InPort(shape=post)
        source.connect(self.pre_spikes)
        neuron.s_out.connect(self.post_spikes)
        for owner, names in ((neuron, NEURON_VARS), (connection, CONNECTION_VARS)):
            for name, var in names.items():
                port = RefPort(shape=shapes[name])
                setattr(self, name, port)
                port.connect_var(getattr(owner, var))

    def collect(self, **about) -> Recording:
        """Everything since the last call, while the run is paused or over.

        Raises
        ------
        BadInput
            No time step has passed since then, or more than `capacity`.
        """
        steps = int(np.frombuffer(self.proc_params["steps"], np.int64)[0])
        if steps == self._collected:
            raise BadInput("LayerRecorder: has recorded 0 new time steps, must be at least 1 (run the network first)")
        capacity = self.proc_params["capacity"]
        if steps - self._collected > capacity:
            raise BadInput(
                f"LayerRecorder capacity: is {capacity}, must be at least {steps - self._collected} for what was run"
            )
        places = np.arange(self._collected, steps)
        self._collected = steps
        variables = {}
        for name in self.proc_params["shapes"]:
            values = self._buffer(name)[places % capacity]
            if name == "h":
                values = self._as_matrices(values)
            variables[name] = Variable(places + 1 + self._first_tick, values)
        return Recording(variables, about)

    def _as_matrices(self, h: np.ndarray) -> np.ndarray:
        """[records, pre, post], as recordings have it, of [records, post, pre] or [records, synapses]."""
        if self._places is None:
            return h.swapaxes(1, 2)
        matrices = np.zeros((len(h), *self.pre_spikes.shape, *self.post_spikes.shape), h.dtype)
        matrices[:, self._places[0], self._places[1]] = h
        return matrices

    def _buffer(self, name: str) -> np.ndarray:
        return self.model_class.view(self.proc_params, name)
