import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.lava_procs.support.constants import constants_in
from bicall.lava_procs.support.spikes import spiking_at
from bicall.lava_procs.teacher.process import Teacher


class AbstractPyTeacherModel(PyLoihiProcessModel):
    """Arithmetics add `weight`."""

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.spikes, self.shape = proc_params["spikes"], proc_params["shape"]

    def run_spk(self) -> None:
        a_out = np.zeros(self.shape, type(self.weight))
        a_out[spiking_at(self.spikes, self.time_step)] = self.weight
        self.a_out.send(a_out)


@implements(proc=Teacher, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyTeacherModelFloat(AbstractPyTeacherModel):
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.weight = constants_in("float", proc_params["description"]).teacher_weight


@implements(proc=Teacher, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyTeacherModelFixed(AbstractPyTeacherModel):
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.weight = constants_in("fixed", proc_params["description"]).teacher_weight
