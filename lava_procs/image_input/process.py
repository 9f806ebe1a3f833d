import numpy as np
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.process.process import LogConfig

from bicall.emulator.configuration.description import Description
from bicall.emulator.digits.classifier import CLASSES, outputs
from bicall.emulator.digits.presentation import TEST, TRAINING, timing
from bicall.emulator.support.errors import BadInput
from bicall.lava_procs.support.checked_process import CheckedProcess
from bicall.lava_procs.support.checks import check_count


class ImageInput(CheckedProcess):
    """Presents images one after the other: active inputs as Poisson spikes, labels as a teacher's spikes.

    Rates, durations and the teacher's time are the description's; the spikes are those of `digits.presentation`, so
    they are the same in every backend. After the last image all is silent.

    Parameters
    ----------
    active : numpy.ndarray
        bool of shape (images, inputs), as `emulator.digits.features.active_inputs` makes it.
    description : Description
    labels : numpy.ndarray, optional
        Class of each image, 0 to 9, for training with a teacher. Without it the images are shown as test images.
    seed : int
        Of the spikes, 32 bits.
    first_sample : int
        Number of the first presentation; each presentation has its own spikes.

    Attributes
    ----------
    ticks : int
        Time steps an image.

    Ports
    -----
    s_out : bool of shape (inputs,).
    a_out : the teacher's weighted input of shape (outputs,), for a neuron's `a_in`; 0 without labels.

    Raises
    ------
    BadInput
        A wrong shape, a label that is no class, or a number outside its limits.
    """

    def __init__(
        self,
        *,
        active: np.ndarray,
        description: Description,
        labels: np.ndarray | None = None,
        seed: int = 0,
        first_sample: int = 0,
        name: str | None = None,
        log_config: LogConfig | None = None,
    ) -> None:
        active = np.asarray(active)
        if active.ndim != 2 or active.size == 0 or active.dtype != bool:
            raise BadInput(f"ImageInput active: is {active.dtype}{list(active.shape)}, must be bool[images, inputs]")
        if labels is not None:
            labels = np.asarray(labels)
            if labels.shape != active.shape[:1]:
                raise BadInput(f"ImageInput labels: has shape {list(labels.shape)}, must be [{len(active)}]")
            if not np.isin(labels, np.arange(len(CLASSES))).all():
                raise BadInput(
                    f"ImageInput labels: holds {labels.max()}, must be whole numbers from 0 to {len(CLASSES) - 1}"
                )
        check_count("ImageInput seed", seed, 0)
        check_count("ImageInput first_sample", first_sample, 0)
        super().__init__(
            active=active,
            description=description,
            labels=labels,
            seed=seed,
            first_sample=first_sample,
            name=name,
            log_config=log_config,
        )
        self.ticks = timing(description, TEST if labels is None else TRAINING).ticks
        self.s_out = OutPort(shape=active.shape[1:])
        self.a_out = OutPort(shape=(outputs(description),))
