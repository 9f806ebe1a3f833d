"""Each module alone under cocotb, in some sizes and widths; its bench is tests/rtl/<module>/<name>_bench.py."""

from pathlib import Path

import pytest

from bicall.rtl.driver import simulator
from bicall.rtl.verify.bench import BenchFailed, run_bench

pytest.importorskip("cocotbext.axi")
HERE = Path(__file__).parent
TRUNCATE, NEAREST, STOCHASTIC = range(3)
STEPS, COARSE_STEPS = ({"H_BITS": h, "STEP_FRACTION_BITS": places} for h, places in ((8, 8), (4, 0)))
SIZE = {"AXONS": 5, "NEURONS": 7, "LANES": 3, "GROUPS": 3, "SPARSE": 0}
BENCHES = {
    "bicall_trace": [{"BITS": 12, "ROUNDING": STOCHASTIC}, {"BITS": 16, "ROUNDING": NEAREST}],
    "bicall_neuron": [{}],
    "bicall_random": [{}],
    "bicall_random_line": [{}],
    "bicall_archive": [{"DEPTH": 4, "GROUPS": 3, "LANES": 5}],
    "bicall_catch_up": [
        {"DEPTH": 4, "X_BITS": 12, "X_ROUNDING": TRUNCATE, "H_ROUNDING": STOCHASTIC} | STEPS,
        {"DEPTH": 8, "X_BITS": 8, "X_ROUNDING": STOCHASTIC, "H_ROUNDING": NEAREST} | COARSE_STEPS,
    ],
    "bicall_drift": [{"H_BITS": 8}],
    "bicall_memory": [{"BITS": 13, "WORDS": 11, "IMAGE": '"image.hex"'}],
    "bicall_fifo": [{"BITS": 33, "DEPTH_LOG2": 3}, {"BITS": 4, "DEPTH_LOG2": 1}],
    "bicall_axi_lite": [{}],
    "bicall_registers": [{"AXONS": 5, "NEURONS": 7, "LANES": 3, "SPARSE": 1}],
    "bicall_event_input": [{"AXONS": 9, "NEURONS": 5, "BUFFER_LOG2": 2}],
    "bicall_ticks": [{}],
    "bicall_host": [SIZE, SIZE | {"SPARSE": 1}],
    "bicall_population": [
        SIZE | {"Y_BITS": 12, "S_BITS": 12, "Y_ROUNDING": TRUNCATE, "S_ROUNDING": NEAREST},
        SIZE | {"Y_BITS": 8, "S_BITS": 10, "Y_ROUNDING": STOCHASTIC, "S_ROUNDING": STOCHASTIC, "SPARSE": 1},
    ],
    "bicall_router": [{"X": 1, "Y": 1, "PORTS": 63, "QUEUE_LOG2": 1}, {"X": 0, "Y": 2, "PORTS": 25, "QUEUE_LOG2": 2}],
    "bicall_pending": [{"AXONS": 70, "NEURONS": 5, "SLOTS": 2}, {"AXONS": 9, "NEURONS": 33, "SLOTS": 5}],
    "bicall_routes": [{"NEURONS": 7, "ROUTES": 13}, {"NEURONS": 1, "ROUTES": 1}],
    "bicall_rows": [{"AXONS": 6, "GROUPS": 3, "DEPTH": 4, "X_BITS": 12, "H_ROUNDING": TRUNCATE}],
    "bicall_row_update": [
        {"AXONS": 4, "GROUPS": 3, "LANES": 5, "DEPTH": 4, "SPARSE": 1, "H_ROUNDING": STOCHASTIC} | STEPS,
        {"AXONS": 3, "GROUPS": 1, "LANES": 2, "DEPTH": 2, "SPARSE": 0, "H_ROUNDING": TRUNCATE} | COARSE_STEPS,
    ],
}  # fmt: skip
# the top of a bench where it is not the module itself
TOPS = {"bicall_trace": "trace_top"}
IMAGE = "\n".join(f"{word * 677 % 8192:x}" for word in range(11))


def run(module: str, parameters: dict, results: Path, verilog: Path = simulator.ROOM) -> int:
    name = module.removeprefix("bicall_")
    (results / "image.hex").write_text(IMAGE)
    folder = HERE / module if module in TOPS else verilog
    return run_bench(HERE / module / f"{name}_bench.py", TOPS.get(module, module), parameters, results, folder=folder)


@pytest.mark.parametrize(
    ("module", "parameters"),
    [
        pytest.param(module, parameters, id=f"{module}-{k}")
        for module, all_ in BENCHES.items()
        for k, parameters in enumerate(all_)
    ],
)
def test_bench(module, parameters, tmp_path):
    assert run(module, parameters, tmp_path) >= 1


def test_every_module_has_a_bench_and_is_part_of_the_chip():
    modules = {path.stem for top in ("bicall_tile", "bicall_empty_tile") for path in simulator.verilog(top)}
    assert modules == {path.stem for path in simulator.ROOM.glob("bicall_*.v")}
    in_their_place = {"bicall_register", "bicall_network_interface", "bicall_tile", "bicall_empty_tile"}
    assert modules == set(BENCHES) | {"bicall_core", "bicall_synapse"} | in_their_place


def test_a_bench_notices_a_fault(tmp_path):
    text = (simulator.ROOM / "bicall_fifo.v").read_text()
    (tmp_path / "bicall_fifo.v").write_text(text.replace("if (out_valid && out_ready)", "if (out_ready)"))
    with pytest.raises(BenchFailed, match="1 of 1 tests failed"):
        run("bicall_fifo", BENCHES["bicall_fifo"][1], tmp_path, tmp_path)
