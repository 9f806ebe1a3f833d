"""What is proved of the modules, for all inputs and all times, and that each proof refutes mutants."""

from pathlib import Path

import pytest

from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver import simulator
from bicall.rtl.verify.proof import PROVED, REFUTED, prove, tasks

HERE = Path(__file__).parent
SLOW = ("catch_up", "neuron", ("router", "corner"), ("router", "inner"))  # minutes
PROOFS = [(path.stem, task) for path in sorted(HERE.glob("*.sby")) for task in tasks(path)]

# proof, task, module, what, instead
MUTANTS = [
    ("synapse", "stochastic", "bicall_synapse", "row_word + column_turn", "row_word"),
    ("synapse", "stochastic", "bicall_synapse", "w = h[H_BITS-1]", "w = h[H_BITS-2]"),
    ("synapse", "nearest", "bicall_synapse", "16'h8000", "16'h7FFF"),
    ("synapse", "truncate", "bicall_synapse", "stepped[H_BITS+1] ?", "stepped[H_BITS] ?"),
    ("synapse", "narrow", "bicall_synapse", "stepped[H_BITS] ?", "1'b0 ?"),
    ("synapse", "wide", "bicall_synapse", "learn ? learned : drifted", "learn ? drifted : learned"),
    ("drift", "narrow", "bicall_synapse", "(moved[H_BITS] == w)", "(moved[H_BITS] && w)"),
    ("drift", "wide", "bicall_synapse", "{{H_BITS{1'b0}}, !w}", "{{H_BITS{1'b0}}, w}"),
    ("lazy_drift", "narrow", "bicall_drift", "|up_sum[2*H_BITS-1:H_BITS] ?", "1'b0 ?"),
    ("lazy_drift", "eight", "bicall_drift", "down_sum[H_BITS-1:0]", "{down_sum[H_BITS-1:1], 1'b0}"),
    ("catch_up", "truncate", "bicall_catch_up", "x_sample != entry_sample", "x_sample == entry_sample"),
    ("catch_up", "truncate", "bicall_catch_up", "(last && wipe)", "1'b0"),
    ("catch_up", "truncate", "bicall_catch_up", "x_drifts <= to_drifts", "x_drifts <= x_drifts"),
    ("catch_up", "stochastic", "bicall_catch_up", "random_tick <= entry_tick", "random_tick <= x_tick + 32'd1"),
    ("trace", "truncate", "bicall_trace", "trace + part", "trace - part"),
    ("trace", "nearest", "bicall_trace", "12'h800", "12'h801"),
    ("trace", "stochastic", "bicall_trace", "random[15:4]", "random[14:3]"),
    ("trace", "wide", "bicall_trace", "bumps ? ~trace", "bumps ? trace"),
    ("archive", "", "bicall_archive", ".write_address(entries[ENTRY_BITS-1:0])", ".write_address({ENTRY_BITS{1'b0}})"),
    ("archive", "", "bicall_archive", "entries <= entries + 1'b1", "entries <= entries"),
    ("neuron", "waiting", "bicall_neuron", "fired ? refractory_ticks", "fired ? 8'd0"),
    ("neuron", "integrating", "bicall_neuron", "saturated > membrane_threshold", "saturated >= membrane_threshold"),
    ("neuron", "waiting", "bicall_neuron", "waits ? 13'd4096", "waits ? 13'd4095"),
    ("fifo", "four", "bicall_fifo", "if (out_valid && out_ready)", "if (out_ready)"),
    ("fifo", "two", "bicall_fifo", "!held[DEPTH_LOG2]", "held != 1"),
    ("router", "short", "bicall_router", "(sent[o] || sends[o]) && !round_ends", "sends[o] && !round_ends"),
    ("router", "corner", "bicall_router", "(marks | ~FED_BY) == 6'b111111", "marks != 6'd0"),
    ("router", "inner", "bicall_router", "(granted_by & free) != 6'd0", "granted_by != 6'd0"),
    ("axi_lite", "", "bicall_axi_lite", "write ? s_axil_bready : s_axil_rready", "s_axil_rready"),
]


@pytest.mark.parametrize(
    ("proof", "task"), [pytest.param(*p, marks=[pytest.mark.slow] if p[0] in SLOW or p in SLOW else []) for p in PROOFS]
)
def test_holds(proof, task):
    assert prove(HERE / f"{proof}.sby", task) == PROVED


@pytest.mark.parametrize(
    ("proof", "task", "module", "what", "instead"),
    [pytest.param(*m, marks=[pytest.mark.slow] if m[0] == "neuron" else []) for m in MUTANTS],
)
def test_mutant_is_refuted(proof, task, module, what, instead):
    text = (simulator.ROOM / f"{module}.v").read_text()
    assert text.count(what) == 1
    assert prove(HERE / f"{proof}.sby", task, {f"{module}.v": text.replace(what, instead)}) == REFUTED


def test_every_proof_refutes_a_mutant():
    assert {mutant[:2] for mutant in MUTANTS} == set(PROOFS)


def test_what_cannot_be_read_is_an_error():
    with pytest.raises(BadInput, match="proof of fifo two: .*ERROR"):
        prove(HERE / "fifo.sby", "two", {"bicall_fifo.v": "module"})
