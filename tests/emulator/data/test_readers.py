"""Readers: what is written comes back, and every wrong file ends in one line that names file, row or field."""

import gzip
import json
import shutil
import struct

import h5py
import numpy as np
import pandas
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.cli import app
from bicall.emulator.data import arrays, event_files, gathering
from bicall.emulator.data.gathering import Rows
from bicall.emulator.data.load import load
from bicall.emulator.data.moving_edges import moving_edges
from bicall.emulator.data.moving_pictures import moving_pictures
from bicall.emulator.data.recordings import Events, Recordings, checked
from bicall.emulator.data.samples import stratified
from bicall.emulator.support.errors import BadInput


def refused(path, *words, **options):
    """The one line that loading ends with; it holds all the words."""
    with pytest.raises(BadInput) as caught:
        load(path, **options)
    line = str(caught.value)
    assert "\n" not in line and len(line) < 400
    for word in words:
        assert word in line
    return line


def idx_bytes(values: np.ndarray) -> bytes:
    return bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


def write_pictures(folder, classes=("cat", "dog", "owl"), count=6, size=(9, 12), ending=".png", mode="L"):
    rng = np.random.default_rng(1)
    for name in classes:
        (folder / name).mkdir(parents=True)
        for k in range(count):
            channels = (3,) if mode == "RGB" else ()
            pixels = rng.integers(0, 256, (*size, *channels)).astype(np.uint8)
            PIL.Image.fromarray(pixels, mode).save(folder / name / f"{k}{ending}")
    return folder


class TestSplits:
    @given(st.lists(st.integers(0, 4), min_size=12, max_size=80), st.floats(0.05, 0.95), st.integers(0, 2**32 - 1))
    def test_a_share_of_each_class_and_every_row_once(self, labels, share, seed):
        labels = np.array(labels)
        rest, held = stratified(labels, share, seed)
        assert np.array_equal(np.sort(np.concatenate([rest, held])), np.arange(len(labels)))
        assert np.all(np.diff(rest) > 0) and np.all(np.diff(held) > 0)
        again = stratified(labels, share, seed)
        assert np.array_equal(again[0], rest)
        for one in np.unique(labels):
            count, taken = (labels == one).sum(), (labels[held] == one).sum()
            assert taken < count and (count == 1 or abs(taken - share * count) <= 1)

    @pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
    def test_a_share_is_a_share(self, share):
        with pytest.raises(BadInput, match="split is"):
            stratified(np.zeros(4), share, 1)

    def test_rows_lead_back_to_the_source(self):
        data = load("digits").with_splits(3)
        everything = load("digits", seed=9)
        whole = np.concatenate([data.train.rows, data.validation.rows, data.test.rows])
        assert np.array_equal(np.sort(whole), np.arange(1797))
        _, first, second = np.intersect1d(data.train.rows, everything.train.rows, return_indices=True)
        assert np.array_equal(data.train.samples[first], everything.train.samples[second])
        assert np.array_equal(data.train.labels[first], everything.train.labels[second])

    def test_large_arrays_are_mapped_and_splits_do_not_copy_them(self, tmp_path, monkeypatch):
        monkeypatch.setattr(gathering, "IN_MEMORY", 1000)
        images = np.random.default_rng(1).integers(0, 256, (60, 5, 7)).astype(np.uint8)
        (tmp_path / "images-idx3-ubyte").write_bytes(idx_bytes(images))
        (tmp_path / "labels-idx1-ubyte").write_bytes(idx_bytes(np.arange(60, dtype=np.uint8) % 3))
        data = load(tmp_path / "images-idx3-ubyte").with_splits(1)
        for split in data.splits().values():
            assert isinstance(split.samples, Rows) and isinstance(split.samples.values, np.memmap)
            assert np.array_equal(split.samples[:], images[split.rows])
            assert split.samples.shape == (len(split.labels), 5, 7)


