import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.lava_procs.calcium_lif.process import CalciumLIF
from bicall.lava_procs.plain_lif.models import AbstractPyPlainLIFModel, FixedIntegration, FloatIntegration
from bicall.lava_procs.support.traces import FixedTrace, FloatTrace


class AbstractPyCalciumLIFModel(AbstractPyPlainLIFModel):
    """One tick of neurons with traces; arithmetics add `y_trace` and `s_trace`.

    Order of messages: the mask `depress_out` goes out before the input is awaited, as a plastic connection needs it;
    the rest follows when the input has come.
    """

    depress_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)
    learn_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)
    gate_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)
    learns: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=1)

    def gate(self) -> np.ndarray:
        """bool[neurons]: the slow trace is inside its window."""
        return (self.constants.gate_low < self.s) & (self.s < self.constants.gate_high)

    def rest(self) -> None:
        super().rest()
        for trace in (self.y, self.s):
            trace.fill(0)

    def step(self) -> None:
        if self.reset_due:
            self.rest()
        enabled = self.learns != 0
        self.y_trace.decay(self.y, self.tick)
        self.s_trace.decay(self.s, self.tick)
        self.depressed = enabled & self.gate() & (self.y > self.constants.post_threshold)
        self.depress_out.send(self.depressed)

        self.fire()
        self.y_trace.bump(self.y, self.spikes)
        self.s_trace.bump(self.s, self.spikes)

        gate = self.gate()
        self.learn_out.send(enabled & self.spikes & gate)
        self.s_out.send(self.spikes)
        self.gate_out.send(gate)
        self.y_out.send(self.y)
        self.slow_out.send(self.s)


@implements(proc=CalciumLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyCalciumLIFModelFloat(FloatIntegration, AbstractPyCalciumLIFModel):
    """In float64; threshold and full scales are 1."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    y_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    slow_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    u: np.ndarray = LavaPyType(np.ndarray, float)
    v: np.ndarray = LavaPyType(np.ndarray, float)
    y: np.ndarray = LavaPyType(np.ndarray, float)
    s: np.ndarray = LavaPyType(np.ndarray, float)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.y_trace = FloatTrace(self.constants, "y", proc_params["seed"])
        self.s_trace = FloatTrace(self.constants, "s", proc_params["seed"])


class AbstractPyCalciumLIFModelFixed(FixedIntegration, AbstractPyCalciumLIFModel):
    """In integers: u and v as on Loihi, traces as described."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    y_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    slow_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    u: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=24)
    v: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=24)
    y: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=16)
    s: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=16)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.y_trace = FixedTrace(self.constants, "y", proc_params["seed"])
        self.s_trace = FixedTrace(self.constants, "s", proc_params["seed"])


@implements(proc=CalciumLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyCalciumLIFModelFixed(AbstractPyCalciumLIFModelFixed):
    """The neuron on its own; a neuron with more ports shares its arithmetic."""
