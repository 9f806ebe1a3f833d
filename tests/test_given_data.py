"""Commands take data of one's own, a saved network, or the folder of a fit; what they say is about what was named."""

import json

import numpy as np
import pandas
import pytest

from bicall import cli
from bicall.emulator.data import arrays
from bicall.emulator.data.load import load
from bicall.emulator.data.moving_edges import DIRECTIONS, moving_edges
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.fit import fit, folder, given
from bicall.emulator.support.errors import BadInput

KINDS = ("pictures", "table", "events")
CLASSES = {"pictures": 26, "table": 3, "events": 4}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Options that name a file of each kind: pictures of 26 classes, a table of 3 whose label has a name, events."""
    where, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(1)
    letters, label = rng.random((26, 12, 12)) < 0.4, np.repeat(np.arange(26), 8)
    ink = np.where(letters[label] ^ (rng.random((len(label), 12, 12)) < 0.05), 230, 10).astype(np.uint8)
    np.savez(where / "letters.npz", images=ink, labels=label, classes=np.array([chr(97 + k) for k in range(26)]))
    kind = np.repeat(np.arange(3), 20)
    frame = pandas.DataFrame(3 * kind[:, None] + rng.normal(0, 1, (60, 4)), columns=list("abcd"))
    frame["species"] = np.array(["red", "green", "blue"])[kind]
    frame.to_csv(where / "flowers.csv", index=False)
    recordings, directions = moving_edges(40, 8, 5)
    arrays.save_recordings(where / "edges.npz", recordings, directions, DIRECTIONS)
    return {
        "pictures": ["--data", str(where / "letters.npz")],
        "table": ["--data", str(where / "flowers.csv"), "--label", "species"],
        "events": ["--data", str(where / "edges.npz")],
    }


@pytest.fixture(scope="module")
def fitted(data, tmp_path_factory):
    """The folder of a fit for each kind of data."""
    where, found = tmp_path_factory.mktemp("fits"), {}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("TRIAL_PRESENTATIONS", 60), ("PRESENTATIONS", 120), ("PASSES", 1), ("ROUNDS", 1)):
            patch.setattr(fit, name, value)
        patch.setattr(fit, "choices", lambda data, choices=fit.choices: choices(data)[:1])
        for kind in KINDS:
            _, name, *label = data[kind]
            made = fit.fit(load(name, *label[1:]), 1, 1.0, kind)
            folder.write(where / kind, made, name, label[1] if label else None)
            found[kind] = where / kind
    return found


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs a command with --json; its result, and what it printed to standard error."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments, code=0):
        monkeypatch.setattr("sys.argv", ["bicall", *map(str, arguments), "--json"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == code, err
        return json.loads(out) if code == 0 else err

    return command


@pytest.mark.parametrize("kind", KINDS)
def test_each_command_takes_data_and_the_folder_of_a_fit(kind, data, fitted, run, tmp_path):
    source = f"data {data[kind][1]}"
    saved = tmp_path / "saved.npz"
    learned = run("train", *data[kind], "--images", 40, "--save", saved)
    assert learned["data"] == source and learned["presented"] == 40
    assert run("train", fitted[kind], "--images", 10)["data"] == source
    for network in (saved, fitted[kind]):
        tested = run("evaluate", network)
        assert tested["data"] == source and len(tested["confusion"]) == CLASSES[kind]
    for options in (data[kind], [fitted[kind]], [fitted[kind] / folder.CONFIGURATION]):
        found = run("readout", *options, "--images", 30)["readouts"][0]
        assert found["data"] == source and found["accuracy"] > 200 / CLASSES[kind]
    few = ["--images", 20, "--seeds", 1, "--figure", tmp_path / "c.png"]
    assert run("compare", fitted[kind], *few)["data"] == source
    assert run("search", *data[kind], "--trials", 1, "--images", 20)["data"] == source
    assert run("search", fitted[kind], "--trials", 1, "--images", 20)["data"] == source


@pytest.mark.parametrize("kind", [pytest.param("pictures", marks=pytest.mark.slow), "table", "events"])
def test_mapped_and_in_verilog(kind, data, fitted, run):
    source = f"data {data[kind][1]}"
    mapped = run("map", fitted[kind], "--images", 1, "--effort", 0.01)
    assert mapped["data"] == source and mapped["agreement"]["differences"] == 0
    beside = run("cosim", fitted[kind], "--images", 1, "--updates", 100)
    assert beside["data"] == source and beside["workloads"]["training samples"]["different"] == 0
    assert beside["workloads"]["training samples"]["updates"] > 100


@pytest.mark.parametrize("kind", ["table", "events"])
def test_a_page_of_a_fit(kind, fitted, run):
    seen = run("view", fitted[kind])
    assert seen["spikes"] > 100 and seen["ticks"][1] - seen["ticks"][0] > 1500
    assert (fitted[kind] / "view.html").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_core_and_a_sweep(kind, data, fitted, run):
    beside = run("cosim", fitted[kind], "--images", 2, "--core")
    assert beside["lock-step"]["different"] == 0 and beside["data"] == f"data {data[kind][1]}"
    widths = ["--trace-bits", 8, "--h-bits", 6, "--trace-rounding", "truncate", "--h-rounding", "stochastic"]
    assert run("sweep", fitted[kind], *widths, "--seeds", 1)["data"] == f"data {data[kind][1]}"


def test_a_network_does_not_fall_back_to_mnist(fitted, data, run, tmp_path):
    network = Classifier.load(fitted["table"] / folder.NETWORK)
    network.origin = None
    network.save(tmp_path / "who.npz")
    assert "does not say for which data it was made" in run("evaluate", tmp_path / "who.npz", code=2)
    assert run("evaluate", tmp_path / "who.npz", *data["table"])["data"] == f"data {data['table'][1]}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "{table}", "--data", "iris"], "has 3 classes"),
        (["evaluate", "{table}", "--data", "digits"], "encoder thermometer: takes table, must not be given images"),
        (["evaluate", "{table}", "--data", "wine"], "samples are [13], must be [4]"),
        (["evaluate", "{events}", "--data", "digits"], "takes events, must not be given images"),
        (["evaluate", "{table}", "--label", "species"], "label is 'species', must not be given without --data"),
        (["train", "--data", "none-such"], "data 'none-such' is unknown"),
        (["train", "digits-256", "--data", "iris"], "encoder pixels: takes images, must not be given table"),
        (["train", "{table.toml}"], "encoder thermometer takes table, must be given with --data"),
        (["map", "{table}", "--data", "digits"], "takes table, must not be given images"),
        (["map", "{table}", "--images", "1000"], "images is 1000, must be at most 48"),
        (["cosim", "{table}", "--images", "100"], "training images is 100, must be from 0 to 48"),
    ],
)
def test_what_does_not_go_together(arguments, words, fitted, run, tmp_path):
    away = tmp_path / "away.toml"
    away.write_text((fitted["table"] / folder.CONFIGURATION).read_text())
    names = {"{table.toml}": away} | {f"{{{kind}}}": path for kind, path in fitted.items()}
    if words == "has 3 classes":
        assert run(*(names.get(each, each) for each in arguments))["data"].startswith("scikit-learn's iris")
        return
    line = run(*(names.get(each, each) for each in arguments), code=2)
    assert words in line and line.count("\n") <= 2


def test_a_folder_of_a_fit_whose_data_are_gone_takes_others(fitted, tmp_path):
    (tmp_path / "fit").mkdir()
    for name in (folder.NETWORK, folder.RESULT):
        (tmp_path / "fit" / name).write_bytes((fitted["table"] / name).read_bytes())
    result = json.loads((tmp_path / "fit" / folder.RESULT).read_text())
    result["load"]["name"] = str(tmp_path / "gone.csv")
    (tmp_path / "fit" / folder.RESULT).write_text(json.dumps(result))
    with pytest.raises(BadInput, match="gone.csv' is unknown"):
        given.network_and_data(tmp_path / "fit", None)
    network, used = given.network_and_data(tmp_path / "fit", load("iris"))
    assert network.classes == ("blue", "green", "red") and used.source.startswith("scikit-learn's iris")