class TestIdx:
    @pytest.fixture
    def folder(self, tmp_path):
        rng = np.random.default_rng(2)
        for part, n in (("train", 30), ("t10k", 12)):
            images = rng.integers(0, 256, (n, 4, 6)).astype(np.uint8)
            (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx_bytes(images))
            labels = gzip.compress(idx_bytes(np.arange(n, dtype=np.uint8) % 3))
            (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(gzip.decompress(labels))
        return tmp_path

    @given(st.integers(1, 20), st.integers(1, 9), st.integers(1, 9), st.booleans())
    @settings(max_examples=20)
    def test_round_trip(self, tmp_path_factory, n, height, width, zipped):
        folder = tmp_path_factory.mktemp("idx")
        images = np.random.default_rng(n).integers(0, 256, (n + 2, height, width)).astype(np.uint8)
        labels = (np.arange(n + 2) % 2).astype(np.uint8)
        pack, ending = (gzip.compress, ".gz") if zipped else (bytes, "")
        (folder / f"some-images-idx3-ubyte{ending}").write_bytes(pack(idx_bytes(images)))
        (folder / f"some-labels-idx1-ubyte{ending}").write_bytes(pack(idx_bytes(labels)))
        data = load(folder / f"some-images-idx3-ubyte{ending}")
        for split in (data.train, data.test):
            assert np.array_equal(split.samples, images[split.rows])
            assert np.array_equal(split.labels, labels[split.rows])

    def test_a_folder_has_training_and_test(self, folder):
        data = load(folder)
        assert len(data.train.labels) == 30 and len(data.test.labels) == 12 and data.test.part == "test"

    @pytest.mark.parametrize(
        ("damage", "word"),
        [
            (lambda b: b[:-1], "truncated"),
            (lambda b: b[:9], "truncated"),
            (lambda b: b + b"\0", "goes on"),
            (lambda b: b"\0\0\x0d\3" + b[4:], "magic number"),
            (lambda b: b"", "magic number"),
            (lambda b: b[:4] + b"\0" * 4 + b[8:], "sizes"),
        ],
    )
    def test_damaged_pictures(self, folder, damage, word):
        path = folder / "train-images-idx3-ubyte"
        path.write_bytes(damage(path.read_bytes()))
        refused(folder, "train-images-idx3-ubyte", word)

    def test_damaged_gz(self, folder):
        path = folder / "train-images-idx3-ubyte"
        zipped = gzip.compress(path.read_bytes())
        path.unlink()
        labels = folder / "train-labels-idx1-ubyte"
        (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels.read_bytes()))
        for content in (zipped[:-20], b"no gzip at all", zipped[:40] + b"\xff\xff\xff" + zipped[43:]):
            (folder / "train-images-idx3-ubyte.gz").write_bytes(content)
            refused(folder, "train-images-idx3-ubyte.gz", "truncated or corrupt")

    def test_labels_with_gaps_and_another_size(self, folder):
        for part, n in (("train", 30), ("t10k", 12)):
            labels = np.array([0, 3, 7], np.uint8)[np.arange(n) % 3]
            (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
        data = load(folder)
        assert data.classes == ("0", "3", "7") and data.test.labels.tolist() == [0, 1, 2] * 4
        (folder / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(np.zeros((12, 4, 5), np.uint8)))
        refused(folder, "train [4, 6], test [4, 5], must be the same")

    def test_labels_missing_and_too_few(self, folder):
        labels = folder / "train-labels-idx1-ubyte"
        labels.write_bytes(idx_bytes(np.zeros(29, np.uint8)))
        refused(folder, "29 labels", "must be 30")
        labels.unlink()
        refused(folder, "train-labels-idx1-ubyte", "No such file")


class TestPictures:
    @pytest.mark.parametrize(("mode", "ending"), [("L", ".png"), ("RGB", ".png"), ("L", ".bmp")])
    def test_round_trip(self, tmp_path, mode, ending):
        write_pictures(tmp_path / "all", mode=mode, ending=ending)
        data = load(tmp_path / "all")
        assert data.classes == ("cat", "dog", "owl") and data.kind == "images"
        assert data.shape == ((9, 12, 3) if mode == "RGB" else (9, 12))
        paths = [path for name in data.classes for path in sorted((tmp_path / "all" / name).iterdir())]
        for split in (data.train, data.test):
            for picture, label, row in zip(split.samples, split.labels, split.rows, strict=True):
                assert np.array_equal(picture, np.asarray(PIL.Image.open(paths[row])))
                assert paths[row].parent.name == data.classes[label]

    @pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1"])
    def test_alpha_palette_and_bits(self, tmp_path, mode):
        write_pictures(tmp_path / "all", mode="RGB")
        for path in (tmp_path / "all").glob("*/*.png"):
            PIL.Image.open(path).convert(mode).save(path)
        data = load(tmp_path / "all")
        assert data.shape == ((9, 12) if mode == "1" else (9, 12, 3))

    def test_names_in_any_script(self, tmp_path):
        write_pictures(tmp_path / "все", classes=("猫", "собака", "naïve"))
        assert set(load(tmp_path / "все").classes) == {"猫", "собака", "naïve"}

    def test_one_picture_of_each_class(self, tmp_path):
        refused(write_pictures(tmp_path / "all", count=1), "has 1 sample of each class")

    def test_given_splits(self, tmp_path):
        for part, count in (("train", 4), ("val", 2), ("test", 3)):
            write_pictures(tmp_path / part, count=count, ending=".jpg")
        data = load(tmp_path)
        assert [len(split.labels) for split in data.splits().values()] == [12, 6, 9]

    def test_wrong_folders_and_files(self, tmp_path):
        folder = write_pictures(tmp_path / "all")
        victim = folder / "dog" / "3.png"
        whole = victim.read_bytes()
        victim.write_bytes(whole[: len(whole) // 2])
        refused(folder, "3.png", "truncated")
        victim.write_bytes(b"hello")
        refused(folder, "3.png", "no picture")
        PIL.Image.new("L", (5, 9)).save(victim)
        refused(folder, "3.png", "9 x 5 pixels", "must be 9 x 12")
        victim.write_bytes(whole)
        shutil.rmtree(folder / "owl")
        (folder / "owl").mkdir()
        refused(folder, "owl", "no file of a known kind")
        (folder / "owl" / "1.bin").write_bytes(bytes(5))
        refused(folder, "different kinds")
        refused(tmp_path, "1 folders of classes")
        refused(tmp_path / "none", "unknown", "must be one of mnist")

    def test_wrong_splits(self, tmp_path):
        write_pictures(tmp_path / "train")
        write_pictures(tmp_path / "test", classes=("cat", "fox"))
        refused(tmp_path, "fox", "unknown", "cat, dog, owl")
        (tmp_path / "other").mkdir()
        refused(tmp_path, "folder other")
        shutil.rmtree(tmp_path / "other")
        shutil.rmtree(tmp_path / "train")
        refused(tmp_path, "folder train is missing")


class TestArrays:
    @pytest.mark.parametrize("names", [pair for pairs in arrays.NAMES.values() for pair in pairs if pair[0] != "X"])
    def test_names_in_use(self, tmp_path, names):
        values = np.random.default_rng(3).integers(0, 256, (20, 3, 4)).astype(np.uint8)
        content = {names[0]: values, names[1]: np.arange(20) % 2 + 5}
        content |= {"x_train": values, "y_train": np.arange(20) % 2 + 5}
        np.savez(tmp_path / "a.npz", **content)
        data = load(tmp_path / "a.npz")
        assert data.kind == "images" and data.classes == ("5", "6") and data.shape == (3, 4)

    def test_floats_are_parts_of_full_ink(self, tmp_path):
        np.savez(tmp_path / "a.npz", images=np.full((6, 2, 2, 1), 0.5), labels=np.arange(6) % 2)
        data = load(tmp_path / "a.npz")
        assert data.shape == (2, 2) and np.all(data.train.samples == 128)

    def test_tables_and_names(self, tmp_path):
        values = np.random.default_rng(3).normal(size=(20, 3))
        np.savez(tmp_path / "a.npz", x=values, y=np.array(["low", "high"])[np.arange(20) % 2])
        data = load(tmp_path / "a.npz")
        assert data.kind == "table" and data.classes == ("high", "low")
        assert np.array_equal(data.train.samples, values[data.train.rows])

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"labels": None}, ("labels is missing",)),
            ({"labels": np.full(6, 0.5)}, ("labels of all", "whole numbers or text")),
            ({"labels": np.zeros(5, int)}, ("6 samples and 5 labels",)),
            ({"labels": np.zeros(6, int)}, ("1 classes",)),
            ({"images": np.zeros((6, 2, 2, 5))}, ("[6, 2, 2, 5]",)),
            ({"images": np.full((6, 2, 2), 2.0)}, ("picture 0", "a pixel is 2", "from 0 to 1")),
            ({"images": np.full((6, 2, 2), np.nan)}, ("a pixel is nan",)),
            ({"images": np.full((6, 3), np.nan)}, ("row 1", "column 0", "nan")),
            ({"images": np.full((6, 2), "a")}, ("must be numbers",)),
            ({"images": np.full((6, 2), None)}, ("images cannot be read",)),
            ({"classes": np.array(["one"])}, ("label 1", "from 0 to 0")),
            ({"images": None, "picture": np.zeros(3)}, ("arrays are labels, picture",)),
        ],
    )
    def test_wrong_content(self, tmp_path, change, words):
        content = {"images": np.zeros((6, 2, 2)), "labels": np.arange(6) % 2} | change
        np.savez(tmp_path / "a.npz", **{name: values for name, values in content.items() if values is not None})
        refused(tmp_path / "a.npz", "a.npz", *words)

    @pytest.mark.parametrize("pack", [np.savez, np.savez_compressed])
    def test_large_arrays_are_mapped_piece_by_piece(self, tmp_path, monkeypatch, pack):
        monkeypatch.setattr(gathering, "IN_MEMORY", 1000)
        monkeypatch.setattr(arrays, "CHUNK", 500)
        images = np.random.default_rng(1).integers(0, 256, (60, 5, 7)).astype(np.uint8)
        pack(tmp_path / "a.npz", images=images, labels=np.arange(60) % 3)
        data = load(tmp_path / "a.npz")
        assert isinstance(data.train.samples.values, np.memmap)
        assert np.array_equal(data.test.samples[:], images[data.test.rows])
        np.savez(tmp_path / "a.npz", images=np.asfortranarray(images), labels=np.arange(60) % 3)
        refused(tmp_path / "a.npz", "array images", "C order")

    def test_whole_labels_as_floats_and_an_ending_in_capitals(self, tmp_path):
        np.savez(tmp_path / "a.npz", images=np.zeros((9, 2, 2)), labels=np.arange(9.0) % 3 + 4)
        (tmp_path / "a.npz").rename(tmp_path / "A.NPZ")
        assert load(tmp_path / "A.NPZ").classes == ("4", "5", "6")

    def test_sizes_that_differ_and_damage(self, tmp_path):
        path = tmp_path / "a.npz"
        labels = np.arange(6) % 2
        np.savez(path, x_train=np.zeros((6, 2, 2)), y_train=labels, x_test=np.zeros((6, 2, 3)), y_test=labels)
        refused(path, "train [2, 2], test [2, 3]")
        path.write_bytes(path.read_bytes()[:-30])
        refused(path, "truncated")
        path.write_bytes(b"PK\3\4 and no more")
        refused(path, "truncated")
        np.save(tmp_path / "b.npy", labels)
        (tmp_path / "b.npy").rename(path)
        refused(path, "one bare array")


