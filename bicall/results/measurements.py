"""What the results page is made from: commands of this toolkit, each run once and kept with its date."""

import datetime
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

from bicall.emulator.commands.protocol import OTHER_RULES, PROTOCOLS
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import ensure_writable, write_text
from bicall.emulator.support.reporting import progress
from bicall.emulator.support.terminal import messages

NETWORKS = {  # and how many training images each is shown
    "digits-256": 6_000,
    "digits-pools": 60_000,
    "digits-pools-random": 60_000,
    "digits-pools-patch": 60_000,
    "digits-v1": 60_000,
    "digits-v1-conv": 60_000,
    "digits-gabor": 60_000,
}


def measurements() -> dict[str, str]:
    """The arguments of `bicall`, by a name for the measurement: also that of its file."""
    named = {f"compare {name}": f"compare {name} --images {images}" for name, images in NETWORKS.items()}
    named["train digits-v1"] = "train digits-v1 --images 60000"
    named["readout"] = f"readout {' '.join(NETWORKS)}"
    named |= {f"bench {name}": f"bench emulator {name}" for name in ("digits-256", "digits-v1")}
    named |= {f"protocol {name}": f"protocol {name}" for name in (*PROTOCOLS, *OTHER_RULES)}
    named["demo"] = "demo"
    named |= {f"lava {name}": f"lava check {name} --images 20" for name in ("digits-v1", "digits-256")}
    named["cosim"] = "cosim"
    named["cosim core"] = "cosim --core --images 100"
    named["cycles"] = "cycles --images 100"
    named["map digits-256"] = "map digits-256 --chip small-mesh --images 50"
    named["map digits-v1-conv"] = "map digits-v1-conv --chip wide-mesh --images 50"
    return named


def measure(folder: Path) -> dict[str, dict]:
    """Run what `folder` has no result of yet; one that is there was measured before, and is kept.

    Returns:
        by measurement: `command`, `date`, `seconds` (by the clock), `memory_mib` (the most of it), `machine`, and
        `result`, the command's JSON.

    Raises:
        BadInput: commands that failed, by name, after all others have run; or the folder cannot be written to.
    """
    ensure_writable(folder / "results.json")
    failed, found = [], {}
    for name, arguments in progress(measurements().items(), "measuring", total=len(measurements())):
        path = folder / f"{name.replace(' ', '-')}.json"
        if not path.exists():
            messages.print(f"bicall {arguments}", highlight=False)
            if (result := _run(arguments, folder, path.stem)) is None:
                failed.append(name)
                continue
            write_text(path, json.dumps(result))
        found[name] = json.loads(path.read_text(encoding="utf-8"))
    if failed:
        raise BadInput(f"results: {', '.join(failed)} failed, see above; the others are kept in {folder}")
    return found


def _run(arguments: str, folder: Path, stem: str) -> dict | None:
    """Run a command with all its files in `folder`; None if it fails, which it has said on standard error."""
    kind = arguments.split()[0]
    places = {
        "compare": ["--figure", folder / f"{stem}.png"],
        "protocol": ["--output", folder],
        "demo": ["--output", folder / "demo"],
        "map": ["--output", folder / stem],
    }
    bicall = Path(sys.executable).with_name("bicall")
    command = [bicall, *shlex.split(arguments), *places.get(kind, []), "--json"]
    began = time.perf_counter()
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # it is a pipe
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)  # this process's memory, not the most of all that have ended
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        return None
    return {
        "command": f"bicall {arguments}",
        "date": datetime.date.today().isoformat(),
        "seconds": round(time.perf_counter() - began, 1),
        "memory_mib": used.ru_maxrss // 1024,
        "machine": _machine(),
        "result": json.loads(printed),
    }


def _machine() -> str:
    """How many cores of which processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = "a processor of unknown name"
    return f"{os.cpu_count()} cores of {model}"
