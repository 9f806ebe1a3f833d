import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.emulator.rule.constants import DECAY_FRACTION_BITS, MEMBRANE_LIMIT, MEMBRANE_SHIFT, fixed, real
from bicall.lava_procs.calcium_lif.process import CalciumLIF
from bicall.lava_procs.support.ticks import PyTickedModel
from bicall.lava_procs.support.traces import FixedTrace, FloatTrace


class AbstractPyCalciumLIFModel(PyTickedModel):
    """One tick of the neurons; arithmetics add `constants`, the traces, and how u and v are integrated.

    Order of messages: the mask `depress_out` goes out before the input is awaited, as a plastic connection needs it;
    the rest follows when the input has come.
    """

    depress_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)
    learn_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)
    gate_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)
    refractory: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=8)

    def integrate(self, a_in: np.ndarray) -> np.ndarray:
        """Update u by the input and return v before floor and refractory period."""
        raise NotImplementedError("integrate() belongs to a model of one arithmetic")

    def gate(self) -> np.ndarray:
        """bool[neurons]: the slow trace is inside its window."""
        return (self.constants.gate_low < self.s) & (self.s < self.constants.gate_high)

    def run_spk(self) -> None:
        c = self.constants
        if self.reset_due:
            for state in (self.u, self.v, self.y, self.s, self.refractory):
                state.fill(0)
        self.y_trace.decay(self.y, self.tick)
        self.s_trace.decay(self.s, self.tick)
        self.depressed = self.gate() & (self.y > c.post_threshold)
        self.depress_out.send(self.depressed)

        v = self.integrate(self.a_in.recv())
        active = self.refractory == 0
        np.maximum(v, c.membrane_floor, out=self.v, where=active, casting="same_kind")
        self.refractory -= ~active
        self.spikes = spikes = self.v > c.membrane_threshold
        self.v[spikes] = 0
        self.refractory[spikes] = c.refractory_ticks
        self.y_trace.bump(self.y, spikes)
        self.s_trace.bump(self.s, spikes)

        gate = self.gate()
        self.learn_out.send(spikes & gate)
        self.s_out.send(spikes)
        self.gate_out.send(gate)
        self.y_out.send(self.y)
        self.slow_out.send(self.s)


@implements(proc=CalciumLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyCalciumLIFModelFloat(AbstractPyCalciumLIFModel):
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
        self.constants = real(proc_params["description"])
        self.y_trace = FloatTrace(self.constants, "y", proc_params["seed"])
        self.s_trace = FloatTrace(self.constants, "s", proc_params["seed"])

    def integrate(self, a_in: np.ndarray) -> np.ndarray:
        self.u *= self.constants.current_decay
        self.u += a_in
        return self.v * self.constants.membrane_decay + self.u


class AbstractPyCalciumLIFModelFixed(AbstractPyCalciumLIFModel):
    """In integers: u and v as on Loihi (24 bits, 12-bit decays, input shifted by 6), traces as described."""

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
        self.constants = fixed(proc_params["description"])
        self.y_trace = FixedTrace(self.constants, "y", proc_params["seed"])
        self.s_trace = FixedTrace(self.constants, "s", proc_params["seed"])

    def leak(self, value: np.ndarray, factor: int) -> np.ndarray:
        """int64: value times factor / 2^12, rounded towards 0."""
        product = value.astype(np.int64) * factor
        return np.sign(product) * (np.abs(product) >> DECAY_FRACTION_BITS)

    def integrate(self, a_in: np.ndarray) -> np.ndarray:
        u = self.leak(self.u, self.constants.current_decay) + (a_in.astype(np.int64) << MEMBRANE_SHIFT)
        # 24 bits: a current that overflows wraps around, a membrane stops
        u[u > MEMBRANE_LIMIT] -= 2 * MEMBRANE_LIMIT
        u[u <= -MEMBRANE_LIMIT] += 2 * MEMBRANE_LIMIT
        self.u[:] = u
        v = self.leak(self.v, self.constants.membrane_decay) + u
        return np.clip(v, -MEMBRANE_LIMIT + 1, MEMBRANE_LIMIT - 1)


@implements(proc=CalciumLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyCalciumLIFModelFixed(AbstractPyCalciumLIFModelFixed):
    """The neuron on its own; a neuron with more ports shares its arithmetic."""
