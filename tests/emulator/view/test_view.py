"""The page of a recording: what is in it, and what a browser shows before and after a person acted."""

import base64
import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from typer.testing import CliRunner

from bicall.cli import app
from bicall.emulator.data.recordings import Events
from bicall.emulator.network import plain
from bicall.emulator.network.network import Network
from bicall.emulator.network.recording import PopulationRecorder, pictured
from bicall.emulator.rule.recording import Recording, Variable
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.emulator.view.contents import contents, contents_of_events, packed
from bicall.emulator.view.page import write_page
from bicall.emulator.view.sources import load_contents

TICKS = 400


def unpacked(array: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(array["data"]), array["type"])


def dense(spikes: dict, whose: str) -> np.ndarray:
    """bool[records, sources] of the spikes that are in both, or in one alone."""
    part = next(part for part in spikes["parts"] if part["whose"] == whose)
    starts, sources = unpacked(part["starts"]).astype(int), unpacked(part["sources"])
    made = np.zeros((len(starts) - 1, spikes["size"]), bool)
    made[np.repeat(np.arange(len(starts) - 1), np.diff(starts)), sources] = True
    return made


@pytest.fixture(scope="module")
def recording(configuration) -> Recording:
    """A network of 8 x 8 inputs, and five neurons that learn from them and excite three others."""
    network = Network("small")
    network.add_inputs("picture", (8, 8))
    network.add_neurons("learners", 5, configuration)
    network.add_neurons("readers", 3, configuration)
    network.connect("picture", "learners", kind="plastic")
    network.connect("learners", "readers", np.full((5, 3), 900))
    network.start(seed=1)
    rng = np.random.default_rng(1)
    inputs = SpikeTrain.from_dense(rng.random((TICKS, 64)) < np.linspace(0.01, 0.3, 64))
    recorder = PopulationRecorder(h_every=50)
    plain.run(network, {"picture": inputs}, recorder=recorder)
    return recorder.recording(made_by="a test", **pictured(network))


@pytest.fixture(scope="module")
def changed(recording) -> Recording:
    """The same, but that a membrane and then a spike differ."""
    variables = {name: Variable(each.ticks, each.values.copy()) for name, each in recording.variables.items()}
    variables["learners.membrane"].values[200, 3] += 1
    variables["learners.post_spikes"].values[210, 2] ^= True
    return Recording(variables, recording.about)


def test_the_page_has_the_recordings_numbers(recording):
    page = contents("small", recording)
    spikes = {each["name"]: each for each in page["spikes"]}
    for name, each in spikes.items():
        assert np.array_equal(dense(each, "both"), recording.variables[name].values)
        assert np.array_equal(unpacked(each["ticks"]), np.arange(1, TICKS + 1))
    assert spikes["learners.pre_spikes"]["shape"] == [8, 8] and spikes["readers.post_spikes"]["shape"] is None
    learners = next(layer for layer in page["layers"] if layer["name"] == "learners")
    for trace in learners["traces"]:
        values = recording.variables[f"learners.{trace['name']}"].values
        assert np.array_equal(unpacked(trace["first"]).reshape(trace["shown"], -1), values.T)
    h = learners["hidden"]
    assert (h["pre"], h["post"], h["shape"]) == (64, 5, [8, 8])
    assert np.array_equal(unpacked(h["first"]).reshape(-1, 64, 5), recording.variables["learners.h"].values)
    assert unpacked(h["ticks"]).tolist() == list(range(50, TICKS + 1, 50))
    assert len(learners["gate"]) == 2 and page["omitted"] == []


def test_of_two_recordings_spikes_are_sorted_by_who_has_them(recording, changed):
    page = contents("two", recording, changed)
    assert page["difference"]["tick"] == 201 and page["difference"]["variable"] == "learners.membrane"
    spikes = next(each for each in page["spikes"] if each["name"] == "learners.post_spikes")
    a, b = (each.variables["learners.post_spikes"].values for each in (recording, changed))
    assert np.array_equal(dense(spikes, "both"), a & b)
    assert np.argwhere(dense(spikes, "first") | dense(spikes, "second")).tolist() == [[210, 2]]
    assert contents("same", recording, recording)["difference"] is None


def test_recordings_of_other_ticks_are_put_side_by_side():
    a = Recording({"post_spikes": Variable(np.array([1, 2, 3]), np.eye(3, dtype=bool))})
    b = Recording({"post_spikes": Variable(np.array([2, 3, 4]), np.eye(3, dtype=bool)[[1, 0, 2]])})
    spikes = contents("two", a, b)["spikes"][0]
    assert unpacked(spikes["ticks"]).tolist() == [1, 2, 3, 4]
    found = {whose: np.argwhere(dense(spikes, whose)).tolist() for whose in ("both", "first", "second")}
    assert found == {"both": [[1, 1]], "first": [[0, 0], [2, 2]], "second": [[2, 0], [3, 2]]}


