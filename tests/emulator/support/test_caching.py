"""A changed source never meets what was compiled from an older one, and an import keeps nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bicall.emulator.support import caching

CALLER = (
    "from bicall.emulator.support.caching import {how}\nfrom bicall.emulator.callee import f\n\n"
    "@{how}\ndef g():\n    return f()\n"
)
CALLEE = "from bicall.emulator.support.caching import cached_njit\n\n@cached_njit\ndef f():\n    return {}\n"
NUMBAS_OWN = "import functools, numba\n\nnumbas_own = functools.partial(numba.njit, cache=True)\n"


def answer(project: Path, value: int, how: str = "cached_njit") -> str:
    """What a compiled function says whose callee, in another file, returns `value`, in a process of its own."""
    package = project / "bicall" / "emulator"
    (package / "support").mkdir(parents=True, exist_ok=True)
    for folder in (package.parent, package, package / "support"):
        (folder / "__init__.py").write_text("")
    (package / "support" / "caching.py").write_text(Path(caching.__file__).read_text() + NUMBAS_OWN)
    (package / "caller.py").write_text(CALLER.format(how=how))
    os.utime(package / "caller.py", (1, 1))  # as it is after an update: the caller's file has not changed
    (package / "callee.py").write_text(CALLEE.format(value))
    environment = {name: text for name, text in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    environment |= {"XDG_CACHE_HOME": str(project / "caches"), "PYTHONPATH": str(project)}
    code = "from bicall.emulator.caller import g; print(g())"
    # -S: without the site's own paths the project's namespace `bicall` is the only one
    packages = os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))
    environment["PYTHONPATH"] += os.pathsep + packages
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def kept(project: Path) -> list[Path]:
    """Folders of states of the caller and what it imports."""
    folder = project / "caches" / "bicall" / "compiled" / "bicall.emulator.caller"
    return list(folder.iterdir()) if folder.exists() else []


def test_a_changed_callee_is_noticed(tmp_path):
    assert answer(tmp_path, 1) == "1"
    assert answer(tmp_path, 2) == "2"
    assert len(kept(tmp_path)) == 2
    before = sorted(tmp_path.rglob("caller.g-*.nbc"))
    assert len(before) == 2
    assert answer(tmp_path, 1) == "1"
    assert sorted(tmp_path.rglob("caller.g-*.nbc")) == before, "what was kept is used again"


def test_without_it_the_old_code_would_run(tmp_path):
    """The control: what the folder for each state of the sources is good for."""
    assert answer(tmp_path, 1, "numbas_own") == "1"
    assert answer(tmp_path, 2, "numbas_own") == "1"


def test_a_place_that_cannot_be_written_to_stops_nothing(tmp_path):
    (tmp_path / "caches").write_text("")
    assert answer(tmp_path, 1) == "1"


def test_old_folders_go_but_a_few(tmp_path):
    for state in range(6):
        (tmp_path / str(state)).mkdir()
        os.utime(tmp_path / str(state), (state, state))
    caching.remove_oldest(tmp_path, tmp_path / "0")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "3", "4", "5"]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of three modules, the first of which imports the second, and that the third."""
    room = tmp_path / "invented" / "room"
    room.mkdir(parents=True)
    sources = {
        "first": "from invented.room import second\n",
        "second": "def f():\n    from invented.room.third import (\n        g,\n    )\n",
        "third": "g = 1\n",
        "other": "",
    }
    for folder in (room.parent, room):
        (folder / "__init__.py").write_text("")
    for name, text in sources.items():
        (room / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(caching, "PACKAGE", "invented")
    yield room
    for name in [name for name in sys.modules if name.split(".")[0] == "invented"]:
        del sys.modules[name]


@pytest.mark.parametrize("changed, matters", [("first", True), ("second", True), ("third", True), ("other", False)])
def test_the_digest_is_of_all_that_is_imported(package, changed, matters):
    digest = caching.digest_of.__wrapped__
    before = digest("invented.room.first")
    (package / f"{changed}.py").write_text((package / f"{changed}.py").read_text() + "h = 2\n")
    assert (digest("invented.room.first") != before) == matters


@pytest.mark.parametrize("changed", ["rule.operations", "rule.constants", "rule.randomness", "digits.batch"])
def test_a_sweep_notices_a_changed_rule(changed, monkeypatch):
    """The key of a kept accuracy once missed the operations."""
    digest, name = caching.digest_of.__wrapped__, "bicall.emulator.search.sweep_runs"
    before, file_of = digest(name), caching._file_of

    class Changed(type(Path())):
        def read_bytes(self):
            return super().read_bytes() + b"\n# changed\n"

    monkeypatch.setattr(
        caching, "_file_of", lambda module: (Changed if module.endswith(f".{changed}") else Path)(found)
        if (found := file_of(module)) else None,
    )  # fmt: skip
    assert digest(name) != before


def test_importing_writes_nothing(tmp_path):
    code = (
        "import bicall, bicall.emulator.rule.compiled, bicall.emulator.schemes.bicall.run, os; print(dict(os.environ))"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
    assert "NUMBA_CACHE_DIR" not in set(eval(done.stdout)) - set(os.environ)
