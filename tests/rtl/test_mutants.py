"""Automatic mutants of the Verilog: the checks that run in the fast tests must notice at least 95 % of them."""

import importlib.util
from pathlib import Path

import pytest

from bicall.emulator.configuration.description import load
from bicall.emulator.rule.constants import fixed
from bicall.rtl.driver import simulator
from bicall.rtl.driver.core import Core
from bicall.rtl.driver.core_words import Size
from bicall.rtl.driver.synapse import SynapseCircuit
from bicall.rtl.verify import random_networks
from bicall.rtl.verify.cosim import Checker, random_samples
from bicall.rtl.verify.exercise import Exercise
from bicall.rtl.verify.mutation import Mutant, mutants, sample

HERE = Path(__file__).parent
COUNTS = {
    "bicall_synapse": 4, "bicall_trace": 2, "bicall_neuron": 4, "bicall_random": 2, "bicall_random_line": 1,
    "bicall_catch_up": 4, "bicall_drift": 1, "bicall_archive": 2, "bicall_core": 4, "bicall_population": 5,
    "bicall_rows": 4,
    "bicall_row_update": 4, "bicall_host": 5, "bicall_event_input": 2, "bicall_ticks": 2, "bicall_register": 1,
    "bicall_registers": 1, "bicall_axi_lite": 2, "bicall_fifo": 2,
}  # fmt: skip
SHAPES = ("all stochastic", "all nearest, wide", "odd groups, tiny archive", "few bits, no fraction")
# what only counts, and the texts of proofs
LEFT_ALONE = r"words_written|FORMAL|peek"
# mutants that compute the same: by module, a part of the line, and the change
EQUIVALENT = [
    ("bicall_synapse", "16'h8000", "16'h8000", "16'd32769", "as the next"),
    ("bicall_synapse", "16'h0000", "16'h0000", "16'd1", "the last 4 of 16 bits never count: at most 12 places"),
    ("bicall_random", "done <= 1'b0", "1'b0", "1'd1", "a word done in a reset meets nobody who waits"),
    ("bicall_catch_up", "wire draws", "&&", "||", "draws words that nobody uses: slower, but the same"),
    ("bicall_core", "wire fills_archive", "&&", "||", "sweeps whenever a tick is archived: slower, but the same"),
    ("bicall_core", "wire fills_archive", "==", "!=", "likewise, as the archive then never fills"),
    ("bicall_row_update", "WORDS(2 * DEPTH)", "*", "+", "fewer words; DEPTH + 1 of them are used"),
    ("bicall_host", "default: begin own_data", "1'b0", "1'd1", "there is no such register: refused anyway"),
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
    """By a difference or a wrong answer, or by an AssertionError of the checks beside the exercise."""
    for shape in SHAPES:
        result = Exercise(random_networks.SHAPES[shape], 1, folder).run(samples=2, wild=8)
        if result["different"] or result["dropped"] or result["ports"]:
            return True
    core_tests = module_of(HERE / "bicall_core" / "test_bicall_core.py")
    core_tests.check_long_drift(folder)
    core_tests.check_rewinding(folder)
    core_tests.check_resets_far_apart(folder)
    core_tests.check_reset(Core(fixed(core_tests.DIGITS), Size(24, 10, 10, 8), folder))
    return False


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
        possible = [m for m in mutants(module, text, LEFT_ALONE) if not equivalent(m, lines[m.line - 1])]
        made += sample(possible, count, seed=1)
    return made


@pytest.mark.slow
def test_mutants_are_noticed():
    bench = module_of(HERE / "mutant_bench.py")
    outcomes = {}
    for mutant in chosen():
        check = synapse_differs if mutant.module == "bicall_synapse" else core_differs
        outcomes[str(mutant)] = bench.outcome(mutant, check)
        print(f"{outcomes[str(mutant)]:9}", mutant, flush=True)
    noticed, survived = (sum(o == name for o in outcomes.values()) for name in (bench.NOTICED, bench.SURVIVED))
    assert noticed + survived >= 45
    assert survived <= 0.05 * (noticed + survived)


def test_mutants_differ_from_the_module():
    for mutant in chosen():
        assert mutant.text != (simulator.ROOM / f"{mutant.module}.v").read_text()
        assert len(mutant.text.splitlines()) == len((simulator.ROOM / f"{mutant.module}.v").read_text().splitlines())
