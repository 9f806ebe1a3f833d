import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.lava_procs.calcium_lif.models import AbstractPyCalciumLIFModelFixed
from bicall.lava_procs.learning_calcium_lif.process import LearningCalciumLIF


@implements(proc=LearningCalciumLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyLearningCalciumLIFModelFixed(AbstractPyCalciumLIFModelFixed):
    """Adds the learning engine's messages, which it awaits after the spikes."""

    s_out_bap: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)
    s_out_y1: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7)
    s_out_y2: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7)
    s_out_y3: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.depression, self.potentiation = proc_params["depression"], proc_params["potentiation"]

    def step(self) -> None:
        super().step()
        self.s_out_bap.send(self.spikes)
        self.s_out_y1.send(self.depressed * self.depression)
        self.s_out_y2.send(self.gate() * self.potentiation)
        self.s_out_y3.send(np.zeros(self.spikes.shape, np.int32))
