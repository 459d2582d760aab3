"""Ways between coordinate systems: guesses are refused, inexact ones are said, a given system is the layer's."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import re

import geopandas
import numpy as np
import pyproj
import pytest
import shapely

from backend import errors
from backend.parcels.coordinates import way_between
from backend.parcels.reading import read
from backend.workflows.extract import ExtractSpec, make_store
from tests.backend.ground import CRS, outlines, write_parcels, write_season
from tests.backend.recorder import Recorder

BELGIUM = (
    "+proj=lcc +lat_1=51.16666723333333 +lat_2=49.8333339 +lat_0=90 +lon_0=4.367486666666666 "
    "+x_0=150000.013 +y_0=5400088.438 +ellps=intl +units=m"
)
NETHERLANDS = (
    "+proj=sterea +lat_0=52.15616055555555 +lon_0=5.38763888888889 +k=0.9999079 +x_0=155000 +y_0=463000 "
    "+ellps=bessel +units=m"
)
MISSOURI = (500_000.0, 4_400_000.0, 510_000.0, 4_410_000.0)  # of UTM zone 15


def as_esri(proj: str) -> pyproj.CRS:
    """As a shapefile's .prj keeps it."""
    return pyproj.CRS.from_wkt(pyproj.CRS(proj).to_wkt("WKT1_ESRI"))


@pytest.mark.parametrize(
    ("proj", "bounds", "ellipsoid", "candidate"),
    [
        (BELGIUM, (150_000, 170_000, 151_000, 171_000), "International", "EPSG:31370 .*Belgian Lambert 72"),
        (NETHERLANDS, (155_000, 463_000, 156_000, 464_000), "Bessel 1841", "EPSG:28992"),
        ("+proj=longlat +ellps=bessel", (9.0, 50.0, 9.1, 50.1), "Bessel 1841", "parcels-crs"),
    ],
)
@pytest.mark.parametrize("written", [pyproj.CRS, as_esri])
def test_a_system_without_a_datum_is_refused_and_named(written, proj, bounds, ellipsoid, candidate):
    with pytest.raises(errors.UnknownDatum, match=f"names no datum, only the ellipsoid {ellipsoid}") as raised:
        way_between(written(proj), CRS, bounds)
    assert "The parcels' coordinate system" in raised.value.message
    assert re.search(candidate, raised.value.advice)


def test_images_without_a_datum_are_to_blame():
    with pytest.raises(errors.UnknownDatum, match="The images' coordinate system") as raised:
        way_between(pyproj.CRS(CRS), pyproj.CRS(BELGIUM).to_wkt(), (500_000, 5_600_000, 500_100, 5_600_100))
    assert "parcels-crs" not in raised.value.advice


@pytest.mark.parametrize(
    ("code", "bounds", "error_m"),
    [
        (31370, (150_000, 170_000, 151_000, 171_000), 1.0),
        (2154, (700_000, 6_600_000, 701_000, 6_601_000), 1.0),
        (4326, (4.0, 50.0, 4.1, 50.1), 0.0),
        (32631, (500_000, 5_600_000, 500_100, 5_600_100), 0.0),
        (5698, (700_000, 6_600_000, 701_000, 6_601_000), 1.0),  # with a height
    ],
)
def test_a_national_datum_has_a_way_of_known_error(code, bounds, error_m):
    assert way_between(pyproj.CRS(code), CRS, bounds).error_m == error_m


def test_the_same_system_without_a_datum_needs_no_way():
    assert way_between(as_esri(BELGIUM), as_esri(BELGIUM).to_wkt(), (0, 0, 1, 1)).error_m == 0


def test_a_missing_grid_file_is_named_with_the_error_that_is_left():
    way = way_between(pyproj.CRS(26715), "EPSG:32615", MISSOURI)
    assert way.error_m is not None and way.error_m > 5
    assert "us_noaa_conus.tif" in way.missing_grids


def extracted(folder, crs: str | None, recorder: Recorder, **options):
    parcels = geopandas.GeoSeries(outlines(), crs=CRS).to_crs(31370)
    path = write_parcels(folder / "fields.parquet", list(parcels), crs=crs)  # a GeoPackage would name the grid
    spec = ExtractSpec.of(imagery=folder / "images", parcels=path, output=folder / "s.parcels", **options)
    return make_store(spec, recorder)


def test_a_given_system_takes_the_place_of_the_layer_s_and_labels_the_result(tmp_path):
    write_season(tmp_path / "images")
    with pytest.raises(errors.UnknownDatum):
        extracted(tmp_path, BELGIUM, Recorder())
    for crs in (BELGIUM, None, "EPSG:28992"):
        store = extracted(tmp_path, crs, Recorder(), parcels_crs="EPSG:31370", overwrite=True)
        assert store.parcels().crs == "EPSG:31370"
        areas = shapely.area(np.array(outlines()))
        np.testing.assert_allclose(store.index["area_m2"], areas, rtol=2e-3)
        assert (store.index["n_pixels"] > 0).all()
    assert json.dumps(store.manifest.inputs).count("EPSG:31370") == 1


@pytest.mark.parametrize("text", ["EPSG:0", "Belgium", "31370x"])
def test_an_invalid_given_system_is_refused(tmp_path, text):
    path = write_parcels(tmp_path / "fields.gpkg", outlines())
    with pytest.raises(errors.BadArgument, match="parcels_crs"):
        read(path, crs=text)


@pytest.mark.parametrize(("limit", "warned"), [(None, True), (50.0, False)])
def test_an_error_beyond_the_limit_is_reported_in_metres(tmp_path, limit, warned):
    write_season(tmp_path / "images", crs="EPSG:32615", corner=MISSOURI[:2])
    fields = [
        shapely.box(MISSOURI[0] + x, MISSOURI[1] - 300, MISSOURI[0] + x + 90, MISSOURI[1] - 200) for x in (60, 300)
    ]
    path = write_parcels(tmp_path / "fields.gpkg", fields, crs="EPSG:26715")
    options = {} if limit is None else {"max_crs_error": limit}
    spec = ExtractSpec.of(imagery=tmp_path / "images", parcels=path, output=tmp_path / "s.parcels", **options)
    recorder = Recorder()
    make_store(spec, recorder)
    said = [message for code, message in recorder.warnings if code == "parcels.inexact_crs"]
    assert bool(said) == warned
    assert all("7 m" in message and "NAD27" in message for message in said)
