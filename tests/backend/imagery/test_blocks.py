"""Which pixels hold data, what lies between the grid's pixels, and which of a day's images its share is of."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from rasterio.windows import Window

from backend.errors import MaskMismatch
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find
from backend.imagery.shares import measure
from backend.vocabulary import BANDS
from tests.backend.ground import SIZE_PX, X0, Y0, counts, write_raster
from tests.backend.recorder import Recorder


def read_day(folder, day=0, resampling="nearest", **options):
    catalogue = find(folder, ImageryOptions(**options), Recorder())
    window = Window(0, 0, catalogue.grid.width, catalogue.grid.height)
    return read_acquisition(catalogue.acquisitions[day], BANDS, catalogue.grid, window, resampling)


@pytest.mark.parametrize("nodata", [0, None])
def test_a_pixel_lacks_data_where_one_band_is_nodata_or_where_all_are_zero(tmp_path, nodata):
    values = counts(0)
    values[3, 5, 7] = 0
    values[:, 8, 9] = 0
    write_raster(tmp_path / "S2_20170103.tif", values, BANDS, nodata=nodata)
    expected = np.ones((SIZE_PX, SIZE_PX), bool)
    expected[8, 9] = False
    expected[5, 7] = nodata is None  # without a declared nodata a zero is a dark pixel
    np.testing.assert_array_equal(read_day(tmp_path)[1], expected)


def test_an_image_shifted_by_part_of_a_pixel_is_resampled(tmp_path):
    """Moved 4 m to the east, the grid's centres have 0.4 of the pixel on their left and 0.6 of the one they are in."""
    write_raster(tmp_path / "S2_20170103.tif", counts(0), BANDS)
    values = counts(1)
    write_raster(tmp_path / "S2_20170122.tif", values, BANDS, corner=(X0 + 4, Y0))
    found, _ = read_day(tmp_path, day=1, resampling="bilinear")
    expected = 0.4 * values[:, :, :-1] + 0.6 * values[:, :, 1:]
    inner = np.s_[:, 2:-2, 2:-2]
    np.testing.assert_allclose(found[:, :, 1:SIZE_PX][inner], expected[inner], atol=1)


def test_a_mask_of_0_and_255_hides_where_it_is_255(tmp_path):
    hidden = np.random.default_rng(2).random((SIZE_PX, SIZE_PX)) < 0.3
    write_raster(tmp_path / "i" / "S2_20170103.tif", counts(0), BANDS)
    write_raster(tmp_path / "m" / "cloud_20170103.tif", np.where(hidden, 255, 0).astype(np.uint8)[None], nodata=None)
    np.testing.assert_array_equal(read_day(tmp_path / "i", masks=tmp_path / "m")[1], ~hidden)


@pytest.mark.parametrize(("shift_m", "fits"), [(9, True), (10, False), (-10, False)])
def test_a_mask_a_whole_pixel_off_its_image_is_refused(tmp_path, shift_m, fits):
    write_raster(tmp_path / "i" / "S2_20170103.tif", counts(0), BANDS)
    mask = np.full((1, SIZE_PX, SIZE_PX), 4, np.uint8)
    write_raster(tmp_path / "m" / "SCL_20170103.tif", mask, corner=(X0 + shift_m, Y0), nodata=None)
    if fits:
        assert read_day(tmp_path / "i", masks=tmp_path / "m")[1].mean() > 0.9
    else:
        with pytest.raises(MaskMismatch):
            read_day(tmp_path / "i", masks=tmp_path / "m")


def test_the_share_of_a_day_is_that_of_its_clearest_image(tmp_path):
    for tile, clear_rows in enumerate((15, 45, 30)):
        mask = np.full((1, SIZE_PX, SIZE_PX), 9, np.uint8)
        mask[:, :clear_rows] = 4
        name, corner = f"T31TG{'KLM'[tile]}_20170103", (X0 + 600 * tile, Y0)
        write_raster(tmp_path / "i" / f"S2_{name}.tif", counts(tile), BANDS, corner=corner)
        write_raster(tmp_path / "m" / f"SCL_{name}.tif", mask, corner=corner, nodata=None)
    catalogue = find(tmp_path / "i", ImageryOptions(masks=tmp_path / "m"), Recorder())
    (share,) = measure(catalogue, Recorder())
    assert (share.valid, share.clear) == (1.0, 45 / 60)
