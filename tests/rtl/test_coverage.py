"""Coverage: reading Verilator's file, and the bars for the Verilog and for the rule's cases."""

import pytest

from bicall.rtl.verify.coverage import Exclusion, Point, left, read_points, summarise, wrong_exclusions
from bicall.rtl.verify.coverage_exclusions import EXCLUSIONS
from bicall.rtl.verify.exercise import exercise_shapes


@pytest.fixture(scope="module")
def exercised():
    return exercise_shapes(range(1, 3), coverage=True)


def test_small_random_cores_equal_the_emulator(exercised):
    for name, run in exercised["shapes"].items():
        assert run["different"] == run["dropped"] == run["ports"] == 0, (name, run["first"])


def test_all_that_can_be_covered_is(exercised):
    points = exercised["points"]
    assert wrong_exclusions(points, EXCLUSIONS) == []
    assert [str(point) for point in left(points, EXCLUSIONS)] == []


def test_exclusions_are_few(exercised):
    summary = summarise(exercised["points"], EXCLUSIONS)
    assert len(summary) >= 19
    for module, kinds in summary.items():
        for kind, (_, points, excluded) in kinds.items():
            assert excluded <= 0.07 * (points + excluded), (module, kind)


def test_all_cases_of_the_rule_come_up(exercised):
    assert [case for case, count in exercised["cases"].items() if not count] == []


def line(module: str, kind: str, number: int, what: str, instance: str, count: int) -> str:
    fields = {
        "f": f"/somewhere/{module}.v",
        "l": number,
        "n": 5,
        "page": f"v_{kind}/{module}",
        "o": what,
        "h": instance,
    }
    return "C '" + "".join(f"\x01{key}\x02{value}" for key, value in fields.items()) + f"' {count}"


TEXT = "\n".join(
    [
        "# SystemC::Coverage-3",
        line("bicall_trace", "line", 3, "block", "top.x", 0),
        line("bicall_trace", "line", 3, "block", "top.y", 7),
        line("bicall_trace", "toggle", 4, "decay[0]:0->1", "top.x", 0),
        line("bicall_trace", "toggle", 4, "decay[0]:1->0", "top.x", 1),
        line("bicall_fifo", "branch", 9, "if", "top.f", 0),
    ]
)


def test_points_of_several_instances_count_once():
    assert summarise(read_points(TEXT)) == {
        "bicall_fifo": {"line": [0, 0, 0], "branch": [0, 1, 0], "toggle": [0, 0, 0]},
        "bicall_trace": {"line": [1, 1, 0], "branch": [0, 0, 0], "toggle": [1, 2, 0]},
    }


def test_exclusions_are_checked():
    points = read_points(TEXT)
    good = Exclusion(("bicall_trace",), "toggle", r"decay\[0\]:0->1", "never rises")
    covered = Exclusion(("bicall_trace",), "toggle", r"decay\[0\].*", "is covered")
    nothing = Exclusion(("bicall_trace", "bicall_fifo"), "toggle", r"decay\[0\]:0->1", "is not in the fifo")
    assert wrong_exclusions(points, [good]) == []
    assert wrong_exclusions(points, [covered]) == ["bicall_trace.v:4: toggle decay[0]:1->0"]
    assert wrong_exclusions(points, [nothing]) == [r"decay\[0\]:0->1 of bicall_fifo"]
    assert left(points, [good]) == [Point("bicall_fifo", "branch", 9, "5 if")]
    assert summarise(points, [good])["bicall_trace"]["toggle"] == [1, 1, 1]
