"""Everything about one mapping in one dictionary: what `bicall map` prints and the demonstration shows."""

import os
from pathlib import Path

import numpy as np

from emulator.datasets import Digits as Images
from emulator.features import active_inputs
from emulator.figures import save_figure
from emulator.files import ensure_writable
from emulator.network import Network as Digits
from mapping.chip import Chip
from mapping.configuration import configure
from mapping.digits import measure_rates, network_of
from mapping.figures import layout_figure
from mapping.mapper import Mapping, baseline, map_network
from mapping.verification import verify_digits

LAYOUT = "layout.png"


def map_digits(
    digits: Digits, chip: Chip, images: Images, samples: int = 10, folder: str | os.PathLike | None = None
) -> dict:
    """Map a digits network, run it mapped and unmapped with learning on, and report.

    Args:
        digits: the network, trained or not; it is not changed.
        samples: how many training images measure the spike rates and compare mapped with unmapped.
        folder: where to write a picture of the layout, layout.png.

    Returns:
        JSON-ready: names, `utilisation`, `spike_hops` a tick and those of the baseline, `agreement` of mapped and
        unmapped.

    Raises:
        BadInput: the network does not fit the chip, or the folder cannot be written to.
    """
    if folder is not None:
        ensure_writable(Path(folder) / LAYOUT)
    network = network_of(digits)
    active = active_inputs(digits.description, images.train_images[:samples])
    measure_rates(network, digits, active, images.train_labels[:samples])
    mapping = map_network(network, chip)
    agreement = verify_digits(
        digits, network, configure(mapping.graph, chip, mapping.core_of), active, images.train_labels[:samples]
    )
    result = {
        **describe(mapping),
        "baseline_spike_hops": baseline(network, chip).spike_hops,
        "data": images.source,
        "agreement": vars(agreement),
    }
    if folder is not None:
        path = Path(folder) / LAYOUT
        save_figure(layout_figure(mapping), path)
        result["figure"] = str(path)
    return result


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
