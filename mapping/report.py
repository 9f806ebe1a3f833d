"""Everything about one mapping in one dictionary: what `bicall map` prints and the demonstration shows."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from emulator.figures import save_figure
from emulator.files import ensure_writable
from emulator.terminal import progress
from mapping.checker import check_images
from mapping.chip import Chip
from mapping.configuration import configure
from mapping.figures import layout_figure
from mapping.image_reader import read_images
from mapping.images import write_images
from mapping.limits import TooSmall
from mapping.mapper import Mapping, baseline, map_network
from mapping.verification import verify
from mapping.workloads import Workload

LAYOUT, IMAGES = "layout.png", "images"  # in the output folder


def map_workload(workload: Workload, chip: Chip, folder: str | os.PathLike | None = None) -> dict:
    """Map a network, check its images, run it mapped and unmapped with learning on, and report.

    Args:
        folder: where to write a picture of the layout, layout.png, and the chip's images, images/; None: nowhere.

    Returns:
        JSON-ready: names, `utilisation`, `spike_hops` a tick and those of the baseline (None if it does not fit),
        `agreement` of mapped and unmapped (None without samples), what the independent checker `checked` on the images.

    Raises:
        BadInput: the network does not fit the chip, or the folder cannot be written to.
    """
    if folder is None:
        with TemporaryDirectory() as temporary:
            return map_workload(workload, chip, temporary) | {"figure": None, "images": None}
    ensure_writable(Path(folder) / LAYOUT)
    network, states, seed, samples = workload
    mapping = map_network(network, chip)
    configuration = configure(mapping.graph, chip, mapping.core_of)
    agreement = None
    if samples:
        agreement, activity = verify(network, configuration, states, seed, progress(samples, "mapped and unmapped"))
        agreement = vars(agreement)
    try:
        plain = baseline(network, chip).spike_hops
    except TooSmall:  # contiguous slices may need more cores than there are
        plain = None
    images = write_images(network, configuration, states, Path(folder) / IMAGES)
    checked = check_images(network, states, read_images(images))
    save_figure(layout_figure(mapping), Path(folder) / LAYOUT)
    return {
        **describe(mapping),
        "baseline_spike_hops": plain,
        "agreement": agreement,
        "checked": checked,
        "figure": str(Path(folder) / LAYOUT),
        "images": str(images),
    }


def describe(mapping: Mapping) -> dict:
    """A mapping in numbers; utilisation is that of the cores in use, and of the fullest one."""
    loads, core = mapping.loads, mapping.chip.core
    used = loads.neurons > 0
    utilisation = {}
    for limit in loads._fields:
        held, allowed = getattr(loads, limit), getattr(core, limit)
        if allowed == "none":
            continue
        utilisation[limit] = {
            "limit": allowed,
            "mean": float(held[used].mean() / allowed),
            "fullest": float(held.max() / allowed),
        }
    return {
        "network": mapping.network.name,
        "chip": mapping.chip.name,
        "neurons": mapping.network.neurons,
        "synapses": mapping.network.synapses,
        "cores": int(used.sum()),
        "chip_cores": mapping.chip.cores,
        "axons": int(np.unique(mapping.graph.source).size),
        "in_axons": int(loads.axons.sum()),
        "utilisation": utilisation,
        "spike_hops": mapping.spike_hops,
        "worst_link": float(mapping.traffic.max()),
    }
