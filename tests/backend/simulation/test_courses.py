"""Crops grow as crops do: the courses of their reflectance against agronomy and against real Sentinel-2 series.

The real ones (Flanders 2018, Canada 2017) lie beside the repository; without them those tests are skipped. They are
from other climates and years, so shapes and levels are compared within what climates and years differ by.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from backend.simulation.covers import COVERS
from backend.simulation.phenology import canopy
from backend.vocabulary import BANDS

from .conftest import Land

DATA = Path(__file__).resolve().parents[3] / "../shared/data"
FLANDERS, CANADA = DATA / "flanders2018", DATA / "canada2017_series"
needs_flanders = pytest.mark.skipif(
    not FLANDERS.is_dir(), reason="the real series flanders2018 is not beside this repository"
)
needs_canada = pytest.mark.skipif(
    not CANADA.is_dir(), reason="the real series canada2017_series is not beside this repository"
)
DAYS = tuple(range(15, 320, 10))
RED, NIR, SWIR = BANDS.index("B04"), BANDS.index("B08"), BANDS.index("B11")


@pytest.fixture(scope="module")
def spectra(land: Land) -> NDArray[np.float64]:
    """Mean reflectance under a clear sky (days, 10, objects), soils half wet, from pixels that an object fills."""
    total = np.zeros((len(DAYS), 10, len(land.world.kinds)))
    weight = np.zeros(len(land.world.kinds))
    wetness = np.full(len(land.world.kinds), 0.5)
    filled = [(strip, strip.part == 1) for strip in land.ground.strips]
    for strip, whole in filled:
        weight += np.bincount(strip.item[whole], minlength=len(weight))
    for number, day in enumerate(DAYS):
        scene = land.ground.reflectance(day, wetness)
        for strip, whole in filled:
            rows = scene[:, strip.top : strip.top + strip.rows].reshape(10, -1)[:, strip.pixel[whole]]
            for band in range(10):
                total[number, band] += np.bincount(strip.item[whole], weights=rows[band], minlength=len(weight))
    return total / np.where(weight > 0, weight, np.nan)


def course(land: Land, spectra: NDArray[np.float64], *codes: str) -> NDArray[np.float64]:
    """Median spectrum (days, 10) of the parcels on which a crop truly grows."""
    grown = np.isin([COVERS[kind].code for kind in land.world.kinds[land.world.parcels]], codes)
    return np.nanmedian(spectra[:, :, land.world.parcels[grown]], axis=2)


def ndvi(spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    return (spectrum[..., NIR] - spectrum[..., RED]) / (spectrum[..., NIR] + spectrum[..., RED])


def on(values: NDArray[np.float64], day: float) -> float:
    return float(np.interp(day, DAYS, values))


def test_winter_wheat_peaks_in_spring_and_is_gone_in_august(land: Land, spectra: NDArray[np.float64]) -> None:
    wheat = ndvi(course(land, spectra, "BTH"))
    assert 100 < DAYS[int(wheat.argmax())] < 160
    assert wheat.max() > 0.75
    assert 0.3 < on(wheat, 20) < 0.65
    assert on(wheat, 215) < 0.4


def test_maize_is_bare_in_april_and_closed_in_july(land: Land, spectra: NDArray[np.float64]) -> None:
    maize = ndvi(course(land, spectra, "MIS"))
    assert on(maize, 115) < 0.35
    assert on(maize, 210) > 0.7
    assert on(maize, 300) < 0.45


def test_meadows_stay_green_and_dip_in_summer(land: Land, spectra: NDArray[np.float64]) -> None:
    meadow = ndvi(course(land, spectra, "PPH", "PTR"))
    assert meadow.min() > 0.4
    assert on(meadow, 210) < on(meadow, 135) - 0.05
    assert on(meadow, 275) > on(meadow, 210)


def test_barley_ripens_before_wheat_by_one_to_three_weeks(land: Land, spectra: NDArray[np.float64]) -> None:
    def ripe(code: str) -> float:
        values = ndvi(course(land, spectra, code))
        falling = slice(int(values.argmax()), DAYS.index(215) + 1)
        return float(np.interp(-0.55, -values[falling], DAYS[falling]))

    assert 7 < ripe("BTH") - ripe("ORH") < 21


def test_rape_flowers_yellow_in_april(land: Land, spectra: NDArray[np.float64]) -> None:
    """Petals raise green and red together, leaves only green (Sulik and Long 2016: the yellowness of a canopy)."""
    rape, wheat = course(land, spectra, "CZH"), course(land, spectra, "BTH")
    day = DAYS.index(105)
    assert rape[day, 1] > 1.3 * wheat[day, 1]
    assert rape[day, 1] > 1.5 * rape[day, 0]


def test_vines_never_close(land: Land, spectra: NDArray[np.float64]) -> None:
    vines = ndvi(course(land, spectra, "VRC"))
    assert 0.3 < vines.max() < 0.65


def test_swards_are_mown_on_days_of_their_own(land: Land) -> None:
    calendar = land.ground.calendar
    lucerne = np.array([COVERS[kind].code == "LUZ" for kind in land.world.kinds])
    cut = calendar.cuts[lucerne, 0]
    cut = cut[cut < 366]
    assert cut.std() > 5
    before, after = (
        canopy(calendar, float(cut[0]) + step).lai[lucerne & (calendar.cuts[:, 0] == cut[0])] for step in (-0.5, 0.5)
    )
    assert after < 0.4 * before


def test_fields_of_one_crop_differ_and_so_do_parts_of_a_field(land: Land, spectra: NDArray[np.float64]) -> None:
    wheat = [COVERS[kind].code == "BTH" for kind in land.world.kinds]
    values = ndvi(np.moveaxis(spectra[DAYS.index(175)], 0, -1))[np.array(wheat)]
    assert 0.03 < np.nanstd(values) < 0.25
    scene = land.ground.reflectance(175, np.full(len(wheat), 0.5))
    strip = max(land.ground.strips, key=lambda s: np.bincount(s.item[s.part == 1]).max())
    biggest = np.bincount(strip.item[strip.part == 1]).argmax()
    whole = strip.pixel[(strip.item == biggest) & (strip.part == 1)]
    nir = scene[NIR, strip.top : strip.top + strip.rows].ravel()[whole]
    assert 0.004 < nir.std() / nir.mean() < 0.2


@needs_flanders
@pytest.mark.parametrize("code, crops, most", [(1200, ("MIS", "MIE"), 0.16), (9120, ("PPH", "PTR"), 0.22)])
def test_courses_follow_the_real_flemish_ones(
    land: Land, spectra: NDArray[np.float64], code: int, crops: tuple[str, ...], most: float
) -> None:
    """From bare maize fields in May to the end of August 2018, on dates that are almost free of clouds."""
    days, real = _flanders(code)
    ours = course(land, spectra, *crops)
    values = np.interp(days, DAYS, ndvi(ours))
    assert np.abs(values - ndvi(real)).mean() < most
    if code == 1200:
        assert np.corrcoef(values, ndvi(real))[0, 1] > 0.9
    for band in (NIR, SWIR):
        level = np.interp(days, DAYS, ours[:, band])
        assert np.median(np.abs(level - real[:, band])) < 0.10, BANDS[band]


@needs_canada
def test_courses_follow_the_real_canadian_ones() -> None:
    """Winter wheat is greener than maize in spring and barer in summer, there as here."""
    months, wheat, maize = _canada("Winter wheat", "Maize")
    ahead = dict(zip(months, wheat - maize))
    assert ahead[4] > 0.2 and ahead[5] > 0.2
    assert ahead[7] < -0.2 and ahead[8] < -0.2


@needs_canada
@pytest.mark.parametrize("name, code", [("Winter wheat", "BTH"), ("Maize", "MIS"), ("Soya beans", "SOJ")])
def test_summer_courses_correlate_with_the_real_canadian_ones(
    land: Land, spectra: NDArray[np.float64], name: str, code: str
) -> None:
    months, real = _canada(name)
    ours = np.interp([30.4 * month - 15 for month in months], DAYS, ndvi(course(land, spectra, code)))
    assert np.corrcoef(ours, real)[0, 1] > 0.75


def _flanders(code: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Days of 2018 and median spectra (days, 10) of one crop's pixels, 1 May to 1 September, clear dates."""
    with rasterio.open(FLANDERS / "labels_CT_10m.tif") as labels:
        crop = labels.read(1) == code
    days, spectra = [], []
    for row in csv.DictReader((FLANDERS / "dates.csv").read_text().splitlines()):
        day = date.fromisoformat(row["datetime"][:10])
        if date(2018, 5, 1) <= day <= date(2018, 9, 1) and float(row["clear_frac"]) > 0.95:
            with rasterio.open(FLANDERS / "s2" / row["file"]) as image:
                days.append(float(day.timetuple().tm_yday))
                spectra.append(np.median(image.read()[:, crop], axis=1) / 1e4)
    return np.array(days), np.array(spectra)


def _canada(*names: str) -> tuple:
    """Months April to September of 2017 and the median NDVI of each crop."""
    with np.load(CANADA / "aafc2017_month.npz") as data:
        values, bands, dates = data["X"].astype(float), list(data["bands"]), list(data["dates"])
    values[values == 65535] = np.nan
    crops = np.array(
        [row["name"] for row in csv.DictReader((CANADA / "aafc2017_month_labels.csv").read_text().splitlines())]
    )
    red, nir = values[..., bands.index("B04")], values[..., bands.index("B08")]
    chosen = [number for number, day in enumerate(dates) if "2017-04" <= day[:7] <= "2017-09"]
    months = [int(dates[number][5:7]) for number in chosen]
    return (months, *(np.nanmedian(((nir - red) / (nir + red))[crops == name][:, chosen], axis=0) for name in names))