def test_what_does_not_fit_is_left_out_and_named(recording):
    page = contents("small", recording, budget=4 * TICKS * 2)
    learners = next(layer for layer in page["layers"] if layer["name"] == "learners")
    assert all(trace["shown"] == 2 for trace in learners["traces"])
    assert "learners.x: the first 2 of 64 traces are in this page" in page["omitted"]
    assert "learners.h: 5 of 8 records are in this page" in page["omitted"]
    assert unpacked(learners["hidden"]["ticks"])[[0, -1]].tolist() == [50, 400]


@given(arrays.arrays(np.int64, 20, elements=st.integers(-(2**31), 2**31 - 1)), st.integers(0, 31))
def test_numbers_come_back_from_the_page(values, shift):
    values >>= shift
    assert np.array_equal(unpacked(packed(values)), values)


def test_events_are_a_film():
    x, y, t, p = np.array([3, 0, 3]), np.array([1, 2, 1]), np.array([5000, 5999, 8000]), np.array([True, False, True])
    page = contents_of_events("film", Events(x, y, t, p))
    assert (page["first"], page["last"]) == (0, 3) and page["spikes"][0]["shape"] == [2, 3, 4]
    assert np.argwhere(dense(page["spikes"][0], "both")).tolist() == [[0, 8], [0, 19], [3, 19]]
    with pytest.raises(BadInput, match="has no events"):
        contents_of_events("film", Events(*(each[:0] for each in (x, y, t, p))))


def test_the_page_needs_nothing_else(recording, tmp_path):
    page = contents("</script><b>small", recording)
    text = write_page(page, tmp_path / "view.html").read_text()
    assert not re.search(r"(src|href)\s*=|@import|url\(|fetch\(|XMLHttpRequest|\bimport\(", text)
    assert set(re.findall(r"https?://[^\s\"']+", text)) <= {"https://github.com/leeoniya/uPlot"}  # in its head comment
    assert text.count("</script>") == 5 and "MIT" in (write_page.__globals__["_text"]("uplot/LICENSE"))


ACT = """
const result = {}, settle = async () => { for (let i = 0; i < 5; i++) await null; };
// how many pixels of a raster, but for the marks, are the spikes'
function spikes(plot, colour) {
  const {left, top, width, height} = plot.bbox, seen = plot.ctx.getImageData(left, top, width, height).data;
  const wanted = parseInt(colour.slice(1), 16);
  let count = 0;
  for (let i = 0; i < seen.length; i += 4) count += (seen[i] << 16 | seen[i + 1] << 8 | seen[i + 2]) === wanted;
  return count;
}
function mouse(plot, kind, x, y, more = {}) {
  const box = plot.over.getBoundingClientRect();
  const event = new (kind === "wheel" ? WheelEvent : MouseEvent)(kind, {bubbles: true, button: 0, cancelable: true,
    clientX: box.left + x * box.width, clientY: box.top + y * box.height, movementX: 1, ...more});
  plot.over.dispatchEvent(event);
}
const output = text => { document.body.dataset.result = JSON.stringify(text); };
"""


def acted(browse, page: dict, folder, script: str) -> dict:
    """What a script puts into `result`."""
    text = browse(write_page(page, folder / "view.html"), f"{ACT}(async () => {{{script}\noutput(result);}})();")
    found = re.search(r'data-result="([^"]*)"', text)
    assert found, "the script did not come to its end"
    return json.loads(found.group(1).replace("&quot;", '"'))


def test_a_person_zooms_and_chooses(recording, browse, tmp_path):
    found = acted(browse, contents("small", recording), tmp_path, """
      const [pre, post] = time.plots;
      await settle();
      result.drawn = [spikes(pre, COLOURS.both), spikes(post, COLOURS.both)];
      mouse(pre, "mousemove", 0.25, 0.2); mouse(pre, "mousedown", 0.25, 0.2);
      mouse(pre, "mousemove", 0.5, 0.6); mouse(pre, "mouseup", 0.5, 0.6);
      await settle();
      result.zoomed = [time.from, time.to, pre.scales.y.min, pre.scales.y.max, post.scales.x.min];
      mouse(pre, "wheel", 0.5, 0.5, {deltaY: -200});
      await settle();
      result.nearer = time.to - time.from;
      mouse(pre, "dblclick", 0.5, 0.5);
      await settle();
      result.whole = [time.from, time.to, pre.scales.y.max];
      mouse(post, "mousedown", 0.5, 0.3); mouse(post, "mouseup", 0.5, 0.3);
      await settle();
      result.chosen = [chosen.layer.name, chosen.neuron, time.now];
      document.getElementById("chosen-row").value = 99;
      document.getElementById("chosen-row").dispatchEvent(new Event("change"));
      result.row = chosen.row;
      result.titles = [...document.querySelectorAll(".plot h2")].map(each => each.textContent);
      lookAt(7); document.getElementById("play").click();
      result.playing = document.getElementById("play").textContent;
      const film = document.querySelector("canvas.film"), light = film.getContext("2d").getImageData(0, 0, 8, 8).data;
      result.film = Array.from({length: 64}, (_, i) => light[4 * i]);
      result.fields = document.querySelector("canvas.fields").width;
    """)  # fmt: skip
    spikes = {name: each.values for name, each in recording.variables.items() if name.endswith("spikes")}
    assert min(found["drawn"]) > 50
    begin, end, low, high, other = found["zoomed"]
    assert (begin, end) == pytest.approx((100, 200), abs=4) and other == begin
    assert (low, high) == pytest.approx((25.1, 50.7), abs=2)
    assert found["nearer"] == pytest.approx((end - begin) * np.exp(-1), rel=0.05)
    assert found["whole"] == [0, TICKS + 1, 63.5]
    assert found["chosen"] == ["learners", 3, pytest.approx(200, abs=2)]
    assert any(title.startswith("s of neuron 3; green: its gate is open") for title in found["titles"])
    assert any(title.startswith("h of row 63") for title in found["titles"]) and found["row"] == 63
    assert found["playing"] == "pause" and found["fields"] == 28
    last = np.array([max((int(t) for t in np.flatnonzero(spikes["learners.pre_spikes"][:7, i])), default=-99)
                     for i in range(64)])  # fmt: skip
    expected = np.where(last >= 0, 1 - (6 - last) / 20, 0)
    assert np.allclose(found["film"], 255 * expected, atol=1)


