import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.lava_procs.population_input.process import PopulationInput
from bicall.lava_procs.support.delays import DelayLine
from bicall.lava_procs.support.ticks import PyTickedModel


class AbstractPyPopulationInputModel(PyTickedModel):
    """One tick of a population's input; arithmetics add `dtype`, the sums' type, and `scale`, on fixed weights."""

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, bool, precision=1)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        delays = proc_params["delays"]
        self.teacher_weight = proc_params["description"].teacher_weight
        self.mantissa = proc_params["mantissa"]
        edges = np.cumsum([proc_params["plastic"], proc_params["direct"].shape[0], proc_params["fixed"].shape[0]])
        self.plastic, self.direct, self.fixed = slice(edges[0]), slice(*edges[:2]), slice(*edges[1:])
        self.taught_by, self.rows = proc_params["direct"].astype(bool), proc_params["fixed"]
        self.played = proc_params["played"]
        self.arriving = self.played.view("arriving", bool)
        self.drive = self.played.view("drive", self.dtype)
        self.line = DelayLine(np.zeros((max(1, delays.max(initial=0)) + 1, len(delays)), bool), delays)

    def scale(self, total: np.ndarray) -> np.ndarray:
        """The sum of fixed weights in the units of the neurons' input."""
        raise NotImplementedError("scale() belongs to a model of one arithmetic")

    def step(self) -> None:
        if self.reset_due:
            self.line.under_way.fill(False)
        now = self.time_step - self.played.first
        arrived = self.line.arrivals(self.time_step) | self.arriving[now]
        if self.plastic.stop:
            self.s_out.send(arrived[self.plastic])

        taught = (arrived[self.direct] @ self.taught_by) > 0
        total = np.zeros(len(taught), self.dtype)
        spiking = self.rows[np.flatnonzero(arrived[self.fixed])]
        np.add.at(total, spiking.indices, spiking.data)  # one after the other: in float the order matters
        more = self.scale(total) + self.drive[now]
        self.a_out.send(self.a_in.recv() + taught * self.teacher_weight + more)
        self.line.depart(self.time_step, self.s_in.recv()[: len(arrived)])


@implements(proc=PopulationInput, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyPopulationInputModelFloat(AbstractPyPopulationInputModel):
    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    dtype = np.float64

    def scale(self, total: np.ndarray) -> np.ndarray:
        return total / self.mantissa


@implements(proc=PopulationInput, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyPopulationInputModelFixed(AbstractPyPopulationInputModel):
    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    dtype = np.int32

    def scale(self, total: np.ndarray) -> np.ndarray:
        return total