class TestTables:
    @given(
        st.lists(
            st.tuples(st.floats(-1e6, 1e6), st.integers(-9, 9), st.sampled_from(["yes", "no", "may be"])),
            min_size=12, max_size=40,
        ),
        st.sampled_from([".csv", ".tsv", ".parquet"]),
    )  # fmt: skip
    @settings(max_examples=20)
    def test_round_trip(self, tmp_path_factory, rows, ending):
        pytest.importorskip("pyarrow") if ending == ".parquet" else None
        rows += [(0.0, 0, "yes"), (0.0, 0, "yes"), (1.0, 1, "no"), (1.0, 1, "no")]
        frame = pandas.DataFrame(rows, columns=["a", "b", "Class"])
        path = tmp_path_factory.mktemp("table") / f"t{ending}"
        if ending == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_csv(path, sep="\t" if ending == ".tsv" else ",", index=False)
        data = load(path)
        assert data.columns == ("a", "b") and set(data.classes) == set(frame["Class"])
        for split in (data.train, data.test):
            assert np.array_equal(split.samples, frame[["a", "b"]].to_numpy()[split.rows])
            assert [data.classes[k] for k in split.labels] == frame["Class"].iloc[split.rows].tolist()

    def test_a_split_column_and_a_named_label(self, tmp_path):
        text = "n,kind,split\n1,10,train\n2,9,train\n3,9,test\n4,10,validation\n5,10,train\n"
        (tmp_path / "t.csv").write_text(text)
        data = load(tmp_path / "t.csv", label="kind")
        assert data.classes == ("9", "10")  # numbers in their order
        assert data.train.samples[:, 0].tolist() == [1, 2, 5] and data.train.labels.tolist() == [1, 0, 1]
        assert len(data.validation.labels) == len(data.test.labels) == 1

    @pytest.mark.parametrize(
        ("text", "words", "label"),
        [
            ("a,b\n1,2\n", ("no column label, class or target",), None),
            ("a,label\n1,2\n", ("column 'x' is unknown", "a, label"), "x"),
            ("label\n1\n", ("no column but label",), None),
            ("a,label\n1,x\n,y\n", ("row 2", "a is nan"), None),
            ("a,label\n1,x\ninf,y\n", ("row 2", "a is inf"), None),
            ("a,label\n1,x\nten,y\n", ("row 2", "a is 'ten'", "must be a number"), None),
            ("a,label\n1,x\n2,\n", ("row 2", "label is missing"), None),
            ("a,label\n1,x\n2,y,3,4\n", ("no table",), None),
            ("a,label\n", ("no rows",), None),
            ("", ("no table",), None),
            ("a,label,split\n1,x,train\n2,y,exam\n", ("row 2", "split is 'exam'"), None),
            ("a,label,split\n1,x,test\n2,y,test\n", ("never says train",), None),
            ("a,label,split\n1,x,train\n2,y,test\n", ("class y", "no training sample"), None),
        ],
    )
    def test_wrong_tables(self, tmp_path, text, words, label):
        (tmp_path / "t.csv").write_text(text)
        refused(tmp_path / "t.csv", "t.csv", *words, label=label)

    def test_damaged_files(self, tmp_path):
        (tmp_path / "t.csv").write_bytes(b"a,label\n1,\xff\xfe\n")
        refused(tmp_path / "t.csv", "UTF-8")
        pytest.importorskip("pyarrow")
        path = tmp_path / "t.parquet"
        pandas.DataFrame({"a": np.arange(9.0), "label": np.arange(9) % 2}).to_parquet(path)
        path.write_bytes(path.read_bytes()[:-9])
        refused(path, "t.parquet", "truncated or corrupt")

    def test_a_label_column_is_for_tables(self):
        refused("iris", "label is 'species'", label="species")


