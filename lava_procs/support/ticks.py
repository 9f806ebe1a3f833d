"""Which tick a time step is, and before which ticks state returns to 0: shared by all models with state."""

from lava.magma.core.model.py.model import PyLoihiProcessModel


class PyTickedModel(PyLoihiProcessModel):
    """A model whose process has the parameters `tick`, `reset_interval` and `reset_offset`."""

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.first_tick = proc_params["tick"]
        self.reset_interval, self.reset_offset = proc_params["reset_interval"], proc_params["reset_offset"]

    @property
    def tick(self) -> int:
        """The tick of this time step. Time steps count from 1 and go on over runs, pauses and chunks."""
        return self.first_tick + self.time_step

    @property
    def reset_due(self) -> bool:
        """Whether state returns to 0 before this time step."""
        interval = self.reset_interval
        return interval > 0 and self.time_step % interval == self.reset_offset % interval
