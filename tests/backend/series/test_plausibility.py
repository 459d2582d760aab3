"""Dates whose numbers cannot be reflectance are refused by name; what seasons really do is not."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from backend import errors
from backend.imagery.acquisition import Acquisition, ImageryOptions, Layer, Scene
from backend.imagery.catalogue import find
from backend.imagery.grid import Grid
from backend.imagery.names import parse_day
from backend.series.plausibility import Watch
from backend.vocabulary import BANDS
from backend.workflows.extract import ExtractSpec, make_store
from tests.backend.ground import CRS, DATES, FLANDERS, SIZE_PX, X0, Y0, outlines, write_parcels, write_raster
from tests.backend.recorder import Recorder

FIELD = np.array([300, 600, 400, 1000, 2500, 3000, 3200, 3400, 2000, 900])  # counts of a green field, by band
CLOUD = np.array([8000, 7800, 7600, 7700, 7800, 7900, 8000, 7900, 5000, 4000])
SNOW = np.array([8500, 8400, 8300, 8200, 8000, 7800, 7600, 7400, 900, 700])
WATER = np.array([500, 450, 250, 200, 120, 110, 100, 90, 40, 30])
SHADOW = FIELD // 4
ABOUT_NUMBERS = ("imagery.implausible", "imagery.implausible_season", "imagery.undeclared_fill", "imagery.odd_scale")
SOIL = np.array([900, 1100, 1400, 1700, 1900, 2100, 2300, 2500, 3300, 2900])


def write(folder: Path, seasons: list[np.ndarray], dtype: str = "uint16", nodata: float | None = 0) -> None:
    """One image per date, each of a field's counts with some noise, or of a whole plane `(10, rows, columns)`."""
    random = np.random.default_rng(0)
    for day, numbers in zip(DATES, seasons):
        planes = (
            np.broadcast_to(numbers.reshape(10, -1)[:, :, None], (10, SIZE_PX, SIZE_PX))
            if numbers.ndim == 1
            else numbers
        )
        noise = random.uniform(0.9, 1.1, (SIZE_PX, SIZE_PX)) if numbers.ndim == 1 else 1.0
        write_raster(folder / f"S2_{day}.tif", (planes * noise).astype(dtype), BANDS, nodata=nodata)


def said(recorder: Recorder) -> list[tuple[str, str]]:
    """The warnings about numbers of images."""
    return [(code, message) for code, message in recorder.warnings if code in ABOUT_NUMBERS]


def extracted(folder: Path, recorder: Recorder | None = None, **options):
    parcels = write_parcels(folder / "fields.gpkg", outlines())
    spec = ExtractSpec.of(imagery=folder / "images", parcels=parcels, output=folder / "s.parcels", **options)
    return make_store(spec, recorder or Recorder())


@pytest.mark.parametrize(
    ("third", "found"),
    [
        (FIELD - 1000, r"the median reflectance of B02 is -0\.0"),
        (FIELD + 1000, r"differ by \+0\.1 from the middle of the season, as where an offset is left out"),
        (FIELD * 6.5535, r"all bands are 6\.\d times as bright"),
        (FIELD / 10, r"all bands are 0\.1 times as bright"),
        (np.where(np.arange(10) == 3, 0, FIELD), r"B05 is 0 throughout"),
    ],
)
def test_a_date_that_cannot_be_is_refused_with_what_was_found(tmp_path, third, found):
    write(tmp_path / "images", [FIELD, FIELD * 1.1, third, FIELD * 0.9, FIELD], "float32", None)
    with pytest.raises(errors.ImplausibleValues, match=f"S2_{DATES[2]}.tif.*on 2017-03-10 .*{found}") as raised:
        extracted(tmp_path, scale=None)
    assert "scale 0.0001 and the offset 0" in raised.value.message
    recorder = Recorder()
    store = extracted(tmp_path, recorder, skip_unreadable=True, overwrite=True)
    assert date(2017, 3, 10) not in [a.date for a in store.manifest.sentinel_2.acquisitions]
    assert [code for code, _ in said(recorder)] == ["imagery.implausible"]
    extracted(tmp_path, exclude=("2017-03-10",), overwrite=True)


@pytest.mark.parametrize("third", [CLOUD, SNOW, WATER, SHADOW, SOIL, CLOUD * 1.5])
def test_clouds_snow_water_and_soil_are_no_fault(tmp_path, third):
    recorder = Recorder()
    write(tmp_path / "images", [FIELD, FIELD * 1.1, third, SOIL, SNOW])
    assert len(extracted(tmp_path, recorder).days) == 5
    assert said(recorder) == []