events_of = st.lists(
    st.tuples(st.integers(0, 33), st.integers(0, 33), st.integers(0, 300_000), st.booleans()), min_size=1, max_size=60
).map(lambda rows: sorted(rows, key=lambda row: row[2]))


def as_events(rows) -> Events:
    x, y, t, p = zip(*rows, strict=True)
    return checked("made", x, y, t, np.array(p, int))


def bin_bytes(events: Events) -> bytes:
    time = events.t.astype(np.int64)
    columns = [events.x, events.y, events.p.astype(np.int64) << 7 | time >> 16, time >> 8 & 255, time & 255]
    return np.stack(columns, axis=1).astype(np.uint8).tobytes()


def aedat2_bytes(events: Events, davis: bool) -> bytes:
    x, y, p = (field.astype(np.int64) for field in (events.x, events.y, events.p))
    address = y << 22 | x << 12 | p << 11 if davis else y << 8 | (127 - x) << 1 | (1 - p)
    head = b"#!AER-DAT2.0\r\n# made by a test\r\n" + (b"# AEChip: DAVIS240C\r\n" if davis else b"")
    return head + np.stack([address, events.t], axis=1).astype(">u4").tobytes()


def aedat3_bytes(events: Events) -> bytes:
    x, y, p = (field.astype(np.int64) for field in (events.x, events.y, events.p))
    content = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#!END-HEADER\r\n"
    for first in range(0, len(x), 7):  # several packets, one of another type between them
        part = slice(first, first + 7)
        words = np.stack([x[part] << 17 | y[part] << 2 | p[part] << 1 | 1, events.t[part]], axis=1).astype("<u4")
        content += struct.pack("<hhiiiiii", 1, 0, 8, 4, 0, len(words), len(words), len(words)) + words.tobytes()
        content += struct.pack("<hhiiiiii", 0, 0, 12, 4, 0, 1, 1, 1) + bytes(12)
    return content


