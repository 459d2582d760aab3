"""The three views against the image itself, cut, resized and averaged by other tools."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import geopandas
import numpy as np
import pytest
import torch
from exactextract import exact_extract
from rasterio.io import MemoryFile
from rasterio.mask import mask
from rasterio.transform import from_origin

from backend.errors import MissingBands
from backend.series.calendar import interpolation
from backend.series.views import FEEDS, PatchFeed, PixelSetFeed, StatisticsFeed, feed_for
from backend.vocabulary import UNOBSERVED
from tests.backend.ground import CRS, X0, Y0
from tests.backend.series.conftest import interpolated

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
    return {row: season.layer.geometries[row] for row in np.flatnonzero(usable)[:-1]}


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
    batch = PatchFeed(season.store).batch(rows, CPU)
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
    import shapely

    from backend.parcels.reading import ParcelLayer
    from backend.protocol import Silent
    from backend.series.build import ExtractionSpec, build

    boxes = [
        shapely.box(X0 + 10 * a, Y0 - 10 * (b + 7), X0 + 10 * (a + 5), Y0 - 10 * b)
        for a, b in [(2, 3), (20, 11), (41, 50)]
    ]
    table = geopandas.GeoDataFrame({"id": [1, 2, 3]}, geometry=boxes, crs=CRS)
    layer = ParcelLayer(season.layer.source, "boxes", table, np.array(["1", "2", "3"]))
    store = build(season.catalogue, layer, ExtractionSpec(season.options), season.folder / "boxes.parcels", Silent())
    found = StatisticsFeed(store).batch(np.arange(3), CPU).values.numpy()
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
            table = exact_extract(dataset, table, ["mean", "stdev"], output="pandas")
    expected = np.concatenate(
        [table[[f"band_{b}_mean" for b in range(1, 11)]], table[[f"band_{b}_stdev" for b in range(1, 11)]]], axis=1
    )
    np.testing.assert_allclose(found[:, 2], expected, atol=2 * ROUNDING)


def test_statistics_of_irregular_fields(season, image, fields):
    rows = np.array(list(fields))
    found = StatisticsFeed(season.store).batch(rows, CPU).values.numpy()
    index = season.store.index
    for number, row in enumerate(rows):
        facts = index.iloc[row]
        position = season.store.position[facts.first_pixel : facts.first_pixel + facts.n_pixels].astype(int)
        y, x = (position + [facts.row_px, facts.column_px]).T
        pixels = image[:, :, y, x]
        np.testing.assert_allclose(found[number, :, :10], np.nanmean(pixels, axis=2), atol=ROUNDING)
        np.testing.assert_allclose(found[number, :, 10:], np.nanstd(pixels, axis=2), atol=2 * ROUNDING)


def test_pixel_set_holds_the_parcel_s_own_pixels(season):
    feed = PixelSetFeed(season.store)
    rows = np.flatnonzero(feed.usable)
    batch = feed.batch(rows, CPU)
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


@pytest.mark.parametrize("view", list(FEEDS))
def test_moments_are_those_of_the_batch(season, view):
    feed = feed_for(view, season.store)
    rows = np.flatnonzero(feed.usable)[2:9]
    mean, std = feed.moments(rows)
    if view == "statistics":
        values = feed.batch(rows, CPU).values.double().numpy()
    else:
        index = season.store.index.iloc[rows]
        pick = np.concatenate([np.arange(f, f + n) for f, n in zip(index.first_pixel, index.n_pixels)])
        values = season.store.reflectance[pick].astype(float) / 1e4
        values = values[values[:, 0, 0] > UNOBSERVED / 1e4]
    np.testing.assert_allclose(mean, values.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(std, values.std(axis=0), atol=1e-7)


@pytest.mark.parametrize("view", list(FEEDS))
def test_a_batch_is_the_same_in_any_company(season, view):
    feed = feed_for(view, season.store)
    rows = np.array([5, 0, 7, 6])
    together = feed.batch(rows, CPU).values
    for number, row in enumerate(rows):
        torch.testing.assert_close(together[number], feed.batch(np.array([row]), CPU).values[0])


def test_a_model_s_bands_and_calendar(season):
    days, bands = (0, 40, 90, 300), ("B08", "B04")
    feed = feed_for("statistics", season.store, days, bands)
    assert (feed.days, feed.bands) == (days, bands)
    rows = np.flatnonzero(feed.usable)[:4]
    own = feed_for("statistics", season.store).batch(rows, CPU).values[:, :, [6, 2]].numpy()
    expected = np.einsum("tf,nfb->ntb", interpolation(season.store.days, days), own)  # means are linear in time
    np.testing.assert_allclose(feed.batch(rows, CPU).values[:, :, :2].numpy(), expected, atol=2 * ROUNDING)
    with pytest.raises(MissingBands, match="B01"):
        feed_for("patch", season.store, days, ("B01",))
