"""The steps of the demonstration, in order; each leaves its numbers in the report and its figures in the folder."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.text import Text

from bicall.emulator.configuration import description
from bicall.emulator.data import mnist
from bicall.emulator.data.samples import Data
from bicall.emulator.digits import features
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.comparison import compare, comparison_table
from bicall.emulator.digits.figures import confusion_figure, save_figure, weight_maps_figure
from bicall.emulator.digits.presentation import training_sample
from bicall.emulator.digits.training import compile_loops, evaluate, train
from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.recording import Recorder
from bicall.emulator.rule.recording import compare as compare_recordings
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import ensure_writable, write_text
from bicall.emulator.support.terminal import messages, table

NETWORK = "digits-256"
SEEDS = [1, 2, 3]
COMPARED = 5
LAVA_IMAGES = 3
SYNAPSE_UPDATES = 200_000
COSIMULATED_IMAGES = 10
CHIP = "small-mesh"
MAPPED = "mapping"  # a folder in the demonstration's, for the layout and the images of the cores
MAPPED_IMAGES = 10


def run_all(folder: Path, images: int) -> dict:
    """Run all steps and write folder/report.json; the lines of the summary appear as they come.

    Returns:
        the report: `data`, `comparison`, `evaluation`, `mapping`, `checks` (for each equivalence what was compared, how
        many values, how many differ, and the first difference), `seconds` by step.
    """
    ensure_writable(folder / "report.json")
    report: dict = {"network": NETWORK, "checks": [], "seconds": {}}
    digits = _timed(report, "data", _fetch)
    report["data"] = digits.source
    messages.print(f"data: {digits.source}", highlight=False)

    described = description.load(NETWORK)
    comparison = _timed(
        report, "train and compare", lambda: compare(described, digits, images, SEEDS, folder / "comparison.png")
    )
    report["comparison"] = comparison
    messages.print(
        f"trained and compared: {comparison['summary']['fixed']['accuracy']:.2f} % in fixed point", highlight=False
    )

    network = Classifier.fresh(described, "fixed", SEEDS[0])
    compile_loops(network)
    train(network, digits, images)
    network.save(folder / "network.npz")
    report["evaluation"] = evaluation = evaluate(network, digits)
    title = f"{NETWORK}, fixed point, seed {SEEDS[0]}: {evaluation['accuracy']:.2f} %"
    save_figure(confusion_figure(evaluation["confusion"], title), folder / "confusion.png")
    save_figure(weight_maps_figure(network, network.encoder.shape[1]), folder / "weights.png")

    _timed(report, "plain against compiled", lambda: _plain_and_compiled(report, digits))
    _timed(report, "Lava", lambda: _lava(report))
    _timed(report, "Verilog", lambda: _verilog(report))
    _timed(report, "mapping", lambda: _map(report, digits, folder))
    write_text(folder / "report.json", json.dumps(report, indent=2))
    return report


def summary(report: dict) -> list:
    """Tables and lines that show a report on a terminal."""
    rows = [(check["what"], f"{check['compared']:,}", f"{check['different']:,}") for check in report["checks"]]
    equivalences = table("equivalences", ("", "values compared", "different"), rows)
    view: list[Any] = [comparison_table(report["comparison"]), equivalences]
    view += [Text(f"{check['what']}: {check['first']}") for check in report["checks"] if check["first"]]
    mapped = report["mapping"]
    cores = f"{mapped['cores']} of {mapped['chip_cores']} cores of {mapped['chip']}"
    view.append(f"{mapped['synapses']:,} synapses placed on {cores}")
    return view


def _timed(report: dict, name: str, step):
    messages.print(f"{name} ...", highlight=False)
    began = time.perf_counter()
    result = step()
    report["seconds"][name] = round(time.perf_counter() - began, 2)
    return result


def _fetch() -> Data:
    try:
        mnist.fetch()
    except BadInput as error:
        messages.print(f"{error}: going on with fewer images", markup=False)
    return mnist.load()


def _check(report: dict, what: str, compared: int, different: int, first: str | None) -> None:
    report["checks"].append({"what": what, "compared": compared, "different": different, "first": first})


def _plain_and_compiled(report: dict, digits: Data) -> None:
    described = description.load(NETWORK)
    active = features.active_inputs(described, digits.train.samples[:COMPARED])
    for arithmetic in ("fixed", "float"):
        recordings, seconds = [], []
        for run in (plain.run, compiled.run):
            network, recorder = Classifier.fresh(described, arithmetic, SEEDS[0]), Recorder()
            samples = [
                training_sample(described, active[k], digits.train.labels[k], SEEDS[0], k) for k in range(COMPARED)
            ]
            for sample in samples:
                network.state.reset()
                run(network.constants, network.state, *sample, SEEDS[0], recorder=recorder)
            recordings.append(recorder.recording())
            began = time.perf_counter()
            for sample in samples:
                run(network.constants, network.state, *sample, SEEDS[0])
            seconds.append((time.perf_counter() - began) / COMPARED)
        first = compare_recordings(*recordings)
        what = f"plain loop and compiled loop, {arithmetic}, {COMPARED} images"
        _check(report, what, recordings[0].size, 0 if first is None else 1, first and str(first))
        report.setdefault("speed", {})[arithmetic] = {
            "plain_ms_per_image": 1e3 * seconds[0],
            "compiled_ms_per_image": 1e3 * seconds[1],
        }


def _lava(report: dict) -> None:
    # a command, as Lava may live in an environment of its own
    command = [str(Path(sys.executable).with_name("bicall")), "lava", "check", NETWORK, "--json"]
    done = subprocess.run(
        [*command, "--images", str(LAVA_IMAGES), "--seed", str(SEEDS[0])], capture_output=True, text=True
    )
    if done.returncode not in (0, 1):  # 1 is a difference
        error = done.stderr.strip().removeprefix("bicall: ")
        messages.print(f"{error}: skipped", markup=False)
        report["lava"] = f"skipped: {error}"
        return
    report["lava"] = json.loads(done.stdout)["results"]
    for result in report["lava"]:
        what = f"Lava and emulator, {result['arithmetic']}, {result['samples']} images"
        _check(report, what, result["compared"], 0 if result["difference"] is None else 1, result["difference"])


def _verilog(report: dict) -> None:
    from bicall.rtl.verify.cosim import check_synapse

    network = Classifier.fresh(description.load(NETWORK), "fixed", SEEDS[0])
    report["rtl"] = check_synapse(network, SYNAPSE_UPDATES, COSIMULATED_IMAGES)
    for workload, result in report["rtl"].items():
        what = f"Verilog synapse and emulator, {workload}, {result['updates']:,} updates"
        _check(report, what, result["compared"], result["different"], result["first"] and str(result["first"]))


def _map(report: dict, digits: Data, folder: Path) -> None:
    from bicall.mapping import workloads
    from bicall.mapping.chips import chip
    from bicall.mapping.report.report import map_workload

    workload = workloads.load(str(folder / "network.npz"), digits, MAPPED_IMAGES, SEEDS[0])
    report["mapping"] = result = map_workload(workload, chip.load(CHIP), folder / MAPPED)
    agreement = result["agreement"]
    what = f"mapped on {result['cores']} cores and unmapped, {agreement['samples']} images, learning on"
    _check(report, what, agreement["compared"], agreement["differences"], agreement["first"])
