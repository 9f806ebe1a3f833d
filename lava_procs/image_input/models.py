import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.emulator.digits.classifier import outputs
from bicall.emulator.digits.presentation import test_sample, training_sample
from bicall.emulator.rule.constants import fixed, real
from bicall.lava_procs.image_input.process import ImageInput
from bicall.lava_procs.support.spikes import spiking_at


class AbstractPyImageInputModel(PyLoihiProcessModel):
    """Encodes an image when its turn comes; arithmetics add the teacher's `weight`."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.active, self.labels = proc_params["active"], proc_params["labels"]
        self.description, self.seed = proc_params["description"], proc_params["seed"]
        self.first_sample, self.outputs = proc_params["first_sample"], outputs(self.description)
        self.image, self.image_start = -1, 0  # the image that is shown, and the time step before its first
        self.inputs = self.teacher = None

    def run_spk(self) -> None:
        if self.inputs is None or self.time_step - self.image_start > self.inputs.ticks:
            self._next_image()
        step = self.time_step - self.image_start
        s_out, a_out = np.zeros(self.active.shape[1], bool), np.zeros(self.outputs, type(self.weight))
        if self.image < len(self.active):
            s_out[spiking_at(self.inputs, step)] = True
            a_out[spiking_at(self.teacher, step)] = self.weight
        self.s_out.send(s_out)
        self.a_out.send(a_out)

    def _next_image(self) -> None:
        self.image += 1
        if self.image >= len(self.active):
            return
        self.image_start = self.time_step - 1
        active, sample = self.active[self.image], self.first_sample + self.image
        if self.labels is None:
            self.inputs, self.teacher = test_sample(self.description, active, self.seed, sample)
        else:
            label = self.labels[self.image]
            self.inputs, self.teacher = training_sample(self.description, active, label, self.seed, sample)


@implements(proc=ImageInput, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyImageInputModelFloat(AbstractPyImageInputModel):
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.weight = real(self.description).teacher_weight


@implements(proc=ImageInput, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyImageInputModelFixed(AbstractPyImageInputModel):
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.weight = fixed(self.description).teacher_weight
