"""The command `bicall` as a user meets it: output, exit codes, one line for every bad input."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bicall import cli
from bicall.emulator.configuration import description, generate
from bicall.emulator.rule.recording import Recorder, Recording
from bicall.emulator.support import project
from bicall.emulator.support.errors import Interrupted
from bicall.emulator.support.extras import EXTRAS
from bicall.emulator.support.typed_files import tomllib
from bicall.lava_procs.commands import LAVA_ENVIRONMENT


@pytest.fixture
def run(monkeypatch, capsys):
    """Run `bicall` with arguments: exit code, standard output, standard error."""

    def run(*arguments) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bicall", *map(str, arguments)])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def recordings(tmp_path):
    """Two equal recordings and one that differs from them at tick 3, x[1]."""
    for name in ("a", "b", "other"):
        recorder = Recorder()
        for tick in range(1, 6):
            values = np.arange(4, dtype=np.int32) * tick
            values[1] += 100 * (name == "other" and tick >= 3)
            recorder.add(tick, "x", values)
            recorder.add(tick, "y", values)
        recorder.recording(made_by=name).save(tmp_path / f"{name}.npz")
    return tmp_path


def test_help_names_the_commands(run):
    code, out, _ = run("--help")
    assert code == 0
    for command in ("describe", "diff", "generate"):
        assert command in out


def test_describe_shows_both_values_side_by_side(run):
    code, out, _ = run("describe", "digits-256")
    assert code == 0
    for constant in ("x_decay", "potentiation", "membrane_floor", "s_time_constant"):
        assert constant in out
    rule = {constant.name: constant for constant in generate.constants.quantise(description.load("digits-256"))}
    line = next(line for line in out.splitlines() if "potentiation" in line)
    assert str(rule["potentiation"].integer) in line and f"{rule['potentiation'].physical:.6g}" in line


def test_describe_marks_large_errors(run, tmp_path):
    """-0.00001 is 0.65 of the last place: it becomes 1, which is 53 % too much."""
    text = (description.CONFIGURATIONS.folder / "digits-256.toml").read_text(encoding="utf-8")
    lines = ["depression_post = -0.00001" if line.startswith("depression_post") else line for line in text.splitlines()]
    (tmp_path / "mine.toml").write_text("\n".join(lines), encoding="utf-8")
    code, out, _ = run("describe", tmp_path / "mine.toml")
    assert code == 0 and "mine: " in out
    assert "! -53.19 %" in next(line for line in out.splitlines() if "depression_post" in line)
    assert "!" not in next(line for line in out.splitlines() if "x_full" in line)
    _, out, _ = run("describe", tmp_path / "mine.toml", "--json")
    marked = {constant["name"]: constant["large_error"] for constant in json.loads(out)["constants"]}
    assert marked["depression_post"] and not marked["x_full"]


@pytest.mark.parametrize("name", description.names())
def test_describe_as_json_is_json(run, name):
    """Standard JSON: no Infinity where there is no floor."""
    code, out, _ = run("describe", name, "--json")

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    result = json.loads(out, parse_constant=refuse)
    assert code == 0 and result["configuration"] == name
    assert {"name", "unit", "physical", "integer", "represented", "error"} <= result["constants"][0].keys()
    assert len(result["time_constants"]) == 5


def test_no_floor_is_null_in_json(run, tmp_path):
    text = (description.CONFIGURATIONS.folder / "digits-256.toml").read_text(encoding="utf-8")
    lines = ['floor = "none"' if line.startswith("floor") else line for line in text.splitlines()]
    (tmp_path / "free.toml").write_text("\n".join(lines), encoding="utf-8")
    _, out, _ = run("describe", tmp_path / "free.toml", "--json")
    floor = next(constant for constant in json.loads(out)["constants"] if constant["name"] == "membrane_floor")
    assert floor["physical"] is None and floor["integer"] == -(2**23) + 1


def test_describe_without_a_name_lists_the_configurations(run):
    code, out, _ = run("describe")
    assert code == 0 and all(name in out for name in description.names())
    _, out, _ = run("describe", "--json")
    assert sorted(json.loads(out)["configurations"]) == description.names()


def test_equal_recordings(run, recordings):
    code, out, _ = run("diff", recordings / "a.npz", recordings / "b.npz")
    assert (code, out) == (0, "equal: 40 values of 2 variables compared\n")
    code, out, _ = run("diff", recordings / "a.npz", recordings / "b.npz", "--json")
    assert code == 0
    assert json.loads(out) == {"equal": True, "values": 40, "variables": ["x", "y"]}


def test_the_first_difference_is_named(run, recordings):
    code, out, _ = run("diff", recordings / "a.npz", recordings / "other.npz")
    assert (code, out) == (1, "different at tick 3: x[1] is 3 and 103\n")
    code, out, _ = run("diff", recordings / "a.npz", recordings / "other.npz", "--json")
    expected = {"tick": 3, "variable": "x", "index": [1], "first": 3, "second": 103}
    assert code == 1 and json.loads(out) == {"equal": False, "difference": expected}


def test_a_brackets_name_is_not_taken_for_markup(run, recordings):
    (recordings / "a.npz").rename(recordings / "a[red].npz")
    code, _, err = run("diff", recordings / "a[red].npz", recordings / "missing[bold].npz")
    assert code == 2 and "missing[bold].npz" in err


def test_bad_input_ends_with_one_line_and_exit_code_2(run, recordings, tmp_path):
    (tmp_path / "text.npz").write_text("hello")
    whole = (recordings / "a.npz").read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    recording = Recording.load(recordings / "a.npz")
    Recording({"x": recording.variables["x"]}).save(tmp_path / "less.npz")
    (tmp_path / "wide.toml").write_text(
        (description.CONFIGURATIONS.folder / "digits-256.toml")
        .read_text(encoding="utf-8")
        .replace("bits = ", "bits = 65 #", 1)
    )
    a = recordings / "a.npz"
    for arguments, message in (
        (("diff", a, tmp_path / "missing.npz"), "missing.npz: No such file"),
        (("diff", tmp_path / "text.npz", a), "text.npz: is corrupt or truncated"),
        (("diff", a, tmp_path / "half.npz"), "half.npz: is corrupt or truncated"),
        (("diff", a, tmp_path / "less.npz"), "variable y is only in the first, must be in both"),
        (("describe", "nope"), "'nope' is unknown, must be one of"),
        (("describe", tmp_path / "wide.toml"), "pre_trace.bits is 65, must be less than or equal to 16"),
    ):
        code, out, err = run(*arguments)
        assert code == 2 and out == "", arguments
        assert err.startswith("bicall: ") and err.count("\n") == 1 and message in err, err


def test_wrong_usage_ends_with_one_line_and_exit_code_2(run):
    for arguments, message in (
        (("nonsense",), "No such command 'nonsense'"),
        (("diff", "only-one"), "Missing argument 'B'"),
        (("describe", "digits-256", "--yaml"), "No such option: --yaml"),
    ):
        code, out, err = run(*arguments)
        assert code == 2 and out == ""
        assert err.startswith("bicall: ") and err.count("\n") == 1 and message in err, err


@pytest.mark.parametrize(
    "stop, message",
    [(KeyboardInterrupt(), "interrupted"), (Interrupted("go on with --resume a.npz"), "go on with --resume a.npz")],
)
def test_interruption_ends_with_a_line(run, monkeypatch, stop, message):
    def interrupted(name):
        raise stop

    monkeypatch.setattr(description, "load", interrupted)
    assert run("describe", "digits-256") == (130, "", f"bicall: {message}\n")


def test_generate_says_what_it_wrote(run, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(project, "FOLDER", tmp_path)
    code, out, _ = run("generate")
    assert code == 0
    assert out.splitlines() == [f"wrote {path.relative_to(tmp_path)}" for path in generate.files()]
    assert run("generate")[1] == "all generated files are up to date\n"


def test_lava_runs_in_its_own_environment():
    """Without Lava here, the command goes on in `.venv-lava`: a new process, as it takes this one's place."""
    bicall = Path(sys.executable).with_name("bicall")
    if not (Path(sys.prefix).parent / LAVA_ENVIRONMENT).exists():
        pytest.skip("no environment with Lava (`make setup` makes it)")
    done = subprocess.run([bicall, "lava", "check", "--images", "0"], capture_output=True, text=True)
    assert done.returncode == 2 and "--images" in done.stderr
    options = ["--images", "1", "--arithmetic", "fixed", "--json"]
    done = subprocess.run([bicall, "lava", "check", *options], capture_output=True, text=True)
    (result,) = json.loads(done.stdout)["results"]
    assert result["difference"] is None and result["compared"] > 10**5


