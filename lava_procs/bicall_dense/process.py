import numpy as np
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess, LogConfig
from lava.magma.core.process.variable import Var

from emulator.description import Description
from lava_procs.checks import check_matrix, check_resets


class BiCaLLDense(AbstractProcess):
    """Plastic synapses from every input to every neuron, learning by the bistable calcium rule.

    A synapse transmits weight_high while its hidden weight h is above half scale, else weight_low. h is depressed at
    presynaptic spikes (neurons in `depress_in`), potentiated or depressed at postsynaptic spikes (neurons in
    `learn_in`), and drifts to the nearer end of its range. Equations: docs/specification.md.

    Connect `depress_in` and `learn_in` to the ports of the same kind of the `CalciumLIF` that `a_out` feeds.

    Parameters
    ----------
    hidden : numpy.ndarray
        Initial h of shape (post, pre), as Lava's Dense has its weights: integers from 0 to full scale for fixed_pt,
        floats from 0 to 1 for floating_pt.
    description : Description
        Where all constants come from; the model takes those of its own arithmetic.
    seed : int
        Of stochastic rounding, 32 bits. Connections with one seed share their rounding noise: give each its own.
    x : int, float or numpy.ndarray
        Initial presynaptic trace, shape (pre,).
    learning : bool
        Whether h changes at all. It is a Var: `connection.learning.set(numpy.array([0]))` between two runs stops it.
    reset_interval, reset_offset : int
        x returns to 0 before every time step t with t % reset_interval == reset_offset % reset_interval; h stays.
        0: never.
    tick : int
        Ticks that the state has behind it: time step t is tick `tick` + t.

    Ports
    -----
    s_in : spikes of shape (pre,) that arrive in this tick.
    a_out : weighted input of shape (post,), sent in the same time step.
    depress_in, learn_in : bool of shape (post,).

    Raises
    ------
    BadInput
        `hidden` is no matrix, or a number of ticks or the seed is outside its limits.
    """

    def __init__(
        self,
        *,
        hidden: np.ndarray,
        description: Description,
        seed: int = 0,
        x: int | float | np.ndarray = 0,
        learning: bool = True,
        reset_interval: int = 0,
        reset_offset: int = 1,
        tick: int = 0,
        name: str | None = None,
        log_config: LogConfig | None = None,
    ) -> None:
        check_matrix("BiCaLLDense hidden", hidden)
        check_resets("BiCaLLDense", reset_interval, reset_offset, tick, seed)
        super().__init__(
            description=description,
            seed=seed,
            reset_interval=reset_interval,
            reset_offset=reset_offset,
            tick=tick,
            name=name,
            log_config=log_config,
        )
        post, pre = hidden.shape
        self.s_in = InPort(shape=(pre,))
        self.a_out = OutPort(shape=(post,))
        self.depress_in = InPort(shape=(post,))
        self.learn_in = InPort(shape=(post,))
        self.h = Var(shape=hidden.shape, init=hidden)
        self.x = Var(shape=(pre,), init=x)
        self.learning = Var(shape=(1,), init=int(learning))
