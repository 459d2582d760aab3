"""The three layouts of dated GeoTIFFs, their dates, bands and masks."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from rasterio.windows import Window

from backend.errors import (
    BadArgument,
    DatesDoNotMatchStack,
    GridMismatch,
    MaskMismatch,
    NoAcquisitions,
    NoMasks,
    UnreadableDate,
)
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find
from backend.imagery.names import band_in, moment_in, scene_key
from backend.protocol import Silent
from backend.vocabulary import BANDS
from tests.backend.ground import CRS, DATES, SIZE_PX, X0, Y0, counts, write_masks, write_raster, write_season
from tests.backend.recorder import Recorder

WHOLE = Window(0, 0, SIZE_PX, SIZE_PX)


def season(source, **options):
    return find(source, ImageryOptions(**options), Silent())


def check_values(catalogue):
    """Every date's reflectance x 10,000 is the count that was written."""
    for number, acquisition in enumerate(catalogue.acquisitions):
        values, clear = read_acquisition(acquisition, BANDS, catalogue.grid, WHOLE)
        np.testing.assert_array_equal(values, counts(number))
        assert clear.all()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("S2A_MSIL2A_20180703T105621_N0208", datetime(2018, 7, 3, 10, 56, 21)),
        ("image_2018-07-03", datetime(2018, 7, 3)),
        ("image_20181332_20180703", datetime(2018, 7, 3)),
        ("image_120180703", None),
        ("S2_2018_07_03", datetime(2018, 7, 3)),
        ("no date 2018", None),
    ],
)
def test_dates_in_names(text, moment):
    assert moment_in(text) == moment


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("B2", "B02"),
        ("b8a", "B8A"),
        ("Band 11", "B11"),
        ("T31TFM_20170103_B04_10m", "B04"),
        ("S2B_2017", None),
        ("NDVI", None),
    ],
)
def test_bands_in_names(text, band):
    assert band_in(text) == band


def test_scene_key_is_shared_by_the_files_of_one_scene():
    keys = {scene_key(Path(f"T31_20170103_{band}_{m}m.tif")) for band, m in [("B02", 10), ("B8A", 20), ("B11", 60)]}
    assert len(keys) == 1


def test_one_file_per_date(tmp_path):
    catalogue = season(write_season(tmp_path))
    assert [a.day.strftime("%Y%m%d") for a in catalogue.acquisitions] == list(DATES)
    assert catalogue.days == (2, 21, 68, 104, 151)
    assert catalogue.bands == BANDS
    check_values(catalogue)


def test_date_in_a_tag_and_bands_by_option(tmp_path):
    write_raster(tmp_path / "first.tif", counts(0), tags={"ACQUISITION": "2017-01-03T10:40:00"})
    catalogue = season(tmp_path, band_names=BANDS)
    assert catalogue.acquisitions[0].scenes[0].moment == datetime(2017, 1, 3, 10, 40)
    check_values(catalogue)


def test_one_file_per_date_and_band_in_two_resolutions(tmp_path):
    for number, stamp in enumerate(DATES[:2]):
        for band, plane in zip(BANDS, counts(number)):
            coarse = band in ("B05", "B8A", "B11")
            values, resolution = (plane[::2, ::2], 20) if coarse else (plane, 10)
            write_raster(tmp_path / f"T31_{stamp}_{band}_{resolution}m.tif", values[None], resolution_m=resolution)
    catalogue = season(tmp_path)
    assert len(catalogue.acquisitions) == 2
    assert catalogue.grid.resolution_m == 10
    values, clear = read_acquisition(catalogue.acquisitions[1], BANDS, catalogue.grid, WHOLE)
    truth = counts(1)
    for position, band in enumerate(BANDS):
        expected = (
            np.kron(truth[position][::2, ::2], np.ones((2, 2))) if band in ("B05", "B8A", "B11") else truth[position]
        )
        np.testing.assert_array_equal(values[position], expected)
    assert clear.all()


def test_a_window_of_a_coarse_band_is_the_same_as_the_whole(tmp_path):
    write_raster(tmp_path / "x_20170103.tif", counts(0)[:, ::2, ::2], BANDS, resolution_m=20)
    catalogue = season(tmp_path)
    whole, _ = read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, WHOLE)
    part, _ = read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, Window(7, 13, 31, 22))
    np.testing.assert_array_equal(part, whole[:, 13:35, 7:38])


