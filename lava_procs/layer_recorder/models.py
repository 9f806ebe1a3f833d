import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyRefPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.lava_procs.layer_recorder.process import CONNECTION_VARS, NEURON_VARS, LayerRecorder

SPIKES = ("pre_spikes", "post_spikes")


class AbstractPyLayerRecorderModel(PyLoihiProcessModel):
    """Arithmetics add the ports' types and `value_type`."""

    pre_spikes: PyInPort = LavaPyType(PyInPort.VEC_DENSE, bool, precision=1)
    post_spikes: PyInPort = LavaPyType(PyInPort.VEC_DENSE, bool, precision=1)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.capacity = proc_params["capacity"]
        self.steps = np.frombuffer(proc_params["steps"], np.int64)
        self.buffers = {name: self.view(proc_params, name) for name in proc_params["shapes"]}

    @classmethod
    def view(cls, proc_params, name: str) -> np.ndarray:
        """[capacity, ...]: the shared memory of a variable, in this arithmetic's type."""
        shape = (proc_params["capacity"], *proc_params["shapes"][name])
        dtype = bool if name in SPIKES else np.int32 if name == "refractory" else cls.value_type
        return np.frombuffer(proc_params["memory"][name], dtype, count=int(np.prod(shape))).reshape(shape)

    def run_spk(self) -> None:
        for name in SPIKES:
            self._write(name, getattr(self, name).recv())

    def post_guard(self) -> bool:
        return True

    def run_post_mgmt(self) -> None:
        """State is read here, when all processes are through with the tick."""
        for name in (*NEURON_VARS, *CONNECTION_VARS):
            self._write(name, getattr(self, name).read())
        self.steps[0] = self.time_step

    def _write(self, name: str, values: np.ndarray) -> None:
        self.buffers[name][(self.time_step - 1) % self.capacity] = values


@implements(proc=LayerRecorder, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyLayerRecorderModelFloat(AbstractPyLayerRecorderModel):
    value_type = float
    x: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    y: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    s: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    current: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    membrane: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    refractory: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    h: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)


@implements(proc=LayerRecorder, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyLayerRecorderModelFixed(AbstractPyLayerRecorderModel):
    value_type = np.int32
    x: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    y: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    s: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    current: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    membrane: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    refractory: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    h: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
