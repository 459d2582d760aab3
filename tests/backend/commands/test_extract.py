"""`extract` against rasterio: which pixels a parcel has, how clear they are, what its options change."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from rasterio.features import geometry_mask
from rasterio.transform import from_origin

from backend.errors import StoreOfOtherInputs
from backend.series.store import open_store
from backend.vocabulary import BANDS, UNOBSERVED
from tests.backend.commands.conftest import run
from tests.backend.ground import (
    DATES,
    SIZE_PX,
    X0,
    Y0,
    clouds,
    counts,
    outlines,
    write_masks,
    write_parcels,
    write_season,
)
from tests.backend.recorder import Recorder

OUTSIDE = shapely.box(X0 + 9000, Y0, X0 + 9100, Y0 + 100)


def inside(fields: Sequence[shapely.Geometry]) -> list[np.ndarray]:
    """For each field the pixels `(y, x)` whose centre is inside it, as rasterio has them."""
    grid = from_origin(X0, Y0, 10, 10)
    shape = (SIZE_PX, SIZE_PX)
    return [
        np.zeros(shape, bool) if field.is_empty else geometry_mask([field], shape, grid, invert=True)
        for field in fields
    ]


@pytest.fixture(scope="module")
def season(tmp_path_factory) -> SimpleNamespace:
    """Twelve fields over five dates with clouds, and a thirteenth field outside the images."""
    folder = tmp_path_factory.mktemp("extract")
    fields = outlines(12)
    images, masks = write_season(folder / "images"), write_masks(folder / "masks")
    parcels = write_parcels(folder / "parcels.gpkg", [*fields, OUTSIDE])
    store = folder / "s.parcels"
    reporter = Recorder()
    outcome = run("extract", images, parcels, "--masks", masks, "-o", store, reporter=reporter)
    return SimpleNamespace(
        fields=fields, images=images, parcels=parcels, masks=masks, store=store, outcome=outcome, reporter=reporter
    )


def test_pixels_are_those_that_rasterio_finds(season):
    found = open_store(season.store).index["n_pixels"].to_numpy()
    expected = [int(mask.sum()) for mask in inside(season.fields)]
    assert min(expected) > 0
    assert found.tolist() == [*expected, 0]
    assert season.outcome.values["pixels"] == sum(expected)


def test_clear_shares_are_of_the_parcels_pixels(season):
    masks = inside(season.fields)
    total = sum(int(mask.sum()) for mask in masks)
    clear = [sum(int((clouds(date)[0][mask] == 0).sum()) for mask in masks) for date in range(len(DATES))]
    rows = season.outcome.values["acquisitions"]
    assert [row["date"].replace("-", "") for row in rows] == list(DATES)
    assert [row["clear_share"] for row in rows] == pytest.approx([count / total for count in clear])
    assert f"{np.mean(clear) / total:.0%} of the parcels' pixels were clear" in season.outcome.text


def test_the_result_counts_parcels_by_quality(season):
    values = season.outcome.values
    assert values["parcels"] == 13 == sum(values["quality"].values())
    assert values["quality"]["outside"] == 1
    assert values["bands"] == list(BANDS)
    assert values["skipped"] == []
    assert "1 of 13 parcels" in dict(season.reporter.warnings)["parcels.outside"]


def test_values_without_masks_are_those_of_the_images(season, tmp_path):
    run("extract", season.images, season.parcels, "-o", tmp_path / "s.parcels")
    store = open_store(tmp_path / "s.parcels")
    mask, facts = inside(season.fields)[0], store.index.iloc[0]
    found = store.reflectance[facts.first_pixel : facts.first_pixel + facts.n_pixels]  # (pixels, dates, bands)
    expected = np.stack([counts(date)[:, mask] for date in range(len(DATES))])  # (dates, bands, pixels)
    np.testing.assert_array_equal(found, np.moveaxis(expected, 2, 0))


def test_an_inner_buffer_leaves_the_border_out_where_enough_pixels_remain(season, tmp_path):
    options = ("--inner-buffer-m", 10, "--few-pixels", 9)
    run("extract", season.images, season.parcels, *options, "-o", tmp_path / "s.parcels")
    kept, whole = (
        [int(mask.sum()) for mask in inside(fields)]
        for fields in ([field.buffer(-10) for field in season.fields], season.fields)
    )
    assert min(kept) < 9 and 9 in kept  # one has just enough
    expected = [few if few >= 9 else all_of_it for few, all_of_it in zip(kept, whole, strict=True)]
    assert open_store(tmp_path / "s.parcels").index["n_pixels"].tolist() == [*expected, 0]


def test_a_calendar_is_the_time_axis(season, tmp_path):
    run("extract", season.images, season.parcels, "--calendar", "10,50,100", "-o", tmp_path / "s.parcels")
    store = open_store(tmp_path / "s.parcels")
    assert store.days == (10, 50, 100)
    assert store.reflectance.shape[1] == 3
    mask, first = inside(season.fields)[0], store.index.iloc[0].first_pixel
    before, after = (counts(date)[0][mask][0].astype(float) for date in (0, 1))  # days 2 and 21
    assert store.reflectance[first, 0, 0] == pytest.approx(before + (after - before) * 8 / 19, abs=0.51)


def test_a_store_of_other_inputs_is_replaced_only_where_that_is_asked_for(season, tmp_path):
    output = tmp_path / "s.parcels"
    run("extract", season.images, season.parcels, "-o", output)
    with pytest.raises(StoreOfOtherInputs):
        run("extract", season.images, season.parcels, "--masks", season.masks, "-o", output)
    assert open_store(output).clear.all()
    run("extract", season.images, season.parcels, "--masks", season.masks, "-o", output, "--overwrite")
    assert not open_store(output).clear.all()


def test_reflectances_that_no_field_has_are_named(season, tmp_path):
    reporter = Recorder()
    run("extract", season.images, season.parcels, "--scale", 0.0005, "-o", tmp_path / "s.parcels", reporter=reporter)
    values = np.asarray(open_store(tmp_path / "s.parcels").reflectance)
    typical = np.median(values[values != UNOBSERVED]) / 10_000
    assert f"{typical:.4g}" in dict(reporter.warnings)["imagery.odd_scale"]
    assert "imagery.odd_scale" not in dict(season.reporter.warnings)
