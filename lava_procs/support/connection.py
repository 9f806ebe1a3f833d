"""Ports, Vars and parameters that both plastic connections have."""

import numpy as np
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import LogConfig
from lava.magma.core.process.variable import Var

from bicall.emulator.configuration.description import Description
from bicall.lava_procs.support.checked_process import CheckedProcess
from bicall.lava_procs.support.checks import check_delay, check_resets
from bicall.lava_procs.support.state_var import StateVar


class BiCaLLConnection(CheckedProcess):
    """A plastic connection of the bistable calcium rule; the subclass says between which pairs, and holds `h`.

    A synapse transmits weight_high while its hidden weight h is above half scale, else weight_low. h is depressed at
    presynaptic spikes (neurons in `depress_in`), potentiated or depressed at postsynaptic spikes (neurons in
    `learn_in`), and drifts to the nearer end of its range. Equations: docs/specification.md.

    Connect `depress_in` and `learn_in` to the ports of the same kind of the `CalciumLIF` that `a_out` feeds, or call
    `feed(neuron)`, which connects all three.

    Parameters
    ----------
    description : Description
        Where all constants come from; the model takes those of its own arithmetic.
    seed : int
        Of stochastic rounding, 32 bits. Connections with one seed share their rounding noise: give each its own.
    x : int, float or numpy.ndarray
        Initial presynaptic trace, shape (pre,).
    delay : int or numpy.ndarray
        Time steps from a spike at `s_in` to its arrival at the synapses, 0 to 63, one for all axons or of shape
        (pre,). Neurons that feed themselves need at least 1. A spike on its way survives a reset.
    learning : bool
        Whether h changes at all. It is a Var: `connection.learning.set(numpy.array([0]))` between two runs stops it.
    reset_interval, reset_offset : int
        x returns to 0 before every time step t with t % reset_interval == reset_offset % reset_interval; h stays.
        0: never.
    tick : int
        Ticks that the state has behind it: time step t is tick `tick` + t.

    Ports
    -----
    s_in : spikes of shape (pre,).
    a_out : weighted input of shape (post,), sent in the time step in which the spikes arrive.
    depress_in, learn_in : bool of shape (post,).

    Raises
    ------
    BadInput
        A delay, a number of ticks or the seed is outside its limits; when compiled: state that the model cannot hold.
    """

    def __init__(
        self,
        *,
        pre: int,
        post: int,
        description: Description,
        seed: int = 0,
        x: int | float | np.ndarray = 0,
        delay: int | np.ndarray = 0,
        learning: bool = True,
        reset_interval: int = 0,
        reset_offset: int = 1,
        tick: int = 0,
        name: str | None = None,
        log_config: LogConfig | None = None,
        **parameters,
    ) -> None:
        check_resets(type(self).__name__, reset_interval, reset_offset, tick, seed)
        delays = check_delay(f"{type(self).__name__} delay", delay, pre)
        super().__init__(
            description=description,
            seed=seed,
            delay=delays,
            reset_interval=reset_interval,
            reset_offset=reset_offset,
            tick=tick,
            name=name,
            log_config=log_config,
            **parameters,
        )
        self.s_in = InPort(shape=(pre,))
        self.a_out = OutPort(shape=(post,))
        self.depress_in = InPort(shape=(post,))
        self.learn_in = InPort(shape=(post,))
        self.x = StateVar(shape=(pre,), init=x, full="x_full")
        self.learning = Var(shape=(1,), init=int(learning))
        self.in_flight = Var(shape=(int(delays.max()) + 1, pre), init=0)

    def hidden(self) -> np.ndarray:
        """The present h as a matrix of shape (post, pre), 0 where there is no synapse."""
        raise NotImplementedError("hidden() belongs to a connection that holds h")

    def feed(self, neuron: CheckedProcess) -> None:
        """Connect to a `CalciumLIF`: weights to its input, its two masks back."""
        self.a_out.connect(neuron.a_in)
        neuron.depress_out.connect(self.depress_in)
        neuron.learn_out.connect(self.learn_in)
