"""Everything about one mapping in one dictionary: what `bicall map` prints and the demonstration shows."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bicall.emulator.digits.figures import save_figure
from bicall.emulator.support.files import ensure_writable, write_text
from bicall.emulator.support.reporting import progress
from bicall.mapping.chips.chip import Chip
from bicall.mapping.configuration.checker import check_images
from bicall.mapping.configuration.configuration import configure
from bicall.mapping.configuration.image_reader import read_images
from bicall.mapping.configuration.images import write_images
from bicall.mapping.machine.estimates import activity_at_rates, estimates
from bicall.mapping.machine.verification import verify
from bicall.mapping.mapper.limits import TooSmall
from bicall.mapping.mapper.mapper import Mapping, baseline, map_network
from bicall.mapping.report.figures import layout_figure, load_figure
from bicall.mapping.report.view import write_view
from bicall.mapping.workloads import Workload

LAYOUT, LOAD, VIEW, IMAGES, REPORT = (
    "layout.png",
    "load.png",
    "view.html",
    "images",
    "report.json",
)
RATES_SEED = 1  # of spikes drawn at a network's rates


def map_workload(workload: Workload, chip: Chip, folder: str | os.PathLike | None = None) -> dict:
    """Map a network, check its images, run it mapped and unmapped with learning on, and report.

    Args:
        folder: where to write pictures of the layout and of traffic and utilisation (layout.png, load.png), a page to
            look around in (view.html), the chip's images (images/), and report.json; None: nowhere.

    Returns:
        JSON-ready: names, `utilisation`, `spike_hops` a tick and those of the baseline (None if it does not fit),
        `estimates` of time and energy, `agreement` of mapped and unmapped (None without samples), what the independent
        checker `checked` on the images. All but the paths are in report.json too.

    Raises:
        BadInput: the network does not fit the chip, or the folder cannot be written to.
    """
    if folder is None:
        with TemporaryDirectory() as temporary:
            return map_workload(workload, chip, temporary) | {"figure": None, "images": None, "view": None}
    ensure_writable(Path(folder) / LAYOUT)
    network, samples = workload
    mapping = map_network(network, chip)
    configuration = configure(mapping.graph, chip, mapping.core_of)
    agreement = None
    if samples:
        agreement, activity = verify(network, configuration, progress(samples, "mapped and unmapped"))
        agreement = vars(agreement)  # type: ignore[assignment]
    else:
        activity = activity_at_rates(mapping.graph, configuration, RATES_SEED)
    try:
        plain = baseline(network, chip).spike_hops
    except TooSmall:  # contiguous slices may need more cores than there are
        plain = None
    images = write_images(network, configuration, Path(folder) / IMAGES)
    checked = check_images(network, read_images(images))
    save_figure(layout_figure(mapping), Path(folder) / LAYOUT)
    save_figure(load_figure(mapping), Path(folder) / LOAD)
    view = write_view(mapping, Path(folder) / VIEW)
    result = {
        **describe(mapping),
        "baseline_spike_hops": plain,
        "estimates": estimates(activity, chip),
        "agreement": agreement,
        "checked": checked,
    }
    write_text(Path(folder) / REPORT, json.dumps(result, indent=2) + "\n")
    return result | {"figure": str(Path(folder) / LAYOUT), "images": str(images), "view": str(view)}


def describe(mapping: Mapping) -> dict:
    """A mapping in numbers.

    `utilisation` is that of the cores in use, and of the fullest one; `replication` is on how many cores an axon ends,
    in the mean.
    """
    loads, core = mapping.loads, mapping.chip.core
    used = loads.neurons > 0
    axons = int((~mapping.graph.direct & (np.diff(mapping.graph.starts) > 0)).sum())
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
        "helpers": int((mapping.graph.part_of != np.arange(mapping.graph.nodes)).sum()),
        "axons": axons,
        "in_axons": int(loads.axons.sum()),
        "replication": float(loads.axons.sum() / max(1, axons)),
        "utilisation": utilisation,
        "spike_hops": mapping.spike_hops,
        "worst_link": float(mapping.traffic.max()),
    }
