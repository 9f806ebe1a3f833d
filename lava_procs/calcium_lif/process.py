import numpy as np
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import LogConfig

from bicall.emulator.configuration.description import Description
from bicall.lava_procs.support.checked_process import CheckedProcess
from bicall.lava_procs.support.checks import check_population, check_resets
from bicall.lava_procs.support.state_var import StateVar


class CalciumLIF(CheckedProcess):
    """Leaky integrate-and-fire neurons with a fast and a slow calcium trace.

    u[t] = u[t-1] * current_decay + a_in
    v[t] = v[t-1] * membrane_decay + u[t], not below the floor; no integration in the refractory period
    s_out = v[t] > threshold; a spike resets v to 0
    y and s decay every tick; a spike moves each a part of the way to full scale.

    With floor and refractory period off, u, v and s_out are bit for bit those of Lava's LIF (fixed_pt).

    What a plastic connection needs to know goes out in two masks: `depress_out`, sent before the input is awaited (as
    y and the gate are after decay), and `learn_out`, sent after the spikes (as the gate is after their bump).

    Parameters
    ----------
    shape : tuple
        (neurons,).
    description : Description
        Where all constants come from; the model takes those of its own arithmetic.
    seed : int
        Of stochastic rounding of the traces, 32 bits.
    u, v, y, s, refractory : int, float or numpy.ndarray
        Initial state, in the arithmetic's own numbers (integers for fixed_pt).
    reset_interval, reset_offset : int
        State returns to 0 before every time step t with t % reset_interval == reset_offset % reset_interval, as in
        `LIFReset`; 0: never. 1 as offset resets before the first step of each sample of `reset_interval` steps.
    tick : int
        Ticks that the state has behind it: time step t is tick `tick` + t.

    Ports (all of shape (neurons,))
    -----
    a_in : weighted input of this tick.
    s_out : spikes, 0 or 1.
    depress_out : bool, neurons whose synapses this tick's presynaptic spikes depress.
    learn_out : bool, neurons that fired with the gate open.
    y_out, slow_out : the traces y and s after the tick.
    gate_out : bool, gate open after the tick.

    Raises
    ------
    BadInput
        A shape, a number of ticks or a seed outside its limits; when compiled: state that the model cannot hold.
    """

    def __init__(
        self,
        *,
        shape: tuple[int],
        description: Description,
        seed: int = 0,
        u: int | float | np.ndarray = 0,
        v: int | float | np.ndarray = 0,
        y: int | float | np.ndarray = 0,
        s: int | float | np.ndarray = 0,
        refractory: int | np.ndarray = 0,
        reset_interval: int = 0,
        reset_offset: int = 1,
        tick: int = 0,
        name: str | None = None,
        log_config: LogConfig | None = None,
    ) -> None:
        check_population("CalciumLIF shape", shape)
        check_resets("CalciumLIF", reset_interval, reset_offset, tick, seed)
        super().__init__(
            shape=shape,
            description=description,
            seed=seed,
            reset_interval=reset_interval,
            reset_offset=reset_offset,
            tick=tick,
            name=name,
            log_config=log_config,
        )
        self.a_in = InPort(shape=shape)
        self.s_out = OutPort(shape=shape)
        self.depress_out = OutPort(shape=shape)
        self.learn_out = OutPort(shape=shape)
        self.y_out = OutPort(shape=shape)
        self.slow_out = OutPort(shape=shape)
        self.gate_out = OutPort(shape=shape)
        self.u = StateVar(shape=shape, init=u)
        self.v = StateVar(shape=shape, init=v)
        self.y = StateVar(shape=shape, init=y, full="y_full")
        self.s = StateVar(shape=shape, init=s, full="s_full")
        self.refractory = StateVar(shape=shape, init=refractory)
