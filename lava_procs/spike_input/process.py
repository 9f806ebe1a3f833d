import numpy as np
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.process.process import LogConfig

from bicall.emulator.rule.state import SpikeTrain
from bicall.lava_procs.support.checked_process import CheckedProcess
from bicall.lava_procs.support.checks import check_population
from bicall.lava_procs.support.spikes import spike_train


class SpikeInput(CheckedProcess):
    """Plays spikes from an array, one row a time step, and is silent after the last.

    Parameters
    ----------
    shape : tuple
        (sources,).
    spikes : numpy.ndarray or SpikeTrain
        bool of shape (time steps, sources), or the same as a list of spikes.

    Ports
    -----
    s_out : bool of shape (sources,).

    Raises
    ------
    BadInput
        The array has another shape or holds something else than 0 and 1, or a source is out of range.
    """

    def __init__(
        self,
        *,
        shape: tuple[int],
        spikes: np.ndarray | SpikeTrain,
        name: str | None = None,
        log_config: LogConfig | None = None,
    ) -> None:
        check_population("SpikeInput shape", shape)
        train = spike_train("SpikeInput", spikes, shape[0])
        super().__init__(shape=shape, spikes=train, name=name, log_config=log_config)
        self.s_out = OutPort(shape=shape)
