"""What both plastic connections share: one tick of the rule, and a learning step in each arithmetic."""

import numpy as np
from lava.magma.core.model.py.ports import PyInPort
from lava.magma.core.model.py.type import LavaPyType

from bicall.emulator.rule.constants import NEAREST, STOCHASTIC
from bicall.emulator.rule.randomness import Stream, column_noise
from bicall.lava_procs.support.constants import constants_in
from bicall.lava_procs.support.delays import DelayLine
from bicall.lava_procs.support.ticks import PyTickedModel
from bicall.lava_procs.support.traces import FixedTrace, FloatTrace
from bicall.lava_procs.support.words import rounding_words


class AbstractPyBiCaLLModel(PyTickedModel):
    """One tick of plastic synapses.

    A connection adds how synapses are stored: `drift`, `transmit`, `depress` and `potentiate`. An arithmetic adds
    `constants`, `x_trace`, `potentiation`, `words` and `learn`.

    Order of messages: weights are transmitted before the neurons' masks are awaited, so no order of processes can
    block, and `learn_in` comes when the neurons have fired. Spikes are awaited first where an axon has no delay, else
    last, so that neurons may feed themselves.
    """

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, bool, precision=1)
    depress_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, bool, precision=1)
    learn_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, bool, precision=1)
    learning: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=1)
    in_flight: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=1)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.delay = proc_params["delay"]

    def drift(self) -> None:
        """Every h one step towards the nearer end of its range."""
        c = self.constants
        drifted = np.where(self.h > c.h_threshold, self.h + c.drift_up, self.h - c.drift_down)
        np.clip(drifted, 0, c.h_full, out=self.h)

    def transmit(self, pre: np.ndarray) -> np.ndarray:
        """[post]: the weights of the spiking axons `pre` (indices), summed for each neuron."""
        raise NotImplementedError("transmit() belongs to a model of one connection")

    def depress(self, pre: np.ndarray, post: np.ndarray) -> None:
        """A presynaptic spike's step, for the synapses from `pre` to `post` (indices)."""
        raise NotImplementedError("depress() belongs to a model of one connection")

    def potentiate(self, step: np.ndarray, post: np.ndarray) -> None:
        """A postsynaptic spike's `step` [pre], for all synapses of the neurons `post` (indices)."""
        raise NotImplementedError("potentiate() belongs to a model of one connection")

    def step(self) -> None:
        c, learning = self.constants, bool(self.learning[0])
        if self.reset_due:
            self.x.fill(0)
            self.in_flight.fill(0)
        self.arrived = self._arrivals()
        pre = np.flatnonzero(self.arrived)
        self.x_trace.decay(self.x, self.tick)
        if learning and self.tick % c.drift_period == 0:
            self.drift()

        self.a_out.send(self.transmit(pre))
        post = np.flatnonzero(self.depress_in.recv())
        if learning and len(pre) and len(post):
            self.depress(pre, post)
        self.x_trace.bump(self.x, pre)

        post = np.flatnonzero(self.learn_in.recv())
        if learning and len(post):
            step = self.potentiation() + np.where(self.x < c.pre_threshold, c.depression_post, 0)
            self.potentiate(step, post)
        if self.delay.min() > 0:
            self._line().depart(self.time_step, self.s_in.recv())

    def _arrivals(self) -> np.ndarray:
        """bool[pre], the axons whose spikes arrive in this time step."""
        if self.delay.max() == 0:
            return self.s_in.recv() != 0
        if self.delay.min() == 0:
            self._line().depart(self.time_step, self.s_in.recv())
        return self._line().arrivals(self.time_step)

    def _line(self) -> DelayLine:
        return DelayLine(self.in_flight, self.delay)


class FloatLearning:
    """In float64; full scales are 1. Nothing is rounded, so no random words are needed."""

    x: np.ndarray  # of the process model that this is mixed into

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.constants = constants_in("float", proc_params["description"])
        self.x_trace = FloatTrace(self.constants, "x", proc_params["seed"])

    def potentiation(self) -> np.ndarray:
        """[pre]: c_p x."""
        return self.constants.potentiation * self.x

    def words(self, pre: np.ndarray, stream: Stream) -> np.ndarray:
        return np.zeros(len(pre), np.uint32)

    def learn(self, h: np.ndarray, step, words: np.ndarray, post: np.ndarray) -> np.ndarray:
        """h + step, kept within its range."""
        return np.clip(h + step, 0.0, 1.0)


class FixedLearning:
    """In unsigned integers, widths and rounding as described."""

    x: np.ndarray  # of the process model that this is mixed into
    tick: int

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.constants = constants_in("fixed", proc_params["description"])
        self.seed = proc_params["seed"]
        self.x_trace = FixedTrace(self.constants, "x", self.seed)

    def potentiation(self) -> np.ndarray:
        """[pre]: c_p x, with the binary places of a step below h's last bit."""
        return (self.constants.potentiation * self.x.astype(np.int64)) >> self.constants.x_bits

    def words(self, pre: np.ndarray, stream: Stream) -> np.ndarray:
        """uint32, the random words of the axons `pre` for this tick's rounding."""
        if self.constants.h_rounding != STOCHASTIC:
            return np.zeros(len(pre), np.uint32)
        return rounding_words(self.seed, int(stream), pre, self.tick)

    def learn(self, h: np.ndarray, step, words: np.ndarray, post: np.ndarray) -> np.ndarray:
        """h + step, rounded to h's last bit and kept within its range; words and post are broadcast to h."""
        c = self.constants
        noise: int | np.ndarray = 0
        if c.h_rounding == NEAREST:
            noise = (1 << c.step_fraction_bits) >> 1
        elif c.h_rounding == STOCHASTIC:
            noise = column_noise(words, post, c.step_fraction_bits)
        return np.clip(h + ((step + noise) >> c.step_fraction_bits), 0, c.h_full)