def test_single_stack_with_a_list_of_dates(tmp_path):
    stack = np.concatenate([counts(number) for number in range(len(DATES))])
    path = write_raster(tmp_path / "stack.tif", stack)
    dates = tmp_path / "dates.csv"
    dates.write_text("date\n" + "\n".join(DATES) + "\n")
    check_values(season(path, dates_file=dates, band_names=BANDS))


def test_single_stack_that_names_its_layers(tmp_path):
    names = [f"{stamp}_{band}" for stamp in DATES for band in BANDS]
    stack = np.concatenate([counts(number) for number in range(len(DATES))])
    check_values(season(write_raster(tmp_path / "stack.tif", stack, names)))


def test_stack_errors(tmp_path):
    path = write_raster(tmp_path / "stack.tif", np.concatenate([counts(0), counts(1)]))
    dates = tmp_path / "dates.txt"
    dates.write_text("2017-01-03\n2017-01-04\n2017-01-05\n")
    with pytest.raises(DatesDoNotMatchStack, match="20 layers, but 3 dates of 10 bands need 30"):
        season(path, dates_file=dates, band_names=BANDS)
    dates.write_text("2017-01-03\n2017-13-04\n")
    with pytest.raises(UnreadableDate, match="line 2"):
        season(path, dates_file=dates, band_names=BANDS)
    dates.write_text("2017-01-03\n2017-01-04\n")
    with pytest.raises(BadArgument, match="band_names"):
        season(path, dates_file=dates)


def test_nothing_found_says_what_was_looked_for(tmp_path):
    write_raster(tmp_path / "undated.tif", counts(0), BANDS)
    with pytest.raises(NoAcquisitions, match="found 1 raster files") as caught:
        season(tmp_path)
    assert "undated" in caught.value.message
    with pytest.raises(NoAcquisitions):
        season(tmp_path, start=date(2020, 1, 1))


def test_undated_and_unnamed_files_are_skipped_with_a_reason(tmp_path):
    write_season(tmp_path, DATES[:1])
    write_raster(tmp_path / "x_20171399.tif", counts(0), BANDS)
    write_raster(tmp_path / "y_20170501.tif", counts(0))
    skipped = {entry.path.name: entry.code for entry in season(tmp_path).skipped}
    assert skipped == {"x_20171399.tif": "imagery.bad_date", "y_20170501.tif": "imagery.missing_bands"}


def test_dates_can_be_left_out(tmp_path):
    write_season(tmp_path)
    kept = season(tmp_path, exclude=(date(2017, 1, 22),), start=date(2017, 1, 10), end=date(2017, 4, 30)).acquisitions
    assert [a.day for a in kept] == [date(2017, 3, 10), date(2017, 4, 15)]


def test_two_scenes_of_one_day_fill_each_other(tmp_path):
    first, second = counts(0), counts(1)
    first[:, :30] = 0  # no data
    write_raster(tmp_path / "a_20170103T100000.tif", first, BANDS)
    write_raster(tmp_path / "b_20170103T110000.tif", second, BANDS)
    catalogue = season(tmp_path)
    assert len(catalogue.acquisitions) == 1
    values, clear = read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, WHOLE)
    np.testing.assert_array_equal(values, np.where(np.arange(SIZE_PX)[:, None] < 30, second, counts(0)))
    assert clear.all()


def test_images_beside_each_other_share_one_grid(tmp_path):
    write_raster(tmp_path / "a_20170103.tif", counts(0), BANDS)
    write_raster(tmp_path / "b_20170104.tif", counts(1), BANDS, corner=(X0 + 300, Y0 + 100))
    catalogue = season(tmp_path)
    assert (catalogue.grid.width, catalogue.grid.height) == (90, 70)
    values, clear = read_acquisition(catalogue.acquisitions[1], BANDS, catalogue.grid, Window(0, 0, 90, 70))
    np.testing.assert_array_equal(values[:, :60, 30:], counts(1))
    assert clear[:60, 30:].all()
    assert not clear[60:].any()
    assert not clear[:, :30].any()


