"""Areas, perimeters and distances are those of the ground, whatever the projection of the images does to them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import geopandas
import numpy as np
import pyproj
import pytest
import shapely
from rasterio.transform import from_origin
from rasterio.windows import Window

from backend import errors
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find
from backend.imagery.distortion import linear_scale
from backend.imagery.grid import Grid
from backend.series.layout import Edges, lay_out
from backend.vocabulary import BANDS
from backend.workflows.extract import ExtractSpec, make_store
from tests.backend.ground import (
    CRS,
    DATES,
    SIZE_PX,
    X0,
    Y0,
    clouds,
    outlines,
    write_parcels,
    write_raster,
    write_season,
)
from tests.backend.recorder import Recorder

MERCATOR = "EPSG:3857"


def mercator_grid(step_m: float = 10.0) -> Grid:
    box = geopandas.GeoSeries([shapely.box(X0, Y0 - 600, X0 + 600, Y0)], crs=CRS).to_crs(MERCATOR).total_bounds
    return Grid.covering(MERCATOR, tuple(box), step_m)


def moved(fields: list[shapely.Geometry], crs: str = MERCATOR) -> np.ndarray:
    return np.asarray(geopandas.GeoSeries(fields, crs=CRS).to_crs(crs).array, object)


def geodesic(fields: list[shapely.Geometry]) -> np.ndarray:
    """Area and perimeter on the ellipsoid."""
    degrees, geod = moved(fields, "EPSG:4326"), pyproj.Geod(ellps="WGS84")
    figures = [geod.geometry_area_perimeter(shapely.geometry.polygon.orient(field)) for field in degrees]
    return np.abs(figures)


def test_areas_and_perimeters_in_web_mercator_are_geodesic():
    fields, ids = outlines(), np.arange(12).astype(str)
    index = lay_out(moved(fields), ids, mercator_grid()).index
    area, perimeter = geodesic(fields).T
    np.testing.assert_allclose(index["area_m2"], area, rtol=5e-3)
    whole = [not field.interiors for field in fields]  # pyproj leaves the rings of holes out
    np.testing.assert_allclose(index["perimeter_m"][whole], perimeter[whole], rtol=5e-3)
    assert (index["covered_share"] > 0.8).all()


def test_areas_of_a_utm_zone_are_those_of_its_plane():
    fields = np.array([*outlines(), None], object)
    index = lay_out(fields, np.arange(13).astype(str), Grid(CRS, X0, Y0, 10.0, SIZE_PX, SIZE_PX)).index
    np.testing.assert_array_equal(index["area_m2"][:-1], shapely.area(fields[:-1]))
    assert index["area_m2"].iloc[-1] == 0


def test_the_inner_buffer_is_as_wide_on_the_ground():
    field = shapely.box(X0 + 200, Y0 - 400, X0 + 400, Y0 - 200)
    pixels = lay_out(moved([field]), np.array(["a"]), mercator_grid(1.0), Edges(inner_buffer_m=30)).index["n_pixels"][0]
    assert pixels / linear_scale(mercator_grid()) ** 2 == pytest.approx(140 * 140, rel=0.02)


def test_masks_grow_as_far_on_the_ground(tmp_path):
    grid = mercator_grid()
    side = grid.height
    profile = {"crs": MERCATOR, "transform": grid.transform, "nodata": None}
    write_raster(tmp_path / "i" / f"S2_{DATES[0]}.tif", np.full((10, side, side), 700, np.uint16), BANDS, **profile)
    mask = np.zeros((1, side, side), np.uint8)
    mask[0, side // 2, side // 2] = 1
    write_raster(tmp_path / "m" / f"cloud_{DATES[0]}.tif", mask, **profile)
    catalogue = find(tmp_path / "i", ImageryOptions(masks=tmp_path / "m", mask_dilation_m=100), Recorder())
    _, clear = read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, Window(0, 0, side, side))
    reach_px = (~clear)[side // 2].sum() // 2
    assert reach_px == int(100 * linear_scale(grid) / 10)
    assert linear_scale(grid) == pytest.approx(1 / np.cos(np.radians(45.15)), rel=5e-3)


def test_images_in_degrees_are_brought_to_metres_where_a_system_is_given(tmp_path):
    west, north = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(X0 - 100, Y0 + 100)
    step, values = 8.983e-5, np.full((10, 90, 120), 1234, np.uint16)
    for date in DATES:
        image = tmp_path / "images" / f"S2_{date}.tif"
        write_raster(image, values, BANDS, crs="EPSG:4326", transform=from_origin(west, north, step, step))
    fields = outlines()
    spec = {"imagery": tmp_path / "images", "parcels": write_parcels(tmp_path / "fields.gpkg", fields)}
    with pytest.raises(errors.NoAcquisitions, match="--crs EPSG:32631"):
        make_store(ExtractSpec.of(**spec, output=tmp_path / "a.parcels"), Recorder())
    store = make_store(ExtractSpec.of(**spec, output=tmp_path / "b.parcels", crs=CRS), Recorder())
    assert store.manifest.grid is not None and store.manifest.grid.crs == CRS
    np.testing.assert_allclose(store.index["area_m2"], shapely.area(np.array(fields)), rtol=1e-6)
    assert (store.reflectance == 1234).all()


def test_masks_of_a_season_in_degrees_follow_their_images(tmp_path):
    west, north = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(X0, Y0)
    profile = {"crs": "EPSG:4326", "transform": from_origin(west, north, 1e-4, 1e-4)}
    write_season(tmp_path / "images", DATES[:2], **profile)
    for number, date in enumerate(DATES[:2]):
        write_raster(tmp_path / "masks" / f"cloud_{date}.tif", clouds(number), **{**profile, "nodata": None})
    catalogue = find(tmp_path / "images", ImageryOptions(masks=tmp_path / "masks", crs=CRS), Recorder())
    window = Window(10, 10, 30, 30)
    _, clear = read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, window)
    assert 0.4 < clear.mean() < 0.8
