"""Odd outlines: each is named, none is lost, what can be used is used."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely

from backend.parcels.outlines import clean, hashes
from tests.backend.ground import CRS, X0, Y0

BOX = shapely.box(X0, Y0 - 100, X0 + 100, Y0)
BOW_TIE = shapely.Polygon([(X0, Y0), (X0 + 80, Y0 - 80), (X0 + 80, Y0), (X0, Y0 - 80)])
COLLAPSED = shapely.Polygon([(X0, Y0), (X0 + 80, Y0), (X0, Y0)])
HOLED = BOX.difference(shapely.Point(X0 + 50, Y0 - 50).buffer(20))
PARTS = shapely.MultiPolygon([BOX, shapely.box(X0 + 200, Y0, X0 + 300, Y0 + 50)])


def _corner_at(value):
    """BOX, one corner of which has this number for both coordinates."""
    return shapely.transform(BOX, lambda xy: np.where((xy == (X0, Y0)).all(axis=1)[:, None], value, xy))


def odd(*geometries, crs=CRS, target=CRS):
    with np.errstate(invalid="ignore"):
        found = clean(np.array(geometries, object), crs, target)
    names = [{name for name, shown in found.issues.items() if shown[row]} for row in range(len(geometries))]
    return found.outlines, names


@pytest.mark.parametrize(
    ("geometry", "name"),
    [
        (None, "missing"),
        (shapely.Polygon(), "missing"),
        (shapely.Point(X0, Y0), "no_polygon"),
        (shapely.LineString([(X0, Y0), (X0 + 10, Y0)]), "no_polygon"),
        (COLLAPSED, "no_area"),
        (_corner_at(np.inf), "no_area"),
        (_corner_at(np.nan), "no_area"),
    ],
)
def test_an_outline_that_cannot_be_used_is_named_and_costs_no_other(geometry, name):
    outlines, names = odd(BOX, geometry, HOLED)
    assert names == [set(), {name}, set()]
    assert outlines[1] is None
    assert outlines[0].equals(BOX)
    assert outlines[2].area == pytest.approx(HOLED.area)


def test_a_bow_tie_keeps_both_its_halves():
    outlines, names = odd(BOW_TIE)
    assert names == [{"repaired"}]
    assert outlines[0].is_valid
    assert outlines[0].area == pytest.approx(2 * 80 * 40 / 2)


def test_parts_holes_and_heights():
    outlines, names = odd(PARTS, HOLED, shapely.force_3d(BOX, 7.0), shapely.GeometryCollection([BOX, BOX.boundary]))
    assert names == [set(), set(), set(), set()]
    assert [outline.area for outline in outlines] == pytest.approx([15_000, HOLED.area, 10_000, 10_000])
    assert not shapely.has_z(outlines).any()


def test_duplicates_have_one_hash():
    first, other, again, turned = hashes(np.array([BOX, HOLED, BOX, BOX.reverse()], object))
    assert first == again
    assert len({first, other, turned}) == 3


def test_across_the_antimeridian_and_the_edge_of_a_zone():
    """Longitudes on both sides of 180 degrees lie side by side in a UTM zone; so do those of two zones."""
    in_metres = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32760", always_xy=True).transform
    x, y = in_metres(180.0, -17.0)
    square = shapely.box(x - 200, y - 200, x + 200, y + 200)
    to_degrees = pyproj.Transformer.from_crs("EPSG:32760", "EPSG:4326", always_xy=True).transform
    degrees = shapely.transform(square, to_degrees, interleaved=False)
    assert degrees.bounds[2] - degrees.bounds[0] > 359  # as one ring it goes round the world
    halves = shapely.MultiPolygon([shapely.box(179.999, -17, 180, -16.999), shapely.box(-180, -17, -179.999, -16.999)])
    outlines, names = odd(degrees, halves, crs="EPSG:4326", target="EPSG:32760")
    assert outlines[0].area == pytest.approx(400 * 400, rel=1e-6)
    assert outlines[1].area == pytest.approx(2 * 106.5 * 110.6, rel=0.01)
    assert names[0] == set()
    edge = shapely.box(5.999, 50, 6.001, 50.001)
    areas = [odd(edge, crs="EPSG:4326", target=zone)[0][0].area for zone in ("EPSG:32631", "EPSG:32632")]
    assert areas[0] == pytest.approx(areas[1], rel=1e-4)


def test_what_lies_beyond_the_projection_is_reported():
    outlines, names = odd(shapely.box(3, 89, 4, 91), shapely.box(3, 50, 3.1, 50.1), crs="EPSG:4326", target="EPSG:3857")
    assert outlines[0] is None
    assert names == [{"out_of_reach"}, set()]
