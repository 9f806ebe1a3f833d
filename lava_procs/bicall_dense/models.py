import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.emulator.rule.randomness import Stream
from bicall.lava_procs.bicall_dense.process import BiCaLLDense
from bicall.lava_procs.support.learning import AbstractPyBiCaLLModel, FixedLearning, FloatLearning


class AbstractPyBiCaLLDenseModel(AbstractPyBiCaLLModel):
    """h is a matrix [post, pre]: a presynaptic spike changes a part of a column, a postsynaptic one a whole row."""

    def transmit(self, pre: np.ndarray) -> np.ndarray:
        c = self.constants
        high = np.count_nonzero(self.h[:, pre] > c.h_threshold, axis=1)
        return high * c.weight_high + (len(pre) - high) * c.weight_low

    def depress(self, pre: np.ndarray, post: np.ndarray) -> None:
        synapses = np.ix_(post, pre)
        words = self.words(pre, Stream.ROUND_PRE)
        self.h[synapses] = self.learn(self.h[synapses], self.constants.depression_pre, words, post[:, None])

    def potentiate(self, step: np.ndarray, post: np.ndarray) -> None:
        words = self.words(np.arange(len(self.x)), Stream.ROUND_POST)
        self.h[post] = self.learn(self.h[post], step, words, post[:, None])


@implements(proc=BiCaLLDense, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyBiCaLLDenseModelFloat(FloatLearning, AbstractPyBiCaLLDenseModel):
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    h: np.ndarray = LavaPyType(np.ndarray, float)
    x: np.ndarray = LavaPyType(np.ndarray, float)


@implements(proc=BiCaLLDense, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyBiCaLLDenseModelFixed(FixedLearning, AbstractPyBiCaLLDenseModel):
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    h: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=16)
    x: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=16)
