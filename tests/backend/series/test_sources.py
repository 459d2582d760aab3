"""A store of two sources: the layout round-trips, and what is unobserved is judged per source and band."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.json_document import Fault
from backend.series import store as stores
from backend.series.calendar import interpolation, resample
from backend.series.manifest import Manifest
from backend.series.source import observed
from backend.series.views import DATASETS, dataset_for
from backend.vocabulary import SENTINEL_2, UNOBSERVED, Band
from tests.backend.series.hand_made import COUNTS, OPTICAL, RADAR, build, unobserve

CPU = torch.device("cpu")
ROWS = np.array([0, 1, 3])  # the parcels that have pixels
TEMPERATURE = Band("t2m", "temperature", "K", "float32", 1.0, "weather")
WEATHER = replace(RADAR, name="weather", bands=(TEMPERATURE,), days=(1, 8, 15), time_axis="1,8,15")


@pytest.fixture
def store(tmp_path):
    return build(tmp_path / "two.parcels")


def test_sources_have_bands_dates_masks_and_arrays_of_their_own(store):
    reopened = stores.open_store(store.path)
    optical, radar = reopened.manifest.sources
    assert replace(radar, acquisitions=RADAR.acquisitions) == RADAR
    assert [(band.name, band.quantity, band.unit, band.source) for band in radar.bands] == [
        ("VV", "backscatter", "dB", "radar"), ("VH", "backscatter", "dB", "radar"),
    ]  # fmt: skip
    assert reopened.values(optical).shape == (sum(COUNTS), 4, 3) and reopened.values(radar).shape == (19, 5, 2)
    assert sorted(path.name for path in store.path.glob("*.npy")) == [
        "clear.npy", "position.npy", "radar.npy", "radar_clear.npy", "reflectance.npy",
    ]  # fmt: skip
    for source in (optical, radar):
        clear = np.asarray(reopened.array(source.clear_array))
        shares = [record.clear_share for record in source.acquisitions]
        np.testing.assert_allclose(shares, clear.mean(axis=0), atol=1e-12)
        assert 0.6 < clear.mean() < 0.7
    assert (reopened.bands, reopened.days) == (OPTICAL.band_names, OPTICAL.days)


def test_a_manifest_is_what_was_written(store):
    document = json.loads((store.path / "manifest.json").read_text())
    assert document["schema"] == 2
    assert Manifest.from_document(document) == store.manifest
    assert Manifest.from_document(document).to_document() == document


def test_keys_of_a_newer_minor_version_are_ignored(store):
    document = store.manifest.to_document()
    document["orbit"] = document["sources"][1]["bands"][0]["polarisation"] = {"of": ["tomorrow"]}
    assert Manifest.from_document(document) == store.manifest


def test_a_source_of_floats_marks_what_is_unobserved_by_nan(tmp_path):
    store = build(tmp_path / "weather.parcels", OPTICAL, WEATHER)
    unobserve(store, WEATHER, slice(2, 5), 1)
    values = stores.open_store(store.path).values(WEATHER)
    expected = np.ones((19, 3, 1), bool)
    expected[2:5, 1] = False
    assert values.dtype == np.float32
    np.testing.assert_array_equal(observed(values), expected)


@pytest.mark.parametrize("view", DATASETS)
def test_models_take_sentinel_2_whatever_else_there_is(store, tmp_path, view):
    """Gaps of another source, throughout it, change nothing."""
    one = build(tmp_path / "one.parcels", OPTICAL)
    unobserve(store, RADAR, slice(None))
    found, expected = (dataset_for(view, s).batch(ROWS, CPU) for s in (stores.open_store(store.path), one))
    assert not found.gaps
    for ours, theirs in zip(found.inputs(), expected.inputs(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("view", ["patch", "pixel_set"])
@pytest.mark.parametrize("band", range(3))
def test_one_band_of_a_pixel_that_is_unobserved_costs_the_others_nothing(store, view, band):
    """Of whatever band, the first included: NaN there, and every other value as before."""
    before = dataset_for(view, store).batch(ROWS, CPU)
    unobserve(store, OPTICAL, slice(0, 3), 1, band)  # three of the six pixels of the first parcel
    after = dataset_for(view, stores.open_store(store.path)).batch(ROWS, CPU)
    missing = after.values.isnan()
    assert after.gaps and missing.any() and not missing[1:].any()
    assert missing.nonzero()[:, 1:3].unique(dim=0).tolist() == [[1, band]]
    assert torch.equal(after.values[~missing], before.values[~missing])


@pytest.mark.parametrize("band", range(3))
def test_statistics_mean_and_std_are_of_each_band_s_own_pixels(store, band):
    unobserve(store, OPTICAL, slice(0, 3), 1, band)
    unobserve(store, OPTICAL, slice(6, 10), 2, band)  # all of the second parcel
    store = stores.open_store(store.path)
    values = np.where(observed(store.reflectance), store.reflectance, np.nan) / 1e4
    parcels = [values[:6], values[6:10], values[10:]]
    found = dataset_for("statistics", store).batch(ROWS, CPU).values.numpy()
    for row, pixels in zip(found, parcels, strict=True):
        some = ~np.isnan(pixels).all(axis=0)
        np.testing.assert_allclose(row[:, :3][some], np.nanmean(pixels[:, some], axis=0), atol=1e-6)
        np.testing.assert_allclose(row[:, 3:][some], np.nanstd(pixels[:, some], axis=0), atol=1e-5)
        assert np.isnan(row[:, :3][~some]).all() and np.isnan(row[:, 3:][~some]).all()
    assert np.isnan(found[1, 2, band]) and np.isnan(found).sum() == 2
    mean, std = dataset_for("pixel_set", store).mean_std(ROWS)
    np.testing.assert_allclose(mean, np.nanmean(values, axis=0), atol=1e-9)
    np.testing.assert_allclose(std, np.nanstd(values, axis=0), atol=1e-9)
    mean, _ = dataset_for("statistics", store).mean_std(ROWS)
    np.testing.assert_allclose(mean, np.nanmean(found, axis=0), atol=1e-6)


def test_observations_of_a_band_that_was_not_observed_are_nan(store):
    before = dataset_for("observations", store).batch(ROWS, CPU)
    unobserve(store, OPTICAL, slice(0, 6), 1, 0)
    dataset = dataset_for("observations", stores.open_store(store.path))
    after = dataset.batch(ROWS, CPU)
    missing = after.values.isnan()
    assert after.gaps and missing.nonzero().tolist() == [[0, 1, 0], [0, 1, 3]]
    assert torch.equal(after.values[~missing], before.values[~missing]) and torch.equal(after.mask, before.mask)
    figures = after.values[after.mask].double().numpy()
    np.testing.assert_allclose(dataset.mean_std(ROWS)[0][0], np.nanmean(figures, axis=0))


def test_a_pixel_that_no_band_observed_is_left_out(store):
    unobserve(store, OPTICAL, slice(0, 2))
    unobserve(store, OPTICAL, 2, slice(None), slice(0, 2))
    some = dataset_for("pixel_set", stores.open_store(store.path)).gather(ROWS)
    assert some.gaps and some.place.tolist() == list(range(2, 19))
    some = dataset_for("pixel_set", stores.open_store(store.path), bands=("B04", "B02")).gather(ROWS)
    assert not some.gaps and some.place.tolist() == list(range(3, 19))


def test_days_between_an_unobserved_one_are_unobserved_in_that_band():
    series = np.arange(24, dtype=np.int16).reshape(2, 4, 3)
    series[0, 1, 2] = UNOBSERVED
    found = resample(series, interpolation([0, 10, 20, 30], [0, 5, 15, 20]))
    expected = np.array([[0, 1.5, 4.5, 6]]).T + [0, 1, 2]
    np.testing.assert_array_equal(found[1], np.rint(expected + 12))
    expected[[1, 2], 2] = UNOBSERVED
    np.testing.assert_array_equal(found[0], np.rint(expected))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": "position"}, "name of a source"),
        ({"name": "../radar"}, "name of a source"),
        ({"name": SENTINEL_2}, "as int16"),
        ({"bands": (RADAR.bands[0], replace(RADAR.bands[1], dtype="float32"))}, "one dtype"),
        ({"bands": RADAR.bands[:1] * 2}, "each band once"),
        ({"days": (5, 17, 29)}, "according to time_axis"),
        ({"acquisition_days": RADAR.days[:3]}, "as many as acquisitions"),
        ({"acquisition_days": RADAR.days[::-1]}, "rising order"),
    ],
)
def test_a_source_that_contradicts_itself_is_not_made(change, problem):
    with pytest.raises(Fault, match=problem):
        replace(RADAR, **change)


def test_sentinel_2_comes_first_and_dates_agree_with_the_season(store):
    manifest = store.manifest
    for change in ({"sources": manifest.sources[1:]}, {"sources": manifest.sources[:1] * 2}, {"season": 2019}):
        with pytest.raises(Fault, match="sentinel-2|acquisition_days"):
            replace(manifest, **change)
