"""Checkpoints and recordings of a run, written by each rank for its own parts, and read by any number of ranks.

    FOLDER/tick-0000001000/part-00003.npz   a part after tick 1000: h, x and its neurons
    FOLDER/tick-0000001000/complete.json    written last, by rank 0: what the run is, and the spikes under way
    FOLDER/spikes-0000000000-0000001000-part-00003-00005.npz   ticks 1 to 1000, neurons of parts 3 to 5

A checkpoint without its last file is none.
"""

import json
import zipfile
from pathlib import Path

import numpy as np

from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.schemes.bicall.ranks import Share
from bicall.emulator.schemes.bicall.run import flush
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_aside, write_text
from bicall.emulator.support.ranks import Communicator

OF_NEURONS = ("y", "s", "current", "membrane", "refractory")
COMPLETE = "complete.json"


def save(
    folder: Path, communicator: Communicator, constants: Constants, share: Share, parts: range, seed: int, about: dict
) -> None:
    """Bring all synapses up to date and write a checkpoint; every rank calls it.

    Args:
        parts: the numbers of this rank's parts.
        about: what the run is, JSON-ready; the same on all ranks.

    Raises:
        BadInput: the files cannot be written.
    """
    network, state = share.connectivity, share.state
    flush(constants, network, state, seed)
    here, a = folder / f"tick-{state.tick:010}", state.arrays
    begin = 0
    for p, number in enumerate(parts):
        end = begin + network.synapses_of(p)
        neurons = slice(network.bounds[p], network.bounds[p + 1])
        arrays = {name: getattr(a, name)[neurons] for name in OF_NEURONS}
        with write_aside(here / f"part-{number:05}.npz") as aside:
            np.savez(aside, h=a.h[begin:end], x=a.x[p], **arrays)
        begin = end
    communicator.Barrier()
    if communicator.Get_rank() == 0:
        way = [
            [state.tick + ahead, a.under_way[place, : a.arriving[place]].tolist()]
            for ahead in range(1, len(a.arriving) + 1)
            if a.arriving[place := (state.tick + ahead) % len(a.arriving)]
        ]
        write_text(here / COMPLETE, json.dumps({"about": about, "tick": state.tick, "under_way": way}))
    communicator.Barrier()


def latest(folder: Path) -> Path | None:
    """The newest checkpoint of a folder that is complete."""
    found = [path.parent for path in folder.glob(f"tick-*/{COMPLETE}")]
    return max(found, default=None, key=lambda path: path.name)


def load(checkpoint: Path, share: Share, parts: range, about: dict) -> None:
    """Put a checkpoint into a share that has its initial state; every rank calls it.

    Raises:
        BadInput: another run's checkpoint, or files that are missing or damaged.
    """
    kept = _complete(checkpoint)
    for name, value in about.items():
        if kept["about"].get(name) != value:
            raise BadInput(f"resume: {name} is {value}, must be {kept['about'].get(name)} as in {checkpoint}")
    network, state = share.connectivity, share.state
    state.tick, a, begin = kept["tick"], state.arrays, 0
    for p, number in enumerate(parts):
        path, end = checkpoint / f"part-{number:05}.npz", begin + network.synapses_of(p)
        neurons = slice(network.bounds[p], network.bounds[p + 1])
        try:
            with np.load(path) as arrays:
                a.h[begin:end], a.x[p] = arrays["h"], arrays["x"]
                for name in OF_NEURONS:
                    getattr(a, name)[neurons] = arrays[name]
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise BadInput(f"checkpoint {path}: cannot be read ({error})") from None
        begin = end
    a.last[:] = a.oldest[:] = state.tick
    for tick, axons in kept["under_way"]:
        place = tick % len(a.arriving)
        a.under_way[place, : len(axons)] = axons
        a.arriving[place] = len(axons)


def _complete(checkpoint: Path) -> dict:
    try:
        return json.loads((checkpoint / COMPLETE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"checkpoint {checkpoint / COMPLETE}: cannot be read ({error})") from None


def save_spikes(folder: Path, first: int, spikes: SpikeTrain, low: int, parts: range) -> None:
    """Write the spikes of a rank's neurons, counted from 0, in the ticks after `first`.

    Raises:
        BadInput: the file cannot be written.
    """
    name = f"spikes-{first:010}-{first + spikes.ticks:010}-part-{parts.start:05}-{parts.stop:05}.npz"
    with write_aside(folder / name) as aside:
        np.savez(aside, first=first, starts=spikes.starts, neurons=spikes.sources + np.int32(low))


def forget_spikes(folder: Path, tick: int) -> None:
    """Remove the recordings of ticks after `tick`, which a resumed run makes anew."""
    for path in folder.glob("spikes-*.npz"):
        if int(path.name.split("-")[2]) > tick:
            path.unlink()


def load_spikes(folder: Path) -> SpikeTrain:
    """The spikes of all neurons over all ticks that were recorded, whichever ranks wrote them.

    Raises:
        BadInput: no recordings, or files that are damaged.
    """
    ticks, neurons, last = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)], 0
    paths = sorted(folder.glob("spikes-*.npz"))
    if not paths:
        raise BadInput(f"recordings {folder}: there are none (spikes-*.npz)")
    for path in paths:
        try:
            with np.load(path) as kept:
                counts = np.diff(kept["starts"])
                ticks.append(np.repeat(int(kept["first"]) + np.arange(len(counts)), counts))
                neurons.append(kept["neurons"])
                last = max(last, int(kept["first"]) + len(counts))
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise BadInput(f"recording {path}: cannot be read ({error})") from None
    at, who = np.concatenate(ticks), np.concatenate(neurons)
    order = np.lexsort((who, at))
    return SpikeTrain(np.searchsorted(at[order], np.arange(last + 1)), who[order])
