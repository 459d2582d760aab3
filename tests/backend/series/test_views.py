"""The views against the image itself, cut, resized and averaged by other tools."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
import torch
from exactextract import exact_extract
from rasterio.io import MemoryFile
from rasterio.mask import mask
from rasterio.transform import from_origin

from backend.errors import MissingBands, ObservationsNotKept
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.catalogue import find
from backend.learning.normalisation import Normalisation
from backend.parcels.reading import read
from backend.protocol import Silent
from backend.series.build import ExtractionSpec, build
from backend.series.calendar import interpolation
from backend.series.joined import joined
from backend.series.views import (
    DATASETS,
    ObservationsDataset,
    PatchDataset,
    PixelSetDataset,
    StatisticsDataset,
    dataset_for,
)
from backend.vocabulary import UNOBSERVED
from tests.backend.ground import CRS, X0, Y0, counts, write_parcels
from tests.backend.series.conftest import interpolated, read_whole

CPU = torch.device("cpu")
ROUNDING = 0.51e-4  # half a count of reflectance x 10,000


@pytest.fixture(scope="module")
def image(season):
    """The interpolated image as reflectance `(dates, bands, rows, columns)`."""
    return interpolated(season.catalogue) / 1e4


@pytest.fixture(scope="module")
def fields(season):
    """Parcels by position, those that lie on the image and hold pixel centres that some date saw."""
    usable = season.store.index["quality"] == "ok"
    return {row: season.layer.table.geometry.iloc[row] for row in np.flatnonzero(usable)[:-1]}


def cut(image, geometry):
    """A date's patch as the paper has it: the bounding box of the polygon, zero outside, by rasterio."""
    facts = {
        "driver": "GTiff",
        "dtype": "float64",
        "count": len(image),
        "crs": CRS,
        "transform": from_origin(X0, Y0, 10, 10),
    }
    with MemoryFile() as memory:
        with memory.open(height=image.shape[1], width=image.shape[2], **facts) as dataset:
            dataset.write(image)
        with memory.open() as dataset:
            patch, _ = mask(dataset, [geometry], crop=True, filled=True, nodata=0)
    return patch


def resized(patch):
    """The nearest pixel to each of 32 x 32 centres."""
    bands, height, width = patch.shape
    result = np.zeros((bands, 32, 32))
    for y in range(32):
        for x in range(32):
            result[:, y, x] = patch[:, int((y + 0.5) / 32 * height), int((x + 0.5) / 32 * width)]
    return result


def test_patch_is_cut_and_resized_from_the_interpolated_image(season, image, fields):
    rows = np.array(list(fields))
    batch = PatchDataset(season.store).batch(rows, CPU)
    assert batch.values.shape == (len(rows), image.shape[0], 10, 32, 32)
    whole = np.nan_to_num(image)
    for number, geometry in enumerate(fields.values()):
        for date in (0, 3):
            expected = resized(cut(whole[date], geometry))
            assert np.abs(batch.values[number, date].numpy() - expected).max() <= ROUNDING
    assert (batch.values * ~batch.mask == 0).all()
    assert batch.mask.flatten(1).any(dim=1).all()


def test_statistics_are_those_of_exactextract_on_pixel_centres(season, image):
    """Fields of whole pixels, where coverage-weighted and pixel-centre statistics are the same."""
    boxes = [
        shapely.box(X0 + 10 * a, Y0 - 10 * (b + 7), X0 + 10 * (a + 5), Y0 - 10 * b)
        for a, b in [(2, 3), (20, 11), (41, 50)]
    ]
    layer = read(write_parcels(season.folder / "boxes_of_views.gpkg", boxes))
    store = build(season.catalogue, layer, ExtractionSpec(season.options), season.folder / "boxes.parcels", Silent())
    found = StatisticsDataset(store).batch(np.arange(3), CPU).values.numpy()
    facts = {
        "driver": "GTiff",
        "dtype": "float64",
        "count": 10,
        "crs": CRS,
        "transform": from_origin(X0, Y0, 10, 10),
        "nodata": np.nan,
    }
    with MemoryFile() as memory:
        with memory.open(height=60, width=60, **facts) as dataset:
            dataset.write(image[2])
        with memory.open() as dataset:
            table = exact_extract(dataset, layer.table, ["mean", "stdev"], output="pandas")
    expected = np.concatenate(
        [table[[f"band_{b}_mean" for b in range(1, 11)]], table[[f"band_{b}_stdev" for b in range(1, 11)]]], axis=1
    )
    np.testing.assert_allclose(found[:, 2], expected, atol=2 * ROUNDING)


