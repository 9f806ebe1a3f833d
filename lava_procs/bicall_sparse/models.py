import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.emulator.rule.randomness import Stream
from bicall.lava_procs.bicall_sparse.process import BiCaLLSparse
from bicall.lava_procs.support.learning import AbstractPyBiCaLLModel, FixedLearning, FloatLearning


class AbstractPyBiCaLLSparseModel(AbstractPyBiCaLLModel):
    """h is a list of synapses; `pre_of` and `post_of` say which axon and which neuron each one joins."""

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.pre_of, self.post_of = proc_params["pre_of"], proc_params["post_of"]
        self.pre_count, self.post_count = proc_params["pre_count"], proc_params["post_count"]

    def transmit(self, pre: np.ndarray) -> np.ndarray:
        c = self.constants
        spiking = np.flatnonzero(self._mask(self.pre_count, pre)[self.pre_of])
        high = self.h[spiking] > c.h_threshold
        reached = self.post_of[spiking]
        arrived = np.bincount(reached, minlength=self.post_count)
        high = np.bincount(reached[high], minlength=self.post_count)
        return high * c.weight_high + (arrived - high) * c.weight_low

    def depress(self, pre: np.ndarray, post: np.ndarray) -> None:
        from_pre, to_post = (
            self._mask(self.pre_count, pre)[self.pre_of],
            self._mask(self.post_count, post)[self.post_of],
        )
        self._learn(np.flatnonzero(from_pre & to_post), self.constants.depression_pre, pre, Stream.ROUND_PRE)

    def potentiate(self, step: np.ndarray, post: np.ndarray) -> None:
        synapses = np.flatnonzero(self._mask(self.post_count, post)[self.post_of])
        self._learn(synapses, step[self.pre_of[synapses]], np.arange(self.pre_count), Stream.ROUND_POST)

    def _learn(self, synapses: np.ndarray, step, pre: np.ndarray, stream: Stream) -> None:
        """One step of some synapses, whose axons are all among `pre`."""
        words = np.zeros(self.pre_count, np.uint32)
        words[pre] = self.words(pre, stream)  # one word an axon, however many synapses it has
        self.h[synapses] = self.learn(self.h[synapses], step, words[self.pre_of[synapses]], self.post_of[synapses])

    @staticmethod
    def _mask(length: int, indices: np.ndarray) -> np.ndarray:
        mask = np.zeros(length, bool)
        mask[indices] = True
        return mask


@implements(proc=BiCaLLSparse, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyBiCaLLSparseModelFloat(FloatLearning, AbstractPyBiCaLLSparseModel):
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    h: np.ndarray = LavaPyType(np.ndarray, float)
    x: np.ndarray = LavaPyType(np.ndarray, float)


@implements(proc=BiCaLLSparse, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyBiCaLLSparseModelFixed(FixedLearning, AbstractPyBiCaLLSparseModel):
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    h: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=16)
    x: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=16)
