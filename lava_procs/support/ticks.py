"""Which tick a time step is, when state returns to 0, and who looks on: shared by all processes with state."""

import numpy as np
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.variable import Var

from bicall.lava_procs.support.checked_process import CheckedProcess
from bicall.lava_procs.support.checks import check_count
from bicall.lava_procs.support.window import Window


class TickedProcess(CheckedProcess):
    """A process with state.

    Parameters
    ----------
    tick : int
        Ticks that the state has behind it: time step t is tick `tick` + t.

    Vars
    ----
    reset : 1 lets all state but h return to 0, and drops spikes on their way, before the next time step, which sets it
        to 0 again: `process.reset.set(numpy.array([1]))` between two runs.
    """

    def __init__(self, *, tick: int, **parameters) -> None:
        check_count(f"{type(self).__name__} tick", tick, 0)
        super().__init__(tick=tick, windows=[], **parameters)
        self.reset = Var(shape=(1,), init=0)

    def watched_shapes(self) -> dict[str, tuple[int, ...]]:
        """What a window keeps: attributes of the model, and the shapes of their values in one time step."""
        raise NotImplementedError("watched_shapes belongs to a process that can be watched")

    def watch(self, steps: int) -> Window:
        """A window on the model's state after each time step, to be asked for before the network is started."""
        window = Window(self.watched_shapes(), steps)
        window.first = 1
        self.proc_params["windows"].append(window)
        return window

    def watched(self, window: Window, name: str) -> np.ndarray:
        """[steps, ...]: what a window keeps under a name, once the network is compiled; a Var's type, or bool."""
        return window.view(name, getattr(self.model_class, name).d_type if hasattr(self, name) else bool)


class PyTickedModel(PyLoihiProcessModel):
    """A model of a `TickedProcess`; the subclass says what a time step does, as `step`."""

    reset: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=1)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.first_tick = proc_params["tick"]
        self.windows = proc_params["windows"]

    @property
    def tick(self) -> int:
        """The tick of this time step. Time steps count from 1 and go on over runs, pauses and chunks."""
        return self.first_tick + self.time_step

    @property
    def reset_due(self) -> bool:
        """Whether state returns to 0 before this time step."""
        due = bool(self.reset[0])
        self.reset[0] = 0
        return due

    def step(self) -> None:
        """One time step."""
        raise NotImplementedError("step() belongs to a model of one process")

    def run_spk(self) -> None:
        self.step()
        for window in self.windows:
            window.write(self.time_step, self)
