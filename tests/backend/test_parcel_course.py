"""A parcel's pixels and courses by the standard library are those that numpy makes of the store's arrays."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

from backend import parcel_course
from backend.npy_rows import open_npy
from backend.parcel_course import course, variables
from backend.series.indices import INDICES
from backend.series.store import open_store
from backend.store_pixels import MOST_READ_BYTES, NotReadable, read_store
from tests.backend.series import hand_made


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made = hand_made.build(tmp_path_factory.mktemp("stdlib") / "s.parcels")
    hand_made.unobserve(made, made.manifest.sentinel_2, slice(0, 2), 1)  # two of the first parcel's six pixels
    hand_made.unobserve(made, made.manifest.sentinel_2, slice(6, 10), 2, 1)  # all of the second's, in one band
    return made


def pixels_of(store, row, source=0):
    facts = read_store(store.path)
    parcel = store.index.iloc[row]
    return facts.pixels(facts.sources[source], int(parcel.first_pixel), int(parcel.n_pixels))


def own(store, row, array):
    parcel = store.index.iloc[row]
    return np.asarray(array[parcel.first_pixel : parcel.first_pixel + parcel.n_pixels])


@pytest.mark.parametrize("row", range(len(hand_made.COUNTS)))
@pytest.mark.parametrize("source", [0, 1])
def test_pixels_are_those_of_the_arrays(store, row, source):
    pixels, about = pixels_of(store, row, source), store.manifest.sources[source]
    assert len(pixels) == pixels.total == hand_made.COUNTS[row]
    np.testing.assert_array_equal(
        np.reshape(pixels.values, (-1, len(about.days), len(about.bands))), own(store, row, store.values(about))
    )
    clear = own(store, row, store.array(about.clear_array))
    assert [pixels.clear_count(day) for day in range(clear.shape[1])] == clear.sum(axis=0).tolist()
    np.testing.assert_array_equal(np.transpose([pixels.rows(), pixels.columns()]), own(store, row, store.position))


@pytest.mark.parametrize(("row", "source"), [(0, 0), (1, 0), (3, 0), (0, 1), (3, 1)])
def test_courses_are_those_of_numpy(store, row, source):
    pixels, about = pixels_of(store, row, source), store.manifest.sources[source]
    numbers = own(store, row, store.values(about)).astype(float)
    numbers[numbers == -32768] = np.nan
    values = numbers * [band.scale for band in about.bands]
    names = variables(pixels.source)
    assert names == ([] if source else ["NDVI", "EVI"]) + list(about.band_names)
    for name in names:
        if name in INDICES:
            formula = INDICES[name].formula
            bands = [values[..., about.band_names.index(band)].astype(np.float32) for band in INDICES[name].bands]
            expected = np.clip(np.where(np.isnan(sum(bands)), np.nan, formula(*bands)), -1, 1)
        else:
            expected = values[..., about.band_names.index(name)]
        points = course(pixels, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a date without any
            statistics = [np.nanmean(expected, axis=0), *np.nanquantile(expected, [0.1, 0.9], axis=0)]
        found = np.array([[p.mean, p.low, p.high] for p in points], dtype=float).T
        np.testing.assert_allclose(found, statistics, atol=1e-6)
        assert [p.day for p in points] == list(about.days)
        assert [p.clear for p in points] == own(store, row, store.array(about.clear_array)).sum(axis=0).tolist()


def test_indices_are_those_of_the_engine():
    random = np.random.default_rng(0)
    assert {name: bands for name, (bands, _) in parcel_course.INDICES.items()} == {
        name: index.bands for name, index in INDICES.items()
    }
    for name, (bands, formula) in parcel_course.INDICES.items():
        values = random.uniform(-0.1, 1, (len(bands), 500)).astype(np.float32)
        expected = INDICES[name].formula(*values)
        found = [formula(*map(float, column)) for column in values.T]
        np.testing.assert_allclose(np.clip(found, -1, 1), np.clip(expected, -1, 1), atol=1e-4)
        assert np.any(expected == 0)  # sums that are not above 0 are tried, too


def test_a_day_of_a_calendar_says_nothing_of_clouds(store, tmp_path):
    path = hand_made.build(tmp_path / "c.parcels", hand_made.OPTICAL).path
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["sources"][0] |= {"days": [-20, 0, 95, 170], "time_axis": "every:20"}
    (path / "manifest.json").write_text(json.dumps(manifest))
    facts = read_store(path)
    points = course(facts.pixels(facts.sources[0], 0, 6), "B04")
    assert [point.clear is None for point in points] == [False, True, False, True]


def test_of_a_huge_parcel_pixels_are_left_out_evenly(store, monkeypatch):
    facts = read_store(store.path)
    monkeypatch.setattr("backend.store_pixels.MOST_READ_BYTES", 60)  # a pixel has 4 dates x 3 bands x 2 bytes
    some = facts.pixels(facts.sources[0], 10, 9)
    assert (len(some), some.total) == (3, 9) and MOST_READ_BYTES > 1e7
    np.testing.assert_array_equal(np.reshape(some.values, (3, 4, 3)), store.reflectance[10:19:4])
    np.testing.assert_array_equal(np.reshape(some.position, (3, 2)), store.position[10:19:4])


def test_a_course_of_many_pixels_takes_every_second(store, monkeypatch):
    monkeypatch.setattr(parcel_course, "MOST_PIXELS", 5)
    points = course(pixels_of(store, 3), "B02")
    np.testing.assert_allclose([p.mean for p in points], store.reflectance[10:19:2, :, 0].mean(axis=0) / 1e4, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("manifest.json", lambda path: path.unlink()),
        ("manifest.json", lambda path: path.write_text("{")),
        ("manifest.json", lambda path: path.write_text(path.read_text().replace('"schema": 2', '"schema": 3'))),
        ("manifest.json", lambda path: path.write_text(path.read_text().replace('"complete": true', '"complete": 1'))),
        ("manifest.json", lambda path: path.write_text(path.read_text().replace('"sentinel-2"', '"../other"'))),
        ("reflectance.npy", lambda path: path.unlink()),
        ("reflectance.npy", lambda path: path.write_bytes(path.read_bytes()[:-1])),
        ("reflectance.npy", lambda path: path.write_bytes(b"\x93NUMPY\x03\x00" + bytes(100))),
        ("reflectance.npy", lambda path: path.write_bytes(b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100))),
        ("reflectance.npy", lambda path: path.write_bytes(b"\x93NUMPY\x01\x00\x05\x00[1,2]")),
        ("clear.npy", lambda path: np.save(path, np.zeros((19, 4), np.int64))),
        ("clear.npy", lambda path: np.save(path, np.zeros((19, 5), bool))),
        ("clear.npy", lambda path: np.save(path, np.asfortranarray(np.zeros((19, 4), bool)))),
        ("position.npy", lambda path: np.save(path, np.zeros((3, 2), np.uint16))),
    ],
)
def test_what_is_missing_or_damaged_is_named(tmp_path, name, change):
    path = hand_made.build(tmp_path / "s.parcels").path
    change(path / name)
    with pytest.raises(NotReadable, match=name):
        facts = read_store(path)
        facts.pixels(facts.sources[0], 6, 4)


def test_the_first_schema_is_read_into_the_same(tmp_path):
    path = hand_made.build(tmp_path / "s.parcels", hand_made.OPTICAL).path
    manifest = json.loads((path / "manifest.json").read_text())
    (source,) = manifest.pop("sources")
    source["bands"] = [band["name"] for band in source["bands"]]
    expected = read_store(path)
    (path / "manifest.json").write_text(json.dumps({**manifest, **source, "name": "anything", "schema": 1}))
    assert read_store(path) == expected
    assert open_store(path).bands == expected.sources[0].band_names


def test_numpy_and_the_reader_agree_on_every_type(tmp_path):
    for number, dtype in enumerate(("<i2", "<u2", "<f4", "|b1")):
        values = (np.arange(24).reshape(4, 3, 2) % 5).astype(dtype)
        np.save(tmp_path / f"{number}.npy", values)
        rows = open_npy(tmp_path / f"{number}.npy", (None, 3, 2)).read(1, 2)
        np.testing.assert_array_equal(np.reshape(rows, (2, 3, 2)), values[1:3])
