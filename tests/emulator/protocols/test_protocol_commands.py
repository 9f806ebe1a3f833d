"""`bicall protocol`: files, JSON, and refusals in one line."""

import json

import pytest
from typer.testing import CliRunner

from bicall.emulator.commands.protocol import PROTOCOLS, app
from bicall.emulator.support.errors import BadInput


def invoke(*arguments):
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def test_a_protocol_writes_its_figure_and_data(tmp_path):
    shown = invoke("triplets", "--output", str(tmp_path / "new"), "--json")
    written = json.loads((tmp_path / "new" / "triplets.json").read_text())
    assert json.loads(shown.stdout) == written
    assert (tmp_path / "new" / "triplets.png").stat().st_size > 10_000
    table = invoke("triplets", "--output", str(tmp_path))
    assert "post-pre-post 5, 15 ms" in table.stdout and "triplets.png" in table.stdout


def test_the_seed_matters_to_fixed_point_only(tmp_path):
    runs = (invoke("triplets", "--output", str(tmp_path), "--json", "--seed", seed) for seed in "121")
    one, two, again = (json.loads(run.stdout) for run in runs)
    assert one == again
    gate = next(iter(one["gates"]))
    assert one["gates"][gate]["float"] == two["gates"][gate]["float"]
    assert one["gates"][gate]["fixed"] != two["gates"][gate]["fixed"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["stpd"], "protocol 'stpd' is unknown, must be one of stdp, srdp"),
        (["stdp", "--seed", "-1"], "seed is -1, must be from 0 to 4294967295"),
        (["stdp", "--output", "README.md"], "output README.md/stdp.png: cannot be written"),
    ],
)
def test_bad_input_is_refused_before_any_work(arguments, message):
    with pytest.raises(BadInput, match=message):
        invoke(*arguments)


def test_protocols_of_other_rules_write_theirs(tmp_path):
    shown = json.loads(invoke("clopath-pairing", "--output", str(tmp_path), "--json").stdout)
    assert shown == json.loads((tmp_path / "clopath-pairing.json").read_text())
    assert (tmp_path / "clopath-pairing.png").stat().st_size > 5_000


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_protocol_is_there(name):
    import importlib

    from bicall.emulator.configuration import description

    module = importlib.import_module(f"bicall.emulator.protocols.{PROTOCOLS[name].module}")
    assert callable(module.measure) and callable(module.rows) and callable(module.draw)
    description.load(PROTOCOLS[name].configuration)
