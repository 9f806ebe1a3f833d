"""The public interface: all of it is there, an import does nothing, and a wheel brings the one name."""

import ast
import subprocess
import sys
import textwrap
import venv
import zipfile
from pathlib import Path

import pytest

import bicall
from bicall.emulator.support.errors import BadInput

PROJECT = Path(bicall.__file__).resolve().parents[1]
OF_AN_EXTRA = {"check_in_lava"}  # this environment may lack it


def python(program: str, *options: str, **variables) -> str:
    done = subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(program)], capture_output=True, text=True, **variables
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", bicall.__all__)
def test_every_name_is_there_and_says_what_it_does(name):
    try:
        found = getattr(bicall, name)
    except BadInput as error:
        assert name in OF_AN_EXTRA and "extra [lava]" in str(error)
        return
    assert name == "__version__" or found.__doc__, name


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(bicall.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    seen = {
        (alias.asname or alias.name): (node.module.removeprefix("bicall."), alias.name)
        for node in block.body
        for alias in node.names
    }
    assert seen == bicall._MODULE_OF
    assert seen.keys() == set(bicall.__all__) - {"__version__"}


def test_an_unknown_name_is_none():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = bicall.nonsense


def test_an_import_has_no_side_effects(tmp_path):
    """No file is opened for writing, no folder made, nothing forked, no environment variable set, no module loaded."""
    printed = python(
        """
        import os, sys
        done, at_fork = [], os.register_at_fork
        os.register_at_fork = lambda **hooks: done.append(hooks)
        changing = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.fork", "subprocess.Popen", "os.putenv",
                    "os.unsetenv", "socket.connect", "shutil.rmtree", "signal.signal"}
        def watch(event, values):
            if event in changing or (event == "open" and values[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
                done.append((event, values))
        sys.addaudithook(watch)
        before, modules = dict(os.environ), set(sys.modules)
        import bicall
        assert dict(os.environ) == before
        print(done, sorted(name for name in set(sys.modules) - modules if name.startswith("bicall")))
        """,
        "-B",
        env={"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PATH": ""},
        cwd=tmp_path,
    )
    assert printed == "[] ['bicall']\n"
    assert list(tmp_path.iterdir()) == []


def test_loading_all_of_it_leaves_cache_and_signals_alone(tmp_path):
    """The modules themselves: nothing hashed into the cache, no signal handler, no hook on a fork."""
    printed = python(
        """
        import os, signal
        hooks = []
        os.register_at_fork = lambda **named: hooks.append(named)
        import random, threading, logging, numpy, concurrent.futures.thread  # these have hooks of their own
        before, own = signal.getsignal(signal.SIGINT), len(hooks)
        import bicall
        for name in bicall.__all__:
            try:
                getattr(bicall, name)
            except bicall.BadInput:
                pass
        assert signal.getsignal(signal.SIGINT) is before
        print([hook for named in hooks[own:] for hook in named.values() if "bicall" in (hook.__module__ or '')])
        """,
        "-B",
        env={"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PATH": ""},
        cwd=tmp_path,
    )
    assert printed == "[]\n"
    assert not (tmp_path / "bicall").exists()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy so that nothing of an earlier build is in it."""
    folder = tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=PROJECT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a checkout of the repository")
    for name in listed.stdout.split("\n"):
        if (source := PROJECT / name).is_file() and not name.startswith(("tests/", "docs/")):
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "source" / name).write_bytes(source.read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "-w", str(folder), str(folder / "source")], check=True)
    return next(folder.glob("*.whl"))


def test_a_wheel_holds_one_name_and_all_of_it(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"bicall", f"bicall-{bicall.__version__}.dist-info"}
    rooms = {"": "bicall", "emulator": "emulator", "lava_procs": "lava_procs", "mapping": "mapping", "rtl": "rtl"}
    for name, folder in rooms.items():
        for path in (PROJECT / folder).rglob("*"):
            within = path.relative_to(PROJECT / folder)
            kept = path.suffix in (".py", ".toml", ".html", ".v", ".vh", ".cpp") or path.name == "py.typed"
            if kept and "__pycache__" not in path.parts:
                assert "/".join(filter(None, ("bicall", name, within.as_posix()))) in names


@pytest.mark.slow
def test_a_wheel_without_extras_trains_digits(wheel, tmp_path):
    """In an empty environment; its packages come from wherever pip takes them."""
    venv.create(tmp_path / "environment", with_pip=True)
    tools = tmp_path / "environment" / "bin"
    subprocess.run([tools / "python", "-m", "pip", "install", "--quiet", str(wheel)], check=True)
    command = [tools / "bicall", "train", "digits-256", "--images", "500", "--save", tmp_path / "network.npz", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "network.npz").exists()
    done = subprocess.run([tools / "bicall", "cosim"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2 and "extra [rtl]" in done.stderr and done.stderr.count("\n") == 1
    left = {path.name.split("-")[0] for path in (tools.parent / "lib").glob("python*/site-packages/*bicall*")}
    assert left == {"bicall"}
