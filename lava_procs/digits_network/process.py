from dataclasses import replace

import numpy as np
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.process.process import LogConfig
from lava.magma.core.process.variable import Var

from bicall.emulator.digits.classifier import Network
from bicall.emulator.digits.presentation import TEST, TRAINING, timing
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.support.checked_process import CheckedProcess
from bicall.lava_procs.support.state_var import StateVar


class DigitsNetwork(CheckedProcess):
    """A digits network with the images that it is shown: `ImageInput`, `BiCaLLDense` or `BiCaLLSparse`,
    `CalciumLIF` and `Readout`.

    Everything but h returns to 0 before each image. Run it with the tag of the network's arithmetic,
    `run_config(network.arithmetic)`, for `images * ticks` time steps or in pieces.

    Parameters
    ----------
    network : emulator.network.Network
        Where to begin: an untrained one from `Network.fresh`, or one that `bicall train` saved, from `Network.load`.
        It is not changed.
    active : numpy.ndarray
        bool of shape (images, inputs).
    labels : numpy.ndarray, optional
        Class of each image: with labels the network learns, without it classifies.
    first_sample : int, optional
        Number of the first presentation; by default `network.presented` for learning, 0 for classifying.

    Attributes
    ----------
    ticks : int
        Time steps an image.

    Ports
    -----
    s_out : the neurons' spikes, shape (outputs,).

    Vars
    ----
    h (outputs, inputs), of a sparse network (synapses,); x (inputs,); y, s, u, v, refractory (outputs,);
    counts (images, outputs); predictions (images,).

    Raises
    ------
    BadInput
        `active` does not fit the network, or as the processes inside.
    """

    def __init__(
        self,
        *,
        network: Network,
        active: np.ndarray,
        labels: np.ndarray | None = None,
        first_sample: int | None = None,
        name: str | None = None,
        log_config: LogConfig | None = None,
    ) -> None:
        inputs, outputs = network.state.h.shape
        active = np.asarray(active)
        if active.ndim != 2 or active.shape[1] != inputs or len(active) == 0:
            raise BadInput(f"DigitsNetwork active: has shape {list(active.shape)}, must be [images, {inputs}]")
        learning = labels is not None
        if first_sample is None:
            first_sample = network.presented if learning else 0
        super().__init__(
            network=network,
            active=active,
            labels=labels,
            first_sample=first_sample,
            description=network.description,
            name=name,
            log_config=log_config,
        )
        self.network = network
        self.ticks = timing(network.description, TRAINING if learning else TEST).ticks
        self.s_out = OutPort(shape=(outputs,))
        state = network.state
        hidden = state.h.T if state.connected is None else state.h.T[state.connected.T]
        self.h = StateVar(shape=hidden.shape, init=hidden, full="h_full")
        self.x = StateVar(shape=(inputs,))
        self.y, self.s, self.u, self.v, self.refractory = (StateVar(shape=(outputs,)) for _ in range(5))
        self.counts = Var(shape=(len(active), outputs), init=0)
        self.predictions = Var(shape=(len(active),), init=-1)

    def learned(self) -> Network:
        """The network after all images were learned, as `bicall train` would have saved it; before `stop()`.

        Raises
        ------
        BadInput
            There are no labels.
        """
        if self.proc_params["labels"] is None:
            raise BadInput("DigitsNetwork labels: are missing, must be given for the network to learn")
        images = len(self.proc_params["active"])
        state = self.network.state.copy()
        if state.connected is None:
            state.h[:] = self.h.get().T
        else:
            state.h.T[state.connected.T] = self.h.get()
        state.tick += images * self.ticks
        state.reset()
        return replace(self.network, state=state, presented=self.network.presented + images)
