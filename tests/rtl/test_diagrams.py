"""Pictures show what the Verilog is and does: arrows from the netlist, cycles from a simulation."""

import pytest
from typer.testing import CliRunner

from bicall.cli import app
from bicall.emulator.support.errors import BadInput
from bicall.rtl.diagrams import block_diagram, timing_diagram
from bicall.rtl.synth import scaling
from bicall.rtl.synth.figures import save


def test_block_diagram_follows_the_netlist():
    inside, bits = block_diagram.connections()
    assert inside["row_update"]["synapse"] == 16
    assert inside["population"]["neuron"] == 1 and inside["rows"]["catch_up"] == 1
    assert bits["events in", "event_input"] == 33  # tdata and tvalid
    assert bits["population", "row_update"] == 16  # which lanes depress
    assert bits["row_update", "population"] >= 16 + 4  # transmitted bits and their group
    assert ("row_update", "event_input") not in bits


def test_block_diagram_wants_a_place_for_each_instance(monkeypatch):
    monkeypatch.delitem(block_diagram.PLACES, "archive")
    with pytest.raises(BadInput, match="block diagram: archive must be both"):
        block_diagram.draw()


def test_states_come_from_the_verilog():
    assert timing_diagram.states("bicall_row_update", "REST") == ("REST", "READ", "LOAD", "APPLY")
    assert timing_diagram.states("bicall_population", "REST")[-1] == "INTEGRATE"


def test_timing_is_that_of_the_formula():
    before = [timing_diagram.AXON_SPIKE + 1, timing_diagram.TEACHER_SPIKE + 2, timing_diagram.END_OF_TICK]
    signals = [timing_diagram.Signal(path) for path in ("rows.spike", "rows.transmitted", "row_update.group_transmits")]
    after = [timing_diagram.AXON_SPIKE + 1, timing_diagram.END_OF_TICK]
    sampled = timing_diagram.sampled(before, after, signals)
    spike, transmitted = (sampled[signal.path].index(1) for signal in signals[:2])
    items, decays, groups = 2, 1, timing_diagram.SIZE.groups
    # the last of an axon's cycles is its row's write
    assert transmitted - spike == 6 + 5 * items + decays + groups * (items + 1) - 1
    assert sum(sampled["row_update.group_transmits"]) == groups


def test_command_draws_the_same_each_time(tmp_path):
    for name in ("first", "second"):
        done = CliRunner().invoke(app, ["diagrams", "--folder", str(tmp_path / name)], catch_exceptions=False)
        assert done.exit_code == 0
    pictures = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert pictures == ["rtl_barrier.svg", "rtl_block.svg", "rtl_row_update.svg"]
    for name in pictures:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_scaling_figure(tmp_path):
    points = [
        {"series": series.what, "value": value, "area": 100 * value, "cycles": 5}
        for series in scaling.SERIES
        for value in series.values
    ]
    save(scaling.draw({"unit": "gates", "points": points}), tmp_path / "scaling.svg")
    assert (tmp_path / "scaling.svg").read_text().startswith("<?xml")


def test_more_lanes_are_quicker():
    cycles = [scaling.spike_cycles(scaling.CORE._replace(lanes=lanes)) for lanes in (1, 4, 16, 64)]
    assert cycles == [11 + 2 * 256 // lanes for lanes in (1, 4, 16, 64)]
