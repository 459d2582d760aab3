"""Images and masks as other programs write them: odd types, grids, masks of their own, masks among the images."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from rasterio.windows import Window

from backend import errors
from backend.imagery.acquisition import Catalogue, ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find, require_readable
from backend.vocabulary import BANDS
from backend.workflows.arguments import typed
from tests.backend.ground import DATES, SIZE_PX, X0, Y0, counts, write_raster, write_season
from tests.backend.recorder import Recorder

WHOLE = Window(0, 0, SIZE_PX, SIZE_PX)


def found(folder, recorder: Recorder | None = None, **options) -> Catalogue:
    return find(folder, ImageryOptions(**options), recorder or Recorder())


def read(catalogue: Catalogue, date: int = 0):
    return read_acquisition(catalogue.acquisitions[date], BANDS, catalogue.grid, WHOLE)


def one(folder, values, **profile):
    write_raster(folder / f"S2_{DATES[0]}.tif", values, BANDS, **profile)
    return found(folder)


def test_bytes_are_counts_too(tmp_path):
    values = np.full((10, SIZE_PX, SIZE_PX), 200, np.uint8)
    assert (read(one(tmp_path, values, nodata=None))[0] == 200).all()


@pytest.mark.parametrize(("offset", "expected"), [(None, -32767), (-0.1, -32767), (0.1, -31768)])
def test_the_least_count_is_neither_unobserved_nor_wraps_around(tmp_path, offset, expected):
    write_raster(tmp_path / f"S2_{DATES[0]}.tif", np.full((10, SIZE_PX, SIZE_PX), -32768, np.int16), BANDS, nodata=None)
    assert (read(found(tmp_path, offset=offset))[0] == expected).all()


def test_an_image_that_is_south_up_reads_the_same(tmp_path):
    upright = read(one(tmp_path / "north", counts(0)))
    turned = Affine(10, 0, X0, 0, 10, Y0 - 10 * SIZE_PX)
    catalogue = one(tmp_path / "south", counts(0)[:, ::-1], transform=turned)
    assert catalogue.grid == found(tmp_path / "north").grid
    for a, b in zip(upright, read(catalogue)):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("shift_px", [0, 0.25])
def test_an_image_s_own_mask_is_heeded(tmp_path, shift_px):
    one(tmp_path, counts(0), nodata=None)
    for path in write_season(tmp_path, DATES[1:2], corner=(X0 + 10 * shift_px, Y0), nodata=None).glob("*.tif"):
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as dataset:
            mask = np.full((SIZE_PX, SIZE_PX), 255, np.uint8)
            mask[:, :20] = 0
            dataset.write_mask(mask)
    for date in (0, 1):
        clear = read(found(tmp_path), date)[1]
        assert not clear[:, :20].any()
        assert clear[:, 21 : SIZE_PX - 1].all()


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        ({"transform": Affine.translation(X0, Y0) @ Affine.rotation(90) @ Affine.scale(10, -10)}, "rows and columns"),
        ({"crs": "EPSG:4326", "transform": Affine(1e-4, 0, 3, 0, -1e-4, 45)}, "EPSG:4326 is not in metres"),
        ({"crs": "EPSG:2263"}, "not in metres"),
    ],
)
def test_a_grid_that_is_not_in_metres_or_not_upright_is_refused(tmp_path, profile, reason):
    with pytest.raises(errors.NoAcquisitions, match=reason):
        one(tmp_path / "alone", counts(0), **profile)
    recorder = Recorder()
    write_season(tmp_path / "mixed", DATES[1:])
    write_raster(tmp_path / "mixed" / f"S2_{DATES[0]}.tif", counts(0), BANDS, **profile)
    catalogue = found(tmp_path / "mixed", recorder)
    assert len(catalogue.acquisitions) == len(DATES) - 1
    assert [entry.code for entry in catalogue.skipped] == ["imagery.unusable_grid"]
    assert [code for code, _ in recorder.warnings] == ["imagery.unusable_grid", "imagery.no_mask"]


def test_an_image_that_is_not_used_is_named(tmp_path):
    recorder = Recorder()
    write_season(tmp_path, DATES[:2])
    write_raster(tmp_path / f"S2_{DATES[2]}.tif", counts(2))
    found(tmp_path, recorder)
    reported = [(code, DATES[2] in message) for code, message in recorder.warnings]
    assert reported == [("imagery.no_mask", False), ("imagery.skipped", True)]


@pytest.mark.parametrize(("name", "reported"), [("SCL_{}", True), ("cloud_mask_{}", True), ("S2_{}", False)])
def test_masks_among_the_images_are_reported_with_what_to_do(tmp_path, name, reported):
    recorder = Recorder()
    write_season(tmp_path, DATES[:2])
    write_raster(tmp_path / f"{name.format(DATES[2])}.tif", counts(2)[:1])
    found(tmp_path, recorder)
    found_out = [(code, "--masks" in message) for code, message in recorder.warnings]
    assert found_out == [("imagery.no_mask", False), ("imagery.skipped", reported)]


def test_a_link_that_leads_nowhere_is_no_silent_hole(tmp_path):
    write_season(tmp_path, DATES[:2])
    (tmp_path / f"S2_{DATES[2]}.tif").symlink_to(tmp_path / "gone.tif")
    with pytest.raises(errors.UnreadableImage, match=DATES[2]):
        require_readable(found(tmp_path), skip_unreadable=False)


def test_dates_that_exclude_all_images_are_distinguished_from_an_empty_folder(tmp_path):
    write_season(tmp_path, DATES[:2])
    with pytest.raises(errors.NoAcquisitions, match="2 images are excluded, or outside of the dates"):
        found(tmp_path, exclude=tuple(acquisition.day for acquisition in found(tmp_path).acquisitions))


@pytest.mark.parametrize(
    "options",
    [
        {"season": -5},
        {"resolution_m": float("nan")},
        {"resolution_m": float("inf")},
        {"scale": 0.0},
        {"scale": float("nan")},
        {"offset": float("inf")},
        {"band_names": ("B02", "B02")},
    ],
)
def test_options_that_mean_nothing(options):
    with pytest.raises(errors.BadArgument, match=next(iter(options))):
        ImageryOptions(**options)


def test_band_names_as_people_write_them():
    assert typed({"band_names": "B2, b8a,band 11,SCL"}) == {"band_names": ("B02", "B8A", "B11", "SCL")}


# Masks


def mask_season(folder, values, name="m"):
    for date, value in zip(DATES, values):
        write_raster(folder / f"{name}_{date}.tif", np.full((1, SIZE_PX, SIZE_PX), value, np.uint8), nodata=None)
    return folder


def clear_shares(images, masks) -> list[float]:
    catalogue = found(images, masks=masks)
    return [float(read(catalogue, date)[1].mean()) for date in range(len(catalogue.acquisitions))]


@pytest.mark.parametrize(
    ("values", "shares"),
    [
        ((0, 1, 4, 9, 5), [0, 0, 1, 0, 1]),  # a date of SCL 0 or 1 alone is still of an SCL
        ((0, 1, 0, 1, 0), [1, 0, 1, 0, 1]),
        ((0, 255, 0, 255, 0), [1, 0, 1, 0, 1]),
        ((0, 1, 255, 0, 0), [1, 0, 0, 1, 1]),
    ],
)
def test_what_mask_values_mean_is_seen_from_all_dates(tmp_path, values, shares):
    write_season(tmp_path / "images")
    assert clear_shares(tmp_path / "images", mask_season(tmp_path / "masks", values)) == shares


def test_a_cloud_probability_is_no_mask(tmp_path):
    write_season(tmp_path / "images")
    with pytest.raises(errors.BadMask, match="value 87"):
        found(tmp_path / "images", masks=mask_season(tmp_path / "masks", (0, 3, 87, 0, 0)))


def test_masks_among_the_images(tmp_path):
    write_season(tmp_path)
    with pytest.raises(errors.NoMasks):  # the images are not taken for masks
        found(tmp_path, masks=tmp_path)
    mask_season(tmp_path, (4, 9, 4, 9, 4), name="SCL")
    recorder = Recorder()
    catalogue = found(tmp_path, recorder, masks=tmp_path)
    assert clear_shares(tmp_path, tmp_path) == [1, 0, 1, 0, 1]
    assert not catalogue.skipped
    assert not recorder.warnings


def test_a_mask_on_a_turned_grid(tmp_path):
    write_season(tmp_path / "images", DATES[:1])
    turned = Affine.translation(X0, Y0) @ Affine.rotation(90) @ Affine.scale(10, -10)
    write_raster(tmp_path / "masks" / f"m_{DATES[0]}.tif", np.zeros((1, SIZE_PX, SIZE_PX), np.uint8), transform=turned)
    with pytest.raises(errors.UnusableGrid):
        found(tmp_path / "images", masks=tmp_path / "masks")
