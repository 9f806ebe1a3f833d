import functools

import numpy as np
from lava.magma.core.process.ports.ports import AbstractPort, AbstractVirtualPort, InPort, OutPort
from scipy import sparse

from bicall.emulator.network.network import LONGEST_DELAY
from bicall.emulator.rule.constants import Constants
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.support.ticks import TickedProcess
from bicall.lava_procs.support.window import Window, fitting_steps


class PopulationInput(TickedProcess):
    """What comes into the neurons of one population of a `Network`, from all its projections.

    Its axons are those of the plastic projections, then of the direct, then of the fixed ones. It keeps the spikes of
    neurons on their way; the host plays inputs' spikes and a drive through a window of shared memory, as they arrive.
    What arrives at plastic axons goes out at once; when their weighted input has come back, the sum goes on to the
    neurons in the order of the tick contract, which matters in float: plastic, then teachers, then fixed weights with
    the drive.

    Neurons' spikes are awaited last, so that populations may feed one another in circles.

    Parameters
    ----------
    neurons : int
    constants : Constants
        Of the neurons, in the arithmetic of the model.
    plastic : int
        How many axons lead to plastic synapses.
    direct, fixed : scipy.sparse.csr_array
        [axons, neurons]; which neurons an event teaches, and the weights in units of threshold / mantissa.
    mantissa : int
        What stands for a threshold in the units of the fixed weights; float counts in thresholds.
    delays : numpy.ndarray
        Of each axon, time steps from a neuron's spike to its arrival, 1 to 255.
    tick
        As of `TickedProcess`, whose Var `reset` it has.

    Attributes
    ----------
    played : Window
        `arriving`, bool [time steps, axons], and `drive`, int32 or float64 [time steps, neurons], for the time steps
        from `played.first` on.

    Ports
    -----
    s_in : neurons' spikes, of shape (axons,); connect a population's `s_out` with `receive`.
    s_out : bool of shape (plastic axons,), the spikes that arrive.
    a_in : their weighted input, of shape (neurons,).
    a_out : all input of shape (neurons,), for the neurons' `a_in`.

    Raises
    ------
    BadInput
        A delay is outside its limits.
    """

    def __init__(
        self,
        *,
        neurons: int,
        constants: Constants,
        plastic: int,
        direct: sparse.csr_array,
        fixed: sparse.csr_array,
        mantissa: int,
        delays: np.ndarray,
        tick: int,
    ) -> None:
        bad = delays[(delays < 1) | (delays > LONGEST_DELAY)]
        if len(bad):
            raise BadInput(f"PopulationInput delays: holds {bad[0]}, must be 1 to {LONGEST_DELAY}")
        shapes = {"arriving": (len(delays),), "drive": (neurons,)}
        self.played = Window(shapes, fitting_steps(*shapes.values()))
        super().__init__(
            neurons=neurons,
            description=constants,
            plastic=plastic,
            direct=direct,
            fixed=fixed,
            mantissa=mantissa,
            delays=delays.astype(np.int64),
            played=self.played,
            tick=tick,
        )
        # a port has at least one place
        self.s_in = InPort(shape=(max(1, len(delays)),))
        self.s_out = OutPort(shape=(max(1, plastic),))
        self.a_in = InPort(shape=(neurons,))
        self.a_out = OutPort(shape=(neurons,))

    def receive(self, spikes: OutPort, sources: np.ndarray, axons: np.ndarray) -> None:
        """Connect a population's spikes: those of `sources` go into `axons` (indices, pairwise)."""
        placed = _Placed(self.s_in.shape, sources, axons)
        spikes._connect_forward([placed], AbstractPort, [None], assert_same_shape=False)
        placed.connect(self.s_in)


class _Placed(AbstractVirtualPort):
    """A port whose values go to places of a larger one. Lava 0.10 has a ConcatPort, which it cannot compile."""

    def __init__(self, shape: tuple[int, ...], sources: np.ndarray, places: np.ndarray):
        super().__init__(shape)
        self._sources, self._places = sources, places

    def get_transform_func_fwd(self) -> functools.partial:
        return functools.partial(_place, shape=self.shape, sources=self._sources, places=self._places)

    def get_transform_func_bwd(self) -> functools.partial:
        raise NotImplementedError("a placed port is for spikes, which go forward only")


def _place(values: np.ndarray, shape: tuple[int, ...], sources: np.ndarray, places: np.ndarray) -> np.ndarray:
    placed = np.zeros(shape, bool)
    placed[places] = values[sources]
    return placed