def same(first: Events, second: Events) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


class TestEventFiles:
    @given(events_of)
    def test_words_of_bits_round_trip(self, tmp_path_factory, rows):
        events, folder = as_events(rows), tmp_path_factory.mktemp("events")
        for name, content in (
            ("a.bin", bin_bytes(events)),
            ("b.aedat", aedat2_bytes(events, davis=False)),
            ("c.aedat", aedat2_bytes(events, davis=True)),
            ("d.aedat", aedat3_bytes(events)),
        ):
            (folder / name).write_bytes(content)
            assert same(event_files.read(folder / name), events)

    @given(events_of)
    @settings(max_examples=10)
    def test_formats_of_faery_round_trip(self, tmp_path_factory, rows):
        faery = pytest.importorskip("faery")
        events, folder = as_events(rows), tmp_path_factory.mktemp("events")
        packed = np.zeros(len(events.t), faery.EVENTS_DTYPE)
        packed["t"], packed["x"], packed["y"], packed["on"] = events.t, events.x, events.y, events.p
        for name in ("a.aedat4", "b.raw", "c.dat"):
            faery.events_stream_from_array(packed, (34, 34)).to_file(folder / name)
            read = event_files.read(folder / name)

            # EVT 3 packs events of one row and time into vectors: their order within a microsecond is free
            def key(each):
                return sorted(zip(each.t.tolist(), each.x.tolist(), each.y.tolist(), each.p.tolist(), strict=True))

            assert key(read) == key(events)

    @given(st.lists(events_of, min_size=4, max_size=8))
    @settings(max_examples=20)
    def test_recordings_round_trip(self, tmp_path_factory, many):
        recordings = Recordings.of([as_events(rows) for rows in many])
        path = tmp_path_factory.mktemp("events") / "all.npz"
        arrays.save_recordings(path, recordings, np.arange(len(many)) % 2, ("a", "b"))
        data = load(path)
        assert data.kind == "events" and data.classes == ("a", "b")
        for split in (data.train, data.test):
            for k, row in enumerate(split.rows):
                assert same(split.samples.one(k), recordings.one(row))
        assert same(recordings[1:3].one(1), recordings.one(2))

    def test_a_folder_of_recordings(self, tmp_path):
        recordings, labels = moving_edges(16, 12, 5)
        for k, label in enumerate(labels):
            folder = tmp_path / ("Train" if k < 8 else "Test") / str(label)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{k}.bin").write_bytes(bin_bytes(recordings.one(k)))
        data = load(tmp_path)
        assert data.kind == "events" and data.shape == (2, 12, 12) and data.classes == ("0", "1", "2", "3")
        assert len(data.train.samples) == len(data.test.samples) == 8

    def make_shd(self, path, times, units, labels, keys=(b"one", b"two")):
        with h5py.File(path, "w") as file:
            floats, words = h5py.vlen_dtype(np.float16), h5py.vlen_dtype(np.uint16)
            for name, kind, rows in (("spikes/times", floats, times), ("spikes/units", words, units)):
                dataset = file.create_dataset(name, (len(rows),), kind)
                for k, row in enumerate(rows):
                    dataset[k] = row
            if labels is not None:
                file["labels"] = labels
            file["extra/keys"] = list(keys)

    def test_shd(self, tmp_path):
        times, units = [[0.0, 0.25, 0.5], [0.125], [0.0, 1.0], [0.5]], [[3, 699, 0], [5], [1, 2], [7]]
        for part in ("train", "test"):
            self.make_shd(tmp_path / f"shd_{part}.h5", times, units, [0, 1, 1, 0])
        data = load(tmp_path)
        assert data.classes == ("one", "two") and data.shape == (2, 1, 700)
        one = data.train.samples.one(0)
        assert one.x.tolist() == [3, 699, 0] and one.t.tolist() == [0, 250_000, 500_000] and one.p.all()

    def test_wrong_hdf5(self, tmp_path):
        path = tmp_path / "shd.h5"
        with h5py.File(path, "w") as file:
            file["spikes/times"], file["spikes/units"], file["labels"] = np.zeros(3), np.zeros(3), np.arange(3)
        refused(path, "recording 0", "must be lists of numbers")
        self.make_shd(path, [[0.5, 0.25], [0.0]], [[1, 2], [1]], [0, 1])
        refused(path, "recording 0", "event 1", "t is 250000")
        self.make_shd(path, [[np.nan], [0.0]], [[1], [1]], [0, 1])
        refused(path, "recording 0", "time is nan")
        self.make_shd(path, [[0.5], [0.0]], [[1, 2], [1]], [0, 1])
        refused(path, "recording 0", "as long as each other")
        self.make_shd(path, [[0.5], [0.0]], [[1], [1]], [0, 2])
        refused(path, "label 2", "extra/keys has 2")
        self.make_shd(path, [[0.5], [0.0]], [[1], [1]], [0])
        refused(path, "1 labels")
        self.make_shd(path, [[0.5], [0.0]], [[1], [1]], None)
        refused(path, "labels is missing")
        path.write_bytes(path.read_bytes()[:700])
        refused(path, "truncated or corrupt")

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("a.bin", bytes(7), ("7 bytes", "multiple of 5")),
            ("a.bin", bytes([0, 0, 0, 0, 9]) + bytes([0, 0, 0, 0, 8]), ("event 1", "t is 8", "at least 9")),
            ("a.aedat", b"#!AER-DAT9.0\r\n", ("begins with",)),
            ("a.aedat", b"", ("begins with",)),
            ("a.aedat", b"#!AER-DAT2.0\r\n" + bytes(12), ("12 bytes",)),
            ("a.aedat", b"#!AER-DAT2.0", ("truncated within its head",)),
            ("a.aedat", b"#!AER-DAT3.1\r\n#!END-HEADER\r\n" + bytes(20), ("head of a packet",)),
            ("a.aedat", b"#!AER-DAT3.1\r\n#!END-HEADER\r\n" + bytes(28), ("0 bytes",)),
            ("a.aedat", b"#!AER-DAT3.1\r\n#!END-HEADER\r\n" + struct.pack("<hhiiiiii", 1, 0, 8, 4, 0, 9, 9, 9),
             ("within a packet of 9",)),
            ("a.raw", b"% something\n" + bytes(8), ("% evt",)),
            ("a.raw", b"% evt 3.0\n" + bytes(7), ("7 bytes", "multiple of 2")),
            ("a.aedat4", b"#!AER-DAT4.0\r\n" + bytes(9), ("truncated or corrupt",)),
        ],
    )  # fmt: skip
    def test_wrong_files(self, tmp_path, name, content, words):
        if name == "a.aedat4":
            pytest.importorskip("faery")
        for label in ("0", "1"):
            (tmp_path / label).mkdir()
            (tmp_path / label / name).write_bytes(content)
        refused(tmp_path, name, *words)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"x": np.array([1, -1, 2, 3])}, ("recording 0", "event 1", "x is -1")),
            ({"y": np.array([1, 40_000, 2, 3])}, ("event 1", "y is 40000", "32767")),
            ({"t": np.array([2, 1, 2, 3])}, ("event 1", "t is 1")),
            ({"t": np.array([0, np.nan, 2, 3])}, ("event 1", "t is nan")),
            ({"p": np.array([0, 3, 0, 1])}, ("event 1", "p is 3")),
            ({"p": np.array(list("abcd"))}, ("field p",)),
            ({"p": None}, ("array p is missing",)),
            ({"labels": None}, ("array labels is missing",)),
            ({"starts": np.array([0, 2])}, ("3 whole numbers",)),
            ({"starts": np.array([0, 2, 5])}, ("from 0 to 4",)),
        ],
    )
    def test_wrong_arrays(self, tmp_path, change, words):
        four = np.arange(4)
        content = {"x": four, "y": four, "t": four, "p": four % 2, "starts": np.array([0, 2, 4]), "labels": [0, 1]}
        content |= change
        np.savez(tmp_path / "a.npz", **{name: values for name, values in content.items() if values is not None})
        refused(tmp_path / "a.npz", "a.npz", *words)

    def test_fields_of_different_lengths(self):
        with pytest.raises(BadInput, match="as long as each other"):
            checked("here", [1, 2], [1, 2], [1, 2], [1])


