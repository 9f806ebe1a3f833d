"""Areas, and that the netlist of the synapse does what its Verilog says."""

import pytest

from bicall.emulator.support.errors import BadInput
from bicall.rtl.driver import simulator
from bicall.rtl.synth.synthesis import GENERIC, defects, module_parameters, netlist_equals, synthesise


def test_the_synapse_is_small():
    made = synthesise("bicall_synapse", {}, GENERIC)
    assert 0 < made["logic"] < 600
    assert made["flip_flops"] == made["memory_bits"] == 0
    assert made["warnings"] == []


def test_netlist_of_the_synapse_equals_its_verilog(tmp_path):
    assert netlist_equals("bicall_synapse", simulator.ROOM / "bicall_synapse.v")
    text = (simulator.ROOM / "bicall_synapse.v").read_text()
    mutant = tmp_path / "bicall_synapse.v"
    mutant.write_text(text.replace("row_word + column_turn", "row_word"))
    assert not netlist_equals("bicall_synapse", mutant)


# all modules are within the core
SIZES = [{}, {"LANES": 1}, {"AXONS": 1568, "NEURONS": 25, "LANES": 25}, {"H_BITS": 16, "H_ROUNDING": 1}]


@pytest.mark.parametrize("parameters", SIZES, ids=str)
def test_no_latches_no_conflicts_no_warnings(parameters):
    assert defects("bicall_core", parameters) == []


@pytest.mark.parametrize(
    ("what", "instead", "found"),
    [
        ("        host_data = 32'd0;\n", "", "Latch inferred"),
        ("assign idle = state == REST;", "assign idle = state == REST; assign idle = decay;", "conflicting drivers"),
        ("assign idle = state == REST;", "", "used but has no driver"),
    ],
    ids=["latch", "two drivers", "no driver"],
)
def test_defects_are_found(what, instead, found, tmp_path):
    text = (simulator.ROOM / "bicall_population.v").read_text()
    assert text.count(what) == 1
    (tmp_path / "bicall_population.v").write_text(text.replace(what, instead))
    assert any(found in line for line in defects("bicall_population", {}, tmp_path))


@pytest.mark.slow
def test_the_core_synthesises_without_warnings():
    made = synthesise("bicall_core", {}, GENERIC)
    assert made["warnings"] == []
    assert not any("LATCH" in cell for cell in made["cells"])
    assert made["memory_bits"] > 256 * 256 * 8


@pytest.mark.parametrize(
    ("module", "settings", "message"),
    [
        ("nope", [], "module 'nope' is unknown"),
        ("bicall_core", ["HEIGHT=3"], "parameter 'HEIGHT' is unknown"),
        ("bicall_core", ["LANES=x"], "LANES is 'x', must be a number"),
    ],
)
def test_bad_input(module, settings, message):
    with pytest.raises(BadInput, match=message):
        module_parameters(module, settings)


def test_unknown_target():
    with pytest.raises(BadInput, match="target 'asic' is unknown"):
        synthesise("bicall_synapse", {}, "asic")
