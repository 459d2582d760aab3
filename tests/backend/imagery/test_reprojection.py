"""Images that only a guess would bring to the common coordinate system are refused, inexact ways are reported."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pyproj
import pytest
import rasterio
import shapely

from backend import errors
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.catalogue import find
from backend.imagery.grid import crs_name
from backend.imagery.reprojection import inexact
from backend.workflows.extract import ExtractSpec, make_store
from backend.workflows.inspect import InspectSpec, inspect
from tests.backend.ground import CRS, DATES, write_parcels, write_season
from tests.backend.recorder import Recorder

BELGIUM = (
    "+proj=lcc +lat_1=51.16666723333333 +lat_2=49.8333339 +lat_0=90 +lon_0=4.367486666666666 "
    "+x_0=150000.013 +y_0=5400088.438 +ellps=intl +units=m"
)
LAMBERT_72, BRUSSELS = "EPSG:31370", (150_000.0, 171_000.0)
MISSOURI = (500_000.0, 4_410_000.0)  # of UTM zone 15


def found(folder, **options):
    return find(folder, ImageryOptions(**options), Recorder())


def at(crs, place=BRUSSELS, source=LAMBERT_72):
    return pyproj.Transformer.from_crs(source, crs, always_xy=True).transform(*place)


def season(folder, crs, dates, corner):
    return write_season(folder, dates, crs=crs, corner=corner)


@pytest.mark.parametrize("crs", [CRS, LAMBERT_72])
def test_images_without_a_datum_are_not_brought_to_another_system(tmp_path, crs):
    season(tmp_path, BELGIUM, DATES[:2], BRUSSELS)
    assert len(found(tmp_path).acquisitions) == 2  # as they are, nothing is moved
    with pytest.raises(
        errors.UnknownImageDatum, match="its own system .* names no datum, only the ellipsoid"
    ) as raised:
        found(tmp_path, crs=crs)
    assert f"S2_{DATES[0]}.tif" in raised.value.message
    assert "gdal_edit" in raised.value.advice and "EPSG:31370 (BD72 / Belgian Lambert 72)" in raised.value.advice


@pytest.mark.parametrize(("of_datum", "without", "blamed"), [(3, 2, "its own system"), (2, 3, "that system")])
def test_one_season_with_and_without_a_datum(tmp_path, of_datum, without, blamed):
    season(tmp_path, CRS, DATES[:of_datum], at(CRS))
    season(tmp_path, BELGIUM, DATES[of_datum : of_datum + without], BRUSSELS)
    with pytest.raises(errors.UnknownImageDatum, match=f"{blamed} .* names no datum"):
        found(tmp_path)
    with pytest.raises(errors.UnknownImageDatum):
        inspect(InspectSpec.of(imagery=tmp_path), Recorder())
    with pytest.raises(errors.UnknownImageDatum):
        found(tmp_path, crs="EPSG:32632", skip_unreadable=True)  # no damaged image: nothing is dropped


def test_a_grid_without_a_datum_is_to_blame_itself(tmp_path):
    season(tmp_path, CRS, DATES[:2], at(CRS))
    with pytest.raises(errors.UnknownImageDatum, match="that system .* names no datum") as raised:
        found(tmp_path, crs=BELGIUM)
    assert "--crs EPSG:n" in raised.value.advice


@pytest.mark.parametrize("crs", [LAMBERT_72, "EPSG:25831", "EPSG:32632", "EPSG:3857"])
def test_known_datums_are_brought_together(tmp_path, crs):
    season(tmp_path, CRS, DATES[:3], at(CRS))
    season(tmp_path, crs, DATES[3:], at(crs))
    catalogue = found(tmp_path)
    assert catalogue.grid.crs == CRS and len(catalogue.acquisitions) == 5
    assert inexact(catalogue, 5.0) == []


def test_an_error_beyond_the_limit_is_reported_in_metres(tmp_path):
    """NAD27 without its grid file: 7 m, as for parcels."""
    season(tmp_path / "images", "EPSG:32615", DATES[:3], MISSOURI)
    season(tmp_path / "images", "EPSG:26715", DATES[3:], MISSOURI)
    field = shapely.box(MISSOURI[0] + 100, MISSOURI[1] - 500, MISSOURI[0] + 500, MISSOURI[1] - 300)
    path = write_parcels(tmp_path / "fields.gpkg", [field], crs="EPSG:32615")
    for limit, warned in ((None, True), (50.0, False)):
        options = {} if limit is None else {"max_crs_error": limit}
        given = {"imagery": tmp_path / "images", "parcels": path, "output": tmp_path / "s.parcels", "overwrite": True}
        recorder = Recorder()
        store = make_store(ExtractSpec.of(**given, **options), recorder)
        said = [message for code, message in recorder.warnings if code == "imagery.inexact_crs"]
        assert len(store.days) == 5 and bool(said) == warned
        assert all("7 m" in message and f"S2_{DATES[3]}.tif" in message for message in said)
    recorder = Recorder()
    inspect(InspectSpec.of(imagery=tmp_path / "images"), recorder)
    assert [code for code, _ in recorder.warnings].count("imagery.inexact_crs") == 1
    assert np.all([code != "parcels.inexact_crs" for code, _ in recorder.warnings])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (CRS, CRS),
        (pyproj.CRS(CRS).to_wkt("WKT1_ESRI"), CRS),
        (pyproj.CRS(LAMBERT_72).to_wkt("WKT1_ESRI"), LAMBERT_72),
        ("+proj=utm +zone=31 +ellps=WGS84 +units=m", CRS),
        ("+proj=utm +zone=31 +ellps=GRS80 +units=m", "EPSG:25831"),
        (BELGIUM, None),
        ("+proj=utm +zone=15 +ellps=clrk66 +units=m", None),  # NAD27, or one of its other versions
        ("+proj=tmerc +lat_0=0 +lon_0=9 +k=1 +x_0=3500000 +y_0=0 +ellps=bessel +units=m", None),
    ],
)
def test_a_system_has_a_number_only_where_its_datum_is_known(text, name):
    found = crs_name(rasterio.crs.CRS.from_user_input(text))
    assert found == name if name else found.startswith("PROJCS") and "unknown" in found


def test_images_without_a_datum_and_parcels_with_one(tmp_path):
    season(tmp_path / "images", BELGIUM, DATES[:2], BRUSSELS)
    field = shapely.box(BRUSSELS[0] + 100, BRUSSELS[1] - 500, BRUSSELS[0] + 500, BRUSSELS[1] - 300)
    path = write_parcels(tmp_path / "fields.parquet", [field], crs=LAMBERT_72)
    spec = ExtractSpec.of(imagery=tmp_path / "images", parcels=path, output=tmp_path / "s.parcels")
    with pytest.raises(errors.UnknownDatum, match="The images' coordinate system"):
        make_store(spec, Recorder())