class TestMovingEdges:
    @given(st.integers(4, 12), st.integers(8, 40), st.integers(0, 2**32 - 1))
    @settings(max_examples=20)
    def test_order_bounds_and_seed(self, count, side, seed):
        recordings, labels = moving_edges(count, side, seed)
        assert len(recordings) == len(labels) == count
        for k in range(count):
            one = recordings.one(k)
            assert len(one.t) and same(one, checked("made", *one))
            assert one.x.max() < side and one.y.max() < side and one.t[-1] < 100_000
        assert same(recordings.events, moving_edges(count, side, seed)[0].events)

    def test_edges_move_as_their_label_says(self):
        recordings, labels = moving_edges(40, 16, 1)
        for k, label in enumerate(labels):
            one = recordings.one(k)
            along = one.x if label % 2 == 0 else one.y
            slope = np.polyfit(one.t[one.p], along[one.p].astype(float), 1)[0]
            assert (slope > 0) == (label < 2)

    @pytest.mark.parametrize(("count", "side", "word"), [(3, 16, "recordings is 3"), (8, 7, "side is 7")])
    def test_limits(self, count, side, word):
        with pytest.raises(BadInput, match=word):
            moving_edges(count, side, 1)


class TestNamedSets:
    @pytest.mark.parametrize(
        ("name", "kind", "shape", "classes", "total"),
        [
            ("digits", "images", (8, 8), 10, 1797),
            ("iris", "table", (4,), 3, 150),
            ("wine", "table", (13,), 3, 178),
            ("breast-cancer", "table", (30,), 2, 569),
            ("moving-edges", "events", (2, 16, 16), 4, 800),
        ],
    )
    def test_what_they_are(self, name, kind, shape, classes, total):
        data = load(name)
        assert (data.kind, data.shape, len(data.classes)) == (kind, shape, classes)
        assert sum(len(split.labels) for split in data.splits().values()) == total

    def test_mnist(self):
        data = load("mnist")
        assert data.shape == (28, 28) and data.classes == tuple("0123456789") and data.test.part == "test"

    def test_fashion_mnist(self, monkeypatch, tmp_path):
        from bicall.emulator.data import named

        monkeypatch.setattr(named, "FASHION_FOLDER", tmp_path / "none")
        refused("fashion-mnist", "dataset-fashion-mnist", "folder of its IDX files")


