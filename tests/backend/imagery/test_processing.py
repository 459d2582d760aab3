"""Level, scale and offset of each GeoTIFF from its own tags and name, never from those of the season."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from backend import errors
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find, require_readable
from backend.imagery.processing import level_of, processing_of
from backend.vocabulary import BANDS
from tests.backend.ground import SIZE_PX, counts, write_raster
from tests.backend.recorder import Recorder

WHOLE = Window(0, 0, SIZE_PX, SIZE_PX)


def image(folder: Path, name: str, values: np.ndarray | None = None, **profile) -> Path:
    return write_raster(folder / f"{name}.tif", counts(0) if values is None else values, BANDS, **profile)


def reflectances(folder: Path, **options) -> list[np.ndarray]:
    catalogue = find(folder, ImageryOptions(**options), Recorder())
    return [read_acquisition(day, BANDS, catalogue.grid, WHOLE)[0] for day in catalogue.acquisitions]


def test_each_image_of_a_season_has_the_offset_of_its_own_baseline(tmp_path):
    image(tmp_path, "S2A_MSIL2A_20211222T105451_N0301_R051_T31UFS_20211222T125101")
    image(tmp_path, "S2A_MSIL2A_20220201T105451_N0400_R051_T31UFS_20220201T125101")
    image(tmp_path, "S2C_MSIL2A_20250601T105451_N0511_R051_T31UFS_20250601T125101")
    image(tmp_path, "S2B_MSIL2A_20250611T105451_N9999_R051_T31UFS_20250611T125101")  # Sen2Cor on a user's machine
    before, after, later, own = reflectances(tmp_path)
    np.testing.assert_array_equal(before, counts(0))
    np.testing.assert_array_equal(after, counts(0).astype(int) - 1000)
    np.testing.assert_array_equal(later, counts(0).astype(int) - 1000)
    np.testing.assert_array_equal(own, counts(0))


@pytest.mark.parametrize(
    ("tags", "offset"),
    [
        ({"PROCESSING_BASELINE": "05.09"}, -1000),
        ({"PROCESSING_BASELINE": "05.09", "BOA_ADD_OFFSET": "0"}, 0),
        ({"BOA_ADD_OFFSET": "-1000", "BOA_QUANTIFICATION_VALUE": "10000"}, -1000),
        ({"BOA_ADD_OFFSET_VALUES_LIST": "{" + ",".join(["-1000"] * 13) + "}"}, -1000),
        ({"BOA_ADD_OFFSET_VALUES_LIST": "-1000"}, -1000),
        ({**{f"BOA_ADD_OFFSET_B{i}": "-1000" for i in range(1, 13)}, "BOA_ADD_OFFSET_B8A": "-1000"}, -1000),
        ({"PROCESSING_BASELINE": "03.01", "QUANTIFICATION_VALUE": "10000"}, 0),
        ({"PROCESSING_BASELINE": "sen2like 4.2"}, 0),
    ],
)
def test_tags_say_the_offset(tmp_path, tags, offset):
    image(tmp_path, "S2_20240501", tags=tags)
    np.testing.assert_array_equal(reflectances(tmp_path)[0], counts(0).astype(int) + offset)


def test_a_band_has_its_own_tags_and_quantification(tmp_path):
    path = image(tmp_path, "S2_20240501", tags={"BOA_QUANTIFICATION_VALUE": "20000"})
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(1, BOA_ADD_OFFSET="-500")
    (values,) = reflectances(tmp_path)
    np.testing.assert_array_equal(values[0], np.rint((counts(0)[0].astype(float) - 500) / 2))
    np.testing.assert_array_equal(values[1], np.rint(counts(0)[1] / 2))


def test_an_offset_of_the_raster_and_the_options_come_first(tmp_path):
    name = "S2A_MSIL2A_20220201T105451_N0400_R051_T31UFS_20220201T125101"
    path = image(tmp_path, name)
    np.testing.assert_array_equal(reflectances(tmp_path, offset=0.0)[0], counts(0))
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (1e-4,) * 10, (-0.05,) * 10
    np.testing.assert_array_equal(reflectances(tmp_path)[0], counts(0).astype(int) - 500)


def test_an_offset_in_counts_beside_a_scale_of_1(tmp_path):
    with rasterio.open(image(tmp_path, "S2_20220201"), "r+") as dataset:
        dataset.offsets = (-1000.0,) * 10
    np.testing.assert_array_equal(reflectances(tmp_path)[0], counts(0).astype(int) - 1000)


def test_a_tag_that_holds_no_number_is_named(tmp_path):
    image(tmp_path, "S2_20240501", tags={"BOA_ADD_OFFSET": "minus thousand"})
    image(tmp_path, "S2_20240511")
    with pytest.raises(errors.UnreadableImage, match="BOA_ADD_OFFSET.*minus thousand"):
        require_readable(find(tmp_path, ImageryOptions(), Recorder()), skip_unreadable=False)


@pytest.mark.parametrize("as_nan", [True, False])
def test_floating_point_numbers_may_be_counts(tmp_path, as_nan):
    numbers = counts(0).astype(np.float32)
    numbers[:, :, :20] = np.nan if as_nan else 0
    image(tmp_path, "S2A_MSIL2A_20220201T105451_N0400_R051_T31UFS_20220201T125101", numbers, nodata=None)
    image(tmp_path, "S2_20220211", numbers / 1e4, nodata=None)
    of_counts, of_reflectance = reflectances(tmp_path)
    np.testing.assert_array_equal(of_counts[:, :, 20:], counts(0)[:, :, 20:].astype(int) - 1000)
    np.testing.assert_array_equal(of_reflectance[:, :, 20:], counts(0)[:, :, 20:])


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("S2A_MSIL1C_20240501T105451_N0510_R051_T31UFS_20240501T125101", {}),
        ("T31UFS_20240501T105451_L1C", {}),
        ("S2_20240501", {"PROCESSING_LEVEL": "Level-1C"}),
        ("S2_20240501", {"PRODUCT_TYPE": "S2MSI1C"}),
        ("S2A_MSIL1C_20240501T105451_N0510_R051_T31UFS_20240501T125101/S2_20240501", {}),
    ],
)
def test_level_1c_is_left_out_and_named(tmp_path, name, tags):
    image(tmp_path, name, tags=tags)
    image(tmp_path, "S2A_MSIL2A_20240511T105451_N0510_R051_T31UFS_20240511T125101")
    recorder = Recorder()
    catalogue = find(tmp_path, ImageryOptions(), recorder)
    assert [f"{day.day}" for day in catalogue.acquisitions] == ["2024-05-11"]
    assert [skipped.code for skipped in catalogue.skipped] == ["imagery.unsupported_product"]
    assert "Level-1C" in catalogue.skipped[0].reason
    assert catalogue.acquisitions[0].scenes[0].platform == "Sentinel-2A"


@pytest.mark.parametrize(
    ("path", "level", "baseline"),
    [
        ("S2C_MSIL2A_20250601T105451_N0511_R051_T31UFS_20250601T125101.tif", "2A", "05.11"),
        ("L1C/2018-04-01-00:00_2018-04-01-23:59_Sentinel-2_L2A_B02_(Raw).tiff", "2A", ""),
        ("S2A_MSIL2A_20170401T105021_N02.04_R051_T31UFS.tif", "2A", "02.04"),
        ("HLS.S30.T31UFS.2018091T105031.v2.0.B02.tif", "", ""),
        ("S2_20180401.tif", "", ""),
    ],
)
def test_level_and_baseline_in_names(path, level, baseline):
    assert (level_of(Path(path), {}), processing_of(Path(path), {}).baseline) == (level, baseline)