@pytest.mark.skipif(importlib.util.find_spec("lava") is not None, reason="Lava is here")
def test_where_lava_is_nowhere_the_command_says_so(run, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    code, out, err = run("lava", "check")
    assert (code, out) == (2, "")
    assert err == (
        f"bicall: extra [lava]: Lava is missing here and in {tmp_path / LAVA_ENVIRONMENT}, an environment of Python "
        "3.10 with 'bicall[lava]' (`make setup` makes it)\n"
    )


@pytest.mark.parametrize("module, extra", EXTRAS.items())
def test_a_missing_extra_is_named(run, monkeypatch, module, extra):
    def absent(name):
        raise ModuleNotFoundError(f"No module named '{module}'", name=f"{module}.part")

    monkeypatch.setattr(description, "load", absent)
    line = f"bicall: extra [{extra}]: {module} is missing, must be installed (pip install 'bicall[{extra}]')\n"
    assert run("describe", "digits-256") == (2, "", line)


def test_the_extras_are_those_of_the_package():
    """Each module belongs to the extra that names its distribution, and no extra for users lacks one."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    for module, extra in EXTRAS.items():
        brought = " ".join(project["optional-dependencies"][extra]).replace("-", "_")
        assert module.removesuffix("_tools") in brought or module == "distributed", module
    assert set(EXTRAS.values()) == project["optional-dependencies"].keys() - {"test", "lint", "docs"}
