"""The results page: docs/results.md, made from docs/results.json, the numbers of `bicall.results.measurements`."""

import importlib
import json
import shutil
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from bicall.emulator.commands.protocol import PROTOCOLS
from bicall.emulator.configuration import description
from bicall.emulator.support import project
from bicall.emulator.support.files import write_aside, write_text
from bicall.results.measurements import NETWORKS

DOCS = project.FOLDER / "docs"


def numbers(found: dict[str, dict]) -> dict:
    """What the page shows, of `bicall.results.measurements.measure`: the content of docs/results.json."""
    readouts = {entry["network"]: entry["accuracy"] for entry in found["readout"]["result"]["readouts"]}
    return {
        "machine": found["readout"]["machine"],
        "readout": _about(found["readout"]),
        "digits": [_compared(found[f"compare {name}"]) | {"readout": readouts[name]} for name in NETWORKS],
        "equal": _equivalences(found),
        "speed": [
            _about(found[name]) | {"network": found[name]["result"]["network"], "arithmetic": arithmetic}
            | {key: found[name]["result"][arithmetic][key] for key in ("plain", "batch", "ratio")}
            for name in ("bench digits-256", "bench digits-v1")
            for arithmetic in ("float", "fixed")
        ],
        "training": _training(found["train digits-v1"]),
        "protocols": [_protocol(name, found[f"protocol {name}"]) for name in PROTOCOLS],
    }  # fmt: skip


def _about(measurement: dict) -> dict:
    return {key: measurement[key] for key in ("command", "date")}


def _compared(measurement: dict) -> dict:
    result = measurement["result"]
    return _about(measurement) | {
        "network": result["network"],
        "summary": description.load(result["network"]).summary,
        "training_images": result["training_images"],
        "test_images": result["test_images"],
        "seeds": sorted({run["seed"] for run in result["runs"]}),
        "float": result["summary"]["float"]["accuracy"],
        "fixed": result["summary"]["fixed"]["accuracy"],
        "fixed_by_seed": [run["test"]["accuracy"] for run in result["runs"] if run["arithmetic"] == "fixed"],
        "gap": result["gap"],
    }


def _equivalences(found: dict[str, dict]) -> list[dict]:
    """A row each: what is compared, how many values, how many of them differ."""
    rows = []

    def add(name: str, what: str, values: int, different: int) -> None:
        rows.append(_about(found[name]) | {"what": what, "values": values, "different": different})

    for check in found["demo"]["result"]["checks"]:
        if check["what"].startswith("plain loop"):
            add("demo", f"{check['what']} of digits-256", check["compared"], check["different"])
    for network in ("digits-v1", "digits-256"):
        for run in found[f"lava {network}"]["result"]["results"]:
            what = f"Lava and emulator, {run['arithmetic']}, {network} learns {run['samples']} images"
            add(f"lava {network}", what, run["compared"], int(run["difference"] is not None))
    for name, load in found["cosim"]["result"]["workloads"].items():
        add("cosim", f"Verilog synapse and emulator, {name}", load["compared"], load["different"])
    core = found["cosim core"]["result"]
    what = f"Verilog core and emulator, learns {core['training']['images']} images, classifies {core['test']['images']}"
    lock_step = core["lock-step"]
    add("cosim core", what, sum(lock_step[key] for key in ("spikes", "h", "state")), lock_step["different"])
    cycles = found["cycles"]["result"]
    what = f"cycles of the Verilog core and their formula, {cycles['images']} images, in ticks"
    add("cycles", what, cycles["ticks"], cycles["different"])
    for network in ("digits-256", "digits-v1-conv"):
        mapped = found[f"map {network}"]["result"]
        agreement = mapped["agreement"]
        what = f"mapped on {mapped['cores']} cores and unmapped, {network} learns {agreement['samples']} images"
        add(f"map {network}", what, agreement["compared"], agreement["differences"])
    return rows


def _training(measurement: dict) -> dict:
    training = measurement["result"]
    return _about(measurement) | {
        "images": training["images"],
        "seconds": training["seconds"],
        "memory_mib": measurement["memory_mib"],
    }


def _protocol(name: str, measurement: dict) -> dict:
    chosen = PROTOCOLS[name]
    columns, rows = importlib.import_module(f"bicall.emulator.protocols.{chosen.module}").rows(measurement["result"])
    return _about(measurement) | {
        "name": name,
        "meaning": chosen.meaning,
        "seed": measurement["result"]["seed"],
        "columns": [str(column) for column in columns],
        "rows": [[str(cell) for cell in row] for row in rows],
    }


def page(shown: dict) -> str:
    """The text of docs/results.md, from the content of docs/results.json."""
    environment = Environment(
        loader=PackageLoader("bicall.results", "."), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template("results.md").render(shown)


def write_results(found: dict[str, dict], folder: Path) -> Path:
    """Write docs/results.json, docs/results.md and the protocols' pictures from `folder`; returns the page's path."""
    shown = numbers(found)
    for name in PROTOCOLS:
        with write_aside(DOCS / "pictures" / "protocols" / f"{name}.png") as aside:
            shutil.copyfile(folder / f"{name}.png", aside)
    write_text(DOCS / "results.json", json.dumps(shown, indent=1) + "\n")
    write_text(DOCS / "results.md", page(shown))
    return DOCS / "results.md"
