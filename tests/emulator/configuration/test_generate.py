"""The generated files are those of the committed descriptions, and follow them."""

import re

import pytest

from bicall.cli import main
from bicall.emulator.configuration import description, generate
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.randomness import Stream
from bicall.emulator.support import project


@pytest.mark.parametrize("path", generate.files(), ids=lambda path: path.name)
def test_committed_files_are_up_to_date(path):
    """If this fails: `bicall generate`, and look at what changed."""
    assert path.read_text(encoding="utf-8") == generate.files()[path]


def test_the_table_of_parameters_names_every_key_with_its_limits(configuration):
    table = generate.parameters()
    for section, keys in configuration.model_dump().items():
        for key in keys if isinstance(keys, dict) else ():
            assert f"| `{section}.{key}` |" in table
    assert "| `pre_trace.bits` | width of the trace, unsigned | integer, at least 2, at most 16 |" in table
    assert "| number, above 0, at most 10000000 |" in table
    assert "-60 to 0, or none | number or none |" in table


def test_the_header_holds_the_integers():
    macros = dict(re.findall(r"`define BICALL_(\w+) +\(?(-?\d+)\)?", generate.verilog_header()))
    constants = fixed(description.load(generate.HEADER_CONFIGURATION))._asdict()
    assert constants.pop("reset_by_subtraction") == 0  # which the core does not do, and refuses
    for name, value in constants.items():
        assert int(macros[name.upper()]) == value
    for stream in Stream:
        assert int(macros[f"STREAM_{stream.name}"]) == stream


@pytest.mark.parametrize(
    "old, new",
    [("bits = 12", "bits = 11"), ('rounding = "truncate"', 'rounding = "nearest"'), ("floor = -0", "floor = -1")],
)
def test_a_changed_description_makes_them_differ(old, new, tmp_path, monkeypatch):
    """In a copy of the configurations; then writing makes them right, once."""
    configurations, folder = tmp_path / "configurations", tmp_path / "project"
    configurations.mkdir()
    for name in description.names():
        text = (description.CONFIGURATIONS.folder / f"{name}.toml").read_text(encoding="utf-8")
        if name == generate.HEADER_CONFIGURATION:
            assert old in text
            text = text.replace(old, new, 1)
        (configurations / f"{name}.toml").write_text(text, encoding="utf-8")
    committed = {path.name: path.read_text(encoding="utf-8") for path in generate.files()}
    monkeypatch.setattr(description.CONFIGURATIONS, "folder", configurations)
    monkeypatch.setattr(project, "FOLDER", folder)
    for path, text in generate.files().items():
        # the table of parameters comes from their limits, not from their values
        assert (text != committed[path.name]) == (path.name != "parameters.md"), path.name
    assert len(generate.write_files(generate.files())) == len(committed)
    assert generate.write_files(generate.files()) == []
    for path, text in generate.files().items():
        assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("command", ["generate", "results"])
def test_an_installation_has_no_such_files(command, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(project, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["bicall", command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2 and list(tmp_path.iterdir()) == []
    assert f"{command}: writes files of the project, must be run from a clone" in capsys.readouterr().err
