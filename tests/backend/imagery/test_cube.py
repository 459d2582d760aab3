"""netCDF and Zarr cubes as xarray and openEO write them: the same ground as in GeoTIFFs, and what is refused."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
import warnings
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio.crs
from rasterio.windows import Window

from backend import errors
from backend.imagery.acquisition import Catalogue, ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find, require_readable
from backend.imagery.names import band_called
from backend.vocabulary import BANDS
from tests.backend.ground import CRS, DATES, SIZE_PX, X0, Y0, counts, write_season
from tests.backend.recorder import Recorder

xarray = pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")
pytest.importorskip("zarr")

WHOLE = Window(0, 0, SIZE_PX, SIZE_PX)
TIMES = np.array([f"{d[:4]}-{d[4:6]}-{d[6:]}T10:50:31" for d in DATES], "datetime64[ns]")
X, Y = X0 + 10 * np.arange(SIZE_PX) + 5, Y0 - 10 * np.arange(SIZE_PX) - 5
NODATA = -32768
GROUND = np.stack([counts(date) for date in range(len(DATES))]).astype(np.int16)  # (dates, bands, rows, columns)


def cube(values: np.ndarray = GROUND, crs: str | None = CRS):
    """One variable with the axes time, band, y, x."""
    data = xarray.Dataset(
        {"reflectance": (("time", "band", "y", "x"), values, {"grid_mapping": "spatial_ref"})},
        {"time": TIMES[: len(values)], "band": list(BANDS), "y": Y, "x": X},
    )
    wkt = rasterio.crs.CRS.from_user_input(crs).to_wkt() if crs else ""
    return data.assign_coords(spatial_ref=((), 0, {"crs_wkt": wkt, "spatial_ref": wkt})) if crs else data


def bands_apart(data, **others: np.ndarray):
    """One variable per band with the axes t, y, x, as openEO writes them."""
    apart = data["reflectance"].to_dataset("band").rename(time="t")
    for name in apart.data_vars:
        apart[name].attrs["grid_mapping"] = "spatial_ref"
    for name, values in others.items():
        apart[name] = (("t", "y", "x"), values, {"grid_mapping": "spatial_ref"})
    return apart


def write(data, path: Path, **encoding: object) -> Path:
    """`encoding` is of every variable that has a y axis."""
    path.parent.mkdir(parents=True, exist_ok=True)
    each = {name: encoding for name in data.data_vars if "y" in data[name].dims}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries that write, which are not under test
        if path.suffix == ".nc":
            data.to_netcdf(path, engine="h5netcdf", encoding=each)
        else:
            data.to_zarr(path, zarr_format=2, encoding=each)
    return path


def found(source: Path, recorder: Recorder | None = None, **options) -> Catalogue:
    return find(source, ImageryOptions(**options), recorder or Recorder())


def check(catalogue: Catalogue, expected: np.ndarray = GROUND) -> None:
    """Every date and band reads as `expected` (dates, bands, rows, columns), reflectance x 10,000."""
    assert len(catalogue.acquisitions) == len(expected)
    for acquisition, values in zip(catalogue.acquisitions, expected):
        read, clear = read_acquisition(acquisition, BANDS, catalogue.grid, WHOLE)
        for position, band in enumerate(BANDS):
            np.testing.assert_array_equal(read[position], values[position], err_msg=band)
        assert clear.all()


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
@pytest.mark.parametrize("layout", [cube, lambda: bands_apart(cube())], ids=["band axis", "variable per band"])
def test_a_cube_reads_as_the_geotiffs_of_the_same_ground(tmp_path, suffix, layout):
    write_season(tmp_path / "tiffs")
    write(layout(), tmp_path / f"cube{suffix}", _FillValue=NODATA)
    catalogue, tiffs = found(tmp_path / f"cube{suffix}"), found(tmp_path / "tiffs")
    assert catalogue.grid == tiffs.grid
    assert catalogue.days == tiffs.days
    assert set(catalogue.bands) == set(BANDS)
    assert [a.scenes[0].moment for a in catalogue.acquisitions] == [
        datetime.fromisoformat(str(time)[:19]) for time in TIMES
    ]
    check(catalogue)


def test_the_axes_may_stand_in_another_order(tmp_path):
    check(found(write(cube().transpose("band", "time", "y", "x"), tmp_path / "cube.zarr", _FillValue=NODATA)))


@pytest.mark.parametrize("rising", [False, True])
@pytest.mark.parametrize("axes", [("time", "band", "x", "y"), ("time", "band", "y", "x")])
def test_the_last_axes_may_be_x_and_y(tmp_path, axes, rising):
    data = cube().isel(y=slice(None, None, -1)) if rising else cube()
    source = write(data.transpose(*axes), tmp_path / "cube.nc", _FillValue=NODATA)
    catalogue = found(source)
    assert catalogue.grid == found(write_season(tmp_path / "tiffs")).grid
    check(catalogue)
    part, _ = read_acquisition(catalogue.acquisitions[3], BANDS, catalogue.grid, Window(9, 21, 30, 17))
    np.testing.assert_array_equal(part, GROUND[3][:, 21:38, 9:39])


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_scale_offset_and_fill_value_are_the_variable_s_own(tmp_path, suffix):
    packed = {"dtype": "int16", "scale_factor": 2e-4, "add_offset": -0.1, "_FillValue": NODATA}
    path = write(cube(GROUND / 5000 - 0.1), tmp_path / f"cube{suffix}", **packed)
    check(found(path), GROUND * 2 - 1000)
    check(found(path, scale=1e-4, offset=0.0))


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_reflectances_as_floats_with_holes(tmp_path, suffix):
    values = GROUND / 1e4
    values[1, 3, :7] = np.nan
    catalogue = found(write(cube(values), tmp_path / f"cube{suffix}"))
    read, clear = read_acquisition(catalogue.acquisitions[1], BANDS, catalogue.grid, WHOLE)
    np.testing.assert_array_equal(clear, np.arange(SIZE_PX)[:, None].repeat(SIZE_PX, 1) >= 7)
    np.testing.assert_array_equal(read[:, 7:], GROUND[1][:, 7:])


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_the_scene_classification_in_a_cube_is_its_mask(tmp_path, suffix):
    classes = np.random.default_rng(5).integers(0, 12, (len(DATES), SIZE_PX, SIZE_PX)).astype(np.int16)
    catalogue = found(write(bands_apart(cube(), SCL=classes), tmp_path / f"cube{suffix}"))
    assert set(catalogue.bands) == set(BANDS)
    for acquisition, scl in zip(catalogue.acquisitions, classes):
        clear = read_acquisition(acquisition, BANDS, catalogue.grid, WHOLE)[1]
        np.testing.assert_array_equal(clear, (scl >= 4) & (scl <= 7))


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_south_up_chunked_and_in_a_window(tmp_path, suffix):
    chunks = {"chunksizes" if suffix == ".nc" else "chunks": (2, 3, 16, 32)}
    catalogue = found(write(cube().isel(y=slice(None, None, -1)), tmp_path / f"cube{suffix}", **chunks))
    check(catalogue)
    part, _ = read_acquisition(catalogue.acquisitions[3], BANDS, catalogue.grid, Window(9, 21, 30, 17))
    np.testing.assert_array_equal(part, GROUND[3][:, 21:38, 9:39])


@pytest.mark.parametrize(
    "units", ["days since 1990-01-01", "hours since 2000-1-1 00:00:00", "nanoseconds since 1970-01-01"]
)
def test_cf_times(tmp_path, units):
    data = cube()
    data["time"].encoding = {"units": units, "dtype": "int64" if units.startswith("nano") else "float64"}
    moments = [a.scenes[0].moment for a in found(write(data, tmp_path / "cube.nc")).acquisitions]
    assert moments == [datetime.fromisoformat(str(time)[:19]) for time in TIMES]


def test_one_cube_per_date_and_a_cube_of_one_date(tmp_path):
    for date, stamp in enumerate(DATES[:-1]):
        write(bands_apart(cube()).isel(t=date, drop=True), tmp_path / f"S2A_{stamp}.nc")
    write(cube().isel(time=[len(DATES) - 1]), tmp_path / "last.zarr")
    catalogue = found(tmp_path)
    assert [a.scenes[0].platform for a in catalogue.acquisitions] == ["Sentinel-2A"] * 4 + [""]
    check(catalogue)


def test_a_zipped_store_reads_the_same(tmp_path):
    write(cube(), tmp_path / "plain" / "cube.zarr", _FillValue=NODATA)
    shutil.make_archive(str(tmp_path / "within.zarr"), "zip", tmp_path / "plain")
    shutil.make_archive(str(tmp_path / "bare.zarr"), "zip", tmp_path / "plain" / "cube.zarr")
    for name in ("within.zarr.zip", "bare.zarr.zip"):
        check(found(tmp_path / name))


def test_bands_without_names_take_the_option_s(tmp_path):
    path = write(cube().assign_coords(band=np.arange(10)), tmp_path / "cube.nc")
    check(found(path, band_names=BANDS))
    with pytest.raises(errors.NoAcquisitions, match=r"found reflectance \(time, band, y, x\)"):
        found(path)


@pytest.mark.parametrize(
    ("name", "band"),
    [("B2", "B02"), ("b8a_20m", "B8A"), ("rededge2", "B06"), ("nir08", "B8A"), ("B02_std", None), ("NDVI", None)],
)
def test_what_variables_are_called(name, band):
    assert band_called(name) == band


def damaged(path: Path) -> str:
    """The reason given for a damaged cube beside good images, which is no silent hole."""
    write_season(path.parent, DATES[:2])
    catalogue = found(path.parent)
    (entry,) = catalogue.skipped
    assert entry.path == path
    with pytest.raises(errors.UnreadableImage, match=path.name):
        require_readable(catalogue, skip_unreadable=False)
    return f"{entry.code} {entry.reason}"


def test_a_cube_without_dates(tmp_path):
    assert "time axis" in damaged(write(cube().drop_vars("time"), tmp_path / "cube.nc"))


def test_a_calendar_that_no_satellite_keeps(tmp_path):
    data = cube()
    data["time"] = ("time", np.arange(5.0), {"units": "days since 2017-01-01", "calendar": "360_day"})
    for suffix in (".nc", ".zarr"):
        assert "360_day" in damaged(write(data, tmp_path / suffix[1:] / f"cube{suffix}"))


def test_a_cube_without_a_coordinate_system(tmp_path):
    assert "no coordinate system" in damaged(write(cube(crs=None), tmp_path / "cube.zarr"))


def test_a_truncated_file(tmp_path):
    path = write(cube(), tmp_path / "cube.nc")
    path.write_bytes(path.read_bytes()[:5000])
    assert damaged(path).startswith("imagery.unreadable")


def test_a_chunk_that_is_damaged_is_no_silent_hole(tmp_path):
    path = write(cube(), tmp_path / "cube.zarr")
    chunk = max((p for p in (path / "reflectance").iterdir()), key=lambda p: p.stat().st_size)
    chunk.write_bytes(chunk.read_bytes()[:100])
    catalogue = found(path)
    with pytest.raises(errors.UnreadableImage, match=r"cube\.zarr"):
        read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, WHOLE)


@pytest.mark.parametrize("fill", [{}, {"_FillValue": 0}, {"_FillValue": NODATA}], ids=["no fill value", "0", "other"])
@pytest.mark.parametrize(
    ("layout", "chunks", "chunk"),
    [(cube, (1, 2, 30, 30), "reflectance/1.2.0.1"), (lambda: bands_apart(cube()), (1, 30, 30), "B06/1.0.1")],
    ids=["band axis", "variable per band"],
)
def test_a_chunk_that_is_missing_is_not_seen(tmp_path, layout, chunks, chunk, fill):
    """Of a quarter of the second date two bands, or one, are gone: as the format has it, they hold the fill value."""
    path = write(layout(), tmp_path / "cube.zarr", chunks=chunks, **fill)
    (path / chunk).unlink()
    catalogue = found(path)
    for date, acquisition in enumerate(catalogue.acquisitions):
        read, clear = read_acquisition(acquisition, BANDS, catalogue.grid, WHOLE)
        seen = np.ones((SIZE_PX, SIZE_PX), bool)
        seen[:30, 30:] = date != 1
        np.testing.assert_array_equal(clear, seen)
        np.testing.assert_array_equal(read[:, seen], GROUND[date][:, seen])


def test_zarr_3_is_read_or_refused_with_what_to_do(tmp_path):
    """GDAL reads the final Zarr 3 from 3.12 on; an older one must not lose the cube in silence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bands_apart(cube()).to_zarr(tmp_path / "cube.zarr", zarr_format=3)
    recorder = Recorder()
    try:
        check(found(tmp_path / "cube.zarr", recorder))
    except errors.NoAcquisitions:
        assert [code for code, _ in recorder.warnings] == ["imagery.unsupported_zarr"]