def test_the_first_difference_is_marked(recording, changed, browse, tmp_path):
    found = acted(browse, contents("two", recording, changed), tmp_path, """
      result.text = document.getElementById("difference").textContent;
      document.getElementById("go").click();
      await settle();
      result.place = [chosen.layer.name, chosen.neuron, time.now, time.from, time.to];
      result.marked = time.plots.map(plot => spikes(plot, COLOURS.difference) > 0);
      result.second = spikes(time.plots[1], COLOURS.second) + spikes(time.plots[1], COLOURS.first) > 0;
    """)  # fmt: skip
    assert found["text"].startswith("different at tick 201: learners.membrane[3] is ")
    assert found["place"] == ["learners", 3, 201, 151, 251]
    assert all(found["marked"]) and found["second"]


def test_the_command_writes_a_page(recording, changed, tmp_path):
    recording.save(tmp_path / "runs" / "a.npz")
    changed.save(tmp_path / "b.npz")
    result = CliRunner().invoke(app, ["view", str(tmp_path / "runs" / "a.npz"), "--json"])
    said = json.loads(result.stdout)
    assert (
        said["page"] == str(tmp_path / "runs" / "a.html") and said["difference"] is None and said["ticks"] == [1, 400]
    )
    assert said["spikes"] == sum(v.values.sum() for name, v in recording.variables.items() if name.endswith("spikes"))
    result = CliRunner().invoke(app, ["view", str(tmp_path / "runs")])
    assert "view.html in a browser" in result.stdout and (tmp_path / "runs" / "view.html").exists()
    result = CliRunner().invoke(app, ["view", *(str(tmp_path / n) for n in ("runs/a.npz", "b.npz")), "--output",
                                      str(tmp_path / "c.html")])  # fmt: skip
    assert "different at tick 201" in result.stdout


@pytest.mark.parametrize("made", ["nothing", "no recording", "three", "folder and another", "events and another"])
def test_what_cannot_be_looked_at_is_refused(made, recording, tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    other, path = None, folder
    if made == "no recording":
        np.savez(folder / "x.npz", format="something")
        path = folder / "x.npz"
    if made == "three":
        for name in "abc":
            recording.save(folder / f"{name}.npz")
    if made == "folder and another":
        other = folder / "a.npz"
    if made == "events and another":
        path, other = folder / "a.bin", folder / "b.bin"
        path.write_bytes(bytes(5))
    match = {"nothing": "holds 0", "no recording": "format is something", "three": "holds 3 recordings, must be 1 or 2",
             "folder and another": "is a folder", "events and another": "file of events"}[made]  # fmt: skip
    with pytest.raises(BadInput, match=match):
        load_contents(path, other)


@pytest.mark.slow
def test_a_million_spikes_are_drawn_in_two_seconds(browse, tmp_path):
    """And again, in every frame of a film, in less than a tenth."""
    rng = np.random.default_rng(1)
    spikes = rng.random((10_000, 1000)) < 0.1
    ticks = np.arange(1, 10_001)
    assert spikes.sum() > 999_000
    page = contents("a million", Recording({"outputs.post_spikes": Variable(ticks, spikes)}))
    found = acted(browse, page, tmp_path, """
      await settle();
      result.drawn = Number(document.body.dataset.drawn);
      const began = performance.now();
      for (let k = 0; k < 10; k++) { lookAt(k * 900); await settle(); }
      result.frame = (performance.now() - began) / 10;
    """)  # fmt: skip
    print(found)
    assert found["drawn"] < 2000 and found["frame"] < 100