def test_images_from_another_end_of_the_world_are_refused(tmp_path):
    write_season(tmp_path, DATES[:1])
    write_raster(tmp_path / "x_20170501.tif", counts(0), BANDS, crs="EPSG:32650")
    with pytest.raises(GridMismatch, match="x_20170501.*EPSG:32650"):
        season(tmp_path)


@pytest.mark.parametrize(
    ("values", "nodata", "options", "expected"),
    [
        (np.array([1000, 0], np.uint16), 0, {}, [1000, None]),
        (np.array([1000, 0], np.uint16), 0, {"offset": -0.1}, [0, None]),
        (np.array([500, 65535], np.uint16), 65535, {"offset": -0.1}, [-500, None]),
        (np.array([0.25, np.nan], np.float32), None, {}, [2500, None]),
        (np.array([100, 255], np.uint8), 255, {"scale": 0.004}, [4000, None]),
        (np.array([30000, 1], np.uint16), 0, {}, [30000, 1]),
        (np.array([60000, 1], np.uint16), 0, {}, [None, 1]),  # no ground has a reflectance of 6
        (np.array([-9999, 1], np.int16), None, {}, [None, 1]),
        (np.array([65535, 1], np.uint16), None, {}, [None, 1]),
        (np.array([2147483647, 0.1], np.float32), None, {}, [None, 1000]),
        (np.array([0, 0.1], np.float32), None, {}, [None, 1000]),
    ],
)
def test_counts_become_reflectance(tmp_path, values, nodata, options, expected):
    planes = np.broadcast_to(values, (len(BANDS), 1, 2)).copy()
    write_raster(tmp_path / "x_20170103.tif", planes, BANDS, nodata=nodata)
    catalogue = season(tmp_path, **options)
    found, clear = read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, Window(0, 0, 2, 1))
    assert clear[0].tolist() == [value is not None for value in expected]
    assert [int(v) for v, c in zip(found[0, 0], clear[0]) if c] == [value for value in expected if value is not None]


def test_scl_and_binary_masks(tmp_path):
    write_season(tmp_path / "images", DATES[:2])
    scl = np.arange(12, dtype=np.uint8).repeat(5).reshape(1, 1, 60).repeat(60, axis=1)
    write_raster(tmp_path / "masks" / "a_20170103.tif", scl, nodata=None)
    write_raster(tmp_path / "masks" / "b_20170122.tif", (scl > 5).astype(np.uint8), nodata=None)
    catalogue = season(tmp_path / "images", masks=tmp_path / "masks")
    by_class = [read_acquisition(a, BANDS, catalogue.grid, WHOLE)[1][0, ::5] for a in catalogue.acquisitions]
    assert np.flatnonzero(by_class[0]).tolist() == [4, 5, 6, 7]  # vegetation, bare soil, water, unclassified
    assert np.flatnonzero(by_class[1]).tolist() == [0, 1, 2, 3, 4, 5]


def test_mask_troubles(tmp_path):
    write_season(tmp_path / "images", DATES[:2])
    write_masks(tmp_path / "one", DATES[:1])
    recorder = Recorder()
    find(tmp_path / "images", ImageryOptions(masks=tmp_path / "one"), recorder)
    assert [code for code, _ in recorder.warnings] == ["imagery.mask_missing"]
    assert "2017-01-22" in recorder.warnings[0][1]
    (tmp_path / "none").mkdir()
    with pytest.raises(NoMasks):
        season(tmp_path / "images", masks=tmp_path / "none")
    write_raster(tmp_path / "small" / "m_20170103.tif", np.ones((1, 20, 20), np.uint8), nodata=None)
    with pytest.raises(MaskMismatch, match="S2_20170103"):
        season(tmp_path / "images", masks=tmp_path / "small")


def test_a_file_that_is_no_raster_is_reported(tmp_path):
    write_season(tmp_path, DATES[:2])
    (tmp_path / "S2_20170701.tif").write_bytes(b"II*\x00 this is not a GeoTIFF")
    catalogue = season(tmp_path)
    assert [(entry.path.name, entry.code) for entry in catalogue.skipped] == [("S2_20170701.tif", "imagery.unreadable")]
    assert catalogue.grid.crs == CRS
