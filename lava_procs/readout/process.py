from lava.magma.core.process.ports.ports import InPort
from lava.magma.core.process.process import LogConfig
from lava.magma.core.process.variable import Var

from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.support.checked_process import CheckedProcess
from bicall.lava_procs.support.checks import check_count, check_population


class Readout(CheckedProcess):
    """Counts spikes of pools of neurons over each presentation; the pool with most spikes is the predicted class.

    Parameters
    ----------
    shape : tuple
        (neurons,); neuron j belongs to pool j // (neurons / classes).
    ticks : int
        Time steps a presentation; the first one begins with time step 1.
    presentations : int
        How many are counted; later spikes are not.
    classes : int

    Ports
    -----
    s_in : spikes of shape (neurons,).

    Vars
    ----
    counts : spikes of each neuron, shape (presentations, neurons).
    predictions : class of each presentation that is over, of equals the first; -1 before. Shape (presentations,).

    Raises
    ------
    BadInput
        A number outside its limits, or neurons that do not make equal pools.
    """

    def __init__(
        self,
        *,
        shape: tuple[int],
        ticks: int,
        presentations: int,
        classes: int = 10,
        name: str | None = None,
        log_config: LogConfig | None = None,
    ) -> None:
        check_population("Readout shape", shape)
        check_count("Readout ticks", ticks, 1)
        check_count("Readout presentations", presentations, 1)
        check_count("Readout classes", classes, 1)
        if shape[0] % classes:
            raise BadInput(f"Readout classes: is {classes}, must divide the number of neurons, {shape[0]}")
        super().__init__(ticks=ticks, classes=classes, name=name, log_config=log_config)
        self.s_in = InPort(shape=shape)
        self.counts = Var(shape=(presentations, *shape), init=0)
        self.predictions = Var(shape=(presentations,), init=-1)
