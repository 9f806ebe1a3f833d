import numpy as np
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import LogConfig

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.description import Rule
from bicall.lava_procs.support.checks import check_population
from bicall.lava_procs.support.state_var import StateVar
from bicall.lava_procs.support.ticks import TickedProcess


class PlainLIF(TickedProcess):
    """Leaky integrate-and-fire neurons.

    u[t] = u[t-1] * current_decay + a_in
    v[t] = v[t-1] * membrane_decay + u[t], not below the floor; no integration in the refractory period
    s_out = v[t] > threshold; a spike resets v to 0

    With floor and refractory period off, u, v and s_out are bit for bit those of Lava's LIF (fixed_pt).

    Parameters
    ----------
    shape : tuple
        (neurons,).
    description : Rule or Constants
        Where all constants come from; the model takes those of its own arithmetic. A Description is a Rule.
    u, v, refractory : int, float or numpy.ndarray
        Initial state, in the arithmetic's own numbers (integers for fixed_pt).
    tick
        As of `TickedProcess`, whose Var `reset` it has.

    Ports (all of shape (neurons,))
    -----
    a_in : weighted input of this tick.
    s_out : spikes, 0 or 1.

    Raises
    ------
    BadInput
        A shape or a number outside its limits; when compiled: state that the model cannot hold.
    """

    WATCHED: tuple[str, ...] = ("spikes", "u", "v", "refractory")

    def __init__(
        self,
        *,
        shape: tuple[int],
        description: Rule | Constants,
        u: int | float | np.ndarray = 0,
        v: int | float | np.ndarray = 0,
        refractory: int | np.ndarray = 0,
        tick: int = 0,
        name: str | None = None,
        log_config: LogConfig | None = None,
        **parameters,
    ) -> None:
        check_population(f"{type(self).__name__} shape", shape)
        super().__init__(
            shape=shape, description=description, tick=tick, name=name, log_config=log_config, **parameters
        )
        self.a_in = InPort(shape=shape)
        self.s_out = OutPort(shape=shape)
        self.u = StateVar(shape=shape, init=u)
        self.v = StateVar(shape=shape, init=v)
        self.refractory = StateVar(shape=shape, init=refractory)

    def watched_shapes(self) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(self.WATCHED, self.s_out.shape)
