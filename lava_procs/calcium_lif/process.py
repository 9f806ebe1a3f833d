import numpy as np
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.process.variable import Var

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.description import Rule
from bicall.lava_procs.plain_lif.process import PlainLIF
from bicall.lava_procs.support.checks import check_count
from bicall.lava_procs.support.state_var import StateVar


class CalciumLIF(PlainLIF):
    """The neurons of `PlainLIF` with a fast and a slow calcium trace.

    y and s decay every tick; a spike moves each a part of the way to full scale.

    What a plastic connection needs to know goes out in two masks: `depress_out`, sent before the input is awaited (as
    y and the gate are after decay), and `learn_out`, sent after the spikes (as the gate is after their bump).

    Parameters
    ----------
    shape, description, u, v, refractory, tick
        As of `PlainLIF`.
    seed : int
        Of stochastic rounding of the traces, 32 bits.
    y, s : int, float or numpy.ndarray
        Initial traces, in the arithmetic's own numbers (integers for fixed_pt).
    learns : bool or numpy.ndarray
        Learning enable of each neuron: the synapses of one without it make no steps, but drift. It is a Var.

    Ports (all of shape (neurons,))
    -----
    a_in, s_out : as of `PlainLIF`.
    depress_out : bool, neurons whose synapses this tick's presynaptic spikes depress.
    learn_out : bool, neurons that fired with the gate open, and learn.
    y_out, slow_out : the traces y and s after the tick.
    gate_out : bool, gate open after the tick.

    Raises
    ------
    BadInput
        A shape, the tick or the seed outside its limits; when compiled: state that the model cannot hold.
    """

    WATCHED = (*PlainLIF.WATCHED, "y", "s")

    def __init__(
        self,
        *,
        shape: tuple[int],
        description: Rule | Constants,
        seed: int = 0,
        y: int | float | np.ndarray = 0,
        s: int | float | np.ndarray = 0,
        learns: bool | np.ndarray = True,
        **parameters,
    ) -> None:
        check_count(f"{type(self).__name__} seed", seed, 0)
        super().__init__(shape=shape, description=description, seed=seed, **parameters)
        self.depress_out = OutPort(shape=shape)
        self.learn_out = OutPort(shape=shape)
        self.y_out = OutPort(shape=shape)
        self.slow_out = OutPort(shape=shape)
        self.gate_out = OutPort(shape=shape)
        self.y = StateVar(shape=shape, init=y, full="y_full")
        self.s = StateVar(shape=shape, init=s, full="s_full")
        self.learns = Var(shape=shape, init=np.asarray(learns, np.int32))
