"""A store with a limit on gaps: every view against the image in which long gaps are NaN."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import shapely
import torch

from backend.errors import ObservationsNotKept
from backend.learning.normalisation import Normalisation
from backend.parcels.reading import read
from backend.protocol import Silent
from backend.series.build import ExtractionSpec, build
from backend.series.joined import joined
from backend.series.options import SeriesOptions
from backend.series.views import ObservationsDataset, PatchDataset, PixelSetDataset, StatisticsDataset, dataset_for
from backend.vocabulary import BANDS, UNOBSERVED
from tests.backend.ground import X0, Y0, write_parcels
from tests.backend.series.conftest import interpolated, read_whole

CPU = torch.device("cpu")
DAYS = "2,21,68,104,151,230"
LIMIT = 50  # days; the acquisitions are 19, 47, 36 and 47 days apart


@pytest.fixture(scope="module")
def gapped(season):
    spec = ExtractionSpec(season.options, series=SeriesOptions(max_gap_days=LIMIT))
    return build(season.catalogue, season.layer, spec, season.folder / "gapped.parcels", Silent())


@pytest.fixture(scope="module")
def image(season):
    """Reflectance `(dates, bands, rows, columns)`, NaN in gaps longer than LIMIT."""
    filled, clear = interpolated(season.catalogue) / 1e4, read_whole(season.catalogue)[1]
    days = np.array(season.catalogue.days)
    for row, column in np.ndindex(clear.shape[1:]):
        own = days[clear[:, row, column]]
        for date, day in enumerate(days):
            if len(own) and day not in own:
                before, after = own[own < day], own[own > day]
                gap = (after[0] if len(after) else day) - (before[-1] if len(before) else day)
                if gap > LIMIT:
                    filled[date, :, row, column] = np.nan
    return filled


def pixels_of(store, image, row):
    """`(dates, bands, pixels)` of a parcel."""
    facts = store.index.iloc[row]
    position = store.position[facts.first_pixel : facts.first_pixel + facts.n_pixels].astype(int)
    y, x = (position + [facts.row_px, facts.column_px]).T
    return image[:, :, y, x]


def test_the_store_holds_unobserved_where_gaps_are_long(gapped, image):
    lost = 0
    for row in range(len(gapped.index)):
        facts = gapped.index.iloc[row]
        found = np.asarray(gapped.reflectance[facts.first_pixel : facts.first_pixel + facts.n_pixels], float)
        found[found == UNOBSERVED] = np.nan
        np.testing.assert_allclose(found, np.moveaxis(pixels_of(gapped, image, row), 2, 0) * 1e4, atol=0.51)
        lost += np.isnan(found[:, :, 0]).sum()
    assert lost > 100


def test_statistics_are_of_the_observed_pixels_of_each_date(gapped, image):
    dataset = StatisticsDataset(gapped)
    rows = np.flatnonzero(dataset.usable)
    found = dataset.batch(rows, CPU).values.numpy()
    for number, row in enumerate(rows):
        pixels = pixels_of(gapped, image, row)
        np.testing.assert_allclose(found[number, :, :10], np.nanmean(pixels, axis=2), atol=1e-4)
        np.testing.assert_allclose(found[number, :, 10:], np.nanstd(pixels, axis=2), atol=1e-4)


def test_pixel_sets_are_nan_where_a_pixel_is_unobserved(gapped, image):
    dataset = PixelSetDataset(gapped)
    rows = np.flatnonzero(dataset.usable)
    batch = dataset.batch(rows, CPU)
    few = [number for number, row in enumerate(rows) if gapped.index["n_pixels"].iloc[row] <= 64]
    for number in few:
        pixels = pixels_of(gapped, image, rows[number])
        pixels = pixels[:, :, ~np.isnan(pixels[:, 0]).all(axis=0)]
        shown = batch.values[number].numpy()[:, :, batch.mask[number].numpy()]
        np.testing.assert_allclose(shown, pixels, atol=1e-4)
    assert len(few) > 3


def test_patches_are_nan_where_pixel_sets_are(gapped, image):
    dataset = PatchDataset(gapped)
    rows = np.flatnonzero(dataset.usable)[:9]
    batch = dataset.batch(rows, CPU)
    for number, row in enumerate(rows):
        facts = gapped.index.iloc[row]
        place = ((np.arange(32) + 0.5) / 32)[:, None] * [facts.height_px, facts.width_px]
        y, x = (place.astype(int) + [facts.row_px, facts.column_px]).T
        inside = batch.mask[number, 0, 0].numpy()
        shown = batch.values[number].numpy()
        np.testing.assert_allclose(shown[:, :, inside], image[:, :, y[:, None], x[None]][:, :, inside], atol=1e-4)
        assert not shown[:, :, ~inside].any()


@pytest.fixture(scope="module")
def small(season):
    """Two stores of fields of 2 x 1 pixels on days of which the last is far from any image: with a limit, without."""
    boxes = [shapely.box(X0 + 50 * k, Y0 - 50 * k - 10, X0 + 50 * k + 20, Y0 - 50 * k) for k in range(11)]
    layer = read(write_parcels(season.folder / "small_of_gaps.gpkg", boxes))
    specs = [ExtractionSpec(season.options, BANDS, DAYS, SeriesOptions(max_gap_days=n)) for n in (30, None)]
    return [build(season.catalogue, layer, s, season.folder / f"{n}.parcels", Silent()) for n, s in enumerate(specs)]


@pytest.mark.parametrize("view", ["patch", "statistics", "pixel_set"])
def test_what_is_unobserved_is_the_training_mean_to_a_network(small, view):
    dataset = dataset_for(view, small[0])
    rows = np.flatnonzero(dataset.usable)
    batch = dataset.batch(rows, CPU)
    normal = Normalisation.of(dataset, rows).apply(batch)
    missing = batch.values.isnan()
    assert missing.any() and not normal.values.isnan().any()
    assert not normal.values[missing].any() and not normal.values[:, 5].any()
    if view == "statistics":
        assert missing[:, :5].any()
        seen = normal.values.double().masked_fill(missing, torch.nan)[:, :5]
        assert seen.nanmean(dim=0).abs().max() < 1e-4
        assert (seen.square().nanmean(dim=0) - 1).abs().max() < 1e-3


def test_mean_and_std_are_of_the_observed_pixels(gapped, image):
    dataset = dataset_for("pixel_set", gapped)
    rows = np.flatnonzero(dataset.usable)
    pixels = np.concatenate([pixels_of(gapped, image, row) for row in rows], axis=2)
    mean, std = dataset.mean_std(rows)
    np.testing.assert_allclose(mean, np.nanmean(pixels, axis=2), atol=1e-5)
    np.testing.assert_allclose(std, np.nanstd(pixels, axis=2), atol=1e-5)


def test_onto_a_model_s_days(gapped, image, season):
    """Between two observed days the straight line, else nothing; days far from any acquisition are unobserved, too."""
    days = [*range(0, 150, 8), 190, 230]
    found = PixelSetDataset(gapped, days)
    row = int(np.flatnonzero(found.usable & (gapped.index["n_pixels"] <= 64))[0])
    values = found.batch(np.array([row]), CPU)
    shown = values.values[0].numpy()[:, 0, values.mask[0].numpy()]  # (days, pixels)
    pixels = pixels_of(gapped, image, row)[:, 0]
    own = np.array(season.catalogue.days)
    for place, series in enumerate(pixels[:, ~np.isnan(pixels).all(axis=0)].T):
        for number, day in enumerate(days):
            low = max(np.searchsorted(own, day, side="right") - 1, 0)
            high = min(np.searchsorted(own, day, side="left"), len(own) - 1)
            expected = np.interp(day, own[[low, high]], series[[low, high]]) if low != high else series[low]
            expected = np.nan if day - own[-1] > LIMIT else expected
            np.testing.assert_allclose(shown[number, place], expected, atol=1.1e-4)


def test_a_model_s_day_in_a_gap_as_long_as_the_limit_is_kept(season, tmp_path):
    """47 days lie between the acquisitions of days 21 and 68; day 198 is 47 after the last one, on day 151."""
    spec = ExtractionSpec(season.options, series=SeriesOptions(max_gap_days=47))
    store = build(season.catalogue, season.layer, spec, tmp_path / "limit.parcels", Silent())
    assert store.days == (2, 21, 68, 104, 151)
    dataset = StatisticsDataset(store, [21, 45, 68, 151, 198, 199])
    pixels = dataset.gather(np.flatnonzero(dataset.usable)).pixels[:, :, 0].astype(float)
    pixels[pixels == UNOBSERVED] = np.nan
    on_21, on_45, on_68, on_151, on_198, on_199 = pixels.T
    line = on_21 + (on_68 - on_21) * 24 / 47
    assert 100 < np.isfinite(line).sum() < len(line)
    np.testing.assert_allclose(on_45, line, atol=0.51)
    np.testing.assert_array_equal(on_198, on_151)
    assert np.isfinite(on_151).any() and np.isnan(on_199).all()


@pytest.mark.parametrize("view", ["statistics", "pixel_set"])
def test_seasons_with_gaps_are_joined(small, view):
    """A date that one season did not observe at all takes its figures from the other; one that none saw is NaN."""
    rows = np.flatnonzero(dataset_for(view, small[0]).usable)
    mean, std = joined(view, small).mean_std(np.concatenate([rows, rows + 11]))
    expected = dataset_for(view, small[1]).mean_std(rows)
    np.testing.assert_allclose(mean[5], expected[0][5])
    np.testing.assert_allclose(std[5], expected[1][5])
    twice, once = joined(view, [small[0], small[0]]), dataset_for(view, small[0])
    for found, own in zip(twice.mean_std(np.concatenate([rows, rows + 11])), once.mean_std(rows)):
        np.testing.assert_allclose(found, own)
        assert np.isnan(found[5]).all()


def test_observations_do_not_mind(gapped, season):
    ours, theirs = ObservationsDataset(gapped), ObservationsDataset(season.store)
    rows = np.flatnonzero(ours.usable)
    for found, expected in zip(ours.batch(rows, CPU).inputs(), theirs.batch(rows, CPU).inputs()):
        assert torch.equal(found, expected)


def test_a_smoothed_store_keeps_no_observations(season, tmp_path):
    spec = ExtractionSpec(season.options, series=SeriesOptions("whittaker"))
    store = build(season.catalogue, season.layer, spec, tmp_path / "smooth.parcels", Silent())
    with pytest.raises(ObservationsNotKept, match="whittaker"):
        dataset_for("observations", store)
    assert not (np.asarray(store.reflectance) == season.store.reflectance).all()


def test_a_parcel_whose_days_all_lie_in_gaps_is_flagged(season, tmp_path):
    spec = ExtractionSpec(season.options, calendar="10,45,50,85,130", series=SeriesOptions(max_gap_days=15))
    store = build(season.catalogue, season.layer, spec, tmp_path / "calendar.parcels", Silent())
    seen = (np.asarray(store.reflectance[:, :, 0]) != UNOBSERVED).any(axis=1)
    assert 0 < seen.sum() < len(seen)
    for _, facts in store.index[store.index["n_pixels"] > 0].iterrows():
        own = seen[facts.first_pixel : facts.first_pixel + facts.n_pixels]
        assert (facts.quality == "no_clear_observation") == (not own.any())
