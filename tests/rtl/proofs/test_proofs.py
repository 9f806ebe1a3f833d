"""What is proved of the modules, for all inputs, and that each proof refutes a mutant."""

from pathlib import Path
from typing import NamedTuple

import pytest

from rtl import simulator
from rtl.proof import PROVED, REFUTED, prove

HERE = Path(__file__).parent


class Proof(NamedTuple):
    top: str
    module: str
    parameters: dict
    induction: int
    mutant: tuple[str, str]


PROOFS = [
    Proof("synapse_proof", "bicall_synapse", {"ROUNDING": 2}, 0, ("row_word + column_turn", "row_word")),
    Proof("synapse_proof", "bicall_synapse", {"ROUNDING": 1}, 0, ("16'h8000", "16'h7FFF")),
    Proof("synapse_proof", "bicall_synapse", {"ROUNDING": 0}, 0, ("stepped[H_BITS+1] ?", "stepped[H_BITS] ?")),
    Proof(
        "synapse_proof",
        "bicall_synapse",
        {"H_BITS": 16, "STEP_FRACTION_BITS": 12},
        0,
        ("learn ? learned : drifted", "learn ? drifted : learned"),
    ),
    Proof("drift_proof", "bicall_synapse", {}, 0, ("(moved[H_BITS] == w)", "(moved[H_BITS] && w)")),
    Proof("drift_proof", "bicall_synapse", {"H_BITS": 16}, 0, ("{{H_BITS{1'b0}}, !w}", "{{H_BITS{1'b0}}, w}")),
    Proof("trace_proof", "bicall_trace", {"BITS": 8, "ROUNDING": 0}, 0, ("trace + added", "trace - added")),
    Proof("trace_proof", "bicall_trace", {"BITS": 8, "ROUNDING": 1}, 0, ("12'h800", "12'h801")),
    Proof("trace_proof", "bicall_trace", {"BITS": 8, "ROUNDING": 2}, 0, ("missing = ~trace", "missing = trace")),
    Proof("neuron_proof", "bicall_neuron", {}, 0, ("fired ? refractory_ticks", "fired ? 8'd0")),
    Proof(
        "neuron_proof",
        "bicall_neuron",
        {},
        0,
        ("integrated > membrane_threshold", "integrated >= membrane_threshold"),
    ),  # fmt: skip
    Proof("fifo_proof", "bicall_fifo", {}, 6, ("if (out_valid && out_ready)", "if (out_ready)")),
    Proof("fifo_proof", "bicall_fifo", {"DEPTH_LOG2": 1}, 6, ("!held[DEPTH_LOG2]", "held != 1")),
    Proof("axi_lite_proof", "bicall_axi_lite", {}, 6, ("write ? s_axil_bready : s_axil_rready", "s_axil_rready")),
]


def sources(proof: Proof, module: Path) -> list[Path]:
    return [HERE / f"{proof.top}.sv", module]


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: f"{proof.top}-{proof.parameters}")
def test_holds(proof):
    module = simulator.ROOM / f"{proof.module}.v"
    assert prove(proof.top, sources(proof, module), proof.parameters, proof.induction) == PROVED


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: f"{proof.top}-{proof.parameters}")
def test_mutant_is_refuted(proof, tmp_path):
    text = (simulator.ROOM / f"{proof.module}.v").read_text()
    what, instead = proof.mutant
    assert text.count(what) == 1
    mutant = tmp_path / f"{proof.module}.v"
    mutant.write_text(text.replace(what, instead))
    assert prove(proof.top, sources(proof, mutant), proof.parameters, proof.induction) == REFUTED
