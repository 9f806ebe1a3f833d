"""Automatic mutants of the Verilog: the checks that run in the fast tests must notice at least 95 % of them."""

import importlib.util
from pathlib import Path

import pytest

from emulator.constants import fixed
from emulator.description import load
from rtl import simulator
from rtl.cosim import Checker, random_samples
from rtl.mutation import Mutant, mutants, sample
from rtl.proof import PROVED, prove
from rtl.synapse import SynapseCircuit

HERE = Path(__file__).parent
COUNTS = {
    "bicall_synapse": 10, "bicall_trace": 6, "bicall_neuron": 8, "bicall_random": 5, "bicall_catch_up": 10,
    "bicall_archive": 2, "bicall_core": 12,
}  # fmt: skip
SHAPES = ("all stochastic", "all nearest, wide", "with a current", "few bits, no fraction")
# the host's side and what only counts is tested at the ports (test_core_ports.py), not in the lock-step used here
PORTS = r"words_read|words_written|sweeps|dropped|own|status|host|written"
# mutants that compute the same: by module, a part of the line, and the change
EQUIVALENT = [
    ("bicall_synapse", "16'h8000", "16'h8000", "16'd32769", "as the next"),
    (
        "bicall_core",
        "wire clear_row",
        "&&",
        "||",
        "only while clearing is a row's number below AXONS; more rows are none",
    ),
    ("bicall_synapse", "16'h0000", "16'h0000", "16'd1", "the last 4 of 16 bits never count: at most 12 places"),
    ("bicall_random", "done <= 1'b0", "1'b0", "1'd1", "a word done in a reset meets nobody who waits"),
    ("bicall_catch_up", "wire draws", "&&", "||", "draws words that nobody uses: slower, but the same"),
    ("bicall_neuron", "LIMIT - 1)", ">", ">=", "a value at the limit is clipped to itself"),
    ("bicall_neuron", "1 - LIMIT)", "<", "<=", "likewise"),
    ("bicall_neuron", "saturated < membrane_floor", "<", "<=", "a membrane at the floor becomes the floor"),
]


def module_of(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def synapse_differs(folder: Path) -> bool:
    description = load("digits-256")
    checker = Checker(SynapseCircuit(fixed(description), folder))
    for found, _ in zip(random_samples(description, 1), range(2), strict=False):
        checker.check(found)
    return checker.result["different"] > 0


def core_differs(folder: Path) -> bool:
    """By the lock-step, or by an AssertionError of the checks of long drift and of a reset."""
    core_tests = module_of(HERE / "bicall_core" / "test_bicall_core.py")
    for shape in SHAPES:
        result = core_tests.random_lockstep(*core_tests.SHAPES[shape], 1, folder=folder, samples=2)
        if result["different"] or result["dropped"]:
            return True
    core_tests.check_long_drift(folder)
    core_tests.check_reset(core_tests.Core(fixed(core_tests.DIGITS), core_tests.Size(24, 10, 10, 8), folder))
    return False


def refutes(folder: Path, proof: str, task: str = "") -> bool:
    changed = {path.name: path.read_text() for path in folder.glob("*.v")}
    return prove(HERE / "proofs" / f"{proof}.sby", task, changed) != PROVED


def trace_differs(folder: Path) -> bool:
    return any(refutes(folder, "trace", task) for task in ("truncate", "nearest", "stochastic"))


def neuron_differs(folder: Path) -> bool:
    return refutes(folder, "neuron") or core_differs(folder)


CHECKS = {"bicall_synapse": synapse_differs, "bicall_trace": trace_differs, "bicall_neuron": neuron_differs}


def equivalent(mutant: Mutant, line: str) -> bool:
    return any(
        (mutant.module, mutant.what, mutant.instead) == (module, what, instead) and part in line
        for module, part, what, instead, _ in EQUIVALENT
    )


def chosen() -> list[Mutant]:
    made = []
    for module, count in COUNTS.items():
        text = (simulator.ROOM / f"{module}.v").read_text()
        lines = text.splitlines()
        possible = [m for m in mutants(module, text, PORTS) if not equivalent(m, lines[m.line - 1])]
        made += sample(possible, count, seed=1)
    return made


@pytest.mark.slow
def test_mutants_are_noticed():
    bench = module_of(HERE / "mutant_bench.py")
    made = chosen()
    assert len(made) >= 40
    survivors = []
    for mutant in made:
        noticed = bench.is_noticed(mutant, CHECKS.get(mutant.module, core_differs))
        print("noticed " if noticed else "SURVIVED", mutant, flush=True)
        if not noticed:
            survivors.append(str(mutant))
    assert len(survivors) <= 0.05 * len(made), survivors


def test_mutants_differ_from_the_module():
    for mutant in chosen():
        assert mutant.text != (simulator.ROOM / f"{mutant.module}.v").read_text()
        assert len(mutant.text.splitlines()) == len((simulator.ROOM / f"{mutant.module}.v").read_text().splitlines())
