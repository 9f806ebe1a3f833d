import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.emulator.rule.constants import DECAY_FRACTION_BITS, MEMBRANE_LIMIT, MEMBRANE_SHIFT
from bicall.lava_procs.plain_lif.process import PlainLIF
from bicall.lava_procs.support.constants import constants_in
from bicall.lava_procs.support.ticks import PyTickedModel


class AbstractPyPlainLIFModel(PyTickedModel):
    """One tick of the neurons; arithmetics add `constants`, and how u and v are integrated."""

    refractory: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=8)

    def integrate(self, a_in: np.ndarray) -> np.ndarray:
        """Update u by the input and return v before floor and refractory period."""
        raise NotImplementedError("integrate() belongs to a model of one arithmetic")

    def rest(self) -> None:
        """All state to 0."""
        for state in (self.u, self.v, self.refractory):
            state.fill(0)

    def fire(self) -> None:
        """Await the input, integrate and fire: `spikes`, bool[neurons]."""
        c = self.constants
        v = self.integrate(self.a_in.recv())
        active = self.refractory == 0
        np.maximum(v, c.membrane_floor, out=self.v, where=active, casting="same_kind")
        self.refractory -= ~active
        self.spikes = self.v > c.membrane_threshold
        self.v[self.spikes] = (self.v[self.spikes] - c.membrane_threshold) * c.reset_by_subtraction
        self.refractory[self.spikes] = c.refractory_ticks

    def step(self) -> None:
        if self.reset_due:
            self.rest()
        self.fire()
        self.s_out.send(self.spikes)


class FloatIntegration:
    """In float64; the threshold is 1."""

    u: np.ndarray
    v: np.ndarray

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.constants = constants_in("float", proc_params["description"])

    def integrate(self, a_in: np.ndarray) -> np.ndarray:
        self.u *= self.constants.current_decay
        self.u += a_in
        return self.v * self.constants.membrane_decay + self.u


class FixedIntegration:
    """In integers, as on Loihi: 24 bits, 12-bit decays, input shifted by 6."""

    u: np.ndarray
    v: np.ndarray

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.constants = constants_in("fixed", proc_params["description"])

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


@implements(proc=PlainLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyPlainLIFModelFloat(FloatIntegration, AbstractPyPlainLIFModel):
    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    u: np.ndarray = LavaPyType(np.ndarray, float)
    v: np.ndarray = LavaPyType(np.ndarray, float)


@implements(proc=PlainLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyPlainLIFModelFixed(FixedIntegration, AbstractPyPlainLIFModel):
    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    u: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=24)
    v: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=24)
