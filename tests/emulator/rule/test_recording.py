"""Recordings: what is written comes back, the first difference is named, damage is noticed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bicall.emulator.rule.recording import FORMAT, ORDER, Recorder, Recording, Variable, compare
from bicall.emulator.support.errors import BadInput


def sample() -> Recording:
    """Five ticks of two variables, and h at one of them."""
    recorder = Recorder()
    for tick in range(1, 6):
        recorder.add(tick, "x", np.arange(4, dtype=np.int32) + tick)
        recorder.add(tick, "post_spikes", np.array([tick % 2 == 0, False]))
    recorder.add(4, "h", np.arange(6, dtype=np.int32).reshape(3, 2))
    return recorder.recording(made_by="a test")


def changed(recording: Recording, name: str, record: int, index, value) -> Recording:
    variables = {key: Variable(v.ticks.copy(), v.values.copy()) for key, v in recording.variables.items()}
    variables[name].values[(record, *index)] = value
    return Recording(variables, recording.about)


def test_round_trip(tmp_path):
    recording = sample()
    recording.save(tmp_path / "a.npz")
    loaded = Recording.load(tmp_path / "a.npz")
    assert loaded.about == {"made_by": "a test"}
    assert loaded.size == recording.size == 5 * 4 + 5 * 2 + 6
    assert compare(recording, loaded) is None
    for name, variable in recording.variables.items():
        assert loaded.variables[name].values.dtype == variable.values.dtype
        assert np.array_equal(loaded.variables[name].ticks, variable.ticks)


@given(
    values=hnp.arrays(
        st.sampled_from([np.int32, np.int64, np.float64, bool]), hnp.array_shapes(min_dims=1, max_dims=3, max_side=5)
    ),
    data=st.data(),
)
def test_any_arrays_round_trip(tmp_path_factory, values, data):
    steps = data.draw(st.lists(st.integers(0, 5), min_size=len(values), max_size=len(values)))
    recording = Recording({"x": Variable(np.cumsum(steps), values)})
    path = tmp_path_factory.mktemp("recording") / "a.npz"
    recording.save(path)
    assert compare(recording, Recording.load(path)) is None


@given(data=st.data())
def test_a_single_change_is_found_where_it_is(data):
    recording = sample()
    name = data.draw(st.sampled_from(sorted(recording.variables)))
    ticks, values = recording.variables[name]
    record = data.draw(st.integers(0, len(ticks) - 1))
    index = tuple(data.draw(st.integers(0, size - 1)) for size in values.shape[1:])
    before = values[(record, *index)]
    after = not before if values.dtype == bool else before + 1
    difference = compare(recording, changed(recording, name, record, index, after))
    assert difference == (ticks[record], name, index, before, after)
    place = ", ".join(map(str, index))
    assert str(difference) == f"tick {ticks[record]}: {name}[{place}] is {before} and {after}"


def test_the_earliest_tick_comes_first():
    a = sample()
    b = changed(changed(a, "x", 3, (0,), 99), "post_spikes", 1, (1,), True)
    assert compare(a, b)[:3] == (2, "post_spikes", (1,))


def test_in_a_tick_the_contracts_order_comes_first():
    """The cause is named, not what follows from it."""
    recorder = Recorder()
    for name in sorted(ORDER):  # not the contract's order
        recorder.add(7, name, np.zeros(3, np.int32))
    a = recorder.recording()
    b = a
    for name in reversed(ORDER):
        b = changed(b, name, 0, (1,), 1)
        assert compare(a, b).variable == name
    assert ORDER[0] == "pre_spikes" and ORDER[-1] == "h"


def test_the_smallest_index_comes_first():
    a = sample()
    b = changed(changed(a, "h", 0, (2, 0), -1), "h", 0, (1, 1), -1)
    assert compare(a, b).index == (1, 1)


def test_numbers_count_and_types_do_not():
    a = Recording({"x": Variable(np.array([1, 2]), np.array([[1.0, np.nan], [3.0, 4.0]]))})
    b = Recording({"x": Variable(np.array([1, 2], np.int32), np.array([[1, np.nan], [3, 4]], np.float32))})
    assert compare(a, b) is None
    assert compare(a, changed(b, "x", 0, (1,), 0)) == (1, "x", (1,), pytest.approx(np.nan, nan_ok=True), 0)


def test_a_missing_record_is_a_difference():
    a = sample()
    shorter = Recording({name: Variable(v.ticks[:-1], v.values[:-1]) for name, v in a.variables.items() if name == "x"})
    difference = compare(Recording({"x": a.variables["x"]}), shorter)
    assert str(difference) == "tick 5: x is recorded and not recorded"
    ticks, values = a.variables["x"]
    gap = Recording({"x": Variable(np.delete(ticks, 2), np.delete(values, 2, axis=0))})
    assert str(compare(gap, Recording({"x": a.variables["x"]}))) == "tick 3: x is not recorded and recorded"


def test_what_cannot_be_compared_is_refused():
    a = sample()
    without = Recording({name: v for name, v in a.variables.items() if name != "h"})
    with pytest.raises(BadInput, match="variable h is only in the first, must be in both"):
        compare(a, without)
    with pytest.raises(BadInput, match="variable h is only in the second, must be in both"):
        compare(without, a)
    narrow = Recording({**a.variables, "h": Variable(a.variables["h"].ticks, a.variables["h"].values[:, :2])})
    with pytest.raises(BadInput, match=r"variable h has shape \[3, 2\] in the first and \[2, 2\] in the second"):
        compare(a, narrow)


def test_a_recorder_copies_and_thins_h_out():
    class State:
        tick = 0
        x = y = s = current = membrane = refractory = np.zeros(2, np.int32)
        h = np.zeros((2, 2), np.int32)

    recorder, nothing = Recorder(h_every=3), Recorder(h_every=0)
    for State.tick in range(1, 8):
        State.h[0, 0] = State.tick
        for each in (recorder, nothing):
            each.take(State, np.zeros(2, bool), np.zeros(2, bool))
    found = recorder.recording().variables
    assert found["h"].ticks.tolist() == [3, 6]
    assert found["h"].values[:, 0, 0].tolist() == [3, 6]
    assert found["x"].ticks.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert "h" not in nothing.recording().variables


def test_every_truncation_is_noticed(tmp_path):
    sample().save(tmp_path / "a.npz")
    whole = (tmp_path / "a.npz").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "b.npz").write_bytes(whole[:length])
        with pytest.raises(BadInput, match="is corrupt or truncated, must be a whole .npz file"):
            Recording.load(tmp_path / "b.npz")


@pytest.mark.parametrize("flip", [0x01, 0xFF])
def test_a_flipped_byte_is_noticed_or_harmless(flip, tmp_path):
    """Of the bytes of a zip file some (times of files, say) mean nothing here; none may end in another error."""
    sample().save(tmp_path / "a.npz")
    whole, noticed = (tmp_path / "a.npz").read_bytes(), 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= flip
        (tmp_path / "b.npz").write_bytes(damaged)
        try:
            loaded = Recording.load(tmp_path / "b.npz")
        except BadInput as error:
            noticed += 1
            assert "\n" not in str(error)
        else:
            for name, variable in loaded.variables.items():
                assert np.array_equal(variable.values, sample().variables[name].values)
    assert noticed > len(whole) / 4


ARRAYS = {"format": FORMAT, "x.ticks": [1, 2], "x.values": [3, 4]}


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({**ARRAYS, "format": "bicall-network-1"}, "format is bicall-network-1, must be bicall-recording-1"),
        ({"x.ticks": [1], "x.values": [3]}, "format is none, must be bicall-recording-1"),
        ({**ARRAYS, "x.ticks": [1]}, "variable x must have one tick a record"),
        ({**ARRAYS, "x.ticks": [[1, 2]]}, "variable x must have one tick a record"),
        ({**ARRAYS, "x.values": 3}, "variable x must have one tick a record"),
        ({"format": FORMAT, "x.values": [3]}, "variable x must have one tick a record"),
        ({**ARRAYS, "x.ticks": [2, 1]}, "variable x must have ascending integer ticks"),
        ({**ARRAYS, "x.ticks": ["a", "b"]}, "variable x must have ascending integer ticks"),
        ({**ARRAYS, "about": "{"}, "about is not JSON"),
        ({"format": FORMAT}, "holds no values, must hold at least one"),
        ({"format": FORMAT, "x.ticks": np.zeros(0, int), "x.values": []}, "holds no values, must hold at least one"),
        ({**ARRAYS, "x.values": np.array([{}, {}])}, "is corrupt or truncated"),  # pickled objects are not read
    ],
)
def test_what_is_not_a_recording_is_refused(arrays, message, tmp_path):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(BadInput, match=message):
        Recording.load(tmp_path / "a.npz")


def test_other_files_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(3))
    (tmp_path / "text").write_text("hello")
    (tmp_path / "empty").write_text("")
    for name in ("a.npy", "text", "empty"):
        with pytest.raises(BadInput, match="is corrupt or truncated, must be a whole .npz file"):
            Recording.load(tmp_path / name)
    with pytest.raises(BadInput, match="No such file"):
        Recording.load(tmp_path / "missing")
    with pytest.raises(BadInput, match="Is a directory"):
        Recording.load(tmp_path)
