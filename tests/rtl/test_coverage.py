"""Reading Verilator's coverage file."""

from rtl.coverage import summarise


def point(module: str, kind: str, line: int, what: str, instance: str, count: int) -> str:
    fields = {"f": f"/somewhere/{module}.v", "l": line, "n": 5, "page": f"v_{kind}/{module}", "o": what, "h": instance}
    return "C '" + "".join(f"\x01{key}\x02{value}" for key, value in fields.items()) + f"' {count}"


def test_points_of_several_instances_count_once():
    text = "\n".join(
        [
            "# SystemC::Coverage-3",
            point("bicall_trace", "line", 3, "block", "top.x", 0),
            point("bicall_trace", "line", 3, "block", "top.y", 7),
            point("bicall_trace", "toggle", 4, "decay[0]:0->1", "top.x", 0),
            point("bicall_trace", "toggle", 4, "decay[0]:1->0", "top.x", 1),
            point("bicall_fifo", "branch", 9, "if", "top.f", 0),
        ]
    )
    assert summarise(text) == {
        "bicall_fifo": {"line": [0, 0], "branch": [0, 1], "toggle": [0, 0]},
        "bicall_trace": {"line": [1, 1], "branch": [0, 0], "toggle": [1, 2]},
    }