@pytest.mark.parametrize("factor", [255 / 4000, 6.5535])
def test_a_season_in_another_scale_is_refused_unless_one_is_given(tmp_path, factor):
    write(tmp_path / "images", [FIELD * factor] * 5, "uint8" if factor < 1 else "uint16")
    with pytest.raises(errors.ImplausibleSeason, match="B8A.*--scale|B8A") as raised:
        extracted(tmp_path)
    assert "--scale" in raised.value.advice
    store = extracted(tmp_path, scale=1e-4 / factor, overwrite=True)
    np.testing.assert_allclose(np.median(store.reflectance, axis=(0, 1)), FIELD, rtol=0.15)


def test_a_scale_that_is_given_is_believed_with_a_warning(tmp_path):
    recorder = Recorder()
    write(tmp_path / "images", [FIELD] * 5)
    extracted(tmp_path, recorder, offset=-0.1)
    assert said(recorder)[0][0] == "imagery.implausible"


@pytest.mark.parametrize(
    ("fill", "dtype", "text"),
    [(-9999, "int16", "-0.9999"), (65535, "uint16", "3.2767 or more"), (2147483647, "float32", "3.2767 or more"),
     (-3.4e38, "float32", "-3.2767")],
)  # fmt: skip
def test_a_fill_value_that_is_not_declared_is_not_observed_and_named(tmp_path, fill, dtype, text):
    plane = np.broadcast_to(FIELD[:, None, None], (10, SIZE_PX, SIZE_PX)).astype(np.float64)
    filled = plane.copy()
    filled[:, :, 30:] = fill
    write(tmp_path / "images", [plane, filled, plane], dtype, None)
    recorder = Recorder()
    store = extracted(tmp_path, recorder)
    np.testing.assert_array_equal(store.reflectance[:, 1], np.broadcast_to(FIELD, (len(store.reflectance), 10)))
    assert 0.2 < store.clear[:, 1].mean() < 0.8 and store.clear[:, [0, 2]].all()
    ((code, message),) = said(recorder)
    assert code == "imagery.undeclared_fill" and "2017-01-22" in message and text in message
    assert "2017-01-03" not in message


@pytest.mark.parametrize(("fill", "dtype", "nodata"), [(-9999, "int16", -9999), (0, "float32", None), (0, "uint16", 0)])
def test_a_fill_value_that_is_declared_or_usual_is_not_observed_in_silence(tmp_path, fill, dtype, nodata):
    plane = np.broadcast_to(FIELD[:, None, None], (10, SIZE_PX, SIZE_PX)).astype(np.float64)
    filled = plane.copy()
    filled[:, :, 30:] = fill
    write(tmp_path / "images", [plane, filled, plane], dtype, nodata)
    recorder = Recorder()
    store = extracted(tmp_path, recorder)
    assert 0.2 < store.clear[:, 1].mean() < 0.8
    assert said(recorder) == []


def test_a_season_of_fill_values_is_refused(tmp_path):
    write(tmp_path / "images", [np.full((10, SIZE_PX, SIZE_PX), -9999.0)] * 3, "int16", None)
    with pytest.raises(errors.ImplausibleSeason, match="no reflectance at all"):
        extracted(tmp_path)


def test_many_blocks_are_judged_before_all_are_read():
    layers = {band: Layer("x", 1, 1e-4, 0.0, None) for band in BANDS}
    grid = Grid(CRS, X0, Y0, 10.0, 10, 10)
    days = [Acquisition(parse_day(d, "").date(), (Scene(d, parse_day(d, ""), layers, grid, ""),)) for d in DATES]
    watch = Watch(days, BANDS)
    series = np.broadcast_to(FIELD, (5000, 5, 10)).astype(np.int16)
    series[:, 2] -= 1000
    for _ in range(3):
        watch.add(series, np.ones((5000, 5), bool))
    with pytest.raises(errors.ImplausibleValues, match="2017-03-10"):
        watch.add(series, np.ones((5000, 5), bool))


@pytest.mark.skipif(not FLANDERS.exists(), reason="the Flemish images are not beside this checkout")
@pytest.mark.parametrize("masked", [True, False])
def test_a_real_season_raises_no_alarm(tmp_path, masked):
    options = {"masks": FLANDERS / "scl"} if masked else {}
    dates = find(FLANDERS / "s2", ImageryOptions(**options), Recorder()).acquisitions
    recorder = Recorder()
    spec = {
        "imagery": FLANDERS / "s2",
        "parcels": FLANDERS / "parcels.gpkg",
        "output": tmp_path / "s.parcels",
        **options,
    }
    assert len(make_store(ExtractSpec.of(**spec), recorder).days) == len(dates) == 118
    assert said(recorder) == []
