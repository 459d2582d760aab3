"""Pixel sets against GDAL's own rasteriser, polygon by polygon."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import geopandas
import numpy as np
import pytest
import shapely
from rasterio.features import geometry_mask

from backend.imagery.grid import Grid
from backend.series.rasterise import bounding_boxes, pixels_inside, pixels_touched
from tests.backend.ground import CRS, X0, Y0, ZURICH, outlines

GRID = Grid(CRS, X0, Y0, 10.0, 60, 60)


def by_gdal(geometry, grid, all_touched=False):
    inside = ~geometry_mask([geometry], (grid.height, grid.width), grid.transform, all_touched=all_touched)
    return {(int(row), int(column)) for row, column in np.argwhere(inside)}


def by_us(pixels, polygon):
    mine = pixels.polygon == polygon
    return {(int(row), int(column)) for row, column in zip(pixels.row[mine], pixels.column[mine])}


def test_holes_parts_and_overlaps_as_gdal():
    fields = outlines(60)
    fields.append(
        shapely.MultiPolygon(
            [shapely.box(X0 + 33, Y0 - 97, X0 + 71, Y0 - 41), shapely.box(X0 + 203, Y0 - 307, X0 + 251, Y0 - 212)]
        )
    )
    fields.append(shapely.box(X0 - 204, Y0 - 104, X0 + 107, Y0 + 303))  # over the corner
    fields.append(shapely.box(X0 + 9000, Y0, X0 + 9100, Y0 + 100))  # outside
    geometries = np.array([*fields, None], object)
    pixels = pixels_inside(geometries, GRID)
    for number, field in enumerate(fields):
        assert by_us(pixels, number) == by_gdal(field, GRID), number
    assert not (pixels.polygon == len(fields)).any()
    assert (np.diff(pixels.polygon) >= 0).all()


def test_neighbours_on_pixel_centres_share_no_pixel():
    """Borders that run through centres: every centre belongs to exactly one of the four fields."""
    cut = [(0, 25), (25, 45)]
    fields = [shapely.box(X0 + a, Y0 - d, X0 + b, Y0 - c) for a, b in cut for c, d in cut]
    pixels = pixels_inside(np.array(fields, object), GRID)
    places = np.stack([pixels.row, pixels.column])
    assert places.shape[1] == np.unique(places, axis=1).shape[1] == 5 * 4


def test_a_centre_on_the_border_is_inside_above_and_on_the_right():
    """What the documents say, and where GDAL differs: on level borders alone."""
    field = shapely.box(X0 + 25, Y0 - 55, X0 + 45, Y0 - 25)
    pixels = pixels_inside(np.array([field], object), GRID)
    ours = by_us(pixels, 0)
    assert ours == {(row, column) for row in (2, 3, 4) for column in (3, 4)}
    assert by_gdal(field, GRID) - ours == {(5, 3), (5, 4)}


def test_touched_pixels_as_gdal():
    slivers = np.array(
        [shapely.box(X0 + 41, Y0 - 68, X0 + 43, Y0 - 12), shapely.Point(X0 + 201, Y0 - 209).buffer(0.4)], object
    )
    assert not len(pixels_inside(slivers, GRID).row)
    pixels = pixels_touched(slivers, GRID)
    for number, sliver in enumerate(slivers):
        assert by_us(pixels, number) == by_gdal(sliver, GRID, all_touched=True)


def test_bounding_boxes_cover_the_bounds_and_are_cut_to_the_grid():
    fields = np.array(
        [shapely.box(X0 + 10, Y0 - 40, X0 + 30, Y0 - 20), shapely.box(X0 - 50, Y0 - 11, X0 + 11, Y0 + 5), None], object
    )
    assert bounding_boxes(fields, GRID).tolist() == [[2, 1, 4, 3], [0, 0, 2, 2], [0, 0, 0, 0]]


@pytest.mark.skipif(not ZURICH.exists(), reason="the Zurich parcels are not beside this checkout")
def test_real_outlines_as_gdal():
    table = geopandas.read_file(ZURICH)
    geometries = shapely.make_valid(np.asarray(table.geometry.array))
    xmin, ymin, xmax, ymax = table.total_bounds
    grid = Grid.covering(CRS, (np.floor(xmin), np.floor(ymin), np.ceil(xmax), np.ceil(ymax)), 10.0)
    pixels = pixels_inside(geometries, grid)
    counted = np.bincount(pixels.polygon, minlength=len(geometries))
    boxes = bounding_boxes(geometries, grid)
    for number in range(0, len(geometries), 7):
        top, left, bottom, right = boxes[number]
        corner = Grid(CRS, grid.x0 + left * 10, grid.y0 - top * 10, 10.0, int(right - left), int(bottom - top))
        assert counted[number] == len(by_gdal(geometries[number], corner)), number
