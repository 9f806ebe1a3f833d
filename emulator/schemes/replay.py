"""Play a recording under every scheme and compare the weights with the recorded ones."""

from pathlib import Path

import numpy as np

from bicall.emulator.schemes.recording import load
from bicall.emulator.schemes.run import SCHEMES, run


def replay(path: str | Path, sample_every: int = 1) -> dict:
    """Largest absolute deviations of every scheme from a recording, and what each scheme counted.

    Args:
        path: a recording, see `emulator.schemes.recording`.
        sample_every: let the neuron archive the potential of every n-th step only.

    Returns:
        `rule`, `dt_ms`, `steps`, `synapses`, `spikes`, `sample_every`, and for each of `schemes`: `max_deviation_sent`,
        `max_deviation_final`, `max_deviation_flushed_from_td` (all absolute) and the counters.

    Raises:
        BadInput: the recording cannot be used, or `sample_every` is below 1.
    """
    recording = load(path, sample_every)
    runs = {scheme: run(recording.trial, scheme) for scheme in SCHEMES}
    return {
        "recording": str(path),
        "rule": recording.rule,
        "dt_ms": recording.dt,
        "steps": len(recording.trial.entries) - 1,
        "synapses": len(recording.trial.delays),
        "spikes": len(recording.sent),
        "sample_every": sample_every,
        "schemes": {
            scheme: {
                "max_deviation_sent": _largest(result.sent - recording.sent),
                "max_deviation_final": _largest(result.last - recording.final),
                "max_deviation_flushed_from_td": _largest(result.flushed - runs["TD"].flushed),
                **result.counters,
            }
            for scheme, result in runs.items()
        },
    }


def _largest(difference: np.ndarray) -> float:
    return float(np.abs(difference).max(initial=0.0))
