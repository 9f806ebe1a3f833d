"""Progress is shown by whoever asks for it, and by nobody else."""

import ast
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from bicall.emulator.support import reporting
from bicall.emulator.support.reporting import Reporter, note, progress, reported_by, working
from bicall.emulator.support.terminal import Terminal

ROOMS = ("emulator", "lava_procs", "mapping", "rtl")


class Kept(Reporter):
    def __init__(self):
        self.said = []

    def progress(self, items, doing, total, start):
        for item in items:
            self.said.append((doing, item, total, start))
            yield item

    def working(self, doing):
        self.said.append(doing)
        return nullcontext()

    def note(self, text):
        self.said.append(text)


def work() -> int:
    with working("building"):
        found = sum(progress(range(3), "adding", start=1))
    note("done")
    return found


def test_a_reporter_hears_all_of_it_and_only_within_its_block():
    reporter = Kept()
    with reported_by(reporter):
        assert work() == 3
    assert reporter.said == ["building", *(("adding", item, None, 1) for item in range(3)), "done"]
    work()
    assert len(reporter.said) == 5


def test_a_thread_reports_to_its_own():
    reporter = Kept()
    with reported_by(reporter):
        other = threading.Thread(target=work)
        other.start()
        other.join()
    assert reporter.said == []


def test_without_a_reporter_nothing_is_printed(capfd):
    work()
    assert capfd.readouterr() == ("", "")


def test_the_terminals_notes_go_to_standard_error(capfd):
    with reported_by(Terminal()):
        work()
    out, err = capfd.readouterr()
    assert out == "" and err.endswith("done\n")


def offences(path: Path) -> Iterator[str]:
    """Lines of a library's source that print, draw, or handle signals."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        drawn = isinstance(node, ast.ImportFrom) and (node.module or "").endswith("support.terminal")
        if drawn and {name.name for name in node.names} - {"table"}:
            yield f"{path}:{node.lineno}"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            # whoever forks ignores Ctrl-C for the moment, so that its children do
            if called == "print" or (called == "signal.signal" and path.stem not in ("sweep_cluster", "running")):
                yield f"{path}:{node.lineno}"


def test_only_commands_print_and_handle_signals():
    libraries = [
        path
        for room in (Path(reporting.__file__).parents[2] / name for name in ROOMS)
        for path in room.rglob("*.py")
        if "commands" not in path.parts and path.name not in ("commands.py", "terminal.py")
    ]
    assert len(libraries) > 100
    assert [line for path in libraries for line in offences(path)] == []


def test_the_search_for_offences_finds_some(tmp_path):
    path = tmp_path / "library.py"
    path.write_text(
        "import signal\nfrom bicall.emulator.support.terminal import messages\nprint(1)\nsignal.signal(2, print)\n"
    )
    assert len(list(offences(path))) == 3
