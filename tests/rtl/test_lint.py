"""Every module is clean for Verilator's lint with all warnings on, for Yosys, and for Icarus as Verilog-2005."""

import re
import shutil
import subprocess

import pytest
import yaml

from bicall.rtl.driver import simulator
from bicall.rtl.synth.synthesis import read_design
from bicall.rtl.synth.yosys import run_yosys

MODULES = sorted(path.stem for path in simulator.ROOM.glob("bicall_*.v"))
SPARSE = {"SPARSE": 1}
# parameters of bicall_core that cannot be, and a part of the name that says why
REFUSED = [
    ({"H_BITS": 1}, "H_BITS_must_be_from_2_to_16"),
    ({"H_BITS": 17}, "H_BITS_must_be_from_2_to_16"),
    ({"X_BITS": 17}, "X_BITS_Y_BITS_S_BITS_must_be_from_2_to_16"),
    ({"Y_BITS": 1}, "X_BITS_Y_BITS_S_BITS_must_be_from_2_to_16"),
    ({"STEP_FRACTION_BITS": 13}, "STEP_FRACTION_BITS_must_be_from_0_to_12"),
    ({"H_ROUNDING": 3}, "H_ROUNDING_must_be_0_truncate_1_nearest_or_2_stochastic"),
    ({"X_ROUNDING": 3}, "ROUNDING_of_a_trace_must_be_0_truncate_1_nearest_or_2_stochastic"),
    ({"DEPTH": 1}, "DEPTH_must_be_from_2_to_65536"),
    ({"LANES": 0}, "LANES_must_be_from_1_to_1024"),
    ({"NEURONS": 0}, "NEURONS_must_be_from_1_to_65536"),
    ({"AXONS": 0}, "AXONS_must_be_from_1_to_65536"),
    ({"AXONS": 65537, "NEURONS": 1, "LANES": 1}, "AXONS_must_be_from_1_to_65536"),
    ({"BUFFER_LOG2": 0}, "BUFFER_LOG2_must_be_from_1_to_16"),
    ({"SPARSE": 2}, "SPARSE_must_be_0_or_1"),
    # more words of h than the address space has
    ({"AXONS": 40_000, "NEURONS": 32, "LANES": 16}, "rows_groups_and_lanes_of_h_must_have_addresses_of_20_bits"),
]  # fmt: skip
needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="Icarus is not installed (on Debian: apt install iverilog)"
)


def icarus(module: str, parameters: dict[str, int]) -> tuple[int, str]:
    chosen = [f"-P{module}.{name}={value}" for name, value in parameters.items()]
    command = ["iverilog", "-g2005", "-Wall", f"-I{simulator.ROOM}", "-t", "null", "-s", module, *chosen]
    done = subprocess.run([*command, *map(str, simulator.verilog(module))], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("module", MODULES)
def test_verilator(module):
    assert simulator.lint(module, simulator.verilog(module)) == ""


def test_verilator_with_sparse_synapses():
    assert simulator.lint("bicall_core", simulator.verilog("bicall_core"), SPARSE) == ""


def test_yosys(tmp_path):
    """A reader of its own, which comes with the package; it warns of what Verilator lets pass."""
    for module in MODULES:
        ended, output = run_yosys([*read_design(module, {}), "check -assert"], tmp_path)
        assert ended == 0 and not re.search("^(Warning|ERROR)", output, re.MULTILINE), (module, output[-2000:])


@needs_icarus
def test_icarus():
    found = {module: icarus(module, {}) for module in MODULES} | {"sparse": icarus("bicall_core", SPARSE)}
    assert {name: out for name, out in found.items() if out != (0, "")} == {}


@pytest.mark.parametrize(("parameters", "why"), REFUSED, ids=str)
def test_what_cannot_be_ends_elaboration(parameters, why, tmp_path):
    assert why in simulator.lint("bicall_core", simulator.verilog("bicall_core"), parameters)
    ended, output = run_yosys(read_design("bicall_core", parameters), tmp_path)
    assert ended and why in output


@needs_icarus
def test_what_cannot_be_ends_elaboration_in_icarus():
    for parameters, why in REFUSED:
        ended, output = icarus("bicall_core", parameters)
        assert ended and why in output, (parameters, output)


@pytest.mark.parametrize("path", sorted(simulator.ROOM.rglob("*.v*")) + sorted(simulator.ROOM.rglob("*.cpp")), ids=str)
def test_every_file_has_its_licence(path):
    text = path.read_text()
    assert text.startswith("// SPDX-License-Identifier: Apache-2.0\n")
    if path.suffix == ".v":
        assert text.count("`default_nettype none\n") == 1 and text.endswith("endmodule\n`default_nettype wire\n")


def test_the_file_list_is_complete():
    core = yaml.safe_load((simulator.ROOM / "bicall.core").read_text().removeprefix("CAPI=2:\n"))
    listed = [name if isinstance(name, str) else next(iter(name)) for name in core["filesets"]["rtl"]["files"]]
    assert listed == sorted(p.name for p in simulator.ROOM.glob("*.vh")) + sorted(
        p.name for p in simulator.ROOM.glob("*.v")
    )
    parameters = re.findall(r"^    parameter (\w+)", (simulator.ROOM / "bicall_core.v").read_text(), re.MULTILINE)
    assert [name for name in parameters if name != "IMAGE"] == list(core["parameters"])
