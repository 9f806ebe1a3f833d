import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from emulator.constants import NEAREST, STOCHASTIC, fixed, real
from emulator.randomness import Stream, column_noise, random_words
from lava_procs.bicall_dense.process import BiCaLLDense
from lava_procs.ticks import PyTickedModel
from lava_procs.traces import FixedTrace, FloatTrace


class AbstractPyBiCaLLDenseModel(PyTickedModel):
    """One tick of the synapses; arithmetics add `constants`, `x_trace` and how a step of h is rounded.

    Order of messages: weights are transmitted before the neurons' masks are awaited, so no order of processes can
    block; `learn_in` comes last, when the neurons have fired.
    """

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, bool, precision=1)
    depress_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, bool, precision=1)
    learn_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, bool, precision=1)
    learning: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=1)

    def learn(self, h: np.ndarray, step, pre: np.ndarray, post: np.ndarray, stream: Stream) -> np.ndarray:
        """h[post, pre] + step, rounded and kept within its range; `step` is broadcast."""
        raise NotImplementedError("learn() belongs to a model of one arithmetic")

    def potentiation(self) -> np.ndarray:
        """[pre]: c_p x."""
        raise NotImplementedError("potentiation() belongs to a model of one arithmetic")

    def drift(self) -> None:
        """Every h one step towards the nearer end of its range."""
        c = self.constants
        drifted = np.where(self.h > c.h_threshold, self.h + c.drift_up, self.h - c.drift_down)
        np.clip(drifted, 0, c.h_full, out=self.h)

    def run_spk(self) -> None:
        c, learning = self.constants, bool(self.learning[0])
        if self.reset_due:
            self.x.fill(0)
        pre = np.flatnonzero(self.s_in.recv())
        self.x_trace.decay(self.x, self.tick)
        if learning and self.tick % c.drift_period == 0:
            self.drift()

        arriving = self.h[:, pre]
        high = np.count_nonzero(arriving > c.h_threshold, axis=1)
        self.a_out.send(high * c.weight_high + (len(pre) - high) * c.weight_low)
        post = np.flatnonzero(self.depress_in.recv())
        if learning and len(pre) and len(post):
            self.h[np.ix_(post, pre)] = self.learn(arriving[post], c.depression_pre, pre, post, Stream.ROUND_PRE)
        self.x_trace.bump(self.x, pre)

        post = np.flatnonzero(self.learn_in.recv())
        if learning and len(post):
            step = self.potentiation() + np.where(self.x < c.pre_threshold, c.depression_post, 0)
            self.h[post] = self.learn(self.h[post], step, np.arange(len(self.x)), post, Stream.ROUND_POST)


@implements(proc=BiCaLLDense, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyBiCaLLDenseModelFloat(AbstractPyBiCaLLDenseModel):
    """In float64; full scales are 1."""

    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    h: np.ndarray = LavaPyType(np.ndarray, float)
    x: np.ndarray = LavaPyType(np.ndarray, float)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.constants = real(proc_params["description"])
        self.x_trace = FloatTrace(self.constants, "x", proc_params["seed"])

    def potentiation(self) -> np.ndarray:
        return self.constants.potentiation * self.x

    def learn(self, h: np.ndarray, step, pre: np.ndarray, post: np.ndarray, stream: Stream) -> np.ndarray:
        return np.clip(h + step, 0.0, 1.0)


@implements(proc=BiCaLLDense, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyBiCaLLDenseModelFixed(AbstractPyBiCaLLDenseModel):
    """In unsigned integers, widths and rounding as described."""

    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    h: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=16)
    x: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=16)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.constants = fixed(proc_params["description"])
        self.seed = proc_params["seed"]
        self.x_trace = FixedTrace(self.constants, "x", self.seed)

    def potentiation(self) -> np.ndarray:
        return (self.constants.potentiation * self.x.astype(np.int64)) >> self.constants.x_bits

    def learn(self, h: np.ndarray, step, pre: np.ndarray, post: np.ndarray, stream: Stream) -> np.ndarray:
        """A step has `step_fraction_bits` binary places more than h; noise decides what becomes of them."""
        c, noise = self.constants, 0
        if c.h_rounding == NEAREST:
            noise = (1 << c.step_fraction_bits) >> 1
        elif c.h_rounding == STOCHASTIC:
            words = random_words(self.seed, stream, pre, self.tick)
            noise = column_noise(words[None, :], post[:, None], c.step_fraction_bits)
        return np.clip(h + ((step + noise) >> c.step_fraction_bits), 0, c.h_full)
