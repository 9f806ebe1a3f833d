"""Ports, Vars and parameters that both plastic connections have."""

import numpy as np
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import LogConfig
from lava.magma.core.process.variable import Var

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.description import Rule
from bicall.lava_procs.support.checked_process import CheckedProcess
from bicall.lava_procs.support.checks import check_count, check_delay
from bicall.lava_procs.support.state_var import StateVar
from bicall.lava_procs.support.ticks import TickedProcess


class BiCaLLConnection(TickedProcess):
    """A plastic connection of the bistable calcium rule; the subclass says between which pairs, and holds `h`.

    A synapse transmits weight_high while its hidden weight h is above half scale, else weight_low. h is depressed at
    presynaptic spikes (neurons in `depress_in`), potentiated or depressed at postsynaptic spikes (neurons in
    `learn_in`), and drifts to the nearer end of its range. Equations: docs/specification.md.

    Connect `depress_in` and `learn_in` to the ports of the same kind of the `CalciumLIF` that `a_out` feeds, or call
    `feed(neuron)`, which connects all three.

    Parameters
    ----------
    description : Rule or Constants
        Where all constants come from; the model takes those of its own arithmetic. A Description is a Rule.
    seed : int
        Of stochastic rounding, 32 bits. Connections with one seed share their rounding noise: give each its own.
    x : int, float or numpy.ndarray
        Initial presynaptic trace, shape (pre,).
    delay : int or numpy.ndarray
        Time steps from a spike at `s_in` to its arrival at the synapses, 0 to 63, one for all axons or of shape
        (pre,). Neurons that feed themselves need at least 1.
    learning : bool
        Whether h changes at all. It is a Var: `connection.learning.set(numpy.array([0]))` between two runs stops it.
    tick
        As of `TickedProcess`, whose Var `reset` it has: x returns to 0, h stays.

    Ports
    -----
    s_in : spikes of shape (pre,).
    a_out : weighted input of shape (post,), sent in the time step in which the spikes arrive.
    depress_in, learn_in : bool of shape (post,).

    Raises
    ------
    BadInput
        A delay, the tick or the seed is outside its limits; when compiled: state that the model cannot hold.
    """

    def __init__(
        self,
        *,
        pre: int,
        post: int,
        description: Rule | Constants,
        seed: int = 0,
        x: int | float | np.ndarray = 0,
        delay: int | np.ndarray = 0,
        learning: bool = True,
        tick: int = 0,
        name: str | None = None,
        log_config: LogConfig | None = None,
        **parameters,
    ) -> None:
        check_count(f"{type(self).__name__} seed", seed, 0)
        delays = check_delay(f"{type(self).__name__} delay", delay, pre)
        super().__init__(
            description=description,
            seed=seed,
            delay=delays,
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

    def watched_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"arrived": self.s_in.shape, "x": self.x.shape, "h": self.h.shape}

    def hidden(self) -> np.ndarray:
        """The present h as a matrix of shape (post, pre), 0 where there is no synapse."""
        # Lava waits for ever for the first value of a Var that has none
        return self.matrix(self.h.get() if self.h.size else np.zeros(self.h.shape))

    def matrix(self, h: np.ndarray) -> np.ndarray:
        """[..., post, pre], 0 where there is no synapse, of values of the Var `h`, or of several such."""
        raise NotImplementedError("matrix() belongs to a connection that holds h")

    def feed(self, neuron: CheckedProcess) -> None:
        """Connect to a `CalciumLIF`: weights to its input, its two masks back."""
        self.a_out.connect(neuron.a_in)
        neuron.depress_out.connect(self.depress_in)
        neuron.learn_out.connect(self.learn_in)
