"""Recordings of runs in chunks."""

from collections.abc import Sequence

import numpy as np

from bicall.emulator.rule.recording import Recording, Variable


def join(parts: Sequence[Recording]) -> Recording:
    """One recording of recordings that follow each other in time and hold the same variables."""
    variables = {
        name: Variable(
            np.concatenate([part.variables[name].ticks for part in parts]),
            np.concatenate([part.variables[name].values for part in parts]),
        )
        for name in parts[0].variables
    }
    return Recording(variables, parts[0].about)