def test_statistics_of_irregular_fields(season, image, fields):
    rows = np.array(list(fields))
    found = StatisticsDataset(season.store).batch(rows, CPU).values.numpy()
    index = season.store.index
    for number, row in enumerate(rows):
        facts = index.iloc[row]
        position = season.store.position[facts.first_pixel : facts.first_pixel + facts.n_pixels].astype(int)
        y, x = (position + [facts.row_px, facts.column_px]).T
        pixels = image[:, :, y, x]
        np.testing.assert_allclose(found[number, :, :10], np.nanmean(pixels, axis=2), atol=ROUNDING)
        np.testing.assert_allclose(found[number, :, 10:], np.nanstd(pixels, axis=2), atol=2 * ROUNDING)


def test_pixel_set_holds_the_parcel_s_own_pixels(season):
    dataset = PixelSetDataset(season.store)
    rows = np.flatnonzero(dataset.usable)
    batch = dataset.batch(rows, CPU)
    for number, row in enumerate(rows):
        facts = season.store.index.iloc[row]
        own = season.store.reflectance[facts.first_pixel : facts.first_pixel + facts.n_pixels]
        own = own[own[:, 0, 0] != UNOBSERVED]
        real = batch.mask[number].numpy()
        assert real.sum() == min(len(own), 64)
        shown = np.rint(batch.values[number].numpy()[:, :, real] * 1e4).astype(int)
        keys = {pixel.tobytes() for pixel in own.astype(int)}
        assert {np.ascontiguousarray(shown[:, :, p]).tobytes() for p in range(real.sum())} <= keys
        assert not batch.values[number].numpy()[:, :, ~real].any()
        assert batch.geometry[number, 1] == pytest.approx(facts.area_m2)


@pytest.fixture(scope="module")
def raw(season):
    """The image as it is, `(dates, bands, rows, columns)` reflectance, not a number under the clouds."""
    values, clear = read_whole(season.catalogue)
    return np.where(clear[:, None], values, np.nan) / 1e4


@pytest.fixture(scope="module")
def small_fields(season):
    """A store of fields of 2 x 1 pixels, which some clouds cover whole."""
    boxes = [shapely.box(X0 + 50 * k, Y0 - 50 * k - 10, X0 + 50 * k + 20, Y0 - 50 * k) for k in range(11)]
    layer = read(write_parcels(season.folder / "small_of_views.gpkg", boxes))
    return build(season.catalogue, layer, ExtractionSpec(season.options), season.folder / "fields.parcels", Silent())


def test_of_three_times_as_many_pixels_every_middle_one_is_taken(season, tmp_path):
    """A field of 12 rows and 16 columns, three pixels for each of the 64 places, in images without clouds."""
    layer = read(write_parcels(tmp_path / "large.gpkg", [shapely.box(X0 + 100, Y0 - 220, X0 + 260, Y0 - 100)]))
    clear = find(season.folder / "images", ImageryOptions(), Silent())
    store = build(clear, layer, ExtractionSpec(ImageryOptions()), tmp_path / "large.parcels", Silent())
    (batch,) = PixelSetDataset(store).batch(np.array([0]), CPU).values.numpy()
    for date, found in enumerate(batch):
        field = counts(date)[:, 10:22, 10:26].reshape(10, -1)
        np.testing.assert_allclose(found, field[:, 1::3] / 1e4, atol=1e-6)


@pytest.mark.parametrize("small", [False, True])
def test_observations_are_only_of_the_clear_pixels_of_each_date(season, small_fields, raw, small):
    store = small_fields if small else season.store
    dataset = ObservationsDataset(store, bands=("B08", "B02"))
    assert dataset.days == season.catalogue.days
    rows = np.flatnonzero(dataset.usable)
    batch = dataset.batch(rows, CPU)
    assert batch.values.shape == (len(rows), len(dataset.days), 4)
    assert batch.days.tolist() == [list(dataset.days)] * len(rows)
    assert small == bool((~batch.mask).any())
    for number, row in enumerate(rows):
        facts = store.index.iloc[row]
        position = store.position[facts.first_pixel : facts.first_pixel + facts.n_pixels].astype(int)
        y, x = (position + [facts.row_px, facts.column_px]).T
        for date, pixels in enumerate(raw[:, [6, 0]][:, :, y, x]):  # (bands, pixels)
            own = pixels[:, ~np.isnan(pixels[0])]
            found = batch.values[number, date].numpy()
            assert bool(batch.mask[number, date]) == (own.size > 0)
            expected = np.concatenate([own.mean(axis=1), own.std(axis=1)]) if own.size else np.zeros(4)
            np.testing.assert_allclose(found, expected, atol=ROUNDING)


