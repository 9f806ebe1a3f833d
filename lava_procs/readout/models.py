import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.lava_procs.readout.process import Readout


@implements(proc=Readout, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt", "fixed_pt")
class PyReadoutModel(PyLoihiProcessModel):
    """Counts are whole numbers in both arithmetics."""

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, bool, precision=1)
    counts: np.ndarray = LavaPyType(np.ndarray, np.int32)
    predictions: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.ticks, self.classes = proc_params["ticks"], proc_params["classes"]

    def run_spk(self) -> None:
        spikes = self.s_in.recv() != 0
        presentation, step = divmod(self.time_step - 1, self.ticks)
        if presentation >= len(self.counts):
            return
        self.counts[presentation] += spikes
        if step == self.ticks - 1:
            self.predictions[presentation] = self.counts[presentation].reshape(self.classes, -1).sum(axis=1).argmax()