class TestCommand:
    def test_show(self, capsys):
        app(["data", "show", "iris", "--json"], standalone_mode=False)
        shown = json.loads(capsys.readouterr().out)
        assert shown["classes"] == ["setosa", "versicolor", "virginica"]
        assert sum(shown["samples"]["train"]) == 108 and shown["shape"] == [4]


class TestMovingPictures:
    def test_an_event_is_a_step_of_the_logarithm(self):
        """Ink that arrives makes a pixel brighter, and what leaves makes it darker by as much; a seed decides."""
        pictures = np.zeros((2, 8, 8), np.uint8)
        pictures[0, 2:5, 3:6] = 255
        recordings = moving_pictures(pictures, 3)
        shown, empty = recordings.one(0), recordings.one(1)
        assert len(empty.t) == 0 and len(shown.t) > 100 and recordings.size == (14, 14)
        assert np.all(np.diff(shown.t) >= 0) and shown.t[0] >= 0 and shown.t[-1] < 300_000
        # the way ends where it began, so steps up and down of a pixel cancel but for the last one and noise
        net = np.zeros((14, 14), int)
        np.add.at(net, (shown.y, shown.x), np.where(shown.p, 1, -1))
        assert np.mean(np.abs(net) <= 1) > 0.9
        assert same(shown, moving_pictures(pictures, 3).one(0))
        assert not same(shown, moving_pictures(pictures, 4).one(0))

    def test_a_named_set(self):
        data = load("moving-digits", seed=2)
        assert data.kind == "events" and data.shape == (2, 30, 30) and len(data.classes) == 10
        assert len(data.train.labels) + len(data.test.labels) == 1797

    @pytest.mark.parametrize(("pictures", "seed"), [(np.zeros((2, 3)), 1), (np.zeros((2, 3, 3), np.uint8), -1)])
    def test_limits(self, pictures, seed):
        with pytest.raises(BadInput, match=r"must be uint8\[n|seed is -1"):
            moving_pictures(pictures, seed)
