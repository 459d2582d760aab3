"""Outlines are known again in other systems, orders and formats, and only those."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import geopandas
import numpy as np
import pytest
import shapely

from backend.parcels.outline_digests import digests, recognised


@pytest.fixture(scope="module")
def fields() -> geopandas.GeoSeries:
    """600 quadrilaterals of 30 to 120 m near Zurich, in UTM."""
    random = np.random.default_rng(3)
    corners = np.stack([random.uniform(465_000, 475_000, 600), random.uniform(5_240_000, 5_250_000, 600)], axis=1)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    shapes = corners[:, None] + square * random.uniform(30, 120, (600, 1, 2)) + random.uniform(-9, 9, (600, 4, 2))
    return geopandas.GeoSeries(shapely.polygons(shapes), crs="EPSG:32632")


def test_each_outline_has_its_own(fields):
    found = digests(fields)
    assert found.dtype == np.uint32 and len(np.unique(found)) == len(fields)
    assert (digests(fields) == found).all()


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:3035", "EPSG:25833", "EPSG:2056"])
def test_known_again_in_another_system(fields, crs):
    assert recognised(fields.to_crs(crs), digests(fields)).all()


def test_known_again_whatever_the_order_of_vertices_and_the_dimension(fields):
    known = digests(fields)
    assert recognised(fields.reverse().normalize(), known).all()
    assert recognised(fields.apply(lambda shape: shapely.MultiPolygon([shape])), known).all()
    assert recognised(geopandas.GeoSeries(shapely.force_3d(fields.array, 412.0), crs=fields.crs), known).all()


def test_known_again_with_six_decimals_of_a_degree(fields):
    degrees = fields.to_crs("EPSG:4326")
    rounded = geopandas.GeoSeries(shapely.transform(degrees.array, lambda xy: xy.round(6)), crs="EPSG:4326")
    assert recognised(rounded, digests(fields)).mean() > 0.99


def test_others_are_not(fields):
    known = digests(fields)
    assert not recognised(fields.translate(3, 0), known).any()
    assert not recognised(fields.scale(1.1, 1.1), known).any()
    assert not recognised(fields[:300], known[300:]).any()
    assert not recognised(fields, np.empty(0, np.uint32)).any()


def test_points_are_known_by_their_place(fields):
    points = fields.centroid
    assert recognised(points.to_crs("EPSG:4326"), digests(points)).all()
    assert not recognised(points, digests(fields)).any()


@pytest.mark.parametrize("odd", [None, shapely.Polygon(), shapely.Point(), shapely.Point(np.nan, 1)])
def test_an_outline_that_is_none_has_no_digest(odd):
    series = geopandas.GeoSeries([odd], crs="EPSG:32632")
    assert digests(series).tolist() == [0]
    assert not recognised(series, np.array([0], np.uint32)).any()


def test_without_a_system_the_coordinates_are_taken_as_they_are(fields):
    bare = geopandas.GeoSeries(fields.array)
    assert recognised(bare, digests(bare)).all()
    assert not recognised(bare.translate(3, 0), digests(bare)).any()
