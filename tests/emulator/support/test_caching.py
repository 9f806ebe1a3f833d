"""A changed source never meets what was compiled from an older one."""

import os
import subprocess
import sys
from pathlib import Path

from bicall.emulator.support import caching

CALLER = "from numba import njit\nfrom emulator.callee import f\n\n@njit(cache=True)\ndef g():\n    return f()\n"
CALLEE = "from numba import njit\n\n@njit(cache=True)\ndef f():\n    return {}\n"
RUN = (
    "from pathlib import Path; from emulator import caching\n"
    "{apart} and caching.keep_apart(Path('.').resolve(), Path('caches').resolve())\n"
    "from emulator.caller import g; print(g())"
)


def answer(project: Path, value: int, apart: bool = True) -> str:
    """What a compiled function says whose callee, in another file, returns `value`, in a process of its own."""
    package = project / "emulator"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("")
    (package / "caching.py").write_text(Path(caching.__file__).read_text())
    (package / "caller.py").write_text(CALLER)
    os.utime(package / "caller.py", (1, 1))  # as it is after an update: the caller's file has not changed
    (package / "callee.py").write_text(CALLEE.format(value))
    environment = {name: text for name, text in os.environ.items() if name != caching.VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(apart=apart)], cwd=project, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_changed_callee_is_noticed(tmp_path):
    assert answer(tmp_path, 1) == "1"
    assert answer(tmp_path, 2) == "2"
    assert answer(tmp_path, 1) == "1"


def test_without_it_the_old_code_would_run(tmp_path):
    """The control: what the folder for each state of the sources is good for."""
    assert answer(tmp_path, 1, apart=False) == "1"
    assert answer(tmp_path, 2, apart=False) == "1"


def test_a_folder_that_the_user_chose_stays(tmp_path, monkeypatch):
    monkeypatch.setenv(caching.VARIABLE, "chosen")
    caching.keep_apart(tmp_path, tmp_path / "caches")
    assert os.environ[caching.VARIABLE] == "chosen"
    assert not (tmp_path / "caches").exists()


def test_old_folders_go_but_a_few(tmp_path, monkeypatch):
    monkeypatch.setattr(caching.sys, "modules", {})
    for state in range(6):
        monkeypatch.delenv(caching.VARIABLE, raising=False)
        (tmp_path / "mapping").mkdir(exist_ok=True)
        (tmp_path / "mapping" / "loop.py").write_text(f"import numba  # {state}")
        caching.keep_apart(tmp_path, tmp_path / "caches")
    folders = list((tmp_path / "caches").iterdir())
    assert len(folders) == caching.KEPT + 1
    assert Path(os.environ[caching.VARIABLE]) in folders


def test_a_place_that_cannot_be_written_to_stops_nothing(tmp_path, monkeypatch):
    monkeypatch.delenv(caching.VARIABLE, raising=False)
    (tmp_path / "file").write_text("")
    caching.keep_apart(tmp_path, tmp_path / "file" / "caches")
    assert caching.VARIABLE not in os.environ
