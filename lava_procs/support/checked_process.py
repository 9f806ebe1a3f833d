"""Base of the processes: a constructor may refuse its arguments before Lava's own constructor has run."""

from contextlib import suppress

from lava.magma.core.process.process import AbstractProcess


class CheckedProcess(AbstractProcess):
    """A process that checks its arguments first."""

    def __del__(self):
        with suppress(AttributeError):  # Lava's looks for a runtime, which a refused process does not have
            super().__del__()
