import numpy as np
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.process.process import LogConfig

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.description import Rule
from bicall.emulator.rule.state import SpikeTrain
from bicall.lava_procs.support.checked_process import CheckedProcess
from bicall.lava_procs.support.checks import check_population
from bicall.lava_procs.support.spikes import spike_train


class Teacher(CheckedProcess):
    """A teacher's spikes as input: source j feeds neuron j with the description's teacher_weight.

    Parameters
    ----------
    shape : tuple
        (neurons,).
    spikes : numpy.ndarray or SpikeTrain
        bool of shape (time steps, neurons), or the same as a list of spikes; silence after the last time step.
    description : Rule or Constants
        Where teacher_weight comes from.

    Ports
    -----
    a_out : weighted input of shape (neurons,), for a neuron's `a_in`.

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
        description: Rule | Constants,
        name: str | None = None,
        log_config: LogConfig | None = None,
    ) -> None:
        check_population("Teacher shape", shape)
        train = spike_train("Teacher", spikes, shape[0])
        super().__init__(shape=shape, spikes=train, description=description, name=name, log_config=log_config)
        self.a_out = OutPort(shape=shape)
