"""Everything about one mapping in one dictionary: what `bicall map` prints and the demonstration shows."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bicall.emulator.digits.figures import save_figure
from bicall.emulator.network.hypergraph import hypergraph_of
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_text
from bicall.emulator.support.reporting import progress
from bicall.mapping.chips.chip import Chip
from bicall.mapping.configuration.checker import check_configuration
from bicall.mapping.configuration.configuration import configure
from bicall.mapping.configuration.reader import read_configuration
from bicall.mapping.configuration.writer import write_configuration
from bicall.mapping.machine.estimates import activity_at_rates, estimates
from bicall.mapping.machine.verification import verify
from bicall.mapping.mapper.limits import TooSmall
from bicall.mapping.mapper.mapper import Mapping, baseline, map_network
from bicall.mapping.mapper.splitting import split
from bicall.mapping.report import saved
from bicall.mapping.report.figures import layout_figure, load_figure
from bicall.mapping.report.quality import quality
from bicall.mapping.report.view import write_view
from bicall.mapping.workloads import Workload

LAYOUT, LOAD, VIEW, CONFIGURATION, REPORT = "layout.png", "load.png", "view.html", "configuration", "report.json"
STEPS = 100  # of the progress shown
RATES_SEED = 1  # of spikes drawn at a network's rates


def map_workload(
    workload: Workload,
    chip: Chip,
    folder: str | os.PathLike | None = None,
    effort: float = 1.0,
    resume: str | os.PathLike | None = None,
) -> dict:
    """Map a network, check its configuration, run it mapped and unmapped with learning on, and report.

    An interrupt while the mapper works is not the end: the best mapping so far is reported.

    Args:
        folder: where to write pictures of the layout and of traffic and utilisation (layout.png, load.png), a page to
            look around in (view.html), the chip's configuration (configuration/), the mapping to go on from
            (mapping.npz) and report.json, all or nothing; None: nowhere.
        effort: of the mapper, in parts of the usual.
        resume: a folder with the mapping to go on from.

    Returns:
        JSON-ready: names, `utilisation`, `spike_hops` a tick and those of the baseline (None if it does not fit),
        bounds, `estimates` of time and energy, `agreement` of mapped and unmapped (None without samples), what the
        independent checker `checked` on the configuration. All but the paths are in report.json too.

    Raises:
        BadInput: the network does not fit the chip, or the folder cannot be written to.
    """
    if folder is None:
        with TemporaryDirectory() as temporary:
            result = _reported(workload, chip, Path(temporary), effort, resume)
        return result | {"figure": None, "configuration": None, "view": None}
    folder = Path(folder)
    with _aside(folder) as aside:
        result = _reported(workload, chip, aside, effort, resume)
    paths = {"figure": LAYOUT, "configuration": CONFIGURATION, "view": VIEW}
    return result | {key: str(folder / name) for key, name in paths.items()}


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A folder beside another, whose content takes its place there when the block ends without an error."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"output {folder}: is a file, must be a folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent)
    except OSError as error:
        raise BadInput(f"output {folder}: cannot be written ({error.strerror})") from None
    with temporary as name:
        try:
            yield Path(name)
            folder.mkdir(exist_ok=True)
            for entry in sorted(Path(name).iterdir()):
                goal = folder / entry.name
                if goal.is_dir():
                    shutil.rmtree(goal)
                entry.replace(goal)
        except OSError as error:
            raise BadInput(f"output {folder}: cannot be written ({error.strerror})") from None


def _reported(workload: Workload, chip: Chip, folder: Path, effort: float, resume: str | os.PathLike | None) -> dict:
    network, samples = workload.network, workload.samples
    start = None if resume is None else saved.load(split(network, hypergraph_of(network), chip), resume)
    steps, told = iter(progress(range(STEPS), f"mapping {network.name}")), [0]

    def watch(done: float) -> None:
        while told[0] < min(done, 1.0) * STEPS:
            next(steps, None)
            told[0] += 1

    mapping = map_network(network, chip, effort, watch, start)
    configuration = configure(mapping.graph, chip, mapping.core_of)
    agreement = None
    if samples:
        compared, activity = verify(network, configuration, progress(samples, "mapped and unmapped"))
        agreement = vars(compared)
    else:
        activity = activity_at_rates(mapping.graph, configuration, RATES_SEED)
    try:
        plain = baseline(network, chip).spike_hops
    except TooSmall:  # contiguous slices may need more cores than there are
        plain = None
    written = write_configuration(network, configuration, folder / CONFIGURATION)
    checked = check_configuration(network, read_configuration(written))
    saved.save(mapping.graph, mapping.core_of, folder)
    save_figure(layout_figure(mapping), folder / LAYOUT)
    save_figure(load_figure(mapping), folder / LOAD)
    write_view(mapping, folder / VIEW)
    result = {
        **describe(mapping),
        "baseline_spike_hops": plain,
        "estimates": estimates(activity, chip),
        "agreement": agreement,
        "checked": checked,
    }
    write_text(folder / REPORT, json.dumps(result, indent=2) + "\n")
    return result


def describe(mapping: Mapping) -> dict:
    """A mapping in numbers.

    `utilisation` is that of the cores in use, and of the fullest one; `replication` is on how many cores an axon ends,
    in the mean; the rest is of `mapping.report.quality`.
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
        "cost": mapping.cost,
        "worst_link": float(mapping.traffic.max()),
        **quality(mapping),
    }
