"""From data to a network, a folder, and on: choices suit the data, test samples are looked at once."""

import json

import numpy as np
import PIL.Image
import pytest

from bicall import cli
from bicall.emulator.data.load import load
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.fit import choose, fit, folder
from bicall.emulator.support.errors import BadInput


@pytest.fixture
def quick(monkeypatch):
    """Less of everything: these tests are about the way, not about the accuracy."""
    for name, value in (("TRIAL_PRESENTATIONS", 300), ("PRESENTATIONS", 600), ("PASSES", 1), ("ROUNDS", 1)):
        monkeypatch.setattr(fit, name, value)


@pytest.fixture
def pictures(tmp_path):
    """Three classes, 50 pictures each: a bar that stands, lies or leans, at a place of its own."""
    rng = np.random.default_rng(1)
    row, column = np.indices((16, 16))
    for name, along in (("lying", row), ("standing", column), ("leaning", (row + column) // 2)):
        (tmp_path / "bars" / name).mkdir(parents=True)
        for k in range(50):
            ink = np.where(abs(along - rng.integers(5, 11)) < 2, 220, 20) + rng.integers(0, 30, (16, 16))
            PIL.Image.fromarray(ink.astype(np.uint8)).save(tmp_path / "bars" / name / f"{k}.png")
    return tmp_path / "bars"


def run(capsys, monkeypatch, *arguments) -> dict:
    monkeypatch.setattr("sys.argv", ["bicall", *map(str, arguments), "--json"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    assert not ended.value.code, err
    return json.loads(out)


def test_from_a_folder_of_pictures_to_a_mapped_network(pictures, tmp_path, capsys, monkeypatch, quick):
    fitted = run(capsys, monkeypatch, "fit", pictures, "--minutes", "0.2", "--output", tmp_path / "out")
    assert fitted["accuracy"] > 90 and fitted["classes"] == ["leaning", "lying", "standing"]
    low, high = fitted["interval"]
    assert low < fitted["accuracy"] <= high and fitted["majority"] == pytest.approx(100 / 3)
    assert sum(map(sum, fitted["confusion"])) == fitted["samples"]["test"] == 30
    assert fitted["cost"]["cores"] >= 1 and fitted["cost"]["chip"]
    for name in (folder.PAGE, folder.NETWORK, folder.CONFIGURATION, folder.CONFUSION, folder.FIELDS, folder.SPLITS):
        assert (tmp_path / "out" / name).stat().st_size > 100
    with np.load(tmp_path / "out" / folder.SPLITS) as splits:
        assert not set(splits["train_rows"]) & set(splits["test_rows"])
        assert len(splits["train_rows"]) + len(splits["test_rows"]) == 150
    again = run(capsys, monkeypatch, "evaluate", tmp_path / "out")
    assert again["accuracy"] == fitted["accuracy"] and again["confusion"] == fitted["confusion"]
    mapped = run(capsys, monkeypatch, "map", tmp_path / "out", "--chip", "wide-mesh", "--images", "2")
    assert mapped["agreement"]["samples"] == 2 and mapped["agreement"]["differences"] == 0
    (pictures / "lying" / "0.png").unlink()
    with pytest.raises(BadInput, match="must have .* as when it was fitted"):
        folder.read(tmp_path / "out")


@pytest.mark.parametrize(("name", "least"), [("iris", 80), ("moving-edges", 90)])
def test_tables_and_events(name, least, quick):
    found = fit.fit(load(name), 1, 0.1, name)
    assert found.result["accuracy"] > least > 1.5 * found.result["majority"] - 10
    assert found.network.classes == found.data.classes


def test_a_seed_decides(quick, monkeypatch):
    monkeypatch.setattr(fit, "choices", lambda data: choose.choices(data)[:1])
    data = load("iris")
    first, again, other = (fit.fit(data, seed, 5.0) for seed in (1, 1, 2))
    assert np.array_equal(first.network.state.h, again.network.state.h)
    assert not np.array_equal(first.network.state.h, other.network.state.h)


def test_test_samples_are_looked_at_once_at_the_end(quick, monkeypatch):
    looked = []
    original = fit.evaluate
    monkeypatch.setattr(
        fit, "evaluate", lambda network, data: looked.append(network.presented) or original(network, data)
    )
    data = load("iris")
    found = fit.fit(data, 1, 0.1)
    assert looked == [found.result["presentations"]]
    shuffled = np.random.default_rng(1).permutation(data.test.labels)
    blind = fit.fit(data.__class__(**vars(data) | {"test": data.test._replace(labels=shuffled)}), 1, 0.1)
    trials = [[trial["accuracy"] for trial in each.result["trials"]][:1] for each in (found, blind)]
    assert trials[0] == trials[1]


@pytest.mark.parametrize(("right", "samples"), [(0, 10), (5, 10), (10, 10), (8200, 10_000)])
def test_wilson_against_scipy(right, samples):
    from scipy.stats import binomtest

    expected = binomtest(right, samples).proportion_ci(0.95, "wilson")
    assert fit.wilson(right, samples) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_weights_follow_the_activity():
    choice = choose.choices(load("iris"))[0]
    sparse, busy = (choose.described(choice, active, 900, "x") for active in (10.0, 40.0))
    assert sparse.transmission.weight_high == pytest.approx(4 * busy.transmission.weight_high)
    assert sparse.plasticity == busy.plasticity
    assert sparse.presentation.step_schedule == ((300, 0.3), (600, 0.1))


def test_a_machine_that_gets_slower_shows_fewer_samples(quick, monkeypatch):
    """Time goes four times as fast once training has begun; what was shown by then keeps its steps."""
    hours = iter(range(10**6))
    monkeypatch.setattr(fit, "CHUNK", 100)
    monkeypatch.setattr(fit.time, "monotonic", lambda: float(next(hours)))
    data = load("iris")
    choice = choose.choices(data)[0]
    network = fit._fresh(choice, choice.encoder.fit(data.train.samples, "table", (4,)), data, 3000, 1, "slow")
    now = float(next(hours))
    fit._train(network, data.train, 3000, 1, end=now + 10)
    assert 500 <= network.presented < 1500
    (first, _), (second, _) = network.description.presentation.step_schedule
    assert 100 < first < second < network.presented
    assert first == pytest.approx(network.presented / 3, rel=0.5)


def test_a_schedule_keeps_what_was_done():
    begun = choose.schedule(3000)
    assert begun == ((1000, 0.3), (2000, 0.1))
    assert choose.schedule(1500, begun, 400) == ((500, 0.3), (1000, 0.1))
    assert choose.schedule(1500, begun, 1200) == ((1000, 0.3), (1200, 0.1))
    assert choose.schedule(600, begun, 500) == ((500, 0.3), (501, 0.1))


@pytest.mark.parametrize(("minutes", "seed", "word"), [(0.0, 1, "minutes is 0"), (1.0, -1, "seed is -1")])
def test_limits(minutes, seed, word):
    with pytest.raises(BadInput, match=word):
        fit.fit(load("iris"), seed, minutes)


def test_too_few_samples_for_a_choice(tmp_path):
    np.savez(tmp_path / "few.npz", images=np.zeros((4, 8, 8), np.uint8), labels=np.arange(4) % 2)
    with pytest.raises(BadInput, match="has 1 training sample of each class"):
        fit.fit(load(tmp_path / "few.npz"))


def test_what_is_no_fit(tmp_path):
    assert not folder.is_one(tmp_path)
    (tmp_path / folder.RESULT).write_text("{}")
    with pytest.raises(BadInput, match="is damaged"):
        folder.read(tmp_path)
    with pytest.raises(BadInput, match="No such file"):
        folder.read(tmp_path / "none")


def test_a_network_of_a_file_keeps_its_encoder(tmp_path, quick):
    found = fit.fit(load("iris"), 1, 0.05)
    found.network.save(tmp_path / "n.npz")
    again = Classifier.load(tmp_path / "n.npz")
    assert again.classes == found.network.classes
    samples = found.data.test.samples
    assert np.array_equal(again.encode(samples), found.network.encode(samples))
    assert np.array_equal(
        again.answer(again.encode(samples))[0], found.network.answer(found.network.encode(samples))[0]
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iris", "wine"])
def test_tables_within_two_points_of_logistic_regression(name):
    results = [fit.fit(load(name, seed=seed), seed, 5.0).result for seed in range(1, 6)]
    accuracy = np.mean([result["accuracy"] for result in results])
    assert accuracy >= np.mean([result["readout"]["accuracy"] for result in results]) - 2


@pytest.mark.slow
def test_digits_of_scikit_learn():
    assert np.mean([fit.fit(load("digits", seed=seed), seed, 5.0).result["accuracy"] for seed in range(1, 6)]) >= 94


@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), [("moving-edges", 96), ("moving-digits", 94)])
def test_recordings(name, least):
    assert np.mean([fit.fit(load(name, seed=seed), seed, 5.0).result["accuracy"] for seed in range(1, 6)]) >= least


@pytest.mark.slow
def test_fashion_mnist():
    try:
        data = load("fashion-mnist")
    except BadInput as error:
        pytest.skip(str(error))
    assert fit.fit(data).result["accuracy"] >= 82