def test_normalised_observations_have_mean_0_and_deviation_1_over_all_dates(small_fields):
    dataset = ObservationsDataset(small_fields)
    rows = np.flatnonzero(dataset.usable)
    normalisation = Normalisation.of(dataset, rows)
    assert normalisation.mean.shape == (1, 20)
    batch = normalisation.apply(dataset.batch(rows, CPU))
    seen = batch.values[batch.mask].double().numpy()
    np.testing.assert_allclose(seen.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(seen.std(axis=0), 1, atol=1e-4)
    assert not batch.values[~batch.mask].any()


def test_shuffled_observations_keep_what_was_seen_with_its_values(small_fields):
    dataset = ObservationsDataset(small_fields)
    rows = np.flatnonzero(dataset.usable)[:4]
    batch = dataset.batch(rows, CPU)
    order = np.random.default_rng(0).permuted(np.tile(np.arange(len(dataset.days)), (4, 1)), axis=1)
    shuffled = batch.reordered(order)
    for parcel in range(4):
        assert torch.equal(shuffled.values[parcel], batch.values[parcel, order[parcel]])
        assert torch.equal(shuffled.mask[parcel], batch.mask[parcel, order[parcel]])
    assert torch.equal(shuffled.days, batch.days)


def test_joined_seasons_keep_each_parcels_own_days(season, small_fields):
    options = replace(season.options, exclude=(season.catalogue.acquisitions[1].day,))
    catalogue = find(season.folder / "images", options, Silent())
    store = build(catalogue, season.layer, ExtractionSpec(options), season.folder / "four.parcels", Silent())
    datasets = [dataset_for("observations", one) for one in (store, small_fields)]
    dataset = joined("observations", [store, small_fields])
    assert dataset.days == small_fields.days
    rows = np.array([len(store.index) + 3, 2, len(store.index), 0])
    batch = dataset.batch(rows, CPU)
    for number, (one, row) in enumerate([(1, 3), (0, 2), (1, 0), (0, 0)]):
        own = datasets[one].batch(np.array([row]), CPU)
        for found, expected in zip(batch.inputs(), own.inputs()):
            assert torch.equal(found[number, : expected.shape[1]], expected[0])
    assert not batch.mask[[1, 3], 4].any()  # these seasons had four images


def test_a_store_on_a_calendar_keeps_no_observations(season, tmp_path):
    spec = ExtractionSpec(season.options, calendar="every:20")
    store = build(season.catalogue, season.layer, spec, tmp_path / "calendar.parcels", Silent())
    with pytest.raises(ObservationsNotKept, match="every:20"):
        dataset_for("observations", store)


@pytest.mark.parametrize("view", list(DATASETS))
def test_mean_and_std_are_those_of_the_batch(season, view):
    dataset = dataset_for(view, season.store)
    rows = np.flatnonzero(dataset.usable)[2:9]
    mean, std = dataset.mean_std(rows)
    if view == "statistics":
        values = dataset.batch(rows, CPU).values.double().numpy()
    elif view == "observations":
        batch = dataset.batch(rows, CPU)
        values = batch.values[batch.mask].double().numpy()[:, None]  # a date of its own, each
    else:
        index = season.store.index.iloc[rows]
        pick = np.concatenate([np.arange(f, f + n) for f, n in zip(index.first_pixel, index.n_pixels)])
        values = season.store.reflectance[pick].astype(float) / 1e4
        values = values[values[:, 0, 0] > UNOBSERVED / 1e4]
    np.testing.assert_allclose(mean, values.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(std, values.std(axis=0), atol=1e-7)


@pytest.mark.parametrize("view", list(DATASETS))
def test_a_batch_is_the_same_in_any_company(season, view):
    dataset = dataset_for(view, season.store)
    rows = np.array([5, 0, 7, 6])
    together = dataset.batch(rows, CPU).values
    for number, row in enumerate(rows):
        torch.testing.assert_close(together[number], dataset.batch(np.array([row]), CPU).values[0])


def test_a_model_s_bands_and_calendar(season):
    days, bands = (0, 40, 90, 300), ("B08", "B04")
    dataset = dataset_for("statistics", season.store, days, bands)
    assert (dataset.days, dataset.bands) == (days, bands)
    rows = np.flatnonzero(dataset.usable)[:4]
    own = dataset_for("statistics", season.store).batch(rows, CPU).values[:, :, [6, 2]].numpy()
    expected = np.einsum("tf,nfb->ntb", interpolation(season.store.days, days), own)  # means are linear in time
    np.testing.assert_allclose(dataset.batch(rows, CPU).values[:, :, :2].numpy(), expected, atol=2 * ROUNDING)
    with pytest.raises(MissingBands, match="B01"):
        dataset_for("patch", season.store, days, ("B01",))
