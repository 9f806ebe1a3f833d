import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.lava_procs.spike_input.process import SpikeInput
from bicall.lava_procs.support.spikes import spiking_at


@implements(proc=SpikeInput, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt", "fixed_pt")
class PySpikeInputModel(PyLoihiProcessModel):
    """Spikes are 0 or 1 in both arithmetics."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.spikes, self.shape = proc_params["spikes"], proc_params["shape"]

    def run_spk(self) -> None:
        spiking = np.zeros(self.shape, bool)
        spiking[spiking_at(self.spikes, self.time_step)] = True
        self.s_out.send(spiking)
